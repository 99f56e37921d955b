# Third-party libraries, from the distribution's packages, one interface target each. bundle/ and installer/ always get the
# static archives by file name, because rootcellar-install is one static binary in every preset and one way to link is enough.
find_package(PkgConfig REQUIRED)

# rc_static_dependency(target package...): `target` links the .a files of the pkg-config packages and of what they need.
function(rc_static_dependency target)
  pkg_check_modules(${target}_pkg REQUIRED ${ARGN})
  add_library(${target} INTERFACE)
  set(archives "")
  foreach(library IN LISTS ${target}_pkg_STATIC_LIBRARIES)
    if(library MATCHES "^(pthread|dl|m|rt|c)$")
      continue()
    endif()
    find_library(RC_ARCHIVE_${library} NAMES lib${library}.a REQUIRED)
    mark_as_advanced(RC_ARCHIVE_${library})
    list(APPEND archives ${RC_ARCHIVE_${library}})
  endforeach()
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_pkg_INCLUDE_DIRS})
  target_link_libraries(${target} INTERFACE ${archives} ${CMAKE_DL_LIBS} Threads::Threads)
endfunction()

rc_static_dependency(rc_dep_openssl libcrypto)
rc_static_dependency(rc_dep_zstd libzstd)
rc_static_dependency(rc_dep_yaml yaml-cpp)
rc_static_dependency(rc_dep_archive libarchive)
rc_static_dependency(rc_dep_crypt libcrypt)

# The builder alone may use the network, so it alone links curl, as a shared library: curl's own dependencies have no archives.
# curl brings shared copies of libcrypto and libzstd; hiding our archives' symbols keeps the two copies apart.
pkg_check_modules(rc_dep_curl_pkg REQUIRED libcurl)
add_library(rc_dep_curl INTERFACE)
target_include_directories(rc_dep_curl SYSTEM INTERFACE ${rc_dep_curl_pkg_INCLUDE_DIRS})
target_link_libraries(rc_dep_curl INTERFACE ${rc_dep_curl_pkg_LINK_LIBRARIES})
target_link_options(rc_dep_curl INTERFACE -Wl,--exclude-libs,ALL)

# Header-only.
find_path(RC_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
add_library(rc_dep_cli11 INTERFACE)
target_include_directories(rc_dep_cli11 SYSTEM INTERFACE ${RC_CLI11_INCLUDE})
find_path(RC_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
add_library(rc_dep_json INTERFACE)
target_include_directories(rc_dep_json SYSTEM INTERFACE ${RC_JSON_INCLUDE})
mark_as_advanced(RC_CLI11_INCLUDE RC_JSON_INCLUDE)
