# po/LANGUAGE.po becomes locale/LANGUAGE/LC_MESSAGES/baocao.mo in the build tree, where the tool finds it beside itself, and is
# installed in share/locale. The target translations-update brings po/ up to date with the sources.
find_program(MSGFMT msgfmt REQUIRED)
find_program(XGETTEXT xgettext REQUIRED)
find_program(MSGMERGE msgmerge REQUIRED)

file(GLOB languages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/po/*.po)
set(catalogues)
foreach(po ${languages})
  get_filename_component(language ${po} NAME_WE)
  set(folder ${PROJECT_BINARY_DIR}/locale/${language}/LC_MESSAGES)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${folder}/baocao.mo COMMAND ${MSGFMT} --check -o ${folder}/baocao.mo ${po} DEPENDS ${po})
  list(APPEND catalogues ${folder}/baocao.mo)
  install(FILES ${folder}/baocao.mo DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/${language}/LC_MESSAGES COMPONENT collector)
endforeach()
add_custom_target(translations ALL DEPENDS ${catalogues})
add_custom_target(translations-update COMMAND ${PROJECT_SOURCE_DIR}/po/update)
