# rc_add_test(name source... [LIBS target...]): one GoogleTest program, run by ctest under the same name.
# Tests find the repository at RC_SOURCE_DIR; they read nothing outside it and write only below their temporary directory.
find_package(GTest REQUIRED)

function(rc_add_test name)
  cmake_parse_arguments(TEST "" "" "LIBS" ${ARGN})
  add_executable(${name} ${TEST_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${TEST_LIBS} rc_options rc_warnings GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE RC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
