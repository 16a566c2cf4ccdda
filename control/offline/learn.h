/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A least-privilege policy from observed traffic: frames become edges (who asks whom for what),
 * edges become groups, services and rules, those become YAML. Memory is bounded; what found no
 * room is counted and told. Same frames, same policy, to the byte. One thread.
 *
 *     frames → learn_collect.c → edges → learn_shape.c → groups, services, rules → learn_write.c
 *                     └ pipeline → records → learn_facts.c: decoder and what was said
 */
#ifndef CV_LEARN_H
#define CV_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "control/offline/intern.h"
#include "control/offline/source.h"
#include "dataplane/decode/judge.h"
#include "dataplane/ledger.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/generation.h"

/* Most of each thing that is remembered; about 250 MB when all are full. */
#define CV_LEARN_HOSTS_MAX (1u << 20)
#define CV_LEARN_EDGES_MAX (1u << 20)
#define CV_LEARN_SENDERS_MAX (1u << 20)
#define CV_LEARN_FACTS_MAX (1u << 14)
#define CV_LEARN_SAID_MAX (1u << 18)
#define CV_LEARN_IDENTITIES_MAX (1u << 16)

/* Where something was seen. */
#define CV_LEARN_SEEN 0x01u /* at all */
#define CV_LEARN_MANY_MACS 0x02u /* or none */
#define CV_LEARN_MANY_VLANS 0x04u
#define CV_LEARN_MANY_ADDRESSES 0x08u

struct cv_learn_host {
	uint8_t addr[16]; /* network order, IPv4 in the first four bytes */
	uint32_t family; /* 4 or 6 */
	/* ---- the key ends here */
	uint8_t mac[6]; /* of its first frame */
	uint16_t vlan; /* likewise, outer, 0 = none */
	/* Set by learn_shape.c. */
	uint32_t group; /* index, CV_INTERN_NONE = none */
	uint64_t signature; /* of all it does */
	uint64_t most; /* packets of the busiest service so far */
	uint32_t main_service;
	uint32_t limited; /* rules with a rate that it sends under */
	uint8_t role; /* CV_LEARN_ASKS, CV_LEARN_SERVES or both, in its main service */
	uint8_t seen; /* CV_LEARN_SEEN and so on, as a sender */
	uint8_t pad[6];
};
#define CV_LEARN_HOST_KEY 20
#define CV_LEARN_ASKS 1
#define CV_LEARN_SERVES 2

/** Why the direction of an edge is known. */
enum cv_learn_sure { CV_LEARN_GUESSED, CV_LEARN_SURE };

/** A client asks a server for a service. */
struct cv_learn_edge {
	uint32_t client, server; /* hosts */
	uint16_t port; /* server's, host order; 0 = the protocol has none */
	uint8_t ip_proto;
	uint8_t pad;
	/* ---- the key ends here */
	uint16_t client_port; /* host order */
	bool many_client_ports;
	uint8_t sure; /* enum cv_learn_sure */
	uint8_t decoder; /* enum cv_proto that recognized it, 0 = none */
	bool opened; /* TCP: the server accepted, or bytes were carried */
	uint32_t sender; /* index in senders */
	uint64_t packets[2], bytes[2]; /* [0] from the client, [1] from the server */
	uint64_t rejected; /* messages no decoder took */
	int64_t first_ns, last_ns;
	uint32_t service; /* set by learn_shape.c */
	uint8_t left_out; /* enum cv_learn_left_out, set by learn_shape.c */
	uint8_t pad2[3];
};
#define CV_LEARN_EDGE_KEY 12

/** What one client sends to one service, whoever serves it: what a rate is about. */
struct cv_learn_sender {
	uint32_t client;
	uint16_t port;
	uint8_t ip_proto;
	uint8_t pad;
	/* ---- the key ends here */
	int64_t second; /* since the epoch */
	uint32_t count; /* frames in it */
	uint32_t peak; /* most frames in a second */
};
#define CV_LEARN_SENDER_KEY 8

/** Longest text of a fact, with its zero; longer ones cannot be constrained. */
#define CV_LEARN_TEXT 160

/** A statement about a message, as constraints are judged by (dataplane/policy/app.h). */
struct cv_learn_fact {
	uint8_t proto; /* enum cv_proto */
	uint8_t kind; /* enum cv_app_kind */
	uint8_t table, unit; /* registers */
	uint32_t unclear; /* no list can name it */
	uint32_t from, to;
	char text[CV_LEARN_TEXT]; /* zero-padded, the client's own name as %c */
};
#define CV_LEARN_FACT_KEY sizeof(struct cv_learn_fact)

/** Who said it. */
struct cv_learn_said {
	uint32_t edge, fact;
	/* ---- the key ends here */
	uint64_t count;
};
#define CV_LEARN_SAID_KEY 8

/** What a device calls itself in a protocol. */
struct cv_learn_identity {
	uint8_t proto; /* enum cv_proto */
	char text[CV_LEARN_TEXT]; /* zero-padded */
	/* ---- the key ends here */
	uint8_t seen; /* CV_LEARN_SEEN and so on */
	uint16_t vlan; /* of where it was seen first */
	uint32_t family;
	uint8_t addr[16];
};
#define CV_LEARN_IDENTITY_KEY offsetof(struct cv_learn_identity, seen)

/* Why traffic is not in the policy. */
#define CV_LEARN_LEFT_OUT(X)                                                                       \
	X(NOTHING, "learned")                                                                      \
	X(REFUSED, "TCP that was never accepted")                                                  \
	X(UNANSWERED, "one way only, and no decoder knows it")                                     \
	X(TEMPORARY, "no decoder knows it and the port looks temporary")                           \
	X(TOO_MANY, "more services or groups than a policy can have")
#define CV_LEARN_LEFT_OUT_ROW(id, text) CV_LEARN_LEFT_OUT_##id,
enum cv_learn_left_out { CV_LEARN_LEFT_OUT(CV_LEARN_LEFT_OUT_ROW) CV_LEARN_LEFT_OUT_COUNT };

struct cv_learn {
	struct cv_intern hosts, edges, senders, facts, said, identities;
	struct cv_generation *gen; /* forward and inspect everything */
	struct cv_pipeline *pipeline;
	struct cv_counters counters;
	struct cv_sink sink;
	uint8_t *records; /* memory of the sink's lanes */
	uint32_t edge; /* of the frame in hand, CV_INTERN_NONE = none */
	uint64_t frames, bytes, cut;
	uint64_t bad[CV_REASON_COUNT]; /* frames the verdict cannot judge, by reason */
	uint64_t non_ip, strange_link;
	uint64_t fragments; /* later ones whose first was not seen */
	uint64_t forgotten; /* frames whose edge found no room */
	uint64_t unnamed; /* statements of identities that a policy cannot name */
	uint64_t lost; /* live: frames that were not seen; set by the caller */
	int64_t first_ns, last_ns, clock_ns;
	uint8_t vlans[4096 / 8]; /* outer ids seen, one bit each */
	struct {
		uint32_t src, dst, id, edge;
		bool back;
	} fragment[1024]; /* first fragments, newest wins */
};

/** @return 0 or -ENOMEM. */
int cv_learn_start(const struct cv_gen_hint *hints, unsigned int count, struct cv_learn **ret);

/** Take one frame in. */
void cv_learn_frame(struct cv_learn *l, const struct cv_source_frame *frame);

/** All frames are in: end the flows. */
void cv_learn_finish(struct cv_learn *l);

/** NULL is fine. */
void cv_learn_free(struct cv_learn *l);

/* Between the files. */

/** The edge of a packet by its ends; @p back: sent by the server. @return CV_INTERN_NONE: none. */
uint32_t cv_learn_find_edge(const struct cv_learn *l, uint32_t src, uint32_t dst, uint8_t ip_proto,
			    uint16_t sport, uint16_t dport, bool *back);
/** A record came out of the pipeline. */
void cv_learn_record(struct cv_learn *l, const struct cv_record *rec);
/** A decoder stated a fact about the frame in hand; cv_judge_witness, @p arg the learner. */
void cv_learn_witness(void *arg, const struct cv_judge *judge, const struct cv_app_fact *fact);

/* learn_bind.c */

/** A host has sent a frame from here. */
void cv_learn_see_host(struct cv_learn *l, uint32_t host, const uint8_t mac[6], uint16_t vlan);
/** A device has said who it is. */
void cv_learn_see_identity(struct cv_learn *l, const struct cv_judge *judge,
			   const struct cv_app_fact *fact);

static inline struct cv_learn_host *cv_learn_host(const struct cv_learn *l, uint32_t i)
{
	return cv_intern_at(&l->hosts, i);
}

static inline struct cv_learn_edge *cv_learn_edge(const struct cv_learn *l, uint32_t i)
{
	return cv_intern_at(&l->edges, i);
}

/* ---- learn_shape.c: what the policy will say ------------------------------------------------ */

/** "any" number of prefixes would be exact and unreadable; this many are readable. */
#define CV_LEARN_PREFIXES 16

struct cv_learn_service {
	char name[32];
	uint8_t ip_proto;
	uint8_t decoder; /* enum cv_proto, 0 = none */
	uint16_t port; /* host order, 0 = none */
	uint64_t packets;
	uint32_t edges;
	bool used;
};

struct cv_learn_prefix {
	uint8_t addr[16];
	uint8_t family, len; /* len in bits */
	uint32_t seen; /* addresses seen in it */
};

struct cv_learn_group {
	char name[32];
	uint64_t signature;
	uint32_t hosts; /* members */
	uint32_t main_service;
	uint8_t role; /* of its members */
	struct cv_learn_prefix *prefixes;
	uint32_t n_prefixes;
};

struct cv_learn_rule {
	uint32_t from, service; /* group, service */
	uint32_t *to; /* groups, ascending */
	uint32_t n_to;
	uint64_t packets[2], bytes[2], rejected;
	uint32_t clients, servers;
	uint32_t peak; /* frames in one second by one sender */
	uint32_t peak_host;
	uint32_t shared; /* most rules one of its senders is limited by */
	uint64_t rate; /* per second, 0 = none */
	bool undecoded; /* the service's decoder did not recognize all of it */
	int64_t first_ns, last_ns;
};

struct cv_learn_left {
	uint64_t edges, packets, bytes;
};

struct cv_learn_shape {
	struct cv_learn_service *services;
	uint32_t n_services;
	struct cv_learn_group *groups;
	uint32_t n_groups;
	struct cv_learn_rule *rules;
	uint32_t n_rules;
	uint32_t *rule_of; /* by edge: index in rules, CV_INTERN_NONE = left out */
	struct cv_learn_left left[CV_LEARN_LEFT_OUT_COUNT];
};

struct cv_learn_wish {
	uint32_t prefixes; /* most prefixes of a group that are not needed to keep groups apart */
	double headroom; /* rate = peak * headroom, 0 = no rates */
};

/** @return 0 or -ENOMEM. */
int cv_learn_shape(struct cv_learn *l, const struct cv_learn_wish *wish,
		   struct cv_learn_shape *ret);
void cv_learn_shape_free(struct cv_learn_shape *s);

/** learn_prefix.c: the prefixes of every group. @return 0 or -ENOMEM. */
int cv_learn_cover(const struct cv_learn *l, struct cv_learn_shape *s, uint32_t readable);

/* ---- learn_write.c, learn_json.c ----------------------------------------------------------- */

/** What the heading of the policy says of where it comes from. */
struct cv_learn_origin {
	char *const *sources;
	int count;
	double headroom;
	bool constraints; /* on messages */
	bool bind; /* to the places they were seen at */
};

/** @return 0 or -EIO. */
int cv_learn_write(const struct cv_learn *l, const struct cv_learn_shape *s,
		   const struct cv_learn_origin *origin, FILE *out);
int cv_learn_write_json(const struct cv_learn *l, const struct cv_learn_shape *s, FILE *out);

#endif
