// What a program said before it gave up: the line of its output that a message quotes.
#pragma once

#include <string>
#include <string_view>

namespace rootcellar {

/// The last line of `text` that says something, at most 300 bytes of it, made safe for a terminal; empty when none does.
std::string last_line(std::string_view text);

}  // namespace rootcellar
