// Keeps secrets out of logs: the one place that decides what a log line may show.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rootcellar {

/// `text` with every secret, and the user part of every URL ("://user:password@"), replaced by "***". Longer secrets first; empty ones are
/// ignored.
std::string redact(std::string_view text, std::span<const std::string> secrets);

}  // namespace rootcellar
