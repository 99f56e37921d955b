#include "tests/support/pseudo_terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto k_patience = std::chrono::minutes(3);
constexpr int k_tick = 20;  // milliseconds between two looks at a condition

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

PseudoTerminal::PseudoTerminal(const std::vector<std::string>& argv, const std::string& directory, std::vector<std::string> environment,
                               unsigned short columns) {
  std::vector<std::string> words = argv;
  const std::vector<char*> arguments = pointers(words), variables = pointers(environment);
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  int master = -1;
  child_ = ::forkpty(&master, nullptr, nullptr, &size);
  if (child_ < 0) throw SystemError("open", "pseudo-terminal", errno);
  if (child_ == 0) {
    if (::chdir(directory.c_str()) == 0) ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  master_ = Fd(master);
}

PseudoTerminal::~PseudoTerminal() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

/// Linux tells EIO when nobody has the other side open any more.
void PseudoTerminal::read_more() {
  pollfd wanted{master_.get(), POLLIN, 0};
  if (::poll(&wanted, 1, k_tick) <= 0) return;
  char buffer[4096];
  const ssize_t size = ::read(master_.get(), buffer, sizeof buffer);
  if (size > 0) raw_.append(buffer, static_cast<std::size_t>(size));
  ended_ = size == 0 || (size < 0 && errno != EINTR);
}

bool PseudoTerminal::wait_until(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + k_patience;
  while (!condition() && !ended_ && Clock::now() < deadline) read_more();
  return condition();
}

bool PseudoTerminal::wait_for(std::string_view text) {
  if (!wait_until([&] { return raw_.find(text, seen_) != std::string::npos; })) return false;
  seen_ = raw_.find(text, seen_) + text.size();
  return true;
}

void PseudoTerminal::type(std::string_view keys) { write_full(master_.get(), as_bytes(keys), "pseudo-terminal"); }

bool PseudoTerminal::echoes() const {
  termios state{};
  return ::tcgetattr(master_.get(), &state) == 0 && (state.c_lflag & ECHO) != 0;
}

int PseudoTerminal::finish() {
  wait_until([] { return false; });
  if (!ended_) return -1;
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string PseudoTerminal::shown() const {
  std::string text = raw_;
  for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at)) text.erase(at, 1);
  return text;
}

}  // namespace rootcellar::test
