# Manual pages: docs/man/NAME.SECTION.scd, made by scdoc. A page is picked up by its being there; baocaod's belong to the server's
# package, others to the collector's. @VERSION@ is filled in, and a line @TABLE@ with what the programs' own tables say
# (docs/man/tables.c), so that no option or metric is described twice.
find_program(SCDOC scdoc REQUIRED)
add_executable(baocaod-tables docs/man/tables.c)
target_link_libraries(baocaod-tables PRIVATE baocaod_parts baocao_flags)

file(GLOB manuals CONFIGURE_DEPENDS docs/man/*.scd)
set(manual_pages)
foreach(manual ${manuals})
  get_filename_component(page ${manual} NAME_WLE) # NAME.SECTION
  string(REGEX REPLACE ".*\\." "" section ${page})
  set(to ${PROJECT_BINARY_DIR}/man/${page})
  add_custom_command(
    OUTPUT ${to}.gz ${to}
    COMMAND ${CMAKE_COMMAND} -DFROM=${manual} -DTO=${to} -DVERSION=${PROJECT_VERSION} -DSCDOC=${SCDOC}
            -DTABLES=$<TARGET_FILE:baocaod-tables> -P ${PROJECT_SOURCE_DIR}/cmake/MakeManual.cmake
    DEPENDS ${manual} baocaod-tables ${PROJECT_SOURCE_DIR}/cmake/MakeManual.cmake
    COMMENT "manual: ${page}")
  list(APPEND manual_pages ${to}.gz)
  set(component collector)
  if(page MATCHES "^baocaod")
    set(component server)
  endif()
  install(FILES ${to}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endforeach()
add_custom_target(manual ALL DEPENDS ${manual_pages})
