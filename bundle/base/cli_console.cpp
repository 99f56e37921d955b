#include "bundle/base/cli_console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "bundle/base/ticker.h"

namespace rootcellar::cli {
namespace {

constexpr std::size_t k_longest_answer = 4096;
constexpr std::chrono::milliseconds k_redraw{500};

void write_out(std::string_view text) {
  try {
    write_full(STDOUT_FILENO, as_bytes(text), "standard output");
  } catch (const SystemError& error) {
    if (error.errno_value() == EPIPE) throw OutputClosed();
    throw;
  }
}

/// A message that cannot be shown has nowhere to be complained about.
void write_err(std::string_view text) {
  while (!text.empty()) {
    const ssize_t length = ::write(STDERR_FILENO, text.data(), text.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return;
    text.remove_prefix(static_cast<std::size_t>(length));
  }
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool terminal_has_colour() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && !is_set("NO_COLOR") && terminal != nullptr && std::string_view(terminal) != "dumb";
}

/// Switches the echo off while a secret is typed, and on again whatever happens.
class EchoOff {
 public:
  EchoOff() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) throw SystemError("configure", "terminal", errno);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0) throw SystemError("configure", "terminal", errno);
  }
  ~EchoOff() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  EchoOff(const EchoOff&) = delete;

 private:
  termios before_{};
};

/// Waits for a key. In short waits: a signal that comes between the look at its flag and the wait would otherwise be seen at the next key
/// only.
void wait_for_key() {
  constexpr int k_wait = 100;  // milliseconds
  pollfd keyboard{STDIN_FILENO, POLLIN, 0};
  do poll_interrupt();
  while (::poll(&keyboard, 1, k_wait) <= 0);
}

/// One line from the keyboard, byte by byte: nothing after it is taken away from the next question.
std::string read_line(std::string_view what) {
  std::string line;
  line.reserve(k_longest_answer);  // a secret must not leave copies behind by growing
  while (line.size() < k_longest_answer) {
    char letter = 0;
    wait_for_key();
    const ssize_t length = ::read(STDIN_FILENO, &letter, 1);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) throw SystemError("read", "standard input", errno);
    if (length == 0 && line.empty()) throw UsageError(cat("cannot ask for ", what, ": the input ended"));
    if (length == 0 || letter == '\n') return line;
    line.push_back(letter);
  }
  throw UsageError(cat("cannot take ", what, ": the answer is longer than ", k_longest_answer, " bytes"));
}

class StandardConsole final : public Console {
 public:
  StandardConsole(const Streams& streams, const ConsoleOptions& options)
      : streams_(streams), options_(options), colour_(streams.colour && !options.no_color), progress_(make_progress()) {
    if (has_bar()) ticker_.emplace(k_redraw, [bar = progress_.get()] { bar->advance(0); });
  }

  void print(std::string_view text) override { streams_.out(text); }
  void say(std::string_view line) override {
    if (!options_.quiet) progress_->note(line);
  }
  void warn(std::string_view line) override { progress_->warn(line); }
  bool interactive() const override { return streams_.in_is_terminal && streams_.err_is_terminal && !options_.json; }
  bool json() const override { return options_.json; }

  std::string ask(std::string_view question, std::string_view what) override {
    require_person(what);
    const auto no_redraw = hold_bar();
    streams_.err(question);
    return answer(what);
  }

  SecretText ask_secret(std::string_view question, std::string_view what) override {
    require_person(what);
    const auto no_redraw = hold_bar();
    const EchoOff silence;  // before the question: whoever answers at once is not shown either
    streams_.err(question);
    SecretText secret(answer(what));
    streams_.err("\n");
    return secret;
  }

  void event(std::string_view kind, const JsonValue& fields) override {
    if (options_.json) progress_->event(kind, fields);
  }

  Progress& progress() override { return *progress_; }

 private:
  /// What is said instead of an answer begins on a line of its own.
  std::string answer(std::string_view what) const {
    try {
      return read_line(what);
    } catch (...) {
      streams_.err("\n");
      throw;
    }
  }

  void require_person(std::string_view what) const {
    if (!interactive()) throw UsageError(cat("cannot ask for ", what, ": nobody is at a terminal"), "give it with an option; see --help");
  }

  bool has_bar() const { return streams_.err_is_terminal && !options_.json && !options_.quiet; }
  std::unique_lock<std::mutex> hold_bar() { return ticker_ ? ticker_->hold() : std::unique_lock<std::mutex>(); }

  std::unique_ptr<Progress> make_progress() {
    const auto write = colour_ ? std::function([err = streams_.err](std::string_view text) { err(painted(text)); }) : streams_.err;
    if (options_.json) return make_json_progress({streams_.out, streams_.now});
    if (options_.quiet) return make_quiet_progress({write, streams_.now});
    if (has_bar()) return make_bar_progress({write, streams_.now}, streams_.columns);
    return make_plain_progress({write, streams_.now});
  }

  Streams streams_;
  ConsoleOptions options_;
  bool colour_;
  std::unique_ptr<Progress> progress_;
  std::optional<Ticker> ticker_;  // last: it uses the bar
};

}  // namespace

Streams standard_streams() {
  const auto start = std::chrono::steady_clock::now();
  const auto now = [start] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  return {write_out, write_err, now, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1, terminal_has_colour(), terminal_columns()};
}

std::unique_ptr<Console> make_console(const Streams& streams, const ConsoleOptions& options) {
  return std::make_unique<StandardConsole>(streams, options);
}

std::string painted(std::string_view text) {
  struct Paint {
    std::string_view word;
    std::string_view colour;
  };
  constexpr Paint k_paints[] = {{"error:", "\x1b[1;31m"}, {"warning:", "\x1b[1;33m"}, {"hint:", "\x1b[1;36m"}};
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    lines.emplace_back(line);
    for (const Paint& paint : k_paints) {
      if (line.starts_with(paint.word)) lines.back() = cat(paint.colour, paint.word, "\x1b[0m", line.substr(paint.word.size()));
    }
  }
  return join(lines, "\n");
}

}  // namespace rootcellar::cli
