/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writer of pcapng blocks (draft-ietf-opsawg-pcapng) for drop evidence: one section, one Ethernet
 * interface per port with times in nanoseconds, enhanced packet blocks with comment, direction and
 * count of lost frames, and interface statistics at the end. Blocks are in host byte order.
 *
 * Each function writes one block into @p out and returns its size, or 0 where it does not fit.
 */
#ifndef CV_PCAPNG_WRITE_H
#define CV_PCAPNG_WRITE_H

#include <stddef.h>
#include <stdint.h>

/** Longest text of an option; longer ones are cut. */
#define CV_PCAPNG_TEXT_MAX 2304
/** Room that any block but a packet's needs. */
#define CV_PCAPNG_BLOCK_ROOM 8192
/** Room that a packet block needs, beside its bytes. */
#define CV_PCAPNG_PACKET_ROOM 512

size_t cv_pcapng_section(uint8_t *out, size_t size, const char *application, const char *comment);

/**
 * @param name   if_name, @param description if_description.
 * @param snap   longest packet in the file. @param filter expression, NULL = none.
 */
size_t cv_pcapng_interface(uint8_t *out, size_t size, const char *name, const char *description,
			   uint32_t snap, const char *filter);

struct cv_pcapng_packet {
	const uint8_t *data;
	uint32_t len, wire_len; /* bytes here, and of the frame */
	uint32_t interface; /* number, in the order of the interface blocks */
	uint64_t ts_ns; /* since the Unix epoch */
	uint64_t dropped; /* epb_dropcount: frames lost before this one; 0 = no option */
	const char *comment; /* at most CV_EVIDENCE_COMMENT_MAX characters */
	uint8_t xdp; /* the XDP program dropped it: epb_verdict says XDP_DROP */
};
size_t cv_pcapng_packet(uint8_t *out, size_t size, const struct cv_pcapng_packet *p);

/** Counts of a capture on one interface, as the options of the block mean them. */
struct cv_pcapng_statistics {
	uint32_t interface;
	uint64_t start_ns, end_ns; /* since the Unix epoch */
	uint64_t received; /* isb_ifrecv */
	uint64_t dropped; /* isb_ifdrop: received, and never offered to the filter */
	uint64_t accepted; /* isb_filteraccept */
	uint64_t os_dropped; /* isb_osdrop: accepted, and lost on the way to the file */
	uint64_t delivered; /* isb_usrdeliv: in the file */
};
size_t cv_pcapng_statistics(uint8_t *out, size_t size, const struct cv_pcapng_statistics *s);

#endif
