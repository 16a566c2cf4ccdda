/* SPDX-License-Identifier: Apache-2.0 */
#include "control/support/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/text/read_file.h"

#define FILE_MAX ((size_t)1 << 20)
#define STARS "***"

static const char *const words[] = {
	"password", "passwd", "passphrase", "secret", "token",	     "credential", "authorization",
	"api_key",  "apikey", "api-key",    "psk",    "private_key", "seed",
};

void cv_redact_know(struct cv_redact *r, const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	if (len < CV_REDACT_SECRET_MIN || r->n == CV_REDACT_SECRETS_MAX ||
	    memchr(text, '\0', len) || memchr(text, '\n', len))
		return;
	r->secrets[r->n] = strndup(text, len);
	if (r->secrets[r->n])
		r->n++;
}

void cv_redact_learn(struct cv_redact *r, const char *path)
{
	char *text = NULL, *line;
	size_t len = 0;

	if (!*path || cv_read_file(path, FILE_MAX, &text, &len) < 0)
		return;
	for (line = text; line < text + len;) {
		size_t n = strcspn(line, "\n");

		/* The frame of a PEM file is no secret. */
		if (strncmp(line, "-----", 5) != 0)
			cv_redact_know(r, line, n);
		line += n + 1;
	}
	free(text);
}

void cv_redact_release(struct cv_redact *r)
{
	for (size_t i = 0; i < r->n; i++) {
		explicit_bzero(r->secrets[i], strlen(r->secrets[i]));
		free(r->secrets[i]);
	}
	r->n = 0;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* Length of a known secret that begins here, 0 = none. */
static size_t known_at(const struct cv_redact *r, const char *at, const char *end)
{
	size_t longest = 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t len = strlen(r->secrets[i]);

		if (len > longest && (size_t)(end - at) >= len &&
		    memcmp(at, r->secrets[i], len) == 0)
			longest = len;
	}
	return longest;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/*
 * A word that names a secret, the rest of its name, and ':' or '=' (or blanks, for "Bearer").
 *
 * @return where the value begins, NULL: no word is here.
 */
static const char *value_after_word(const char *at, const char *end)
{
	static const char bearer[] = "bearer ";

	if ((size_t)(end - at) > sizeof(bearer) && strncasecmp(at, bearer, sizeof(bearer) - 1) == 0)
		return at + sizeof(bearer) - 1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		const char *p = at + len, *name = p;

		if ((size_t)(end - at) <= len || strncasecmp(at, words[i], len) != 0)
			continue;
		while (p < end && is_name(*p))
			p++;
		/* The name of a file is none. */
		if (p - name >= 5 && strncasecmp(p - 5, "_file", 5) == 0)
			return NULL;
		while (p < end &&
		       (*p == '"' || *p == '\'' || *p == ' ' || *p == '\t' || *p == '\\'))
			p++;
		if (p < end && (*p == ':' || *p == '='))
			return p + 1;
	}
	return NULL;
}

/* The value of a word: to its quote, or to where the list goes on, or to the end of the line. */
static const char *skip_value(const struct cv_redact *r, const char *at, const char *end, FILE *out)
{
	char quote = 0;

	while (at < end && (*at == ' ' || *at == '\t' || *at == '\\'))
		fputc(*at++, out);
	if (at < end && (*at == '"' || *at == '\'')) {
		quote = *at;
		fputc(*at++, out);
	}
	/* "Basic xyz", "Bearer xyz": blanks are part of it; so is all of a secret we know. */
	while (at < end && (quote ? *at != quote : !strchr(",}])", *at))) {
		size_t known = known_at(r, at, end);

		at += known > 0 ? known : 1;
	}
	fputs(STARS, out);
	return at;
}

/* "://user:password@" @return the '@', NULL: nothing of the kind is here. */
static const char *user_info(const char *at, const char *end)
{
	const char *p = at + 3;

	if (end - at < 5 || memcmp(at, "://", 3) != 0)
		return NULL;
	while (p < end && !isspace((unsigned char)*p) && !strchr("/\"'@", *p))
		p++;
	return p < end && *p == '@' ? p : NULL;
}

static void redact_line(const struct cv_redact *r, const char *at, const char *end, FILE *out)
{
	const char *value = NULL; /* where that of the word that was met begins */
	char before = ' ';

	while (at < end) {
		size_t known = known_at(r, at, end);
		const char *info = user_info(at, end);

		if (!value && !isalnum((unsigned char)before))
			value = value_after_word(at, end);
		if (known > 0) {
			fputs(STARS, out);
			at += known;
		} else if (info) {
			fputs("://" STARS, out);
			at = info;
		} else if (value && at >= value) {
			at = skip_value(r, at, end, out);
			value = NULL;
		} else {
			fputc(*at ? *at : '?', out);
			at++;
		}
		before = at[-1];
	}
}

/* ---- a text ---------------------------------------------------------------------------------- */

static bool has(const char *at, size_t len, const char *what)
{
	return memmem(at, len, what, strlen(what)) != NULL;
}

char *cv_redact_text(const struct cv_redact *r, const char *text, size_t len)
{
	const char *end = text + len;
	bool in_key = false, next_is_key = false;
	char *ret = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&ret, &size);

	if (!out)
		return NULL;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		size_t n = (size_t)(stop - text);

		if (has(text, n, "-----BEGIN") && has(text, n, "PRIVATE KEY"))
			in_key = true;
		if (in_key || next_is_key)
			fputs(STARS, out);
		else
			redact_line(r, text, stop, out);
		next_is_key = has(text, n, "secret key"); /* minisign's comment; the key follows */
		if (has(text, n, "-----END"))
			in_key = false;
		if (newline)
			fputc('\n', out);
		text = newline ? newline + 1 : end;
	}
	if (fclose(out) != 0) {
		free(ret);
		return NULL;
	}
	return ret;
}
