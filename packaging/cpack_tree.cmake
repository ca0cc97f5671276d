# Run by cpack in the tree of a package, before it is packed. Dates are those of $SOURCE_DATE_EPOCH, where there is one, so
# that two builds of a revision are the same.
set(tree ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
# What only a .deb has: its copyright, its change logs and the exceptions for lintian.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(documents ${tree}/usr/share/doc/${CPACK_PACKAGE_NAME})
  set(overrides ${tree}/usr/share/lintian/overrides)
  set(deb ${CPACK_DOCUMENTS_SOURCE}/packaging/deb)
  file(MAKE_DIRECTORY ${documents} ${overrides})
  configure_file(${deb}/copyright ${documents}/copyright COPYONLY)
  configure_file(${CPACK_DOCUMENTS_SOURCE}/CHANGELOG.md ${documents}/changelog COPYONLY)
  configure_file(${deb}/lintian-overrides ${overrides}/${CPACK_PACKAGE_NAME} COPYONLY)
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${documents}/changelog.Debian
"${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) stable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; changelog.gz says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  execute_process(COMMAND gzip -9nf ${documents}/changelog ${documents}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
endif()
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND find ${tree} -exec touch -hd @$ENV{SOURCE_DATE_EPOCH} {} + COMMAND_ERROR_IS_FATAL ANY)
endif()
