# Run by cpack in the tree of a package, before it is packed: a .deb's copyright, change log and overrides of lintian.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(tree $ENV{DESTDIR})
  set(documents ${tree}/usr/share/doc/${CPACK_PACKAGE_NAME})
  message(STATUS "documents of the .deb: ${documents} ${CMAKE_INSTALL_PREFIX}")
endif()
