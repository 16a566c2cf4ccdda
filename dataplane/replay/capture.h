/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files as a source of Ethernet frames. pcap in all its variants through libpcap; pcapng by
 * a reader of our own, because libpcap gives up on a file whose interfaces have different link
 * types, which is what merging captures makes.
 */
#ifndef CV_CAPTURE_H
#define CV_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Longest frame accepted from a file, bytes; as libpcap's MAXIMUM_SNAPLEN. */
#define CV_CAPTURE_FRAME_MAX 262144
/** Room a converted frame may need before the captured bytes. */
#define CV_LINK_HEADROOM 14

/** One packet as the file has it. Data is valid until the next call. */
struct cv_captured {
	const uint8_t *data;
	uint32_t len; /* bytes in the file */
	uint32_t wire_len; /* bytes on the wire; more than len where the capture cut it */
	int64_t ts_ns; /* ns since the Unix epoch, 0 where the file has none */
	uint32_t link; /* LINKTYPE_* of the pcap registry */
	/* pcapng only. Valid until the next call as the data is. */
	const char *interface; /* its if_name, "" where it has none */
	const char *comment; /* not zero-terminated; of several, the one that Culvert wrote */
	uint32_t comment_len;
	uint64_t dropped; /* packets lost before this one, as far as the writer knew */
};

struct cv_capture;

/** Space for the reason of a failure, one line. */
struct cv_capture_error {
	char text[256];
};

/**
 * @param path file, "-" = standard input.
 * @return 0; -ENOMEM, -EISDIR, -ENODATA (empty), -EPROTO (not a capture), -EBADMSG (broken in its
 *         header) or the errno of opening it; @p error then says it for a person.
 */
int cv_capture_open(const char *path, struct cv_capture **ret, struct cv_capture_error *error);

/**
 * @return 1 a packet, 0 end of file, -EBADMSG cut short or broken from here on: @p error says how.
 */
int cv_capture_next(struct cv_capture *c, struct cv_captured *packet,
		    struct cv_capture_error *error);

/** NULL is fine. */
void cv_capture_close(struct cv_capture *c);

/** What stands in front of a packet of @p link so that it is an Ethernet frame. */
struct cv_link_frame {
	uint8_t head[CV_LINK_HEADROOM]; /* 0 or 14 bytes of it are used */
	uint32_t head_len;
	const uint8_t *body; /* rest of the frame, in the packet */
	uint32_t body_len;
	bool supported; /* false: a link layer that carries no IP we know how to find */
};

/**
 * Ethernet stays as it is; loopback, raw IP and Linux cooked captures get a header made up from
 * what they say of the protocol; anything else becomes a frame of a reserved EtherType, so that it
 * is counted like every other frame that is not IP.
 */
struct cv_link_frame cv_link_frame(const struct cv_captured *packet);

/* pcapng.c, behind cv_capture_open(). */
struct cv_pcapng;
int cv_pcapng_open(FILE *f, struct cv_pcapng **ret, struct cv_capture_error *error);
int cv_pcapng_next(struct cv_pcapng *p, struct cv_captured *packet, struct cv_capture_error *error);
void cv_pcapng_close(struct cv_pcapng *p);

#endif
