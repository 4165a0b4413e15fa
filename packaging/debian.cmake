# The Debian package: `cpack -G DEB`, or scripts/package.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(changelog.in changelog @ONLY)
find_program(GZIP gzip REQUIRED)
# A native package's changelog, in Debian's form and place; only in the package.
install(CODE "set(gzip \"${GZIP}\")
  set(changelog \"${CMAKE_CURRENT_BINARY_DIR}/changelog\")
  set(documents \"${documents}\")" COMPONENT debian)
install(CODE [[
  execute_process(COMMAND "${gzip}" -9nkf "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL "${changelog}.gz" DESTINATION "${CMAKE_INSTALL_PREFIX}/${documents}")
]] COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tmbpf)
set(CPACK_PACKAGE_CONTACT "${TMBPF_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "shows from outside which lines of a running Python hold its memory")
set(CPACK_PACKAGE_DESCRIPTION
"tmbpf attaches eBPF programs to the allocator of a running CPython (3.8 to
3.15), keeps size and Python stack of every live block, and answers in the
vocabulary of tracemalloc. The target is not modified, not restarted and not
asked. Snapshots are files for Python's tracemalloc and for pprof; tmbpf also
shows, compares and converts them.")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL runtime debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
