#include "bundle/base/last_line.h"

#include "bundle/base/text.h"

namespace rootcellar {

std::string last_line(std::string_view text) {
  std::string_view last;
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) last = trim(line);
  }
  return printable(last, 300);
}

}  // namespace rootcellar
