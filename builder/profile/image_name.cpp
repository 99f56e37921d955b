// Image references as Docker's distribution/reference and the OCI distribution specification write them.
#include <algorithm>

#include "builder/profile/profile.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_default_host = "docker.io";
constexpr std::size_t k_max_name = 255;  // of host and path together, distribution/reference
constexpr std::size_t k_max_tag = 128;

bool is_lower_or_digit(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'); }
bool is_word(char letter) { return is_lower_or_digit(letter) || (letter >= 'A' && letter <= 'Z') || letter == '_'; }
bool is_host_letter(char letter) { return is_word(letter) && letter != '_'; }

bool is_host_label(std::string_view label) {
  const auto is_inner = [](char letter) { return is_host_letter(letter) || letter == '-'; };
  return !label.empty() && label.front() != '-' && label.back() != '-' && std::all_of(label.begin(), label.end(), is_inner);
}

bool is_bracketed_address(std::string_view host) {
  const auto is_inner = [](char letter) { return is_host_letter(letter) || letter == ':'; };
  return host.size() > 4 && host.front() == '[' && host.back() == ']' && std::all_of(host.begin() + 1, host.end() - 1, is_inner);
}

bool is_host(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text;
  if (colon != std::string_view::npos && text.back() != ']') {
    const auto port = parse_u64(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return false;
    host = text.substr(0, colon);
  }
  if (is_bracketed_address(host)) return true;
  const auto labels = split(host, '.');
  return std::all_of(labels.begin(), labels.end(), is_host_label);
}

/// [a-z0-9]+ parts joined by one '.', one or two '_', or any number of '-'.
bool is_path_part(std::string_view part) {
  if (part.empty() || !is_lower_or_digit(part.front()) || !is_lower_or_digit(part.back())) return false;
  while (!part.empty()) {
    const auto next = std::find_if_not(part.begin(), part.end(), is_lower_or_digit);
    part.remove_prefix(static_cast<std::size_t>(next - part.begin()));
    if (part.empty()) return true;
    const std::string_view joint =
        part.substr(0, static_cast<std::size_t>(std::find_if(part.begin(), part.end(), is_lower_or_digit) - part.begin()));
    const bool is_dashes = std::all_of(joint.begin(), joint.end(), [](char letter) { return letter == '-'; });
    if (joint != "." && joint != "_" && joint != "__" && !is_dashes) return false;
    part.remove_prefix(joint.size());
  }
  return true;
}

bool is_tag(std::string_view tag) {
  const auto is_inner = [](char letter) { return is_word(letter) || letter == '.' || letter == '-'; };
  return !tag.empty() && tag.size() <= k_max_tag && is_word(tag.front()) && std::all_of(tag.begin(), tag.end(), is_inner);
}

/// The first part names a host when it could not be a path of Docker Hub.
bool names_host(std::string_view part) {
  const bool has_upper = std::any_of(part.begin(), part.end(), [](char letter) { return letter >= 'A' && letter <= 'Z'; });
  return part.find_first_of(".:[") != std::string_view::npos || part == "localhost" || has_upper;
}

/// What is wrong with an image reference; thrown nowhere, only told.
class ReferenceReader {
 public:
  std::optional<ImageName> read(std::string_view text) {
    ImageName name;
    if (!take_digest(text, name) || !take_tag(text, name)) return std::nullopt;
    if (!read_repository(text, name)) return std::nullopt;
    if (name.tag.empty() && !name.digest) name.tag = "latest";
    return name;
  }
  const std::string& reason() const { return reason_; }

 private:
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  bool take_digest(std::string_view& text, ImageName& name) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) return true;
    name.digest = Digest::from_named(text.substr(at + 1));
    text = text.substr(0, at);
    return name.digest ? true : refuse("the digest after '@' must be sha256: and 64 lower-case hex digits");
  }

  bool take_tag(std::string_view& text, ImageName& name) {
    const std::size_t slash = text.rfind('/');
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) return true;
    name.tag = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
    return is_tag(name.tag) ? true : refuse("a tag has 1 to 128 letters, digits, '_', '.' and '-', and starts with a letter, digit or '_'");
  }

  bool read_repository(std::string_view text, ImageName& name) {
    if (text.empty()) return refuse("it has no name");
    if (text.size() > k_max_name) return refuse("the name is longer than 255 characters");
    std::string host(k_default_host);
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos && names_host(text.substr(0, slash))) {
      if (!is_host(text.substr(0, slash))) return refuse(cat("'", text.substr(0, slash), "' is not a host"));
      host = lower_ascii(text.substr(0, slash));
      text = text.substr(slash + 1);
    }
    if (host == "index.docker.io") host = k_default_host;
    if (!check_path(text)) return false;
    const bool is_official = host == k_default_host && text.find('/') == std::string_view::npos;
    name.repository = cat(host, is_official ? "/library/" : "/", text);
    return true;
  }

  bool check_path(std::string_view path) {
    for (const std::string_view part : split(path, '/')) {
      if (!is_path_part(part))
        return refuse(cat("'", part, "' must be lower-case letters and digits, joined by single '.', '_', '__' or '-'"));
    }
    return Digest::from_hex(path) ? refuse("64 hex digits are an image's id, not its name") : true;
  }

  std::string reason_;
};

}  // namespace

std::string ImageName::text() const {
  return cat(repository, tag.empty() ? "" : ":", tag, digest ? "@" : "", digest ? digest->named() : std::string());
}

std::string ImageName::host() const { return repository.substr(0, repository.find('/')); }

std::string ImageName::path() const { return repository.substr(repository.find('/') + 1); }

std::optional<ImageName> parse_image_name(std::string_view text, std::string* reason) {
  ReferenceReader reader;
  std::optional<ImageName> name = reader.read(text);
  if (!name && reason != nullptr) *reason = reader.reason();
  return name;
}

}  // namespace rootcellar
