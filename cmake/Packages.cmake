# Debian packages, one for each component of install(): `cpack -G DEB` in the build folder makes them.
#
#   baocao_package(NAME SUMMARY "one line" TEXT "paragraph" [DEPENDS ...] [RECOMMENDS ...] [SUGGESTS ...])
#
# is the package baocao-NAME with what was installed with COMPONENT NAME. Its maintainer scripts are in packages/NAME:
# preinst, postinst, prerm, postrm (@VARIABLES@ of CMake are filled in), conffiles, lintian-overrides: a file is picked up by
# its being there. Copyright and changelog are added. What has another component is in no package.
set(BAOCAO_MAINTAINER "báo cáo <baocao@lists.baocao.example>" CACHE STRING "the packages' maintainer: name and address")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "báo cáo")
set(CPACK_PACKAGE_CONTACT "${BAOCAO_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # else it would come before each package's own
set(CPACK_PACKAGE_HOMEPAGE_URL "")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)

# Debian's form of the changelog: one entry, which points to CHANGELOG.md. The date is that of the last change, so that the same
# tree makes the same package.
function(baocao_changelog name to)
  execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} log -1 --format=%aD OUTPUT_VARIABLE date ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT date)
    string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  endif()
  file(WRITE ${to}/changelog "baocao-${name} (${PROJECT_VERSION}) unstable; urgency=medium\n
  * Version ${PROJECT_VERSION}: see CHANGELOG.md.gz.\n\n -- ${BAOCAO_MAINTAINER}  ${date}\n")
  execute_process(COMMAND gzip -9n INPUT_FILE ${to}/changelog OUTPUT_FILE ${to}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND gzip -9n INPUT_FILE ${PROJECT_SOURCE_DIR}/CHANGELOG.md OUTPUT_FILE ${to}/CHANGELOG.md.gz
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

macro(baocao_package name)
  cmake_parse_arguments(package "" "SUMMARY;TEXT" "DEPENDS;RECOMMENDS;SUGGESTS" ${ARGN})
  set(package_files ${PROJECT_BINARY_DIR}/packages/${name})
  string(TOUPPER ${name} package_key)
  list(APPEND CPACK_COMPONENTS_ALL ${name})
  set(CPACK_DEBIAN_${package_key}_PACKAGE_NAME baocao-${name})
  set(CPACK_DEBIAN_${package_key}_DESCRIPTION "${package_SUMMARY}\n${package_TEXT}")
  string(JOIN ", " CPACK_DEBIAN_${package_key}_PACKAGE_DEPENDS ${package_DEPENDS})
  string(JOIN ", " CPACK_DEBIAN_${package_key}_PACKAGE_RECOMMENDS ${package_RECOMMENDS})
  string(JOIN ", " CPACK_DEBIAN_${package_key}_PACKAGE_SUGGESTS ${package_SUGGESTS})

  set(CPACK_DEBIAN_${package_key}_PACKAGE_CONTROL_EXTRA)
  foreach(script preinst postinst prerm postrm conffiles)
    if(EXISTS ${PROJECT_SOURCE_DIR}/packages/${name}/${script})
      configure_file(packages/${name}/${script} ${package_files}/${script} @ONLY USE_SOURCE_PERMISSIONS)
      list(APPEND CPACK_DEBIAN_${package_key}_PACKAGE_CONTROL_EXTRA ${package_files}/${script})
    endif()
  endforeach()
  if(EXISTS ${PROJECT_SOURCE_DIR}/packages/${name}/lintian-overrides)
    install(FILES packages/${name}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
            RENAME baocao-${name} COMPONENT ${name})
  endif()
  baocao_changelog(${name} ${package_files})
  install(FILES packages/copyright ${package_files}/changelog.gz ${package_files}/CHANGELOG.md.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/baocao-${name} COMPONENT ${name})
endmacro()

baocao_package(server
  SUMMARY "daemon that stores reports received over ZeroMQ in PostgreSQL"
  TEXT "Police units file aggregate reports as protobuf messages over ZeroMQ (CURVE).
baocaod authenticates the sender, checks every report against one contract,
stores it exactly once and answers with a receipt.

With it come the database schema, its migrations and baocaod-setup, which
takes a fresh server from this package to a running daemon."
  DEPENDS "baocao-collector (= ${PROJECT_VERSION})" postgresql-client procps systemd
  RECOMMENDS "postgresql (>= 15)")
baocao_package(collector
  SUMMARY "tool that files reports with baocaod"
  TEXT "baocao turns spreadsheets and JSON into reports, says in Vietnamese and
English what is wrong with them, keeps them in a durable outbox and delivers
them to any of several servers until each is answered with a receipt.

As a service it looks after a folder: files that are put there are filed, and
those with something wrong come back with all that is wrong."
  DEPENDS adduser)
include(CPack)
