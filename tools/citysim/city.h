/* SPDX-License-Identifier: Apache-2.0 */
/* The city: groups of devices, what they say and when, and an account of it. Single thread. */
#ifndef SIM_CITY_H
#define SIM_CITY_H

#include <stdio.h>

#include "control/config/address.h"
#include "control/config/diagnostics.h"
#include "tools/citysim/encode.h"

#define SIM_GROUPS_MAX 64

/** How a connection's bytes are laid into segments. */
#define SIM_SEGMENTS(X)                                                                            \
	X(WHOLE, "whole") /* a message, a segment */                                               \
	X(SPLIT, "split") /* messages cut at random */                                             \
	X(COALESCED, "coalesced") /* several messages in a segment */                              \
	X(MIXED, "mixed") /* each of the three */

#define SIM_SEGMENTS_ROW(id, name) SIM_SEGMENTS_##id,
enum sim_segments { SIM_SEGMENTS(SIM_SEGMENTS_ROW) SIM_SEGMENTS_COUNT };

enum sim_transport { SIM_TRANSPORT_AUTO, SIM_TRANSPORT_UDP, SIM_TRANSPORT_TCP };

/** A group as the scenario has it. Begins as the schema wants list elements to. */
struct sim_group_config {
	unsigned int line, column;
	char name[32];
	char protocol[24];
	char profile[32];
	uint32_t devices;
	uint64_t interval_ns; /* between two messages of a device */
	struct cv_prefix network; /* addresses of the devices, from the second one on */
	uint8_t transport; /* enum sim_transport */
	uint16_t port; /* 0 = the protocol's */
	uint16_t vlan; /* 0 = untagged */
	double alarms, damaged, repeated, faulty, retransmitted; /* per cent */
	uint8_t segments; /* enum sim_segments */
	uint32_t session; /* messages of a connection, 0 = it stays */
	uint64_t burst_at_ns, burst_for_ns; /* since the start */
	uint32_t burst_times; /* as many messages in the burst */
};

struct sim_scenario {
	char description[160];
	uint64_t seed;
	uint64_t start_s; /* since the Unix epoch */
	uint64_t duration_ns;
	struct cv_prefix platform, platform6;
	bool acknowledge;
	struct sim_group_config *groups;
	size_t group_count;
};

/** What was sent. */
struct sim_ledger_row {
	uint64_t messages; /* the decoder is to count */
	uint64_t rejected; /* and to reject */
	uint64_t damaged[SIM_DAMAGE_COUNT]; /* which makes them */
	uint64_t events[CV_KIND_COUNT]; /* but parse errors */
	uint64_t lanes[CV_LANE_COUNT]; /* the same by lane */
	/* Of these: sent again by the device, or told by its neighbours as well (messages only). */
	uint64_t repeated, repeated_events[CV_KIND_COUNT], repeated_lanes[CV_LANE_COUNT];
	uint64_t bytes; /* of messages */
};

struct sim_ledger {
	uint64_t frames, bytes;
	uint64_t connections;
	uint64_t retransmitted; /* segments */
	uint64_t devices; /* that said something */
	uint64_t start_ns, end_ns; /* of the frames */
	struct sim_ledger_row *row; /* by encoder: the first one of a decoder has its row */
};

struct sim_output;

/** What a device remembers. */
struct sim_state {
	uint32_t seq[2]; /* next byte of the device, of the platform */
	uint32_t serial; /* messages so far */
	uint16_t connection; /* connections so far */
	uint16_t alarms; /* bit by place among the profile's alarm points */
	bool open, damaged; /* connected; the last message was a damaged one */
};

struct sim_group {
	const struct sim_group_config *config;
	const struct sim_encoder *encoder;
	const struct sim_profile *profile;
	struct sim_ledger_row *row;
	struct sim_state *state; /* by device */
	uint64_t key; /* random number of the group */
	uint32_t first; /* devices of the groups before it */
	double next_ns; /* since the start */
	uint64_t turn; /* messages of the group so far */
	uint32_t stride; /* between devices that follow each other; no factor with their number */
	uint32_t weights; /* of kinds SIM_ON_TIME */
	uint16_t port;
	uint8_t alarm_count; /* points of curve SIM_CURVE_ALARM */
	int8_t open_kind, alarm_kind; /* -1 = none */
	bool tcp;
};

/** Bytes for one direction of a connection, or one datagram. */
struct sim_write {
	bool from_device;
	uint8_t neighbour; /* of the device, 0 = itself */
	uint32_t len;
	uint8_t *data;
};

struct sim_city {
	const struct sim_scenario *scenario;
	struct sim_group group[SIM_GROUPS_MAX];
	unsigned int groups;
	struct sim_ledger ledger;
	struct sim_output *out;
	int64_t clock_ns; /* of the last frame */
	struct sim_message message;
	struct sim_input input;
};

/**
 * Read a scenario.
 *
 * @return 0; -EINVAL with findings; -ENOMEM.
 */
int sim_scenario_read(const char *path, struct sim_scenario *ret, struct cv_diagnostics *diag);
void sim_scenario_free(struct sim_scenario *s);
/** The settings of a scenario as Markdown. */
void sim_scenario_write_doc(FILE *out);

/** @return 0 or -ENOMEM. @p s and @p out are to outlive the city. */
int sim_city_setup(struct sim_city *city, const struct sim_scenario *s, struct sim_output *out);
void sim_city_release(struct sim_city *city);
/**
 * One device says what it has to say next.
 *
 * @return 1; 0 when the scenario is over; negative errno of the output.
 */
int sim_city_turn(struct sim_city *city);

/** Values of the points that a message of @p kind carries, into city->input. */
void sim_city_readings(struct sim_city *city, const struct sim_group *g, struct sim_state *state,
		       unsigned int kind);

/** Put writes into frames. @return 0 or negative errno of the output. */
int sim_datagrams(struct sim_city *city, struct sim_group *g, uint32_t device,
		  const struct sim_write *write, unsigned int count);
int sim_connect(struct sim_city *city, struct sim_group *g, uint32_t device);
int sim_disconnect(struct sim_city *city, struct sim_group *g, uint32_t device);
int sim_segments(struct sim_city *city, struct sim_group *g, uint32_t device,
		 const struct sim_write *write, unsigned int count, bool split);

/** Write what was sent. @return 0 or negative errno. */
int sim_ledger_text(const struct sim_ledger *l, FILE *out);
int sim_ledger_json(const struct sim_ledger *l, FILE *out);

#endif
