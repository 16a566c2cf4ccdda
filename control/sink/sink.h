/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of culvert-sink: events come from control as frames, wait in a window of bounded size,
 * go to the far side through a connector, and are acknowledged to control in their order once the
 * far side has acknowledged them. One thread; a connector whose library has threads of its own
 * brings their news to this one.
 */
#ifndef CV_SINK_H
#define CV_SINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "control/sink/secrets.h"
#include "control/sink/settings.h"
#include "control/sink/status.h"

struct cv_sink_core;

/** An attribute of an event, for transports with headers. */
struct cv_sink_header {
	const char *name, *value;
};
#define CV_SINK_HEADERS_MAX 12

/** An event as a connector sends it. Valid during the call of publish(). */
struct cv_sink_message {
	uint64_t ticket; /* for cv_sink_done() and cv_sink_refused() */
	const char *id; /* stable: <node>/<lane>/<sequence> */
	const char *topic;
	const char *key;
	const char *content_type;
	const struct cv_sink_header *headers;
	size_t n_headers;
	const char *body;
	size_t len;
};

/** What a connector is made of. */
struct cv_sink_connect {
	struct cv_sink_core *core;
	const struct cv_sink_settings *settings;
	const struct cv_sink_secrets *secrets;
};

/** A connector: one connection's life. When it is lost it is destroyed and another one made. */
struct cv_sink_ops {
	/**
	 * What needs the rights that the process gives up afterwards; once. May be NULL.
	 * @param ret_state handed to create(), lives as long as the process.
	 * @return 0 or negative errno after cv_sink_say().
	 */
	int (*prepare)(const struct cv_sink_connect *c, uid_t uid, gid_t gid, void **ret_state);
	/**
	 * Connect; may take some seconds. On failure says why with cv_sink_say().
	 * @return 0 or negative errno.
	 */
	int (*create)(const struct cv_sink_connect *c, void *state, void **ret);
	/**
	 * Send one event; cv_sink_done(), cv_sink_refused() or cv_sink_lost() follows, perhaps from
	 * inside.
	 * @return 0; -EAGAIN: not now, after the next poll; anything else: the connection is lost.
	 */
	int (*publish)(void *self, const struct cv_sink_message *m);
	/** A run of publish() is over: what waits goes out now. May be NULL. */
	void (*flush)(void *self);
	/** Take what the library has to say. Called at each turn of the loop. */
	void (*poll)(void *self);
	/** Add what to wait for. @return number of entries written, at most 2. */
	unsigned int (*wait_for)(void *self, struct pollfd *fds, int *timeout_ms);
	/** The connector decides itself when an event is late. */
	bool waits_itself;
	void (*destroy)(void *self);
};

extern const struct cv_sink_ops cv_sink_file_ops, cv_sink_nats_ops, cv_sink_mqtt_ops,
	cv_sink_kafka_ops;
/** By enum cv_sink_type; NULL = not in this build. */
extern const struct cv_sink_ops *const cv_sink_connectors[CV_SINK_TYPE_COUNT];

/* ---- what a connector tells the core, on its thread -------------------------------------------- */

/** The far side has it. */
void cv_sink_done(struct cv_sink_core *core, uint64_t ticket);
/** The far side will never take it: counted, told, passed over. */
void cv_sink_refused(struct cv_sink_core *core, uint64_t ticket, enum cv_sink_refusal reason,
		     const char *why);
/** The connection is of no use any more, after cv_sink_say(). */
void cv_sink_lost(struct cv_sink_core *core);
/** What went wrong, with the remedy; never a secret. */
void cv_sink_say(struct cv_sink_core *core, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- the core ------------------------------------------------------------------------------------- */

/**
 * @param status page shared with control.
 * @return 0 or -ENOMEM.
 */
int cv_sink_core_create(const struct cv_sink_settings *settings,
			const struct cv_sink_secrets *secrets, struct cv_sink_status *status,
			const struct cv_sink_ops *ops, void *state, struct cv_sink_core **ret);

/** What prepare() made. */
void cv_sink_core_set_state(struct cv_sink_core *core, void *state);

struct cv_sink_source;
/**
 * Run until control goes away or *stop becomes set.
 * @return 0: stopped in order; negative errno: said what.
 */
int cv_sink_core_run(struct cv_sink_core *core, struct cv_sink_source *source,
		     const volatile int *stop);
void cv_sink_core_destroy(struct cv_sink_core *core);

#endif
