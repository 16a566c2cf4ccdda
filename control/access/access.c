/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/access.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/access/access_private.h"
#include "control/access/store.h"

#define SECOND_NS UINT64_C(1000000000)

const char *cv_principal_kind_name(unsigned int kind)
{
#define KIND_NAME(id, name) name,
	static const char *const names[] = {CV_PRINCIPAL_KINDS(KIND_NAME)};

	return kind < CV_PRINCIPAL_KIND_COUNT ? names[kind] : "?";
}

static void release(struct cv_principal *p)
{
	if (!p || --p->refs > 0)
		return;
	cv_scope_release(&p->scope);
	free(p);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void append(struct cv_access *a, struct cv_principal *p)
{
	struct cv_principal **at = &a->first;

	while (*at)
		at = &(*at)->next;
	*at = p;
	p->refs = 1;
	a->count++;
}

/* A row that cannot be understood lets nobody in, but neither may it vanish unsaid. */
static int take_row(void *owner, struct cv_principal *p)
{
	struct cv_access *a = owner;
	struct cv_http_refusal why;

	if (a->count == CV_PRINCIPALS_MAX ||
	    cv_scope_parse(&p->settings.scope, &p->scope, &why) < 0) {
		free(p);
		return -EBADMSG;
	}
	append(a, p);
	return 0;
}

int cv_access_open(const char *path, struct cv_access **ret, const char **why)
{
	struct cv_access *a = calloc(1, sizeof(*a));
	int res;

	*why = "no memory for the table of principals";
	if (!a)
		return -ENOMEM;
	res = cv_access_store_open(path, &a->db);
	if (res == 0)
		res = cv_access_store_read(a->db, take_row, a);
	if (res == 0) {
		*ret = a;
		return 0;
	}
	*why = res == -EBADMSG ? "the table of principals is damaged: nobody but the Unix socket "
				 "is let in; put the file aside and make the tokens again"
	       : res == -EPERM ? "the table of principals belongs to others, or they may read it: "
				 "chown root, chmod 600"
	       : res == -EPROTO
		       ? "the table of principals is of a newer Culvert: nobody but the Unix "
			 "socket is let in; run that one, or put the file aside and make "
			 "the tokens again"
	       : res == -ENOSPC
		       ? "the disk is full: the table of principals cannot be opened"
		       : "the table of principals cannot be opened; is its folder writable?";
	cv_access_close(a);
	return res;
}

void cv_access_close(struct cv_access *a)
{
	if (!a)
		return;
	while (a->first) {
		struct cv_principal *p = a->first;

		a->first = p->next;
		p->revoked = true;
		release(p);
	}
	sqlite3_close(a->db);
	free(a);
}

void cv_access_set_changed(struct cv_access *a, void (*changed)(void *owner), void *owner)
{
	a->changed = changed;
	a->changed_owner = owner;
}

const struct cv_principal *cv_access_find(const struct cv_access *a, const char *id)
{
	for (const struct cv_principal *p = a->first; p; p = p->next) {
		if (strcmp(p->id, id) == 0)
			return p;
	}
	return NULL;
}

/* ---- making --------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static bool is_subject(const char *text)
{
	static const char *const forms[] = {"dns:", "uri:", "email:", "cn:"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = strlen(forms[i]);

		if (strncmp(text, forms[i], n) == 0)
			return text[n] != '\0' && is_plain(text);
	}
	return false;
}

static const struct cv_principal *with_subject(const struct cv_access *a, const char *subject)
{
	for (const struct cv_principal *p = a->first; p; p = p->next) {
		if (p->settings.kind == CV_PRINCIPAL_CERTIFICATE &&
		    strcmp(p->settings.subject, subject) == 0)
			return p;
	}
	return NULL;
}

static int check_settings(const struct cv_access *a, const struct cv_principal_settings *s,
			  struct cv_http_refusal *why)
{
	if (s->name[0] == '\0' || !is_plain(s->name))
		return cv_http_refuse_value(why, "name", s->name,
					    "1 to 63 characters that say whose it is");
	if (s->connections == 0 || s->requests == 0)
		return cv_http_refuse_value(why, "limits", "0", "allowed: 1 and more");
	if (s->expires_s != 0 && s->expires_s <= s->created_s)
		return cv_http_refuse_value(why, "expires", "", "give a time that is to come");
	if (s->kind == CV_PRINCIPAL_CERTIFICATE && !is_subject(s->subject))
		return cv_http_refuse_value(why, "subject", s->subject,
					    "allowed: dns:NAME, uri:URI, email:ADDRESS, cn:NAME");
	if (s->kind == CV_PRINCIPAL_CERTIFICATE && with_subject(a, s->subject)) {
		cv_http_refuse_value(why, "subject", s->subject, "revoke the other first");
		return -EEXIST;
	}
	if (a->count == CV_PRINCIPALS_MAX) {
		*why = (struct cv_http_refusal){"there are 1024 principals already",
						"revoke one that is not needed"};
		return -ENOSPC;
	}
	return 0;
}

static int make_secret(struct cv_principal *p, char text[CV_TOKEN_SIZE])
{
	text[0] = '\0';
	if (p->settings.kind == CV_PRINCIPAL_TOKEN)
		return cv_token_make(text, p->id, p->hash);
	return cv_token_make_id(p->id);
}

int cv_access_create(struct cv_access *a, const struct cv_principal_settings *settings,
		     char text[CV_TOKEN_SIZE], const struct cv_principal **ret,
		     struct cv_http_refusal *why)
{
	int res = check_settings(a, settings, why);
	struct cv_principal *p;

	if (res < 0)
		return res;
	*why = (struct cv_http_refusal){"out of memory", "try again later"};
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->settings = *settings;
	res = cv_scope_parse(&settings->scope, &p->scope, why);
	if (res == 0) {
		*why = (struct cv_http_refusal){"it cannot be stored",
						"is the disk full? See culvert status"};
		res = make_secret(p, text);
	}
	if (res == 0)
		res = cv_access_store_add(a->db, p);
	if (res == 0) {
		append(a, p);
		*ret = p;
		return 0;
	}
	text[0] = '\0';
	cv_scope_release(&p->scope);
	free(p);
	return res;
}

int cv_access_revoke(struct cv_access *a, const char *id)
{
	for (struct cv_principal **at = &a->first; *at; at = &(*at)->next) {
		struct cv_principal *p = *at;
		int res;

		if (strcmp(p->id, id) != 0)
			continue;
		*at = p->next;
		a->count--;
		p->revoked = true;
		if (a->changed)
			a->changed(a->changed_owner);
		res = cv_access_store_remove(a->db, p->id);
		release(p);
		return res;
	}
	return -ENOENT;
}

/* ---- who it is ------------------------------------------------------------------------------ */

bool cv_principal_is_valid(const struct cv_principal *p, int64_t now_s)
{
	return !p->revoked && (p->settings.expires_s == 0 || now_s < p->settings.expires_s);
}

static struct cv_principal *unless_over(struct cv_principal *p, int64_t now_s,
					enum cv_access_refusal *refusal)
{
	if (cv_principal_is_valid(p, now_s))
		return p;
	*refusal = CV_ACCESS_EXPIRED;
	return NULL;
}

struct cv_principal *cv_access_by_token(struct cv_access *a, const char *text, int64_t now_s,
					enum cv_access_refusal *refusal)
{
	uint8_t hash[CV_TOKEN_HASH_SIZE];
	char id[CV_TOKEN_ID_SIZE];

	*refusal = CV_ACCESS_MALFORMED;
	if (cv_token_read(text, id, hash) < 0)
		return NULL;
	*refusal = CV_ACCESS_UNKNOWN;
	for (struct cv_principal *p = a->first; p; p = p->next) {
		if (p->settings.kind != CV_PRINCIPAL_TOKEN || strcmp(p->id, id) != 0)
			continue;
		if (cv_token_same(p->hash, hash))
			return unless_over(p, now_s, refusal);
		*refusal = CV_ACCESS_WRONG_SECRET;
		p->refused++;
		return NULL;
	}
	return NULL;
}

struct cv_principal *cv_access_by_subject(struct cv_access *a, const char *subject, int64_t now_s,
					  enum cv_access_refusal *refusal)
{
	const struct cv_principal *p = with_subject(a, subject);

	*refusal = CV_ACCESS_UNKNOWN;
	return p ? unless_over((struct cv_principal *)(uintptr_t)p, now_s, refusal) : NULL;
}

/* ---- limits --------------------------------------------------------------------------------- */

bool cv_principal_connect(struct cv_principal *p)
{
	if (p->connections >= p->settings.connections)
		return false;
	p->connections++;
	p->refs++;
	return true;
}

void cv_principal_disconnect(struct cv_principal *p)
{
	if (!p)
		return;
	p->connections--;
	release(p);
}

/* As many at once as it may have in a second. */
bool cv_principal_request(struct cv_principal *p, uint64_t now_ns)
{
	uint64_t step = SECOND_NS / p->settings.requests;
	uint64_t from = p->next_ns > now_ns ? p->next_ns : now_ns;

	if (from - now_ns > SECOND_NS - step)
		return false;
	p->next_ns = from + step;
	p->requests++;
	return true;
}
