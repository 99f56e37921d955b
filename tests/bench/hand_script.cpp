#include "tests/bench/hand_script.h"

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/run/apt.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_begin = R"script(set -e
export DEBIAN_FRONTEND=noninteractive HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
declare -A spent
last=$EPOCHREALTIME
part() {
  local now=$EPOCHREALTIME
  spent[$1]=$(awk "BEGIN {print ${spent[$1]:-0} + $now - $last}")
  last=$EPOCHREALTIME
}
)script";

std::string quoted(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& word : argv) out += cat(out.empty() ? "" : " ", quoted(word));
  return out;
}

std::string mode_word(unsigned mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3) out += static_cast<char>('0' + ((mode >> shift) & 7));
  return out;
}

/// One overload per kind of step that changes something before kubeadm; every command's output is for its reader, not for ours.
struct Hand {
  std::string out = k_begin;

  void add(const std::string& part, const std::string& line) { out += cat(line, " >&2\npart ", part, "\n"); }
  void put(const std::string& path, unsigned mode, const std::string& part) {
    add(part, cat("install -D -m ", mode_word(mode), " ", quoted(cat(k_hand, "/files", path)), " ", quoted(path)));
  }
  static std::string part_of(const std::string& path) { return path.find("registry") == path.npos ? "files" : "registry"; }

  void operator()(const WriteFile& a) { put(a.path, a.mode, part_of(a.path)); }
  void operator()(const PlaceFile& a) { put(a.path, a.mode, part_of(a.path)); }
  void operator()(const ExtractFromImage& a) { put(a.path, a.mode, part_of(a.path)); }
  void operator()(const MakeDirectory& a) {
    add(part_of(a.path),
        cat("install -d -m ", mode_word(a.mode), " -o ", quoted(a.owner.user), " -g ", quoted(a.owner.group), " ", quoted(a.path)));
  }
  void operator()(const AddUser& a) {
    add("registry",
        cat("useradd --system --user-group --no-create-home --home-dir ", quoted(a.home), " --shell /usr/sbin/nologin ", quoted(a.name)));
  }
  void operator()(const SetSysctls& a) {
    for (const std::string& setting : a.settings) add("files", cat("sysctl -q -w ", quoted(setting), " || true"));
  }
  void operator()(const LoadModules& a) { add("files", cat("modprobe -a ", join(a.names, " "), " || true")); }
  void operator()(const EditLines& a) {
    for (const std::string& line : a.add) add("files", cat("printf '%s\\n' ", quoted(line), " | tee -a ", quoted(a.path)));
  }
  void operator()(const InstallPackages& a) {
    const AptPlaces places = apt_places(a.directory);
    add("packages", cat("install -d ", quoted(places.lists + "/partial"), " ", quoted(places.archives + "/partial")));
    add("packages", cat("install -m 644 ", k_hand, "/sources ", quoted(places.source_file)));
    add("packages", command(apt_update(a).argv));
    add("packages", command(apt_install(a, false).argv));
  }
  void operator()(const FillRegistry& a) {
    add("registry", cat("cp -a ", k_hand, "/registry/. ", quoted(a.root)));
    add("registry", cat("chown -R ", quoted(cat(a.owner.user, ":", a.owner.group)), " ", quoted(a.root)));
  }
  void operator()(const SetUnit& a) {
    const std::string part = part_of(a.unit);
    add(part, "systemctl daemon-reload");
    add(part, cat("systemctl ", a.enabled ? "enable " : "disable ", quoted(a.unit)));
    add(part, cat("systemctl ", a.active ? "restart " : "stop ", quoted(a.unit)));
  }
  void operator()(const WaitHttp& a) {
    const std::string authority = a.url.substr(7, a.url.find('/', 7) - 7);
    const std::size_t colon = authority.rfind(':');
    add("registry", cat("until (exec 3<>/dev/tcp/", authority.substr(0, colon), "/", authority.substr(colon + 1), "); do sleep 0.1; done"));
  }
  void operator()(const PullIntoContainerd& a) { add("images", cat("crictl pull ", quoted(a.name))); }
  template <typename Other>
  void operator()(const Other&) {}
};

}  // namespace

std::string hand_script(const std::vector<Step>& steps) {
  Hand hand;
  for (const Step& step : steps) {
    if (std::holds_alternative<KubeadmInit>(step.action)) break;
    std::visit(hand, step.action);
  }
  for (const char* part : k_hand_parts) hand.out += cat("printf 'prep:%s\\t%s\\n' ", part, " \"${spent[", part, "]:-0}\"\n");
  return hand.out;
}

std::vector<std::string> hand_files(const std::vector<Step>& steps) {
  std::vector<std::string> paths;
  for (const Step& step : steps) {
    if (std::holds_alternative<KubeadmInit>(step.action)) break;
    if (const auto* file = std::get_if<WriteFile>(&step.action)) paths.push_back(file->path);
    if (const auto* placed = std::get_if<PlaceFile>(&step.action)) paths.push_back(placed->path);
    if (const auto* taken = std::get_if<ExtractFromImage>(&step.action)) paths.push_back(taken->path);
  }
  return paths;
}

}  // namespace rootcellar::field
