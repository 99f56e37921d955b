// One question to a nameserver: whether anybody answers there, not what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rootcellar {

/// The question for the root's servers (RFC 1035, 4.1): every nameserver has an opinion on it, if only that it refuses.
std::string nameserver_question(std::uint16_t id);
/// A reply to that question, whatever it says.
bool answers_question(std::string_view reply, std::uint16_t id);
/// By UDP, port 53, asked up to three times. Empty: it answers; else why not. `address`: numeric IPv4.
std::string ask_nameserver(const std::string& address, std::uint64_t time_limit_seconds);

}  // namespace rootcellar
