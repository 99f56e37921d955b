#include "installer/host/redaction.h"

#include <algorithm>
#include <vector>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_hidden = "***";

void replace_all(std::string& text, std::string_view secret) {
  for (std::size_t at = text.find(secret); at != text.npos; at = text.find(secret, at + k_hidden.size()))
    text.replace(at, secret.size(), k_hidden);
}

void hide_url_users(std::string& text) {
  for (std::size_t at = text.find("://"); at != text.npos; at = text.find("://", at)) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of("/ \t\n\"'<>", at), text.size());
    const std::size_t user_end = text.rfind('@', end);
    if (user_end != text.npos && user_end >= at && user_end < end) text.replace(at, user_end - at, k_hidden);
  }
}

// A secret of several lines reaches the log line by line.
std::vector<std::string> secret_lines(std::span<const std::string> secrets) {
  std::vector<std::string> lines;
  for (const std::string& secret : secrets) {
    for (const std::string_view line : split(secret, '\n')) {
      if (!line.empty()) lines.emplace_back(line);
    }
  }
  std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return lines;
}

}  // namespace

std::string redact(std::string_view text, std::span<const std::string> secrets) {
  std::string shown(text);
  for (const std::string& line : secret_lines(secrets)) replace_all(shown, line);
  hide_url_users(shown);
  return shown;
}

}  // namespace rootcellar
