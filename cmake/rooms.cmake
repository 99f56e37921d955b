# Rooms are added in dependency order; a room that has no CMakeLists.txt yet is left out.
function(rc_add_rooms)
  foreach(room IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/CMakeLists.txt)
      add_subdirectory(${room})
    endif()
  endforeach()
endfunction()

# rc_add_room(name SOURCES a.cpp ... [PUBLIC rc_x ...] [PRIVATE rc_y ...]): the static library rc_NAME.
function(rc_add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(rc_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(rc_${name} PUBLIC rc_options ${ROOM_PUBLIC} PRIVATE rc_warnings ${ROOM_PRIVATE})
endfunction()
