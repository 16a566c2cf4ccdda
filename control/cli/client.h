/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP to control over its Unix socket (control/ctl/api.md). Not reachable and refused are told on
 * stderr here, once and with the remedy, so that handlers only pass the exit code on.
 */
#ifndef CV_CLI_CLIENT_H
#define CV_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Largest answer of one document, bytes. */
#define CV_CLIENT_ANSWER_MAX (16u << 20)
/** Longest line of a stream, bytes; longer ones end the stream as broken. */
#define CV_CLIENT_LINE_MAX (256u << 10)

struct cv_client;

/**
 * @param quiet do not tell failures on stderr: the caller shows them.
 * @return CV_CLI_OK or CV_CLI_UNREACHABLE (out of memory).
 */
int cv_client_create(const char *socket, bool quiet, struct cv_client **ret);

/** NULL is fine. */
void cv_client_destroy(struct cv_client *client);

/** Why the last call failed, for a person. */
const char *cv_client_why(const struct cv_client *client);

/**
 * Get one document.
 *
 * @param path with query, as in "/v1/ledger?settle=100".
 * @return CV_CLI_OK; CV_CLI_UNREACHABLE; CV_CLI_INPUT when control refused the request.
 */
int cv_client_get(struct cv_client *client, const char *path, json_t **ret);

/**
 * Ask for a change (POST). Whatever control answers is the caller's to tell.
 *
 * @param if_match number of the policy that must be in force, NULL = any.
 * @param ret_status HTTP status of the answer.
 * @return CV_CLI_OK; CV_CLI_UNREACHABLE.
 */
int cv_client_post(struct cv_client *client, const char *path, const void *body, size_t len,
		   const char *if_match, long *ret_status, json_t **ret);

/** Remove something (DELETE). @return CV_CLI_OK; CV_CLI_UNREACHABLE; CV_CLI_INPUT when refused. */
int cv_client_delete(struct cv_client *client, const char *path);

/** A line without its end; zero-terminated. Return false to end the stream. */
typedef bool cv_client_line(void *owner, const char *line, size_t len);

/** Begin a stream of lines (NDJSON); at most one per client. */
int cv_client_stream(struct cv_client *client, const char *path, cv_client_line *line, void *owner);

/** Some bytes of a stream. Return false to end it. */
typedef bool cv_client_bytes(void *owner, const void *data, size_t len);

/** Begin a stream of bytes; in place of a stream of lines. */
int cv_client_stream_bytes(struct cv_client *client, const char *path, cv_client_bytes *bytes,
			   void *owner);

/** Tell control that enough has come: it sends what is left and ends the stream. */
void cv_client_hangup(struct cv_client *client);

/**
 * Wait for what the stream brings and hand it on.
 *
 * @param timeout_ms at most this long.
 * @param done set when the stream has ended in order, by either side.
 * @return as cv_client_get().
 */
int cv_client_poll(struct cv_client *client, int timeout_ms, bool *done);

/** Query value with everything but unreserved characters as %XX (RFC 3986 2.1); malloc'ed. */
char *cv_client_escape(const char *text);

/** Write "&key=value" with the value escaped; nothing where it is NULL. */
void cv_client_put(FILE *out, const char *key, const char *value);

#endif
