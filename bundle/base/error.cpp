#include "bundle/base/error.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_notes = 4;
constexpr std::size_t k_max_columns = 100;

std::string place_text(const TextPlace& place) {
  std::string text = place.file;
  if (place.line > 0) text += cat(":", place.line);
  if (place.line > 0 && place.column > 0) text += cat(":", place.column);
  return text;
}

std::string fault_line(const Fault& fault) {
  const std::string place = place_text(fault.place);
  return place.empty() ? fault.message : cat(place, ": ", fault.message);
}

/// Characters, not bytes, so that the caret stands under the right letter of UTF-8 text.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if ((text[end] & 0xC0) != 0x80 && seen++ == count) break;
  }
  return text.substr(0, end);
}

std::string_view skip_characters(std::string_view text, std::size_t count) { return text.substr(first_characters(text, count).size()); }

/// The source line, shifted when the fault would otherwise lie beyond the last column, and the caret below it.
std::string caret_lines(const TextPlace& place) {
  if (place.source_line.empty() || place.column <= 0) return {};
  std::string line = place.source_line;
  std::replace(line.begin(), line.end(), '\t', ' ');
  line = printable(line, line.size() * 4);
  std::size_t column = static_cast<std::size_t>(place.column) - 1;
  column = std::min(column, count_characters(line));
  const std::size_t skipped = column < k_max_columns ? 0 : column - k_max_columns / 2;
  const std::string_view shown = first_characters(skip_characters(line, skipped), k_max_columns);
  return cat("  ", shown, "\n  ", std::string(column - skipped, ' '), "^\n");
}

std::string render_fault(const Fault& fault) {
  std::string text = cat("error: ", fault_line(fault), "\n", caret_lines(fault.place));
  if (!fault.hint.empty()) text += cat("hint: ", fault.hint, "\n");
  return text;
}

std::string render_faults(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) text += render_fault(fault);
  return text;
}

const std::vector<Fault>& not_empty(const std::vector<Fault>& faults) {
  assert(!faults.empty());
  return faults;
}

}  // namespace

Error::Error(ExitCode code, std::string message, std::string hint) : code_(code), message_(std::move(message)), hint_(std::move(hint)) {}

void Error::add_note(std::string note) {
  if (notes_.size() < k_max_notes) notes_.push_back(std::move(note));
}

void Error::set_machine_state(std::string state) {
  if (machine_state_.empty()) machine_state_ = std::move(state);
}

InputError::InputError(std::vector<Fault> faults) : Error(ExitCode::input, fault_line(not_empty(faults).front()), faults.front().hint) {
  faults_ = std::move(faults);
}

SystemError::SystemError(std::string_view operation, std::string_view path, int errno_value, std::string hint)
    : Error(ExitCode::system,
            cat("cannot ", operation, " '", path, "': ", errno_value == 0 ? "it ended too early" : std::strerror(errno_value)),
            std::move(hint)),
      errno_value_(errno_value) {}

std::string render_error(const Error& error) {
  std::string text = error.faults().empty() ? cat("error: ", error.message(), "\n") : render_faults(error.faults());
  for (const std::string& note : error.notes()) text += cat("  while ", note, "\n");
  if (error.faults().empty() && !error.hint().empty()) text += cat("hint: ", error.hint(), "\n");
  if (!error.machine_state().empty()) text += cat(error.machine_state(), "\n");
  return text;
}

}  // namespace rootcellar
