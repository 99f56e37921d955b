#include "builder/source/secret_json.h"

#include <string>

#include "bundle/base/text.h"

namespace rootcellar {

JsonValue parse_secret_json(std::string_view text, std::string_view file, JsonLimits limits) {
  std::string place(file);
  try {
    return parse_json(text, file, limits);
  } catch (const InputError& error) {
    if (!error.faults().empty()) place = cat(file, ":", error.faults()[0].place.line, ":", error.faults()[0].place.column);
  }
  throw InputError(cat(place, ": it is not JSON as expected (not shown: it may hold a secret)"));
}

}  // namespace rootcellar
