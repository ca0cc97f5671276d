# Runs at installation. SOURCE, WORK and BIN are set by CMakeLists.txt; file(INSTALL) puts DESTDIR in front itself.
file(REAL_PATH "${CMAKE_INSTALL_PREFIX}" prefix)
# /usr has no etc of its own; every other prefix has.
if(prefix MATCHES "^/(usr)?$")
  set(SYSCONFDIR /etc)
else()
  set(SYSCONFDIR ${prefix}/etc)
endif()
cmake_path(ABSOLUTE_PATH BIN BASE_DIRECTORY ${prefix} OUTPUT_VARIABLE BINDIR)
configure_file(${SOURCE}/resource_exporter.service.in ${WORK}/resource_exporter.service @ONLY)
file(INSTALL ${WORK}/resource_exporter.service ${SOURCE}/resource_exporter.socket DESTINATION ${prefix}/lib/systemd/system)

# What the administrator wrote stays.
set(options ${SYSCONFDIR}/default/resource_exporter)
if(NOT EXISTS $ENV{DESTDIR}${options})
  file(INSTALL ${SOURCE}/resource_exporter.default DESTINATION ${SYSCONFDIR}/default RENAME resource_exporter
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
endif()
