/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constraints on decoded messages, and identities of protocols bound to places: the layout of a
 * generation's section `apps` and the questions that may be asked of it. Flat, no pointers, every
 * offset checked by cv_apps_check() since a file is hostile input. What the questions mean is
 * docs/security/app-constraints.md; who asks them is flow/enforce.c.
 *
 * A message is a list of facts: its type number, the registers it touches, its path. A fact is
 * allowed when a constraint of its kind matches it. Where there is none of its kind it is allowed
 * unless the kind is closed (cv_app.closed).
 */
#ifndef CV_APP_H
#define CV_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

/*
 * What a fact or a constraint is about. Numbers have a range (from-to), registers a range and a
 * unit, the others a text. Image format: append-only.
 */
#define CV_APP_KINDS(X)                                                                            \
	X(TYPE, "type") /* number: function, method, packet type, command number */                \
	X(ANSWER, "answer") /* number: the same from the other end, where it is told apart */      \
	X(READ, "read") /* registers that are read */                                              \
	X(WRITE, "write") /* registers that are written */                                         \
	X(PATH, "path") /* text of levels: resource */                                             \
	X(CLIENT, "client") /* text: name of the client */                                         \
	X(PUBLISH, "publish") /* text of levels: topic that is written to */                       \
	X(SUBSCRIBE, "subscribe") /* text of levels: filter or topic that is read from */          \
	X(IDENTITY, "identity") /* text: who the device says it is; bindings, no constraints */    \
	X(MALFORMED, "malformed") /* nothing: the message can be read in more than one way */

#define CV_APP_KIND_ROW(id, name) CV_APP_##id,
enum cv_app_kind { CV_APP_KINDS(CV_APP_KIND_ROW) CV_APP_KIND_COUNT };
/** Kinds that a constraint can be of. */
#define CV_APP_CONSTRAINT_KINDS CV_APP_IDENTITY

#define CV_APPS_MAX 65535u /* cv_rule.app is 16 bits, and 0 is none */
#define CV_APP_RANGES_MAX 1024u /* of one constraint: it is searched for each fact */
#define CV_APP_PATTERNS_MAX 256u /* likewise */
#define CV_APP_TEXT_MAX 512u /* bytes of one pattern or identity */
#define CV_APP_REACH_MAX 64u /* places of the identity table that one look-up may read */
#define CV_APP_IDENTITIES_MAX (1u << 23)

#define CV_APP_ANSWERS 0x01u /* frames of this rule come from the end that was asked */
#define CV_APP_MALFORMED_PASS 0x02u /* what is not the protocol, or broken, passes */
#define CV_APP_BOUND_ONLY 0x04u /* identities without a binding are refused */
#define CV_APP_SHADOW 0x08u /* judge and report, drop nothing */
#define CV_APP_RATE_SENDER                                                                         \
	0x10u /* cost and burst hold for each sender; else for all of the meter */
#define CV_APP_FLAGS 0x1fu

/** What a rule says of the messages it lets pass. */
struct cv_app {
	uint8_t proto; /* enum cv_proto: nothing else may pass */
	uint8_t flags; /* CV_APP_* */
	uint16_t closed; /* bit per enum cv_app_kind: not allowed unless a constraint matches */
	uint32_t first; /* into constraints */
	uint32_t count;
	uint32_t meter; /* of messages: index + 1; 0 = no limit. Apps of a group may share one */
	uint64_t cost; /* GCRA increment per message, ns << 6 */
	uint64_t burst; /* GCRA tolerance, ns << 6, >= cost */
};
_Static_assert(sizeof(struct cv_app) == 32, "apps layout");

struct cv_app_constraint {
	uint8_t kind; /* enum cv_app_kind below CV_APP_CONSTRAINT_KINDS */
	uint8_t pad[3];
	uint32_t first; /* into ranges or patterns, as the kind wants */
	uint32_t count;
};
_Static_assert(sizeof(struct cv_app_constraint) == 12, "apps layout");

/** Numbers or registers. Sorted by table and from within a constraint. */
struct cv_app_range {
	uint32_t from, to; /* inclusive */
	uint8_t table; /* enum cv_register_table, 0 for numbers */
	uint8_t unit_from, unit_to; /* Modbus units, inclusive; 0-255 for numbers */
	uint8_t pad;
};
_Static_assert(sizeof(struct cv_app_range) == 12, "apps layout");

struct cv_app_pattern {
	uint32_t text; /* offset into texts */
	uint32_t len;
};
_Static_assert(sizeof(struct cv_app_pattern) == 8, "apps layout");

/** A place of the identity table: open addressing, linear. len 0 = free. */
struct cv_app_identity {
	uint32_t hash; /* cv_app_identity_hash() */
	uint32_t text; /* offset into texts */
	uint32_t place; /* index into places */
	uint16_t len;
	uint8_t proto; /* enum cv_proto */
	uint8_t pad;
};
_Static_assert(sizeof(struct cv_app_identity) == 16, "apps layout");

/** Offset from the head, bytes, a multiple of 8; number of elements. */
struct cv_app_table {
	uint32_t offset;
	uint32_t count;
};

#define CV_APPS_MAGIC 0x50415643u /* "CVAP" little-endian */

struct cv_apps {
	uint32_t magic;
	uint32_t size; /* head and tables, bytes */
	uint64_t seed; /* of the identities' hash */
	uint32_t reach; /* steps from its home that the farthest identity lies */
	uint32_t meters; /* number of message meters, of senders' kind or not */
	uint32_t bound; /* bit per enum cv_proto with identities that are bound */
	uint32_t pad;
	struct cv_app_table apps; /* struct cv_app */
	struct cv_app_table constraints; /* struct cv_app_constraint */
	struct cv_app_table ranges; /* struct cv_app_range */
	struct cv_app_table patterns; /* struct cv_app_pattern */
	struct cv_app_table places; /* struct cv_binding */
	struct cv_app_table identities; /* struct cv_app_identity; a power of two, or none */
	struct cv_app_table texts; /* bytes */
};
_Static_assert(sizeof(struct cv_apps) == 88, "apps layout");

/** Check a section from an untrusted place, 8-aligned. @return 0 or -EBADMSG. */
int cv_apps_check(const void *data, size_t size);

static inline const void *cv_apps_at(const struct cv_apps *a, struct cv_app_table t)
{
	return (const uint8_t *)a + t.offset;
}

/** App of a rule: cv_rule.app. NULL when it is 0 or not there. */
static inline const struct cv_app *cv_apps_get(const struct cv_apps *a, uint16_t app)
{
	if (a == NULL || app == 0 || app > a->apps.count)
		return NULL;
	return (const struct cv_app *)cv_apps_at(a, a->apps) + (app - 1);
}

/** A statement of a decoder about the message in hand. */
struct cv_app_fact {
	uint8_t kind; /* enum cv_app_kind */
	uint8_t table; /* registers: enum cv_register_table */
	uint8_t unit; /* registers: Modbus unit */
	bool unclear; /* the text is cut, not known or hidden: nothing matches it */
	uint32_t from, to; /* number (from == to) or registers, inclusive */
	const uint8_t *text;
	size_t len;
	/* The connection's client, which "%c" in a pattern stands for. NULL = not known. */
	const uint8_t *client;
	size_t client_len;
};

/** Does @p app allow this? Pure. */
bool cv_app_allows(const struct cv_apps *a, const struct cv_app *app,
		   const struct cv_app_fact *fact);

/**
 * Where an identity may be.
 *
 * @return NULL when it is bound to no place.
 */
const struct cv_binding *cv_app_place(const struct cv_apps *a, unsigned int proto,
				      const uint8_t *id, size_t len);

uint32_t cv_app_identity_hash(uint64_t seed, unsigned int proto, const uint8_t *id, size_t len);

/* Patterns (app_match.c). Their syntax is in docs/security/app-constraints.md. */

/** Is @p len bytes of @p pattern a pattern of this kind? */
bool cv_app_pattern_valid(enum cv_app_kind kind, const uint8_t *pattern, size_t len);

/** Pattern of topics against a topic or a filter: every topic that @p text means is covered. */
bool cv_app_covers(const struct cv_app_pattern *p, const uint8_t *texts,
		   const struct cv_app_fact *fact);

const char *cv_app_kind_name(unsigned int kind);

#endif
