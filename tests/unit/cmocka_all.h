// cmocka wants these before itself.
#ifndef BAOCAO_CMOCKA_ALL_H
#define BAOCAO_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
