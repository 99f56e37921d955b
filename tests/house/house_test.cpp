// The rules that every code base breaks silently sooner or later, each as a test that names the place.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/house/source_tree.h"

namespace rootcellar::house {
namespace {

using Places = std::vector<std::string>;

std::string shown(const Places& places) { return places.empty() ? std::string() : cat("\n  ", join(places, "\n  ")); }

void append(Places& places, const Places& more) { places.insert(places.end(), more.begin(), more.end()); }

/// The names in #include lines with the given opening quote.
Places includes(const SourceFile& file, char open) {
  Places names;
  for (const std::string_view line : split(file.text, '\n')) {
    if (!line.starts_with("#include ") || line.size() < 12 || line[9] != open) continue;
    const std::string_view name = line.substr(10);
    names.emplace_back(name.substr(0, name.find_first_of(">\"")));
  }
  return names;
}

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) { return text.starts_with(prefix); });
}

/// The rooms that a file may include from.
std::vector<std::string> rooms_below(std::string_view path) {
  if (path.starts_with("bundle/base/")) return {"bundle/base/"};
  if (path.starts_with("bundle/")) return {"bundle/"};
  return {"bundle/", std::string(path.substr(0, path.find('/') + 1))};
}

TEST(House, LayeringByInclude) {
  Places wrong;
  for (const SourceFile& file : program_sources()) {
    for (const std::string& name : includes(file, '"')) {
      if (!starts_with_any(name, rooms_below(file.path))) wrong.push_back(cat(file.path, " includes ", name));
    }
  }
  EXPECT_TRUE(wrong.empty()) << "builder -> bundle -> bundle/base <- bundle <- installer:" << shown(wrong);
}

TEST(House, OneFilePerThirdPartyLibrary) {
  const std::map<std::string, std::set<std::string>> k_homes = {
      {"openssl/",
       {"bundle/base/digest.cpp", "bundle/base/signing.cpp", "bundle/base/secret_key.cpp", "installer/run/certificate.cpp",
        "installer/pki/authority.cpp", "bundle/pki/provided.cpp", "bundle/pki/summary.cpp", "bundle/pki/x509.cpp", "bundle/pki/x509.h",
        "installer/run/secret_material.cpp"}},
      {"crypt.h", {"installer/run/secret_material.cpp"}},
      {"zstd", {"bundle/base/zstd.cpp"}},
      {"yaml-cpp/", {"bundle/base/yaml.cpp"}},
      {"nlohmann/", {"bundle/base/json.cpp"}},
      {"CLI/", {"bundle/base/cli.cpp"}},
      {"curl/", {"builder/source/http.cpp"}},
      {"archive", {"builder/source/archive.cpp", "installer/run/layer_search.cpp"}},
  };
  Places wrong;
  for (const SourceFile& file : program_sources()) {
    for (const std::string& name : includes(file, '<')) {
      for (const auto& [prefix, homes] : k_homes) {
        if (name.starts_with(prefix) && !homes.contains(file.path)) wrong.push_back(cat(file.path, " includes <", name, ">"));
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << "a library stays behind its one file:" << shown(wrong);
}

TEST(House, NoHeavyOrGlobalHeaders) {
  Places wrong;
  for (const SourceFile& file : program_sources()) {
    for (const std::string& name : includes(file, '<')) {
      if (name == "iostream" || name == "regex") wrong.push_back(cat(file.path, " includes <", name, ">"));
    }
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

/// Calls that only the named files may make.
struct Reserved {
  std::vector<std::string> words;
  std::set<std::string> homes;
  std::string reason;
};

TEST(House, ReservedCalls) {
  const Reserved k_rules[] = {
      {{"chdir(", "current_path("},
       {"bundle/base/process.cpp"},
       "the current directory belongs to the user (a child's, between fork and exec, is its own)"},
      {{"std::cout", "std::cerr", "printf(", "fprintf(", "puts(", "fputs(", "STDOUT_FILENO", "STDERR_FILENO"},
       {"bundle/base/cli.cpp", "bundle/base/cli_console.cpp"},
       "only the console prints"},
      {{"rename(", "renameat(", "renameat2("},
       // Besides AtomicFile: volumes are published together, a cached blob gets its name from its end, and folders of data are put in place.
       {"bundle/base/file.cpp", "bundle/volume_writer.cpp", "builder/source/cache.cpp", "installer/host/real_host.cpp"},
       "one AtomicFile renames"},
      {{"system(", "popen(", "execvp(", "execlp("}, {}, "programs run by argv, never through a shell or a search"},
      // A sealed host outlives the call that starts it and is born inside its cgroups.
      {{"execve(", "fork("}, {"bundle/base/process.cpp", "builder/rehearse/nspawn.cpp"}, "one place starts programs"},
  };
  for (const Reserved& rule : k_rules) {
    Places wrong;
    for (const SourceFile& file : program_sources()) {
      if (rule.homes.contains(file.path)) continue;
      for (const std::string& word : rule.words) append(wrong, uses_of(file, word));
    }
    EXPECT_TRUE(wrong.empty()) << rule.reason << ":" << shown(wrong);
  }
}

/// The block that starts at the first brace from `at` on.
std::string_view block_from(std::string_view code, std::size_t at) {
  const std::size_t open = code.find('{', at);
  if (open == std::string_view::npos) return {};
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    depth += code[i] == '{' ? 1 : code[i] == '}' ? -1 : 0;
    if (depth == 0) return code.substr(open, i - open);
  }
  return code.substr(open);
}

TEST(House, CatchAllKeepsOrRethrows) {
  // main has no caller to rethrow to; showing progress can never fail the work.
  const std::set<std::string> k_homes = {"bundle/base/cli.cpp", "bundle/base/progress.cpp"};
  Places wrong;
  for (const SourceFile& file : program_sources()) {
    if (k_homes.contains(file.path)) continue;
    for (std::size_t at = file.code.find("catch (...)"); at != std::string::npos; at = file.code.find("catch (...)", at + 1)) {
      const std::string_view block = block_from(file.code, at);
      const bool keeps = block.find("throw") != std::string_view::npos || block.find("std::current_exception()") != std::string_view::npos;
      if (!keeps) wrong.push_back(place(file, at));
    }
  }
  EXPECT_TRUE(wrong.empty()) << "catch (...) swallows Ctrl-C and bugs:" << shown(wrong);
}

/// The words of every CMakeLists.txt, as paths from the root.
std::set<std::string> listed_in_cmake() {
  std::set<std::string> listed;
  for (const SourceFile& file : files_below("")) {
    if (path_name(file.path) != "CMakeLists.txt") continue;
    const std::string folder = path_parent(file.path);
    std::string text = file.text;
    std::replace_if(
        text.begin(), text.end(), [](char letter) { return letter == '\n' || letter == '(' || letter == ')'; }, ' ');
    for (const std::string_view word : split(text, ' ')) listed.insert(folder == "." ? std::string(word) : path_join(folder, word));
  }
  return listed;
}

TEST(House, EverySourceIsInATarget) {
  const std::set<std::string> listed = listed_in_cmake();
  Places wrong;
  for (const std::string folder : {"bundle", "builder", "installer", "tests"}) {
    for (const SourceFile& file : files_below(folder)) {
      if (file.path.ends_with(".cpp") && !listed.contains(file.path)) wrong.push_back(file.path);
    }
  }
  EXPECT_TRUE(wrong.empty()) << "never compiled:" << shown(wrong);
}

TEST(House, FilesAreShort) {
  constexpr auto k_most = 400;
  Places wrong;
  for (const SourceFile& file : program_sources()) {
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    const auto most = path_name(file.path) == "main.cpp" ? 60 : k_most;
    if (lines > most) wrong.push_back(cat(file.path, ": ", lines, " lines, expected at most ", most));
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

TEST(House, NamesSayWhatThingsAre) {
  const std::set<std::string> k_empty_words = {"util", "utils", "helper", "helpers", "manager", "common", "misc", "stuff"};
  Places wrong;
  for (const SourceFile& file : files_below("")) {
    for (const std::string_view part : split(file.path, '/')) {
      const std::string name(part.substr(0, part.find('.')));
      for (const std::string_view word : split(name, '_')) {
        if (k_empty_words.contains(std::string(word))) wrong.push_back(file.path);
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

TEST(House, HeadersSayWhatTheyAreFor) {
  Places wrong;
  for (const std::string folder : {"bundle", "builder", "installer", "tests"}) {
    for (const SourceFile& file : files_below(folder)) {
      if (!is_header(file.path)) continue;
      if (!file.text.starts_with("// ") || file.text.find("\n#pragma once\n") == std::string::npos) wrong.push_back(file.path);
    }
  }
  EXPECT_TRUE(wrong.empty()) << "a header opens with a sentence and has #pragma once:" << shown(wrong);
}

TEST(House, NothingIsLeftForLater) {
  // Put together here, so that this file does not find itself.
  const std::vector<std::string> k_words = {cat("TO", "DO"), cat("FIX", "ME"), cat("XX", "X:"), cat("GTEST_SKIP", "();"),
                                            cat("DISABLED", "_")};
  Places wrong;
  for (const SourceFile& file : files_below("")) {
    const SourceFile whole{file.path, file.text, {}};
    for (const std::string& word : k_words) append(wrong, uses_of(whole, word));
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

TEST(House, NothingPointsOutOfTheRepository) {
  const std::vector<std::string> k_words = {cat("/wo", "rk/main"), cat("/wo", "rk/shared"),       cat("/tmp/", "rc/"),
                                            cat("pypi", ".org"),   cat("registry.npmjs", ".org"), cat("proxy.golang", ".org")};
  Places wrong;
  for (const SourceFile& file : files_below("")) {
    for (const std::string& word : k_words) {
      const std::size_t at = file.text.find(word);
      if (at != std::string::npos) wrong.push_back(cat(place(file, at), ": ", word));
    }
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

TEST(House, AptAlwaysAuthenticates) {
  const std::vector<std::string> k_words = {cat("trusted", "=yes"), cat("--allow-", "unauthenticated"),
                                            cat("AllowUnauthenticated", "=true"), cat("AllowInsecureRepositories", "=true"),
                                            cat("--force-", "yes")};
  Places wrong;
  for (const std::string folder : {"bundle", "builder", "installer", "images", "profiles", "tests"}) {
    for (const SourceFile& file : files_below(folder)) {
      for (const std::string& word : k_words) {
        const std::size_t at = file.text.find(word);
        if (at != std::string::npos) wrong.push_back(cat(place(file, at), ": ", word));
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << shown(wrong);
}

TEST(House, TheTestsOwnEyesAreGood) {
  EXPECT_EQ(code_of("a \"b // c\" d // e\nf /* g\nh */ 'i' j"), "a          d     \nf     \n         j");
  EXPECT_EQ(code_of("x = 1'000'000; R\"(y\")\" z"), "x = 1'000'000;         z");
  EXPECT_EQ(code_of("#include \"a/b.h\"\nc"), "#include \"a/b.h\"\nc");
  EXPECT_EQ(uses_of({"p", "xputs(1)\nputs(2)", ""}, "puts("), Places{"p:2: puts("});
  EXPECT_FALSE(program_sources().empty());
}

}  // namespace
}  // namespace rootcellar::house
