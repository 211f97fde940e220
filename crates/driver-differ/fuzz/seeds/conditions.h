#ifndef ONCE
#define ONCE
#include "1.h"
#include <stdint.h>
#if defined(A) && !defined B || __has_include("2.h") && ~0 == -1
struct first { uint32_t a; };
#elif A > 3 ? B : 0x10u
struct second { int b; };
#else
#error neither
#endif
#ifdef __GNUC__
# ifndef NEVER
#  define NEVER (1 == 1 ? -1 : 2)
# endif
#endif
#if 0
"skipped" #if
#if 1
#else
#endif
#endif
#undef A
#include FILE2
#endif
@@@
#ifndef GUARD
#define GUARD
#define A 1
#define FILE2 "2.h"
#include "0.h"
#endif
@@@
#pragma once
#include "2.h"
typedef uint64_t late;
@@@
not reached
