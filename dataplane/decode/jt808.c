/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JT/T 808-2011, -2013 and -2019, what terminals in vehicles and their platform say to each other:
 * framing (4.4). 7E, header, body, XOR of both, 7E; inside, 7D 02 stands for 7E and 7D 01 for 7D. The
 * standards' text was not at hand: the facts are those on which several open implementations and
 * their tests agree.
 */
#include <string.h>

#include "dataplane/decode/jt808.h"
#include "dataplane/decode/judge.h"

#define FLAG 0x7e
#define ESCAPE 0x7d
#define HEAD 12 /* bytes up to the body: id, attributes, terminal, serial */
#define HEAD_2019 17 /* the same with a version and four more bytes of terminal */
#define PACKETS 4 /* bytes of packet numbers */
#define PLAIN_MAX (HEAD_2019 + PACKETS + JT808_BODY_MAX + 1)
#define WIRE_MAX (2 * PLAIN_MAX) /* between the flags: every byte escaped */
/* What may stand before a frame: registration texts and heartbeats of serial-to-network boxes. */
#define PREFIX_MAX 256

enum attribute { LENGTH = 0x3ff, ENCRYPTION = 0x1c00, SPLIT = 0x2000, VERSION_2019 = 0x4000 };

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/** What is between two flags, without its escapes. */
struct plain {
	const uint8_t *data; /* the bytes themselves where nothing is escaped, else bytes[] */
	size_t len;
	bool loose; /* has a 7D that nothing escaped: the check code says how it is meant */
	uint8_t bytes[PLAIN_MAX];
};

/* @return false: more than a frame has. */
static bool unescape(const uint8_t *at, size_t len, struct plain *p)
{
	const uint8_t *end = at + len, *next = memchr(at, ESCAPE, len);
	size_t n = 0;

	p->data = at;
	p->len = len;
	p->loose = false;
	if (next == NULL)
		return len <= PLAIN_MAX;
	p->data = p->bytes;
	while (next != NULL) {
		size_t run = (size_t)(next - at);
		bool escape = next + 1 < end && (next[1] == 1 || next[1] == 2);

		if (n + run + 1 > PLAIN_MAX)
			return false;
		memcpy(p->bytes + n, at, run);
		n += run;
		p->bytes[n++] = escape && next[1] == 2 ? FLAG : ESCAPE;
		p->loose |= !escape;
		at = next + (escape ? 2 : 1);
		next = at < end ? memchr(at, ESCAPE, (size_t)(end - at)) : NULL;
	}
	if (n + (size_t)(end - at) > PLAIN_MAX)
		return false;
	memcpy(p->bytes + n, at, (size_t)(end - at));
	p->len = n + (size_t)(end - at);
	return true;
}

static uint8_t exclusive_or(const uint8_t *data, size_t len)
{
	uint64_t words = 0, word;
	uint8_t sum = 0;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		words ^= word;
	}
	words ^= words >> 32;
	words ^= words >> 16;
	sum = (uint8_t)(words ^ words >> 8);
	while (len-- > 0)
		sum ^= *data++;
	return sum;
}

static size_t head_of(uint16_t attributes)
{
	return (attributes & VERSION_2019 ? HEAD_2019 : HEAD) + (attributes & SPLIT ? PACKETS : 0);
}

/* Length and check code of a frame without escapes. */
static enum cv_reject check(const uint8_t *plain, size_t len)
{
	uint16_t attributes;

	if (len < HEAD + 1)
		return CV_REJECT_BAD_LENGTH;
	attributes = be16(plain + 2);
	if (len != head_of(attributes) + (attributes & LENGTH) + 1)
		return CV_REJECT_BAD_LENGTH;
	return exclusive_or(plain, len - 1) == plain[len - 1] ? CV_REJECT_NONE
							      : CV_REJECT_BAD_CHECKSUM;
}

/* Ids from 8000H to BFFFH go down; makers' own may go either way. */
static uint8_t direction_of(const struct cv_decode *d, uint16_t id)
{
	if (id < 0x8000)
		return CV_DIR_UP;
	if (id < 0xc000)
		return CV_DIR_DOWN;
	if (d->origin->direction != CV_DIR_UNKNOWN)
		return d->origin->direction;
	return d->datagram || d->from_client ? CV_DIR_UP : CV_DIR_DOWN;
}

/*
 * A terminal sends again what was not acknowledged, under the same serial number. Messages without a
 * body (heartbeats) are the same every time, and so are those of terminals that number nothing.
 */
static bool is_repeat(const struct jt808_frame *f, const struct plain *p)
{
	if (f->direction != CV_DIR_UP || f->serial == 0 || f->len == 0)
		return false;
	return cv_repeated(f->d->repeats, cv_decode_print(f->d, false, p->data, p->len),
			   CV_REPEAT_MINUTE);
}

/* A frame that check() accepted. */
static void take_frame(struct jt808_frame *f, const uint8_t *plain)
{
	static const char digit[] = "0123456789abcdef";
	uint16_t attributes = be16(plain + 2);
	size_t head = head_of(attributes);
	const uint8_t *terminal;

	f->id = be16(plain);
	f->v2019 = attributes & VERSION_2019;
	f->encryption = (uint8_t)((attributes & ENCRYPTION) >> 10);
	terminal = plain + (f->v2019 ? 5 : 4);
	f->device_len = f->v2019 ? JT808_DEVICE_MAX : 12;
	for (unsigned int i = 0; i < f->device_len; i++)
		f->device[i] = digit[terminal[i / 2] >> (i % 2 ? 0 : 4) & 15];
	f->serial = be16(terminal + f->device_len / 2);
	if (attributes & SPLIT) {
		f->total = be16(plain + head - 4);
		f->index = be16(plain + head - 2);
	}
	f->body = plain + head;
	f->len = attributes & LENGTH;
	f->direction = direction_of(f->d, f->id);
}

static void facts(const struct jt808_frame *f)
{
	const struct cv_app_fact device = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->device,
		.len = f->device_len,
	};

	cv_judge_type(f->d->judge, f->id);
	cv_judge_fact(f->d->judge, &device);
}

static int64_t take(struct cv_decode *d, const struct plain *p, size_t size)
{
	struct jt808_frame f = {.d = d, .size = (uint32_t)size};
	bool fits = true;

	take_frame(&f, p->data);
	if (d->judge != NULL)
		facts(&f);
	if (!is_repeat(&f, p) && (f.total <= 1 || jt808_join(&f)))
		fits = jt808_body(&f);
	if ((!fits || p->loose) && d->judge != NULL)
		cv_judge_malformed(d->judge);
	return (int64_t)size;
}

/*
 * From a flag at data[start] on. Flags that follow each other are the end of one frame and the start
 * of another.
 */
static int64_t take_flagged(struct cv_decode *d, const uint8_t *data, size_t start, size_t len)
{
	struct plain plain;
	enum cv_reject reject;
	const uint8_t *end;
	size_t seen;

	while (start < len && data[start] == FLAG)
		start++;
	if (start > PREFIX_MAX + 1)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	seen = len - start < WIRE_MAX + 1 ? len - start : WIRE_MAX + 1;
	end = seen != 0 ? memchr(data + start, FLAG, seen) : NULL;
	if (end == NULL && seen > WIRE_MAX)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	if (end == NULL)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	if (!unescape(data + start, (size_t)(end - data) - start, &plain))
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	reject = check(plain.data, plain.len);
	if (reject == CV_REJECT_BAD_CHECKSUM) /* the length says that this is its end */
		d->skip = (uint32_t)(end - data) + 1;
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	return take(d, &plain, (size_t)(end - data) + 1);
}

static int64_t jt808_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t seen = len < WIRE_MAX + 1 ? len : WIRE_MAX + 1;
	struct plain plain;
	const uint8_t *flag;

	if (len == 0 || data[0] == FLAG)
		return take_flagged(d, data, 0, len);
	flag = memchr(data, FLAG, seen);
	if (flag == NULL && seen > WIRE_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (flag == NULL)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	/* Some terminals send one flag between two frames. */
	if (unescape(data, (size_t)(flag - data), &plain) &&
	    check(plain.data, plain.len) == CV_REJECT_NONE)
		return take(d, &plain, (size_t)(flag - data) + 1);
	if ((size_t)(flag - data) > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	return take_flagged(d, data, (size_t)(flag - data), len);
}

/* A whole frame: SL 651 and HDLC begin with the same byte. */
static enum cv_probe jt808_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	struct plain plain;
	const uint8_t *end;

	if (len == 0)
		return more;
	if (data[0] != FLAG || (len > 1 && data[1] == FLAG))
		return CV_PROBE_NO;
	end = memchr(data + 1, FLAG, len - 1 < WIRE_MAX + 1 ? len - 1 : WIRE_MAX + 1);
	if (end == NULL)
		return len - 1 > WIRE_MAX ? CV_PROBE_NO : more;
	return unescape(data + 1, (size_t)(end - data) - 1, &plain) && !plain.loose &&
			       check(plain.data, plain.len) == CV_REJECT_NONE
		       ? CV_PROBE_YES
		       : CV_PROBE_NO;
}

/* A flag with something behind it. */
static size_t jt808_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + 1 < len; at++) {
		const uint8_t *flag = memchr(data + at, FLAG, len - 1 - at);

		if (flag == NULL)
			return len;
		if (flag[1] != FLAG)
			return (size_t)(flag - data);
		at = (size_t)(flag - data);
	}
	return len;
}

const struct cv_decoder cv_decoder_jt808 = {
	.name = "jt808",
	.proto = CV_PROTO_JT808,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.worker_size = sizeof(struct jt808_worker),
	.probe = jt808_probe,
	.decode = jt808_decode,
	.resync = jt808_resync,
};
