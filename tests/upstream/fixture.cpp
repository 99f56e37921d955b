#include "tests/upstream/fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

HttpSettings impatient(bool with_ca, std::vector<std::string>& retries) {
  HttpSettings settings;
  settings.ca_file = with_ca ? upstream("CA") : "";
  settings.retries = 2;
  settings.retry_delay = 1;
  settings.stall_timeout = 1;
  settings.on_retry = [&retries](std::string_view line) { retries.emplace_back(line); };
  return settings;
}

Mirrors mirrors_of(const std::vector<std::string>& lines) {
  Mirrors mirrors;
  for (const std::string& line : lines) mirrors.add(line);
  return mirrors;
}

}  // namespace

std::string upstream(std::string_view name) {
  const std::string variable = name.empty() ? "RC_UPSTREAM" : cat("RC_UPSTREAM_", name);
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) {
    ADD_FAILURE() << variable << " is not set: run this program by tests/upstream/with_upstream.sh";
    std::exit(1);
  }
  return value;
}

Site::Site(const std::vector<std::string>& mirrors, bool with_ca)
    : folder_("rc-site"),
      cache_(path_join(folder_.path(), "cache")),
      http_(std::make_unique<HttpClient>(impatient(with_ca, retries), mirrors_of(mirrors))),
      context{cache_, *http_, silent_progress(), 2, folder_.path(), "amd64", {}} {
  make_directories(path_join(folder_.path(), "docker"));
  setenv("DOCKER_CONFIG", path_join(folder_.path(), "docker").c_str(), 1);
}

Site::~Site() { unsetenv("DOCKER_CONFIG"); }

void Site::log_in(const std::string& config_text) const { write_file_atomically(path_join(folder(), "docker/config.json"), config_text); }

void Site::log_in(const std::string& host, const std::string& password) const {
  const std::string login = base64_encode(as_bytes(cat(upstream("USER"), ":", password)));
  log_in(cat(R"({"auths": {")", host, R"(": {"auth": ")", login, R"("}}})"));
}

ImageName image(std::string_view text) {
  std::string reason;
  const std::optional<ImageName> name = parse_image_name(text, &reason);
  if (!name) ADD_FAILURE() << text << ": " << reason;
  return name.value_or(ImageName{});
}

std::size_t log_lines(std::string_view name, std::string_view wanted) {
  const std::string log = read_file(cat(upstream(""), "/log/", name, ".log"), std::size_t{16} << 20);
  const std::vector<std::string_view> lines = split(log, '\n');
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [&](std::string_view line) { return line.find(wanted) != std::string_view::npos; }));
}

}  // namespace rootcellar
