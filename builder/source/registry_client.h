// One repository of one registry, spoken to in Docker's and OCI's distribution API, logging in when it asks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/source/docker_config.h"
#include "builder/source/image_manifest.h"
#include "builder/source/sources.h"

namespace rootcellar {

class RegistryClient {
 public:
  /// `repository` is the upstream name; where it is fetched from follows from the mirrors.
  RegistryClient(std::string repository, SourceContext& context);

  struct ManifestBytes {
    std::string text;
    std::string media_type;  ///< as served
    Digest digest;           ///< of the text; equal to what was asked for and to what the registry says
  };
  /// `reference` is a tag or a digest. What the registry refuses is an InputError that says why and what to do.
  ManifestBytes fetch_manifest(const std::string& reference);
  /// A layer or config into the cache.
  void fetch_blob(const LockedBlob& blob);
  const std::string& host() const { return host_; }

 private:
  HttpResponse get(HttpRequest request, std::string_view path, Sink& body, const std::function<void()>& restart);
  HttpResponse get_from_base(HttpRequest request, std::string_view path, Sink& body, const std::function<void()>& restart);
  bool log_in(const HttpResponse& refusal);
  std::vector<std::string> tags();
  std::string named(std::string_view reference) const;
  [[noreturn]] void refuse_manifest(const HttpResponse& response, const std::string& reference);
  [[noreturn]] void refuse_missing(const std::string& reference);
  [[noreturn]] void refuse(const HttpResponse& response, const std::string& name) const;
  [[noreturn]] void refuse_login(const std::string& name) const;

  std::string repository_;
  SourceContext& context_;
  Mirrors::RegistryPlace place_;
  std::string host_;  ///< for people: the registry's name as `docker login` takes it
  std::string scope_;
  std::optional<std::string> login_origin_;  ///< where the login that was sent came from
};

}  // namespace rootcellar
