#include <algorithm>

#include "builder/source/http.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Docker Hub is known by three names: in image names, at its API, and in Docker's config.json.
constexpr std::string_view k_hub = "docker.io";
constexpr std::string_view k_hub_api = "https://registry-1.docker.io";
constexpr std::string_view k_hub_login = "https://index.docker.io/v1/";

std::string_view without_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool is_url(std::string_view text) { return text.find("://") != std::string_view::npos; }

/// `text` is `prefix` or goes on with a new component after it.
bool begins_with_components(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  return text.size() == prefix.size() || text[prefix.size()] == '/' || text[prefix.size()] == '?';
}

/// FROM=TO without passwords.
std::string shown_mirror(std::string_view from_to) {
  const std::size_t equals = from_to.find('=');
  if (equals == std::string_view::npos) return shown_url(from_to);
  const std::string_view to = from_to.substr(equals + 1);
  return cat(printable(from_to.substr(0, equals)), "=", is_url(to) ? shown_url(to) : printable(to.substr(to.rfind('@') + 1)));
}

using Prefix = std::pair<std::string, std::string>;

const Prefix* longest_match(const std::vector<Prefix>& prefixes, std::string_view text) {
  const Prefix* best = nullptr;
  for (const Prefix& prefix : prefixes) {
    if (!begins_with_components(text, prefix.first)) continue;
    if (best == nullptr || prefix.first.size() > best->first.size()) best = &prefix;
  }
  return best;
}

Mirrors::RegistryPlace upstream_place(std::string_view repository) {
  const std::size_t slash = std::min(repository.find('/'), repository.size());
  const std::string host(repository.substr(0, slash));
  const std::string path(repository.substr(std::min(slash + 1, repository.size())));
  if (host == k_hub) return {std::string(k_hub_api), path, std::string(k_hub_login)};
  return {cat("https://", host), path, host};
}

}  // namespace

void Mirrors::add(std::string_view from_to) {
  const std::string subject = cat("cannot use the mirror '", shown_mirror(from_to), "'");
  const std::size_t equals = from_to.find('=');
  if (equals == std::string_view::npos)
    throw UsageError(cat(subject, ": expected FROM=TO"), "for example --mirror docker.io=https://registry.lan:5000/hub");
  const std::string from(without_slashes(from_to.substr(0, equals)));
  std::string to(without_slashes(from_to.substr(equals + 1)));
  if (from.empty() || to.empty())
    throw UsageError(cat(subject, ": expected FROM=TO"), "for example --mirror docker.io=https://registry.lan:5000/hub");
  if (!is_url(from) && !is_url(to)) to.insert(0, "https://");
  if (!parse_url(to)) throw UsageError(cat(subject, ": TO is not an http or https URL"));
  if (is_url(from) && !parse_url(from)) throw UsageError(cat(subject, ": FROM is not an http or https URL"));
  prefixes_.emplace_back(from, to);
}

std::string Mirrors::map_url(std::string_view url) const {
  const Prefix* match = longest_match(prefixes_, url);
  return match == nullptr ? std::string(url) : cat(match->second, url.substr(match->first.size()));
}

Mirrors::RegistryPlace Mirrors::map_image(std::string_view repository) const {
  const Prefix* match = longest_match(prefixes_, repository);
  if (match == nullptr) return upstream_place(repository);
  const std::optional<Url> to = parse_url(match->second);  // add() has checked it
  const std::string path = cat(without_slashes(to->target), repository.substr(match->first.size()));
  return {to->origin(), path.substr(1), to->authority()};
}

}  // namespace rootcellar
