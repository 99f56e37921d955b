// A console at which a test types.
#pragma once

#include <deque>
#include <string>

#include "bundle/base/cli.h"

namespace rootcellar::test {

/// A person at a terminal who types what the test says.
class TypingConsole final : public cli::Console {
 public:
  explicit TypingConsole(std::deque<std::string> lines) : lines_(std::move(lines)) {}
  void print(std::string_view text) override { said += text; }
  void say(std::string_view line) override { said += std::string(line) + "\n"; }
  void warn(std::string_view line) override { said += "warning: " + std::string(line) + "\n"; }
  bool interactive() const override { return true; }
  bool json() const override { return false; }
  std::string ask(std::string_view question, std::string_view) override {
    said += question;
    std::string line = lines_.at(0);
    lines_.pop_front();
    return line;
  }
  SecretText ask_secret(std::string_view, std::string_view) override { return SecretText(""); }
  void event(std::string_view, const JsonValue&) override {}
  Progress& progress() override { return silent_progress(); }

  std::string said;

 private:
  std::deque<std::string> lines_;
};

}  // namespace rootcellar::test
