/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns. Levels (topics, paths) are separated by '/': '+' is any one level, '#' as the last
 * level any number of them, none included, and "%c" the connection's client. Names (client ids)
 * have no levels: '*' is any run of bytes.
 */
#include <string.h>

#include "dataplane/policy/app.h"

struct text {
	const uint8_t *at, *end;
};

static struct text text_of(const uint8_t *data, size_t len)
{
	return (struct text){data, data + len};
}

/* Cut the next level off; the last one leaves at NULL. */
static struct text next_level(struct text *t)
{
	struct text level = *t;
	const uint8_t *slash = NULL;

	if (t->at != t->end)
		slash = memchr(t->at, '/', (size_t)(t->end - t->at));
	if (slash == NULL) {
		t->at = NULL;
		return level;
	}
	level.end = slash;
	t->at = slash + 1;
	return level;
}

static bool is(struct text level, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(level.end - level.at) == len && memcmp(level.at, what, len) == 0;
}

static bool same(struct text a, struct text b)
{
	size_t len = (size_t)(a.end - a.at);

	return len == (size_t)(b.end - b.at) && (len == 0 || memcmp(a.at, b.at, len) == 0);
}

static bool has_any(struct text t, const char *bytes)
{
	for (; *bytes != '\0'; bytes++) {
		if (t.at != t.end && memchr(t.at, *bytes, (size_t)(t.end - t.at)))
			return true;
	}
	return false;
}

/* A client that calls itself "+" or "a/b" is no level: "%c" must not become a wildcard. */
static bool is_client(struct text level, const struct cv_app_fact *f)
{
	struct text client = text_of(f->client, f->client_len);

	return f->client != NULL && f->client_len != 0 && !has_any(client, "/+#") &&
	       same(level, client);
}

/*
 * What a wildcard may stand for in a path. A server may read "%2F", "." and an empty segment in
 * its own way, so that these have to be named.
 */
static bool plain_segment(struct text level)
{
	return level.at != level.end && !is(level, ".") && !is(level, "..") && !has_any(level, "%");
}

/* One level, which is not "#" in the pattern. */
static bool level_covers(struct text pattern, struct text level, const struct cv_app_fact *f)
{
	if (is(pattern, "+"))
		return f->kind == CV_APP_PATH ? plain_segment(level) : !is(level, "#");
	if (is(pattern, "%c"))
		return is_client(level, f);
	return same(pattern, level);
}

/* Everything from here on is behind "#". */
static bool rest_covered(struct text rest, const struct cv_app_fact *f)
{
	if (f->kind != CV_APP_PATH)
		return true;
	while (rest.at != NULL) {
		if (!plain_segment(next_level(&rest)))
			return false;
	}
	return true;
}

static bool levels_cover(struct text pattern, struct text text, const struct cv_app_fact *f)
{
	/* MQTT 4.7.2: wildcards at the beginning do not meet topics that begin with '$'. */
	if (f->kind != CV_APP_PATH && text.at != text.end && *text.at == '$' &&
	    (*pattern.at == '+' || *pattern.at == '#'))
		return false;
	/* No segments at all are less than one empty segment, which a path has not. */
	if (f->kind == CV_APP_PATH && text.at == text.end)
		text.at = NULL;
	while (pattern.at != NULL) {
		struct text level = next_level(&pattern);

		if (is(level, "#"))
			return rest_covered(text, f);
		/* The empty pattern is the path without segments. */
		if (text.at == NULL)
			return f->kind == CV_APP_PATH && level.at == level.end &&
			       pattern.at == NULL;
		if (!level_covers(level, next_level(&text), f))
			return false;
	}
	return text.at == NULL;
}

/* '*' is any run of bytes; the last one seen is where a mismatch goes back to. */
static bool name_matches(struct text pattern, struct text name)
{
	const uint8_t *star = NULL, *resume = NULL;

	while (name.at != name.end) {
		if (pattern.at != pattern.end && *pattern.at == '*') {
			star = ++pattern.at;
			resume = name.at;
		} else if (pattern.at != pattern.end && *pattern.at == *name.at) {
			pattern.at++;
			name.at++;
		} else if (star != NULL) {
			pattern.at = star;
			name.at = ++resume;
		} else {
			return false;
		}
	}
	while (pattern.at != pattern.end && *pattern.at == '*')
		pattern.at++;
	return pattern.at == pattern.end;
}

bool cv_app_covers(const struct cv_app_pattern *p, const uint8_t *texts,
		   const struct cv_app_fact *fact)
{
	struct text pattern = text_of(texts + p->text, p->len);
	struct text text = text_of(fact->text, fact->len);

	if (fact->unclear)
		return false;
	return fact->kind == CV_APP_CLIENT ? name_matches(pattern, text)
					   : levels_cover(pattern, text, fact);
}

bool cv_app_pattern_valid(enum cv_app_kind kind, const uint8_t *pattern, size_t len)
{
	struct text rest = text_of(pattern, len);

	if (len > CV_APP_TEXT_MAX || (len == 0 && kind != CV_APP_PATH))
		return false;
	if (len != 0 && memchr(pattern, '\0', len))
		return false;
	if (kind == CV_APP_CLIENT)
		return true;
	while (rest.at != NULL) {
		struct text level = next_level(&rest);

		if (is(level, "#") ? rest.at != NULL : has_any(level, "#"))
			return false;
		if (!is(level, "+") && has_any(level, "+"))
			return false;
	}
	return true;
}
