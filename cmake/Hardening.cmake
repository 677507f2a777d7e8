# Warnings as errors, hardening for release builds, sanitizers by -DBAOCAO_SANITIZE=address,undefined (or thread), and
# libFuzzer's instrumentation by -DBAOCAO_FUZZ=ON.
set(BAOCAO_SANITIZE "" CACHE STRING "sanitizers to build with, as for -fsanitize=")

add_library(baocao_flags INTERFACE)
target_compile_options(baocao_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-strict-aliasing)
target_link_options(baocao_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

option(BAOCAO_FUZZ "build the fuzz targets of tests/fuzz for libFuzzer; needs clang" OFF)
if(BAOCAO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # the generated code, too: its branches are the contract's
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(BAOCAO_SANITIZE)
  add_compile_options(-fsanitize=${BAOCAO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BAOCAO_SANITIZE})
else()
  target_compile_definitions(baocao_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
