// The fixed parts of the page, made from the files of their names by CMake.
#pragma once

#include <string_view>

namespace rootcellar {

extern const std::string_view k_page_css;
extern const std::string_view k_health_js;
extern const std::string_view k_trust_html;

}  // namespace rootcellar
