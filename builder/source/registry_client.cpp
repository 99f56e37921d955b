#include "builder/source/registry_client.h"

#include <algorithm>
#include <limits>

#include "builder/source/blob_fetch.h"
#include "builder/source/http_rules.h"
#include "builder/source/registry_auth.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_tag_list = std::size_t{4} << 20;
constexpr std::size_t k_tags_shown = 8;

/// "; it says: ..." with the registry's own first error, if it sent one of the specified form.
std::string own_words(const HttpResponse& response) {
  try {
    const JsonValue document = parse_json(response.body, "answer");
    const JsonValue* errors = document.find("errors");
    if (errors == nullptr || !errors->is_array() || errors->items().empty()) return {};
    const std::optional<std::string> message = errors->items()[0].text("message");
    return message ? cat("; it says: ", printable(*message, 200)) : std::string();
  } catch (const InputError&) {
    return {};  // only an addition to the message
  }
}

std::string tags_hint(std::string_view wanted, const std::vector<std::string>& tags) {
  if (const std::optional<std::string> near = did_you_mean(wanted, tags)) return cat("did you mean '", *near, "'?");
  const std::size_t shown = std::min(tags.size(), k_tags_shown);
  const std::string list = join(std::span(tags).first(shown), ", ");
  return shown == tags.size() ? cat("its tags: ", list) : cat("its tags: ", list, " and ", tags.size() - shown, " more");
}

std::string blob_name(const LockedBlob& blob, const std::string& repository) {
  const bool is_config =
      blob.media_type.find("config") != std::string::npos || blob.media_type.find("container.image") != std::string::npos;
  return cat(is_config ? "config " : "layer ", blob.digest.hex().substr(0, 12), " of ", repository);
}

}  // namespace

RegistryClient::RegistryClient(std::string repository, SourceContext& context)
    : repository_(std::move(repository)), context_(context), place_(context.http.mirrors().map_image(repository_)) {
  host_ = normal_login_name(place_.auth_host);
  scope_ = cat("repository:", place_.repository, ":pull");
}

std::string RegistryClient::named(std::string_view reference) const {
  return cat(repository_, reference.find(':') == std::string_view::npos ? ":" : "@", reference);
}

HttpResponse RegistryClient::get_from_base(HttpRequest request, std::string_view path, Sink& body, const std::function<void()>& restart) {
  request.url = cat(place_.base_url, "/v2/", place_.repository, path);
  if (const std::optional<std::string> authorization = context_.http.remembered(cat(place_.base_url, " ", scope_))) {
    request.headers.push_back(cat("Authorization: ", *authorization));
  }
  try {
    return context_.http.get(request, body, restart);
  } catch (const NoTlsError&) {
    // As docker does: a registry on this very machine may do without TLS.
    const std::optional<Url> base = parse_url(place_.base_url);
    if (!base || !is_loopback_host(base->host)) throw;
    place_.base_url = cat("http://", base->authority());
  }
  request.url = cat(place_.base_url, "/v2/", place_.repository, path);
  return context_.http.get(request, body, restart);
}

HttpResponse RegistryClient::get(HttpRequest request, std::string_view path, Sink& body, const std::function<void()>& restart) {
  HttpResponse response = get_from_base(request, path, body, restart);
  if (response.status != 401 || !log_in(response)) return response;
  return get_from_base(std::move(request), path, body, restart);
}

/// False when there is nothing to log in with.
bool RegistryClient::log_in(const HttpResponse& refusal) {
  std::vector<AuthChallenge> challenges;
  for (const auto& [name, value] : refusal.headers) {
    if (name != "www-authenticate") continue;
    for (AuthChallenge& challenge : parse_challenges(value)) challenges.push_back(std::move(challenge));
  }
  const std::optional<Credentials> login = find_credentials(read_docker_config(), place_.auth_host);
  if (login) login_origin_ = login->origin;
  const std::optional<std::string> authorization = answer_challenges(challenges, place_.base_url, scope_, login, context_.http);
  if (!authorization) return false;
  if (!authorization->starts_with("Bearer ")) {
    context_.http.remember(cat(place_.base_url, " ", scope_), *authorization, std::numeric_limits<std::int64_t>::max());
  }
  return true;
}

RegistryClient::ManifestBytes RegistryClient::fetch_manifest(const std::string& reference) {
  const std::string subject = cat("cannot pull '", named(reference), "': ");
  HttpRequest request;
  request.headers = {cat("Accept: ", manifest_accept())};
  request.size_limit = k_manifest_limit;
  request.on_answer = [&](const HttpResponse& answer) {
    if (!is_html(answer.header("content-type").value_or(""))) return;
    throw InputError(cat(subject, "'", host_, "' sent an HTML page instead of a manifest"),
                     "a login page or a proxy may stand between; look at the address in a browser");
  };
  MemorySink body(cat("the manifest of '", named(reference), "'"), k_manifest_limit);
  const HttpResponse response = get(std::move(request), cat("/manifests/", reference), body, [&] { body.bytes().clear(); });
  if (response.status != 200) refuse_manifest(response, reference);
  ManifestBytes manifest{std::string(as_text(body.bytes())), response.header("content-type").value_or(""), sha256(body.bytes())};
  const std::string said = reference.find(':') == std::string::npos ? response.header("docker-content-digest").value_or("") : reference;
  if (!said.empty() && said != manifest.digest.named()) {
    throw InputError(
        cat(subject, "'", host_, "' sent another manifest: expected ", printable(said, 100), ", found ", manifest.digest.named()));
  }
  return manifest;
}

void RegistryClient::fetch_blob(const LockedBlob& blob) {
  const std::string name = blob_name(blob, repository_);
  const BlobFetch fetch{blob.digest, blob.size, name,
                        [&](HttpRequest request, Sink& body, const std::function<void()>& restart) {
                          return get(std::move(request), cat("/blobs/", blob.digest.named()), body, restart);
                        },
                        [&](const HttpResponse& response) {
                          if (response.status != 404 && response.status != 410) refuse(response, name);
                          throw InputError(cat(name, " has vanished upstream: '", host_, "' no longer has it"),
                                           "run 'rootcellar lock' again and build from the new lock");
                        }};
  fetch_into_cache(fetch, context_);
}

std::vector<std::string> RegistryClient::tags() {
  MemorySink body("the list of tags", k_tag_list);
  HttpRequest request;
  request.size_limit = k_tag_list;
  const HttpResponse response = get(std::move(request), "/tags/list?n=1000", body, [&] { body.bytes().clear(); });
  std::vector<std::string> found;
  if (response.status != 200) return found;
  const JsonValue document = parse_json(as_text(body.bytes()), "the list of tags");
  const JsonValue* list = document.find("tags");
  if (list == nullptr || !list->is_array()) return found;
  for (const JsonValue& tag : list->items()) {
    if (tag.is_string()) found.push_back(printable(tag.as_string(), 128));
  }
  std::ranges::sort(found);
  return found;
}

void RegistryClient::refuse_manifest(const HttpResponse& response, const std::string& reference) {
  if (response.status == 404) refuse_missing(reference);
  refuse(response, named(reference));
}

void RegistryClient::refuse_missing(const std::string& reference) {
  const std::vector<std::string> there = tags();
  const std::string subject = cat("cannot find '", named(reference), "': '", host_, "' has no ");
  if (there.empty()) throw InputError(cat(subject, "repository '", place_.repository, "'"), "check the name");
  if (reference.find(':') != std::string::npos)
    throw InputError(cat("'", named(reference), "' has vanished upstream: '", host_, "' no longer has it"),
                     "choose a tag or digest that is there and run 'rootcellar lock' again");
  throw InputError(cat(subject, "tag '", reference, "' of it"), tags_hint(reference, there));
}

void RegistryClient::refuse(const HttpResponse& response, const std::string& name) const {
  const std::string subject = cat("cannot pull '", name, "': '", host_, "' ");
  if (response.status == 401) refuse_login(name);
  if (response.status == 403 && !login_origin_) refuse_login(name);
  if (response.status == 403) {
    throw InputError(cat(subject, "does not allow it to the login from ", *login_origin_, own_words(response)));
  }
  if (response.status == 429) {
    throw InputError(cat(subject, "limits how much may be pulled (429 Too Many Requests)"),
                     cat("run 'docker login ", host_, "' for a higher limit, or try again later; what was fetched is kept"));
  }
  throw InputError(cat(subject, "answers ", status_text(response.status), own_words(response)));
}

void RegistryClient::refuse_login(const std::string& name) const {
  const std::string subject = cat("cannot pull '", name, "': '", host_, "' ");
  if (login_origin_) throw InputError(cat(subject, "refuses the login from ", *login_origin_), cat("run 'docker login ", host_, "' again"));
  throw InputError(cat(subject, "wants a login"), cat("check the name; for a private image run 'docker login ", host_,
                                                      "', which leaves the login in config.json of $DOCKER_CONFIG or ~/.docker"));
}

}  // namespace rootcellar
