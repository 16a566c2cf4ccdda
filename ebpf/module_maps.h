/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * What ingress and the loader share about modules. Maps, all shared by all ports:
 *
 *     module_programs  by slot: the module of that policy; behind them, by port: the program that
 *                      goes on with the port's frame when the module is done
 *     module_slots     by slot: which ports it is for, and what it says of itself
 *     module_counts    by slot, per CPU
 *     module_frame     the frame on its way to the module and back (culvert_module.h), per CPU
 *     module_held      what the module must not touch meanwhile, per CPU
 */
#ifndef CV_MODULE_MAPS_H
#define CV_MODULE_MAPS_H

#include "ebpf/culvert_module.h"
#include "ebpf/maps.h"

#define CV_MODULE_FINISH(port) (CV_POLICY_SLOTS + (port))
#define CV_MODULE_PROGRAMS CV_MODULE_FINISH(CV_PORTS_MAX)

/** One run of so many is timed: it costs two readings of the clock. A power of two. */
#define CV_MODULE_TIMED_OF 256u

struct cv_module_slot {
	__u32 ports; /* bit for each port; 0 = no module */
	__u32 layout; /* CV_MODULE_LAYOUT of who put it there */
	__u64 since; /* seconds since the Unix epoch */
	__u64 identity; /* of the object's bytes */
	struct cv_module_info info;
};

/** The verdict, kept where no module can reach it: a module can only take away. */
struct cv_module_held {
	__u32 verdict, rule, index; /* as in cv_judgement */
	__u32 slot;
	__u64 began_ns; /* 0 = this run is not timed */
};

/** Of one slot on one CPU: runs = continued + invalid + drops of all codes. */
struct cv_module_counts {
	__u64 runs;
	__u64 continued;
	__u64 invalid; /* returned what neither cv_continue() nor cv_drop() gives; went on */
	__u64 absent; /* there was no module to call; went on */
	struct cv_count drops[CV_MODULE_CODES];
	__u64 timed; /* runs */
	__u64 time_ns, time_max_ns; /* of these, with the calls there and back */
};

#define CV_MODULE_LAYOUT                                                                           \
	(sizeof(struct cv_module_frame) << 16 | sizeof(struct cv_module_held) << 1 | 1)

#endif
