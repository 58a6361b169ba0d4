/* SPDX-License-Identifier: GPL-2.0-only */
/* Markup that a program has written around texts that are not its own. */
#ifndef NVSIM_TESTS_FUZZ_MARKUP_H
#define NVSIM_TESTS_FUZZ_MARKUP_H

#include "fuzz.h"

/* Text, or the value of an attribute. */
static inline void fuzz_require_text(const char *s, size_t size)
{
	static const char *const entities[] = {"amp;", "lt;", "gt;", "quot;", "#39;"};

	for (size_t i = 0; i < size; i++) {
		unsigned int e = 0;

		FUZZ_REQUIRE(((unsigned char)s[i] >= ' ' && s[i] != 0x7f) || s[i] == '\n');
		FUZZ_REQUIRE(s[i] != '<' && s[i] != '>' && s[i] != '"' && s[i] != '\'');
		while (s[i] == '&' && strncmp(s + i + 1, entities[e], strlen(entities[e])))
			FUZZ_REQUIRE(++e < sizeof(entities) / sizeof(entities[0]));
	}
}

/* Behind its '<': a name and attributes in double quotes. Returns what is behind its '>'. */
static inline const char *fuzz_require_tag(const char *s)
{
	static const char name[] =
		"abcdefghijklmnopqrstuvwxyz0123456789-!ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t length;

	s += *s == '/';
	s += strspn(s, name);
	while (*s == ' ') {
		s++;
		length = strspn(s, name);
		FUZZ_REQUIRE(length);
		s += length;
		if (*s != '=')
			continue;
		FUZZ_REQUIRE(s[1] == '"');
		length = strcspn(s + 2, "\"");
		fuzz_require_text(s + 2, length);
		s += length + 3;
	}
	s += *s == '/';
	FUZZ_REQUIRE(*s == '>');
	return s + 1;
}

/* How many tags a page has. Style sheets have no text from outside. */
static inline size_t fuzz_require_page(const char *s)
{
	size_t tags = 0;

	while (*s) {
		if (strncmp(s, "<style>", 7) == 0) {
			s = strstr(s, "</style>");
			FUZZ_REQUIRE(s);
		}
		if (*s == '<') {
			s = fuzz_require_tag(s + 1);
			tags++;
		} else {
			size_t length = strcspn(s, "<");
			const char *loose = memchr(s, '>', length);

			FUZZ_REQUIRE(!loose);
			s += length;
		}
	}
	return tags;
}

#endif
