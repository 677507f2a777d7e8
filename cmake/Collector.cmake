# What is made of the tables of client/ (commands, options, exit statuses): manual pages, a baocao.conf that says nothing yet, and
# the completion of shells, in ${PROJECT_BINARY_DIR}/manual.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/client/manual/*.c)
add_executable(baocao-manual ${sources})
target_link_libraries(baocao-manual PRIVATE baocao_parts baocao_flags)

set(manual ${PROJECT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${manual})
set(texts)
foreach(text baocao.1 baocao.conf.5 baocao.conf baocao.bash _baocao baocao.fish)
  add_custom_command(OUTPUT ${manual}/${text} COMMAND baocao-manual ${text} ${manual}/${text} DEPENDS baocao-manual
                     COMMENT "writing ${text}")
  list(APPEND texts ${manual}/${text})
endforeach()
foreach(page baocao.1 baocao.conf.5)
  add_custom_command(OUTPUT ${manual}/${page}.gz COMMAND gzip -9nc ${manual}/${page} >${manual}/${page}.gz
                     DEPENDS ${manual}/${page} COMMENT "compressing ${page}")
  list(APPEND texts ${manual}/${page}.gz)
endforeach()
add_custom_target(collector_texts ALL DEPENDS ${texts})

install(FILES ${manual}/baocao.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT collector)
install(FILES ${manual}/baocao.conf.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT collector)
install(FILES ${manual}/baocao.conf DESTINATION /etc/baocao COMPONENT collector)
install(FILES ${manual}/baocao.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME baocao
        COMPONENT collector)
install(FILES ${manual}/_baocao DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT collector)
install(FILES ${manual}/baocao.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT collector)
