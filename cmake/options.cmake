# What every target is compiled with, apart from warnings.
find_package(Threads REQUIRED)
add_library(rc_options INTERFACE)
target_include_directories(rc_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_libraries(rc_options INTERFACE Threads::Threads)
# Files are larger than 2 GiB; sections let the linker drop what the static installer does not use.
target_compile_definitions(rc_options INTERFACE _FILE_OFFSET_BITS=64)
target_compile_options(rc_options INTERFACE -ffunction-sections -fdata-sections)
target_link_options(rc_options INTERFACE -Wl,--gc-sections)
# No path of the building machine in a binary: __FILE__ and debug information start at the repository.
target_compile_options(rc_options INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(ROOTCELLAR_LINKER)
  target_link_options(rc_options INTERFACE -fuse-ld=${ROOTCELLAR_LINKER})
endif()
if(ROOTCELLAR_SANITIZE)
  target_compile_options(rc_options INTERFACE -fsanitize=${ROOTCELLAR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(rc_options INTERFACE -fsanitize=${ROOTCELLAR_SANITIZE})
endif()

# The version as text, for what prints or records it: links rc_version, reads ROOTCELLAR_VERSION.
add_library(rc_version INTERFACE)
target_compile_definitions(rc_version INTERFACE ROOTCELLAR_VERSION="${PROJECT_VERSION}")

# Makes `target` one static binary, where the preset can: no interpreter, no shared library.
function(rc_link_static target)
  if(ROOTCELLAR_STATIC_INSTALLER)
    target_link_options(${target} PRIVATE -static)
  endif()
endfunction()
