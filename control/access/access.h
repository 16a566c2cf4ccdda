/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may read events from outside the node: principals known by a bearer token or by a client
 * certificate, each with a scope, limits and an end. Kept in SQLite, held in memory; a change is on
 * disk before it is answered, but for taking away, which holds at once. One thread (control's loop).
 */
#ifndef CV_ACCESS_H
#define CV_ACCESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/access/scope.h"
#include "control/access/token.h"

#define CV_PRINCIPALS_MAX 1024
#define CV_PRINCIPAL_NAME_MAX 63
#define CV_PRINCIPAL_SUBJECT_MAX 255
/* Limits where none are given. */
#define CV_PRINCIPAL_CONNECTIONS 16
#define CV_PRINCIPAL_REQUESTS 50 /* a second, and as many at once */

#define CV_PRINCIPAL_KINDS(X)                                                                      \
	X(TOKEN, "token")                                                                          \
	X(CERTIFICATE, "certificate")

#define CV_PRINCIPAL_KIND_ROW(id, name) CV_PRINCIPAL_##id,
enum cv_principal_kind { CV_PRINCIPAL_KINDS(CV_PRINCIPAL_KIND_ROW) CV_PRINCIPAL_KIND_COUNT };

/* Why somebody was refused; counted and written to the audit trail, never told to whom it concerns. */
#define CV_ACCESS_REFUSALS(X)                                                                      \
	X(NO_CREDENTIAL, "no-credential")                                                          \
	X(MALFORMED, "malformed") /* no token at all, or two of them */                            \
	X(UNKNOWN, "unknown") /* never made, or revoked */                                         \
	X(WRONG_SECRET, "wrong-secret")                                                            \
	X(EXPIRED, "expired")                                                                      \
	X(RATE, "rate") /* more requests than it may */                                            \
	X(CONNECTIONS, "connections") /* more connections than it may */                           \
	X(FORBIDDEN, "forbidden") /* known, but not for this resource */                           \
	X(SCOPE, "out-of-scope") /* asked for what is there and not in its scope */                \
	X(TLS, "tls") /* no TLS at all, or a certificate that is not good */                       \
	X(PEER_RATE, "peer-rate") /* more of one address, with nobody known there */               \
	X(PEER_CONNECTIONS, "peer-connections")

#define CV_ACCESS_REFUSAL_ROW(id, name) CV_ACCESS_##id,
enum cv_access_refusal { CV_ACCESS_REFUSALS(CV_ACCESS_REFUSAL_ROW) CV_ACCESS_REFUSAL_COUNT };

/** What is known of a principal when it is made. */
struct cv_principal_settings {
	enum cv_principal_kind kind;
	char name[CV_PRINCIPAL_NAME_MAX + 1]; /* for people */
	/* Of a certificate: "dns:NAME", "uri:URI", "email:ADDRESS" or "cn:NAME", compared whole. */
	char subject[CV_PRINCIPAL_SUBJECT_MAX + 1];
	struct cv_scope_text scope;
	bool node; /* may also read the node's documents: status, stats, ledger and so on */
	bool ack; /* may acknowledge the alarms it sees */
	uint32_t connections, requests; /* most at a time; a second */
	int64_t created_s, expires_s; /* Unix time; expires 0 = never */
	char created_by[128];
};

struct cv_principal {
	struct cv_principal_settings settings;
	char id[CV_TOKEN_ID_SIZE];
	uint8_t hash[CV_TOKEN_HASH_SIZE]; /* of a token */
	struct cv_scope scope;
	bool revoked; /* what it holds open is closed */
	unsigned int connections; /* open now */
	uint64_t requests, refused;
	uint64_t next_ns; /* GCRA: theoretical arrival time, monotonic */
	/* Private. */
	unsigned int refs;
	struct cv_principal *next;
};

struct cv_access;

/** Write down that somebody was refused, or changed the table. @param detail what is known of it. */
typedef void cv_access_note(void *owner, const char *who, const char *what, const char *result,
			    const char *detail);

const char *cv_principal_kind_name(unsigned int kind);
const char *cv_access_refusal_name(unsigned int refusal);

/**
 * Open or make the file, and read it.
 *
 * @param why set on failure; static.
 * @return 0; -EBADMSG: damaged; other negative errno.
 */
int cv_access_open(const char *path, struct cv_access **ret, const char **why);

/** NULL is fine. */
void cv_access_close(struct cv_access *a);

/** Whom to tell of refusals; they are told at a bounded rate, the others with the next one. */
void cv_access_set_note(struct cv_access *a, cv_access_note *note, void *owner);

/** Called when principals were revoked. */
void cv_access_set_changed(struct cv_access *a, void (*changed)(void *owner), void *owner);

/**
 * Make a principal; on disk when it returns.
 *
 * @param text for a token: the token, which is nowhere else. Else "".
 * @param ret of the table; not held.
 * @return 0; with @p why filled -EINVAL (scope, name, subject), -ENOSPC (too many, disk full),
 *         -EEXIST (this subject is there), -EIO, -ENOMEM.
 */
int cv_access_create(struct cv_access *a, const struct cv_principal_settings *settings,
		     char text[CV_TOKEN_SIZE], const struct cv_principal **ret,
		     struct cv_http_refusal *why);

/**
 * Take it away: holds at once, whatever becomes of the disk.
 *
 * @return 0; -ENOENT; other negative errno: it is gone until the next start only.
 */
int cv_access_revoke(struct cv_access *a, const char *id);

/** By id, NULL = there is none. */
const struct cv_principal *cv_access_find(const struct cv_access *a, const char *id);

/**
 * Who has this token.
 *
 * @param now_s Unix time.
 * @param refusal set on failure.
 * @return of the table; NULL: nobody.
 */
struct cv_principal *cv_access_by_token(struct cv_access *a, const char *text, int64_t now_s,
					enum cv_access_refusal *refusal);

/** Who has a certificate with this name, in the form of settings.subject; likewise. */
struct cv_principal *cv_access_by_subject(struct cv_access *a, const char *subject, int64_t now_s,
					  enum cv_access_refusal *refusal);

/** Whether it may still do what it was let to: neither revoked nor over. */
bool cv_principal_is_valid(const struct cv_principal *p, int64_t now_s);

/** A connection becomes its. @return false: it has too many. */
bool cv_principal_connect(struct cv_principal *p);
/** And ends; frees one that was revoked with its last connection. NULL is fine. */
void cv_principal_disconnect(struct cv_principal *p);

/** One request more. @param now_ns monotonic. @return false: too many. */
bool cv_principal_request(struct cv_principal *p, uint64_t now_ns);

/**
 * Count a refusal and tell of it.
 *
 * @param p whom it concerns, NULL = not known.
 * @param peer where it came from.
 * @param what what was asked for.
 */
void cv_access_refuse(struct cv_access *a, struct cv_principal *p, enum cv_access_refusal refusal,
		      const char *peer, const char *what, uint64_t now_ns);

/** Tell of a change to the table. @param who made it. */
void cv_access_changed(struct cv_access *a, const char *who, const char *what,
		       const struct cv_principal *p, const char *result);

/** All principals, without what is secret: [{"id", "kind", "name", ...}]. */
json_t *cv_access_json(const struct cv_access *a, int64_t now_s);
/** One of them. */
json_t *cv_principal_json(const struct cv_principal *p, int64_t now_s);
/** Refusals by reason. */
json_t *cv_access_refusals_json(const struct cv_access *a);

#endif
