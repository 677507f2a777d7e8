# FOR TESTS ONLY: a baocaod without its gate, so that the tests can show what the gate is there for (tests/gate/run). Its
# version ends in -UNSAFE, and it cannot be installed.
option(BAOCAO_UNSAFE_GATE "tests only: libzmq asks no gatekeeper, everybody comes in; the self-test refuses to start" OFF)
option(BAOCAO_UNSAFE_UNTRIED "tests only: no self-test, so that a daemon with an open gate starts" OFF)

set(BAOCAO_UNSAFE)
set(BAOCAO_UNSAFE_DEFINITIONS)
foreach(switch BAOCAO_UNSAFE_GATE BAOCAO_UNSAFE_UNTRIED)
  if(${switch})
    set(BAOCAO_UNSAFE -UNSAFE)
    list(APPEND BAOCAO_UNSAFE_DEFINITIONS ${switch})
    message(WARNING "${switch}: this build is for tests only")
  endif()
endforeach()
