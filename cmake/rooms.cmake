# Rooms are added in dependency order; a room that has no CMakeLists.txt yet is left out.
function(rc_add_rooms)
  foreach(room IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/CMakeLists.txt)
      add_subdirectory(${room})
    endif()
  endforeach()
endfunction()

# rc_add_room(name SOURCES a.cpp ... [PUBLIC rc_x ...] [PRIVATE rc_y ...] [SMALL]): the static library rc_NAME. SMALL: it decides and says, and moves
# no bytes, so that the installer's size counts and its speed does not.
function(rc_add_room name)
  cmake_parse_arguments(ROOM "SMALL" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(rc_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(rc_${name} PUBLIC rc_options ${ROOM_PUBLIC} PRIVATE rc_warnings ${ROOM_PRIVATE})
  if(ROOM_SMALL)
    # At -Os GCC 12 takes std::optional's value for uninitialized where -O1 and -O2 see that it is not; the dev preset has the warning.
    target_compile_options(rc_${name} PRIVATE $<$<CONFIG:Release>:-Os> $<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
  endif()
endfunction()
