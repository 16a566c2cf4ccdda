/* SPDX-License-Identifier: Apache-2.0 */
/* Where frames go: a capture file, or an interface at a rate. */
#ifndef SIM_OUTPUT_H
#define SIM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_FRAME_MAX 1600

struct sim_output;

/** A pcap file with nanoseconds; "-" = standard output. @return 0 or negative errno. */
int sim_output_pcap(const char *path, struct sim_output **ret);
/**
 * A network interface, by a packet socket.
 *
 * @param rate frames per second; 0 = as fast as it can.
 * @param real keep the scenario's own times; @p rate is then not looked at.
 * @return 0 or negative errno.
 */
int sim_output_live(const char *interface, uint64_t rate, bool real, struct sim_output **ret);

/** @param o NULL: sent nowhere. @return 0 or negative errno. */
int sim_output_frame(struct sim_output *o, int64_t time_ns, const uint8_t *frame, size_t len);
/** Write what is held back and close; NULL is fine. @return 0 or the first error. */
int sim_output_close(struct sim_output *o);

#endif
