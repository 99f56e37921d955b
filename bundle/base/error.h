// Errors by what the reader should do about them; each kind is an exit code.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rootcellar {

/// Process exit codes. Documented in docs/exit-codes.md; never renumber.
enum class ExitCode : int {
  ok = 0,
  failed_check = 1,   ///< the program worked; what it examined is not as it should be (verify, status)
  usage = 2,          ///< fix the command
  input = 3,          ///< fix the file
  trust = 4,          ///< do not use this bundle
  system = 5,         ///< an operation on this machine failed: operation, path, errno
  host = 6,           ///< this machine does not fit
  bug = 70,           ///< our fault
  interrupted = 130,  ///< Ctrl-C or SIGTERM
};

/// A position in a document a person wrote. Lines and columns count from 1; 0 means "not known".
struct TextPlace {
  std::string file;
  int line = 0;
  int column = 0;
  std::string source_line;  ///< the whole line, without its newline; empty when unknown
};

/// One fault in a document: where, what, and what to do about it (may be empty).
struct Fault {
  TextPlace place;
  std::string message;
  std::string hint;
};

/// Base of every error a user can cause or cure. `what()` is the first line without "error: ".
class Error : public std::exception {
 public:
  Error(ExitCode code, std::string message, std::string hint = {});

  const char* what() const noexcept override { return message_.c_str(); }
  ExitCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  const std::vector<Fault>& faults() const noexcept { return faults_; }
  const std::string& machine_state() const noexcept { return machine_state_; }

  /// Adds "  while NOTE" below the message; only the first four are kept. Called by with_note().
  void add_note(std::string note);
  /// One line on the state of the machine, e.g. "nothing was changed". The innermost caller wins.
  void set_machine_state(std::string state);

 protected:
  std::vector<Fault> faults_;

 private:
  ExitCode code_;
  std::string message_;
  std::string hint_;
  std::string machine_state_;
  std::vector<std::string> notes_;
};

class UsageError : public Error {
 public:
  explicit UsageError(std::string message, std::string hint = {}) : Error(ExitCode::usage, std::move(message), std::move(hint)) {}
};

/// A file, a server's answer or a document is wrong. Carries every fault of one document at once.
class InputError : public Error {
 public:
  explicit InputError(std::string message, std::string hint = {}) : Error(ExitCode::input, std::move(message), std::move(hint)) {}
  /// REQUIRES: faults is not empty. The first fault is the message.
  explicit InputError(std::vector<Fault> faults);
};

class TrustError : public Error {
 public:
  explicit TrustError(std::string message, std::string hint = {}) : Error(ExitCode::trust, std::move(message), std::move(hint)) {}
};

/// A failed system call. `errno_value` 0 means the failure had no errno (a short read, a closed pipe).
class SystemError : public Error {
 public:
  /// Message: "cannot OPERATION 'PATH': STRERROR".
  SystemError(std::string_view operation, std::string_view path, int errno_value, std::string hint = {});
  explicit SystemError(std::string message, std::string hint = {}) : Error(ExitCode::system, std::move(message), std::move(hint)) {}
  int errno_value() const noexcept { return errno_value_; }

 private:
  int errno_value_ = 0;
};

class HostError : public Error {
 public:
  explicit HostError(std::string message, std::string hint = {}) : Error(ExitCode::host, std::move(message), std::move(hint)) {}
};

/// Ctrl-C or SIGTERM. Not an Error, so that no `catch (const Error&)` swallows it.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Runs `action`; an Error passing through gets "while NOTE" added. Cannot forget to rethrow.
template <typename Action>
decltype(auto) with_note(std::string_view note, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (Error& error) {
    error.add_note(std::string(note));
    throw;
  }
}

/// The whole text shown for `error`, ending in a newline: "error: " lines, source lines with carets (cut at 100
/// columns), notes, hint, state of the machine. No colour.
std::string render_error(const Error& error);

}  // namespace rootcellar
