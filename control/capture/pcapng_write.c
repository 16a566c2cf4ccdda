/* SPDX-License-Identifier: Apache-2.0 */
#include "control/capture/pcapng_write.h"

#include <string.h>

enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPT_END = 0, OPT_COMMENT = 1 };
enum { SHB_USERAPPL = 4 };
enum { IF_NAME = 2, IF_DESCRIPTION = 3, IF_TSRESOL = 9, IF_FILTER = 11 };
enum { EPB_FLAGS = 2, EPB_DROPCOUNT = 4, EPB_VERDICT = 7 };
enum {
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define TSRESOL_NS 9 /* 10^-9 s */
#define INBOUND 1 /* epb_flags, bits 0-1 */
#define VERDICT_XDP 2 /* first byte of epb_verdict; then the XDP_* code in 64 bits */
#define VERDICT_XDP_DROP 1

struct block {
	uint8_t *start, *at, *end;
	int full;
};

static void put(struct block *b, const void *data, size_t len)
{
	if (b->full || len > (size_t)(b->end - b->at)) {
		b->full = 1;
		return;
	}
	memcpy(b->at, data, len);
	b->at += len;
}

static void put16(struct block *b, uint16_t v)
{
	put(b, &v, sizeof(v));
}

static void put32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static void pad(struct block *b)
{
	static const uint8_t zeros[4];

	put(b, zeros, (size_t)(-(b->at - b->start) & 3));
}

static struct block begin(uint8_t *out, size_t size, uint32_t type)
{
	struct block b = {.start = out, .at = out, .end = out + size};

	put32(&b, type);
	put32(&b, 0); /* length, when it is known */
	return b;
}

static size_t finish(struct block *b)
{
	uint32_t total = (uint32_t)(b->at - b->start) + 4;

	put32(b, total);
	if (b->full)
		return 0;
	memcpy(b->start + 4, &total, sizeof(total));
	return total;
}

static void option(struct block *b, uint16_t code, const void *value, size_t len)
{
	put16(b, code);
	put16(b, (uint16_t)len);
	put(b, value, len);
	pad(b);
}

static void option_text(struct block *b, uint16_t code, const char *text)
{
	size_t len = strlen(text);

	option(b, code, text, len > CV_PCAPNG_TEXT_MAX ? CV_PCAPNG_TEXT_MAX : len);
}

static void option64(struct block *b, uint16_t code, uint64_t v)
{
	option(b, code, &v, sizeof(v));
}

static void put_time(struct block *b, uint64_t ns)
{
	put32(b, (uint32_t)(ns >> 32));
	put32(b, (uint32_t)ns);
}

static void option_time(struct block *b, uint16_t code, uint64_t ns)
{
	put16(b, code);
	put16(b, 8);
	put_time(b, ns);
}

static void end_options(struct block *b)
{
	put32(b, OPT_END);
}

size_t cv_pcapng_section(uint8_t *out, size_t size, const char *application, const char *comment)
{
	struct block b = begin(out, size, BLOCK_SECTION);
	int64_t unknown = -1;

	put32(&b, BYTE_ORDER_MAGIC);
	put16(&b, 1);
	put16(&b, 0);
	put(&b, &unknown, sizeof(unknown)); /* length of the section */
	option_text(&b, SHB_USERAPPL, application);
	option_text(&b, OPT_COMMENT, comment);
	end_options(&b);
	return finish(&b);
}

/* if_filter: a byte that says in which language, 0 = libpcap's, then the text. */
static void option_filter(struct block *b, const char *filter)
{
	char value[CV_PCAPNG_TEXT_MAX + 1] = {0};
	size_t len = strlen(filter);

	if (len > sizeof(value) - 1)
		len = sizeof(value) - 1;
	memcpy(value + 1, filter, len);
	option(b, IF_FILTER, value, len + 1);
}

size_t cv_pcapng_interface(uint8_t *out, size_t size, const char *name, const char *description,
			   uint32_t snap, const char *filter)
{
	struct block b = begin(out, size, BLOCK_INTERFACE);
	uint8_t resol = TSRESOL_NS;

	put16(&b, LINKTYPE_ETHERNET);
	put16(&b, 0);
	put32(&b, snap);
	option_text(&b, IF_NAME, name);
	option_text(&b, IF_DESCRIPTION, description);
	option(&b, IF_TSRESOL, &resol, sizeof(resol));
	if (filter)
		option_filter(&b, filter);
	end_options(&b);
	return finish(&b);
}

size_t cv_pcapng_packet(uint8_t *out, size_t size, const struct cv_pcapng_packet *p)
{
	struct block b = begin(out, size, BLOCK_PACKET);
	uint32_t flags = INBOUND;
	uint8_t verdict[9] = {VERDICT_XDP};
	uint64_t drop = VERDICT_XDP_DROP;

	put32(&b, p->interface);
	put_time(&b, p->ts_ns);
	put32(&b, p->len);
	put32(&b, p->wire_len);
	put(&b, p->data, p->len);
	pad(&b);
	option_text(&b, OPT_COMMENT, p->comment);
	option(&b, EPB_FLAGS, &flags, sizeof(flags));
	if (p->dropped)
		option64(&b, EPB_DROPCOUNT, p->dropped);
	if (p->xdp) {
		memcpy(verdict + 1, &drop, sizeof(drop));
		option(&b, EPB_VERDICT, verdict, sizeof(verdict));
	}
	end_options(&b);
	return finish(&b);
}

size_t cv_pcapng_statistics(uint8_t *out, size_t size, const struct cv_pcapng_statistics *s)
{
	struct block b = begin(out, size, BLOCK_STATISTICS);

	put32(&b, s->interface);
	put_time(&b, s->end_ns);
	option_time(&b, ISB_STARTTIME, s->start_ns);
	option_time(&b, ISB_ENDTIME, s->end_ns);
	option64(&b, ISB_IFRECV, s->received);
	option64(&b, ISB_IFDROP, s->dropped);
	option64(&b, ISB_FILTERACCEPT, s->accepted);
	option64(&b, ISB_OSDROP, s->os_dropped);
	option64(&b, ISB_USRDELIV, s->delivered);
	end_options(&b);
	return finish(&b);
}
