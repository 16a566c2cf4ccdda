/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of principals and of refusals. */
#include <inttypes.h>
#include <stdio.h>

#include "control/access/access_private.h"

/* A refusal costs a flush of the disk where it is written down; others may cause them at will. */
#define NOTE_NS UINT64_C(10000000000)
#define NOTE_BURST 10

const char *cv_access_refusal_name(unsigned int refusal)
{
#define REFUSAL_NAME(id, name) name,
	static const char *const names[] = {CV_ACCESS_REFUSALS(REFUSAL_NAME)};

	return refusal < CV_ACCESS_REFUSAL_COUNT ? names[refusal] : "?";
}

void cv_access_set_note(struct cv_access *a, cv_access_note *note, void *owner)
{
	a->note = note;
	a->note_owner = owner;
}

static bool may_note(struct cv_access *a, uint64_t now_ns)
{
	uint64_t from = a->note_next_ns > now_ns ? a->note_next_ns : now_ns;

	if (from - now_ns > (NOTE_BURST - 1) * NOTE_NS)
		return false;
	a->note_next_ns = from + NOTE_NS;
	return true;
}

void cv_access_refuse(struct cv_access *a, struct cv_principal *p, enum cv_access_refusal refusal,
		      const char *peer, const char *what, uint64_t now_ns)
{
	char who[256], detail[512];
	int n;

	a->refusals[refusal]++;
	if (p)
		p->refused++;
	if (!a->note)
		return;
	if (!may_note(a, now_ns)) {
		a->unnoted++;
		return;
	}
	if (p)
		snprintf(who, sizeof(who), "%s %s \"%s\" from %s",
			 cv_principal_kind_name(p->settings.kind), p->id, p->settings.name, peer);
	else
		snprintf(who, sizeof(who), "somebody from %s", peer);
	n = snprintf(detail, sizeof(detail), "%s: %.200s", cv_access_refusal_name(refusal), what);
	if (a->unnoted > 0)
		snprintf(detail + n, sizeof(detail) - (size_t)n,
			 "; and %" PRIu64 " more since the row before", a->unnoted);
	a->unnoted = 0;
	a->note(a->note_owner, who, "access", "refused", detail);
}

void cv_access_changed(struct cv_access *a, const char *who, const char *what,
		       const struct cv_principal *p, const char *result)
{
	char detail[256];

	if (!a->note)
		return;
	snprintf(detail, sizeof(detail), "%s %s \"%s\"", cv_principal_kind_name(p->settings.kind),
		 p->id, p->settings.name);
	a->note(a->note_owner, who, what, result, detail);
}

static void set_scope(json_t *to, const struct cv_scope_text *scope)
{
#define SET_PART(part) json_object_set_new(to, #part, json_string(scope->part));
	CV_SCOPE_PARTS(SET_PART)
}

json_t *cv_principal_json(const struct cv_principal *p, int64_t now_s)
{
	const struct cv_principal_settings *s = &p->settings;
	json_t *to = json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:s, s:b, s:I, s:I, s:I}", "id",
		p->id, "kind", cv_principal_kind_name(s->kind), "name", s->name, "subject",
		s->subject, "node", s->node, "ack", s->ack, "max_connections",
		(json_int_t)s->connections, "max_requests", (json_int_t)s->requests, "created",
		(json_int_t)s->created_s, "expires", (json_int_t)s->expires_s, "created_by",
		s->created_by, "valid", cv_principal_is_valid(p, now_s), "connections",
		(json_int_t)p->connections, "requests", (json_int_t)p->requests, "refused",
		(json_int_t)p->refused);

	set_scope(to, &s->scope);
	return to;
}

json_t *cv_access_json(const struct cv_access *a, int64_t now_s)
{
	json_t *rows = json_array();

	for (const struct cv_principal *p = a->first; p; p = p->next)
		json_array_append_new(rows, cv_principal_json(p, now_s));
	return rows;
}

json_t *cv_access_refusals_json(const struct cv_access *a)
{
	json_t *rows = json_object();

	for (unsigned int i = 0; i < CV_ACCESS_REFUSAL_COUNT; i++)
		json_object_set_new(rows, cv_access_refusal_name(i),
				    json_integer((json_int_t)a->refusals[i]));
	return rows;
}
