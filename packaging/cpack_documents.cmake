# Run by cpack in the tree of a package before it is packed: what only a .deb has, its copyright, its change logs and the
# exceptions for lintian. The date is that of $SOURCE_DATE_EPOCH, so that two builds of a revision are the same.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(place /usr/share/doc/${CPACK_PACKAGE_NAME})
  set(documents $ENV{DESTDIR}${place})  # file(INSTALL) puts DESTDIR in front itself
  set(deb ${CPACK_DOCUMENTS_SOURCE}/packaging/deb)
  file(INSTALL ${deb}/copyright DESTINATION ${place})
  file(INSTALL ${CPACK_DOCUMENTS_SOURCE}/CHANGELOG.md DESTINATION ${place} RENAME changelog)
  file(INSTALL ${deb}/lintian-overrides DESTINATION /usr/share/lintian/overrides RENAME ${CPACK_PACKAGE_NAME})
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${documents}/changelog.Debian
"${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) stable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; changelog.gz says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  execute_process(COMMAND gzip -9nf ${documents}/changelog ${documents}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
endif()
