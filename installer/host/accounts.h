// User and group names to ids from /etc/passwd's and /etc/group's text: a static program has no name service, and needs none for local
// accounts.
#pragma once

#include <optional>
#include <string_view>

namespace rootcellar {

/// The id (third field) of `name` in passwd(5) or group(5) text; a decimal `name` that is not in the text is an id itself.
std::optional<unsigned> account_id(std::string_view text, std::string_view name);

}  // namespace rootcellar
