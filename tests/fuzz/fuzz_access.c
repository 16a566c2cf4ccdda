/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers and operators write of access: tokens, and the four parts of a scope, a line each.
 * A token is never taken for another; what a scope shows is a whole record that is not larger, and
 * seeing it again shows the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/access/scope.h"
#include "control/access/token.h"
#include "tests/fuzz/fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool fine)
{
	if (!fine)
		abort();
}

static void read_token(const char *text)
{
	uint8_t hash[CV_TOKEN_HASH_SIZE], other[CV_TOKEN_HASH_SIZE];
	char id[CV_TOKEN_ID_SIZE], longer[CV_TOKEN_SIZE + 8];

	if (cv_token_read(text, id, hash) < 0)
		return;
	check(cv_token_id_is_good(id) && strlen(text) < CV_TOKEN_SIZE);
	check(strstr(text, id) != NULL && cv_token_same(hash, hash));
	/* Neither a letter more nor one less is a token. */
	strcpy(longer, text);
	strcat(longer, "A");
	check(cv_token_read(longer, id, other) < 0);
	longer[strlen(text) - 1] = '\0';
	check(cv_token_read(longer, id, other) < 0);
}

static const uint8_t *take_line(const uint8_t *at, const uint8_t *end, char *ret, size_t size)
{
	const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
	size_t n = (size_t)((stop ? stop : end) - at);
	size_t take = n < size - 1 ? n : size - 1;

	memcpy(ret, at, take);
	ret[take] = '\0';
	return stop ? stop + 1 : end;
}

/* @return what is shown, in memory of its own, or NULL. */
static struct cv_record *see(const struct cv_scope *scope, const struct cv_record *rec)
{
	const struct cv_record *seen = cv_scope_see(scope, NULL, rec);
	struct cv_record *copy;

	if (!seen)
		return NULL;
	check(seen->size <= rec->size && cv_record_check(seen, seen->size) == 0);
	copy = aligned_alloc(8, seen->size);
	check(copy != NULL);
	return memcpy(copy, seen, seen->size);
}

static void look(const struct cv_scope *scope, const uint8_t *data, size_t size)
{
	struct cv_record *rec = fuzz_record(data, size), *once, *twice;

	if (!rec)
		return;
	once = see(scope, rec);
	/* A mask may take the name that a list of devices lets pass, never the other way round. */
	twice = once && !scope->devices ? see(scope, once) : NULL;
	check(!once || scope->devices ||
	      (twice && twice->size == once->size && memcmp(once, twice, once->size) == 0));
	free(twice);
	free(once);
	free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cv_scope_text text;
	const uint8_t *at = data, *end = data + size;
	struct cv_http_refusal why = {"", ""};
	struct cv_scope scope;
	char line[256];

	at = take_line(at, end, line, sizeof(line));
	read_token(line);
#define TAKE(part) at = take_line(at, end, text.part, sizeof(text.part));
	CV_SCOPE_PARTS(TAKE)
	if (cv_scope_parse(&text, &scope, &why) < 0) {
		check(why.error[0] && why.hint[0]);
		return 0;
	}
	check(scope.lanes != 0 && scope.types != 0);
	look(&scope, at, (size_t)(end - at));
	cv_scope_release(&scope);
	return 0;
}
