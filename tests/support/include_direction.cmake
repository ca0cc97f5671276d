# Refuses an include that goes against the direction of the rooms. Run by the build before anything is compiled; the
# include paths refuse most of it already, this catches "../" and gives the reason.
#   cmake -DSOURCE=DIR -P include_direction.cmake
set(contract "collector|metric|options|reloads|shared_text|sink")
function(check room allowed)
  file(GLOB_RECURSE files ${SOURCE}/${room}/*.cpp ${SOURCE}/${room}/*.h)
  foreach(file IN LISTS files)
    file(STRINGS ${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*\"")
    foreach(line IN LISTS includes)
      string(REGEX REPLACE ".*\"(.*)\".*" "\\1" header "${line}")
      if(NOT header MATCHES "^(${allowed})")
        file(RELATIVE_PATH shown ${SOURCE} ${file})
        message(FATAL_ERROR "${shown} includes \"${header}\": ${room}/ may include only ${allowed}. "
          "Dependencies point one way: platform <- collectors <- exporter (see CONTRIBUTING.md).")
      endif()
    endforeach()
  endforeach()
endfunction()
check(platform "platform/")
check(collectors "platform/|collectors/|exporter/(${contract})\\.h$")
check(exporter "platform/|collectors/|exporter/")
