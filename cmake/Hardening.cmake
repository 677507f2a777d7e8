# baocao_hardening: what makes a flaw harder to use, for generated code, too. baocao_flags: that, and warnings as errors.
# Sanitizers by -DBAOCAO_SANITIZE=address,undefined (or thread), libFuzzer's instrumentation by -DBAOCAO_FUZZ=ON, gcc's static
# analyzer by -DBAOCAO_ANALYZER=ON.
set(BAOCAO_SANITIZE "" CACHE STRING "sanitizers to build with, as for -fsanitize=")
option(BAOCAO_ANALYZER "let gcc's static analyzer look at our own code; needs gcc" OFF)
option(BAOCAO_FUZZ "build the fuzz targets of tests/fuzz for libFuzzer; needs clang" OFF)

# CET: the objects are marked; whether a program is depends on the C library's start files, which Debian 12 has without.
add_library(baocao_hardening INTERFACE)
target_compile_options(baocao_hardening INTERFACE
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-strict-aliasing)
target_link_options(baocao_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# Level 3 also checks objects whose size is known at run time only. Fortification needs optimisation, and hides from ASan.
set(fortify 2)
if((CMAKE_C_COMPILER_ID STREQUAL GNU AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12) OR
   (CMAKE_C_COMPILER_ID STREQUAL Clang AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12))
  set(fortify 3)
endif()
if(NOT BAOCAO_SANITIZE)
  target_compile_definitions(baocao_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=${fortify}>)
endif()

add_library(baocao_flags INTERFACE)
target_compile_options(baocao_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror)
target_link_libraries(baocao_flags INTERFACE baocao_hardening)
if(BAOCAO_ANALYZER)
  target_compile_options(baocao_flags INTERFACE -fanalyzer)
endif()

if(BAOCAO_FUZZ) # the generated code, too: its branches are the contract's
  if(BAOCAO_SANITIZE)
    add_compile_options(-fsanitize=fuzzer-no-link)
  else() # for many executions: what comparisons compare is not followed
    add_compile_options(-fsanitize-coverage=inline-8bit-counters,pc-table)
  endif()
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
if(BAOCAO_SANITIZE)
  add_compile_options(-fsanitize=${BAOCAO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BAOCAO_SANITIZE})
elseif(NOT BAOCAO_FUZZ)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELWITHDEBINFO ON) # wire to rows takes 10 % fewer instructions with these two lines
  target_compile_options(baocao_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-O3>)
endif()
