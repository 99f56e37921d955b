// Names and passwords for registries, from where `docker login` and `podman login` leave them: Docker's config.json and its helpers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

/// A secret: never part of a message.
struct Credentials {
  std::string user, password;
  std::string identity_token;  ///< an OAuth2 refresh token; then user and password do not count
  std::string origin;          ///< where it was found, for messages: "'/home/x/.docker/config.json'"
};

/// The part of config.json that is about logins. Other keys are the user's and are not looked at.
struct DockerConfig {
  std::string path;
  std::map<std::string, Credentials> logins;   ///< by registry host, as normal_login_name() spells it
  std::map<std::string, std::string> helpers;  ///< credHelpers: host -> NAME of docker-credential-NAME
  std::string store;                           ///< credsStore
};

/// "https://quay.io/v1/" -> "quay.io"; all names of Docker Hub -> "docker.io".
std::string normal_login_name(std::string_view name);
/// Faults are an InputError naming `path`; what is wrong with a secret is told without it.
DockerConfig parse_docker_config(std::string_view text, const std::string& path);
/// $DOCKER_CONFIG/config.json or ~/.docker/config.json; empty when there is none.
DockerConfig read_docker_config();
/// What a helper (docker-credential-helpers protocol: "get", server name on stdin) printed; nothing when it knows no login.
std::optional<Credentials> parse_helper_answer(int exit_code, std::string_view output, const std::string& program);
/// The login for a registry: its own helper, then the store, then the file. Runs docker-credential-NAME from $PATH.
std::optional<Credentials> find_credentials(const DockerConfig& config, const std::string& auth_host);

}  // namespace rootcellar
