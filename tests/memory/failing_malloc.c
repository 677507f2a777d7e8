// Functions of these names in a program come before those of its libraries. Those of the C library and of the sanitizers are
// reached by their other names.
#include "failing_malloc.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer)
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *memory, size_t size);

// Called before a sanitizer has begun.
#define EARLY __attribute__((no_sanitize("address", "undefined", "thread"), noinline))

static size_t left; // calls until one fails, and that one; 0: none does
static bool out, hit;

static EARLY bool fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	if (out)
		left = 1;
	hit = true;
	errno = ENOMEM;
	return true;
}

EARLY void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

EARLY void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : REAL(calloc)(count, size);
}

EARLY void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : REAL(realloc)(memory, size);
}

// Sanitizers have these without malloc.
EARLY char *strndup(const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	char *copy = malloc(length + 1);

	if (copy == NULL)
		return NULL;
	copy[length] = '\0';
	return memcpy(copy, text, length);
}

EARLY char *strdup(const char *text)
{
	return strndup(text, SIZE_MAX - 1);
}

// The GNU C library leaks what it had when it gets no memory for a regular expression: these fail as a whole, in its words.
// They are put in place by the linker's --wrap.
int __real_regcomp(regex_t *regex, const char *pattern, int flags);
int __real_regexec(const regex_t *regex, const char *text, size_t size, regmatch_t *matches, int flags);
int __wrap_regcomp(regex_t *regex, const char *pattern, int flags);
int __wrap_regexec(const regex_t *regex, const char *text, size_t size, regmatch_t *matches, int flags);

int __wrap_regcomp(regex_t *regex, const char *pattern, int flags)
{
	size_t saved;

	if (fails())
		return REG_ESPACE;
	saved = left;
	left = 0;
	int status = __real_regcomp(regex, pattern, flags);
	left = saved;
	return status;
}

int __wrap_regexec(const regex_t *regex, const char *text, size_t size, regmatch_t *matches, int flags)
{
	size_t saved;

	if (fails())
		return REG_NOMATCH;
	saved = left;
	left = 0;
	int status = __real_regexec(regex, text, size, matches, flags);
	left = saved;
	return status;
}

size_t failing_malloc_everywhere(void (*work)(void *context), void (*check)(void *context), void *context)
{
	size_t failed = 0;

	for (int stays_out = 0; stays_out <= 1; stays_out++) {
		hit = true;
		for (size_t n = 1; hit; n++) {
			hit = false;
			out = stays_out != 0;
			left = n;
			work(context);
			left = 0;
			check(context);
			failed += hit;
		}
	}
	return failed;
}
