# Tests that are not GoogleTest programs.
add_test(NAME include_direction
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/include_direction_test.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_CXX_COMPILER})
set_tests_properties(include_direction PROPERTIES TIMEOUT 60)
add_test(NAME install COMMAND ${CMAKE_CURRENT_LIST_DIR}/install_test.sh ${CMAKE_BINARY_DIR})
set_tests_properties(install PROPERTIES TIMEOUT 60)
add_test(NAME collectors_listed COMMAND ${CMAKE_CURRENT_LIST_DIR}/collectors_listed_test.sh ${CMAKE_SOURCE_DIR})
add_test(NAME command_line COMMAND ${CMAKE_CURRENT_LIST_DIR}/command_line_test.sh ${CMAKE_BINARY_DIR})
set_tests_properties(command_line PROPERTIES TIMEOUT 60)
