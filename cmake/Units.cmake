# What systemd is given: units of systemd/, made ready to be installed in ${units}. A unit of the server is picked up by its
# being there, one for the collector's own systemd (systemctl --user) when it is in systemd/user.
#
# A service that fails is started again after a while; systemd 254 and later can wait longer each time.
set(units ${PROJECT_BINARY_DIR}/systemd)
if(SYSTEMD_VERSION VERSION_GREATER_EQUAL 254)
  set(UNIT_RESTART "RestartSec=1s\nRestartSteps=6\nRestartMaxDelaySec=30s")
else()
  set(UNIT_RESTART "RestartSec=2s")
endif()
# A reload that systemd itself understands is there since 253; before, it sends the signal by a program and does not wait.
if(SYSTEMD_VERSION VERSION_GREATER_EQUAL 253)
  set(UNIT_TYPE "Type=notify-reload")
else()
  set(UNIT_TYPE "Type=notify\nExecReload=/bin/kill -HUP $MAINPID")
endif()

function(baocao_daemon_unit name description config key credential)
  set(UNIT_DESCRIPTION "${description}")
  set(UNIT_CONFIG ${config})
  set(UNIT_KEY ${key})
  set(UNIT_ENCRYPTED_KEY ${credential})
  configure_file(systemd/baocaod.service.in ${units}/${name} @ONLY)
endfunction()

baocao_daemon_unit(baocaod.service "Báo cáo: receives reports over ZeroMQ and stores them in PostgreSQL"
  /etc/baocao/baocaod.conf /etc/baocao/server.key /etc/credstore.encrypted/baocao.server.key)
baocao_daemon_unit(baocaod@.service "Báo cáo: receives reports over ZeroMQ and stores them in PostgreSQL (%i)"
  /etc/baocao/%i.conf /etc/baocao/%i.key /etc/credstore.encrypted/baocao.%i.key)

file(GLOB server_units CONFIGURE_DEPENDS systemd/*.service systemd/*.timer)
file(GLOB server_timers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/systemd systemd/*.timer)
set(collector_units ${PROJECT_SOURCE_DIR}/systemd/baocao-watch.service)
list(REMOVE_ITEM server_units ${collector_units})
file(GLOB user_units CONFIGURE_DEPENDS systemd/user/*)
list(JOIN server_timers " " BAOCAO_TIMERS) # for the maintainer scripts
install(FILES ${units}/baocaod.service ${units}/baocaod@.service ${server_units} DESTINATION lib/systemd/system COMPONENT server)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME baocao-server.conf COMPONENT server)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME baocao-server.conf COMPONENT server)
install(FILES ${collector_units} DESTINATION lib/systemd/system COMPONENT collector)
if(user_units)
  install(FILES ${user_units} DESTINATION lib/systemd/user COMPONENT collector)
endif()
