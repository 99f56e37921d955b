// The text of images/catalogue.yaml, put into the program when it is built: `rootcellar` is one file and finds it anywhere.
#pragma once

#include <string_view>

namespace rootcellar {

extern const std::string_view k_catalogue_text;

}  // namespace rootcellar
