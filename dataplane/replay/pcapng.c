/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader for pcapng (draft-ietf-opsawg-pcapng): section headers, interfaces and the three kinds of
 * packet blocks; every other block is passed over. Interfaces may differ in link type and in the
 * resolution of their clocks.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/replay/capture.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, still found */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};
enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_DROPCOUNT = 4, /* of an enhanced packet block */
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
};

#define OWN_COMMENT "culvert:"

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_MAX (16u << 20)
#define INTERFACES_MAX 4096
#define SECONDS_MAX 4102444800ull /* year 2100, see capture.c */

struct interface {
	uint32_t link;
	uint32_t snaplen; /* 0 = no limit */
	uint64_t ticks; /* per second */
	int64_t offset; /* seconds */
	char name[32]; /* cut where it is longer */
};

struct option {
	uint16_t code;
	uint32_t size;
	const uint8_t *value;
};

struct cv_pcapng {
	FILE *file;
	bool swapped;
	struct interface *interface;
	uint32_t interfaces;
	uint8_t *block; /* body of the block in hand */
	uint32_t block_size; /* allocated */
	uint64_t at; /* bytes read so far */
};

__attribute__((format(printf, 3, 4))) static int
bad(const struct cv_pcapng *p, struct cv_capture_error *error, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	n = strlen(error->text);
	snprintf(error->text + n, sizeof(error->text) - n, " (byte %llu)",
		 (unsigned long long)p->at);
	return -EBADMSG;
}

static uint32_t get32(const struct cv_pcapng *p, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return p->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct cv_pcapng *p, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return p->swapped ? __builtin_bswap16(v) : v;
}

/* The section header decides the byte order, its own length included. */
static int read_byte_order(struct cv_pcapng *p, const uint8_t *magic,
			   struct cv_capture_error *error)
{
	p->swapped = false;
	if (get32(p, magic) == BYTE_ORDER_MAGIC)
		return 0;
	p->swapped = true;
	if (get32(p, magic) == BYTE_ORDER_MAGIC)
		return 0;
	return bad(p, error, "is not pcapng: no byte-order magic");
}

static int reserve(struct cv_pcapng *p, uint32_t size)
{
	uint8_t *grown;

	if (size <= p->block_size)
		return 0;
	grown = realloc(p->block, size);
	if (grown == NULL)
		return -ENOMEM;
	p->block = grown;
	p->block_size = size;
	return 0;
}

/* Read one block. @return 1, 0 at the end of the file, -EBADMSG; @p len: bytes of the body. */
static int read_block(struct cv_pcapng *p, uint32_t *type, uint32_t *len,
		      struct cv_capture_error *error)
{
	uint8_t head[12];
	uint32_t total, have = 8;
	size_t n = fread(head, 1, 8, p->file);

	if (n == 0 && feof(p->file))
		return 0;
	p->at += n;
	if (n < 8)
		return bad(p, error, "ends inside a block header");
	*type = get32(p, head);
	if (*type == BLOCK_SECTION) {
		if (fread(head + 8, 1, 4, p->file) < 4)
			return bad(p, error, "ends inside a section header");
		p->at += 4;
		have = 12;
		if (read_byte_order(p, head + 8, error) != 0)
			return -EBADMSG;
	}
	total = get32(p, head + 4);
	if (total % 4 != 0 || total < have + 4 || total > BLOCK_MAX)
		return bad(p, error, "has a block of an impossible length, %u", total);
	if (reserve(p, total) != 0)
		return bad(p, error, "has a block there is no memory for");
	memcpy(p->block, head + 8, have - 8);
	n = fread(p->block + have - 8, 1, total - have, p->file);
	p->at += n;
	if (n < total - have)
		return bad(p, error, "ends inside a block");
	if (get32(p, p->block + total - 12) != total)
		return bad(p, error, "has a block whose two lengths differ");
	*len = total - 12;
	return 1;
}

/* if_tsresol: 10^-n, or 2^-n with the top bit set. */
static uint64_t ticks_of(uint8_t resol)
{
	uint64_t ticks = 1;
	unsigned int n = resol & 0x7f;

	if (resol & 0x80)
		return n < 63 ? 1ull << n : 0;
	if (n > 18)
		return 0;
	while (n-- > 0)
		ticks *= 10;
	return ticks;
}

static uint64_t get64(const struct cv_pcapng *p, const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return p->swapped ? __builtin_bswap64(v) : v;
}

/* Step over one option. @return 1, 0 there are no more, -EBADMSG it is longer than the block. */
static int next_option(const struct cv_pcapng *p, const uint8_t **at, uint32_t *len,
		       struct option *o)
{
	uint32_t padded;

	if (*len < 4 || get16(p, *at) == OPTION_END)
		return 0;
	*o = (struct option){get16(p, *at), get16(p, *at + 2), *at + 4};
	padded = (o->size + 3) & ~3u;
	if (padded > *len - 4)
		return -EBADMSG;
	*at += 4 + padded;
	*len -= 4 + padded;
	return 1;
}

static int read_options(struct cv_pcapng *p, struct interface *itf, const uint8_t *at, uint32_t len,
			struct cv_capture_error *error)
{
	struct option o;
	int more;

	while ((more = next_option(p, &at, &len, &o)) == 1) {
		if (o.code == OPTION_TSRESOL && o.size == 1)
			itf->ticks = ticks_of(o.value[0]);
		if (o.code == OPTION_TSOFFSET && o.size == 8)
			itf->offset = (int64_t)get64(p, o.value);
		if (o.code == OPTION_IF_NAME)
			snprintf(itf->name, sizeof(itf->name), "%.*s",
				 (int)(o.size < 31 ? o.size : 31), (const char *)o.value);
	}
	return more < 0 ? bad(p, error, "has an interface option that is too long") : 0;
}

/* What others wrote about a packet is for information: where it is broken it is not there. */
static void read_packet_options(const struct cv_pcapng *p, const uint8_t *at, uint32_t len,
				struct cv_captured *packet)
{
	bool own = false;
	struct option o;

	while (next_option(p, &at, &len, &o) == 1) {
		if (o.code == OPTION_DROPCOUNT && o.size == 8)
			packet->dropped = get64(p, o.value);
		if (o.code != OPTION_COMMENT || own)
			continue;
		own = o.size >= sizeof(OWN_COMMENT) - 1 &&
		      memcmp(o.value, OWN_COMMENT, sizeof(OWN_COMMENT) - 1) == 0;
		if (packet->comment == NULL || own) {
			packet->comment = (const char *)o.value;
			packet->comment_len = o.size;
		}
	}
}

static int read_interface(struct cv_pcapng *p, uint32_t len, struct cv_capture_error *error)
{
	struct interface itf = {.ticks = 1000000};
	struct interface *grown;

	if (len < 8)
		return bad(p, error, "has an interface block that is too short");
	if (p->interfaces == INTERFACES_MAX)
		return bad(p, error, "has more than %d interfaces", INTERFACES_MAX);
	itf.link = get16(p, p->block);
	itf.snaplen = get32(p, p->block + 4);
	if (read_options(p, &itf, p->block + 8, len - 8, error) != 0)
		return -EBADMSG;
	if (itf.ticks == 0)
		return bad(p, error, "has an interface with an impossible clock");
	grown = realloc(p->interface, (p->interfaces + 1) * sizeof(*grown));
	if (grown == NULL)
		return bad(p, error, "has more interfaces than there is memory for");
	p->interface = grown;
	p->interface[p->interfaces++] = itf;
	return 0;
}

static int64_t time_of(const struct interface *itf, uint64_t stamp)
{
	uint64_t seconds = stamp / itf->ticks;
	uint64_t rest = stamp % itf->ticks;

	if (seconds > SECONDS_MAX || itf->offset > (int64_t)SECONDS_MAX ||
	    itf->offset < -(int64_t)SECONDS_MAX)
		return 0;
	seconds += (uint64_t)itf->offset;
	if (seconds > SECONDS_MAX)
		return 0;
	return (int64_t)(seconds * 1000000000 +
			 (uint64_t)((unsigned __int128)rest * 1000000000 / itf->ticks));
}

/* Packet blocks: where the fields are, and how many bytes come before the data. */
static int read_packet(struct cv_pcapng *p, uint32_t type, uint32_t len, struct cv_captured *packet,
		       struct cv_capture_error *error)
{
	uint32_t fixed = type == BLOCK_SIMPLE ? 4 : 20;
	const struct interface *itf;
	uint32_t id, padded;

	if (len < fixed)
		return bad(p, error, "has a packet block that is too short");
	id = type == BLOCK_ENHANCED ? get32(p, p->block)
				    : (type == BLOCK_PACKET ? get16(p, p->block) : 0);
	if (id >= p->interfaces)
		return bad(p, error, "has a packet of interface %u, which it does not describe",
			   id);
	itf = &p->interface[id];
	*packet = (struct cv_captured){
		.data = p->block + fixed, .link = itf->link, .interface = itf->name};
	if (type == BLOCK_SIMPLE) {
		packet->wire_len = get32(p, p->block);
		packet->len = packet->wire_len < len - fixed ? packet->wire_len : len - fixed;
		if (itf->snaplen != 0 && packet->len > itf->snaplen)
			packet->len = itf->snaplen;
	} else {
		packet->len = get32(p, p->block + 12);
		packet->wire_len = get32(p, p->block + 16);
		packet->ts_ns = time_of(itf, (uint64_t)get32(p, p->block + 4) << 32 |
						     get32(p, p->block + 8));
	}
	if (packet->len > len - fixed || packet->len > CV_CAPTURE_FRAME_MAX)
		return bad(p, error, "has a packet longer than its block");
	padded = (packet->len + 3) & ~3u;
	if (type == BLOCK_ENHANCED && padded < len - fixed)
		read_packet_options(p, p->block + fixed + padded, len - fixed - padded, packet);
	return 1;
}

int cv_pcapng_next(struct cv_pcapng *p, struct cv_captured *packet, struct cv_capture_error *error)
{
	uint32_t type, len;
	int n;

	while ((n = read_block(p, &type, &len, error)) == 1) {
		switch (type) {
		case BLOCK_SECTION:
			p->interfaces = 0; /* each section numbers its own */
			break;
		case BLOCK_INTERFACE:
			if (read_interface(p, len, error) != 0)
				return -EBADMSG;
			break;
		case BLOCK_ENHANCED:
		case BLOCK_PACKET:
		case BLOCK_SIMPLE:
			return read_packet(p, type, len, packet, error);
		default:
			break;
		}
	}
	return n;
}

int cv_pcapng_open(FILE *f, struct cv_pcapng **ret, struct cv_capture_error *error)
{
	struct cv_pcapng *p = calloc(1, sizeof(*p));
	uint32_t type, len;
	int n;

	if (p == NULL) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	p->file = f;
	n = read_block(p, &type, &len, error);
	if (n == 1 && get16(p, p->block + 4) != 1)
		n = bad(p, error, "is pcapng of version %u, not 1", get16(p, p->block + 4));
	if (n != 1) {
		p->file = NULL; /* stays the caller's */
		cv_pcapng_close(p);
		return n == 0 ? -ENODATA : n;
	}
	*ret = p;
	return 0;
}

void cv_pcapng_close(struct cv_pcapng *p)
{
	if (p == NULL)
		return;
	if (p->file != NULL)
		fclose(p->file);
	free(p->interface);
	free(p->block);
	free(p);
}
