// A step of an installation as data: what it is for, and one of a closed set of actions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/base/digest.h"
#include "bundle/base/json.h"
#include "installer/host/host_system.h"
#include "installer/run/cluster_step.h"
#include "installer/run/existing_step.h"
#include "installer/run/lan_step.h"
#include "installer/run/storage_step.h"

namespace rootcellar {

/// A directory; undo removes it when empty and made by us. `keep`: user data lives here, undo leaves it unless --purge-data.
struct MakeDirectory {
  std::string path;
  unsigned mode = 0755;
  Owner owner;
  bool keep = false;
};

/// A whole file we own. The previous file, if any, is kept in the journal's attic and put back by undo.
struct WriteFile {
  std::string path;
  std::string content;
  unsigned mode = 0644;
  Owner owner;
};

/// Members merged into a JSON file that people may own too; their keys and order stay. Lists in `append` get items added, `set` members are
/// replaced. Undo takes back only what was added and restores replaced values, unless a person changed them since.
struct MergeJson {
  std::string path;
  JsonValue set = JsonValue::object();
  JsonValue append = JsonValue::object();
  unsigned mode = 0644;
};

/// A file of the bundle put in place.
struct PlaceFile {
  std::string bundle_path;  ///< FileEntry
  std::string path;
  unsigned mode = 0644;
  Owner owner;
};

/// A regular file taken out of a container image's layers in the bundle and put in place.
struct ExtractFromImage {
  std::string image;   ///< "docker.io/library/registry:2"
  std::string member;  ///< "bin/registry"
  std::string path;
  unsigned mode = 0755;
};

/// A tool with an effect. `probe` exit 0, and `probe_says` in its output: already so. `undo` empty: nothing to take back.
struct RunTool {
  ToolCall call;
  std::optional<ToolCall> probe;
  std::optional<ToolCall> undo;
  std::string probe_says;
};

/// A systemd unit brought to a state. Undo restores what was before (enabled? active?).
struct SetUnit {
  std::string unit;
  bool enabled = true;
  bool active = true;
  bool restart_if_changed = false;  ///< restart when an earlier step of this run wrote a file named in `watch`
  std::vector<std::string> watch;   ///< files; the spool's directory means the packages upgraded from it
};

/// A system user and group of the same name.
struct AddUser {
  std::string name;
  std::string home;
};

/// All debs and apt index files of the bundle spooled below `directory`; undone (removed) by SpoolRemove at the end of the run as well as
/// by undo.
struct SpoolPackages {
  std::string directory;
  std::vector<std::string> groups{};  ///< of this machine: debs that only other groups need are left out
};
struct RemoveSpool {
  std::string directory;
};

/// Packages through the target's own apt with the spool as its only source and authentication on; waits for dpkg's lock, finishes a
/// half-configured dpkg first, keeps services down by policy-rc.d. Undo purges exactly what this step newly installed.
struct InstallPackages {
  std::string directory;              ///< the spool
  std::vector<std::string> packages;  ///< names to ask apt for
  std::vector<AptSource> sources;
  std::vector<std::string> hold;  ///< names to apt-mark hold among what was newly installed; "*" = all new
  std::string architecture;
  std::vector<std::string> ours;  ///< brought by earlier installs and held: an upgrade may change them, and holds them again
  std::vector<std::string> groups{};  ///< as in SpoolPackages
};

/// Images of the bundle written into a registry's storage directory (distribution's filesystem layout).
struct FillRegistry {
  std::string root;  ///< the storage root directory
  Owner owner;
  std::vector<std::string> images;     ///< repository names; empty: all
  std::vector<std::string> keep_tags;  ///< "library/nginx:1.22": people pushed over them, they stay as they are
};

/// Waits until an http GET on a numeric address gives `status`; changes nothing.
struct WaitHttp {
  std::string url;
  int status = 200;
  std::uint64_t time_limit = 60;
};

/// A docker image pulled from the local registry by `name` and proven by digest; undo removes it when it was not there before.
struct PullImage {
  std::string name;
  Digest digest;  ///< the manifest digest that the pull must report; all-zero: not compared
};

/// A proof: one of the appliance's checks. Never "already so", nothing to undo.
struct RunCheck {
  Check check;
};

using Action = std::variant<MakeDirectory, WriteFile, MergeJson, PlaceFile, ExtractFromImage, RunTool, SetUnit, AddUser, SpoolPackages,
                            RemoveSpool, InstallPackages, FillRegistry, WaitHttp, PullImage, RunCheck, EditLines, SwapOff, SetSysctls,
                            LoadModules, PullIntoContainerd, KubeadmInit, MakeSecret, ApplyManifest, HelmRelease, ExecInPod, WaitInCluster,
                            CaptureValue, MarkNode, RunJob, ExportAccess, OpenFirewall, GenerateCdi, KeepSiteFile, WriteFilled, PushImages,
                            ProvePulls, UnpackData, ExportFolders, TryMount, TryManifest, MakeAuthority, IssueCertificate, DrawCode,
                            ShareTrust, UseCertificate, CorrectClock>;

struct Step {
  std::string id;      ///< unique, stable between runs, [a-z0-9-]: names the log file
  std::string title;   ///< "write /etc/docker/daemon.json"
  std::string reason;  ///< one sentence: why
  Action action;
};

/// Steps as JSON and back: the journal keeps the plan it runs.
JsonValue encode_step(const Step& step);
Step decode_step(const JsonValue& json, std::string_view what);

}  // namespace rootcellar
