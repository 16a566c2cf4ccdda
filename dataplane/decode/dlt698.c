/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DL/T 698.45-2017: electricity meters and terminals that collect from them (concentrators), over TCP
 * or UDP, or from a serial line through a serial server.
 *
 *     [FE...] 68 L L C SA CA HCS HCS USER DATA FCS FCS 16
 *
 * The device is the server: C says which end sent the frame. The standard's text was not at hand: facts
 * are those on which independent implementations agree (docs/protocols/dlt698.md).
 */
#include "dataplane/decode/dlt698.h"

#include <string.h>

#include "dataplane/decode/fcs16.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/meter_bcd.h"

#define START 0x68
#define END 0x16
#define SERVER 4 /* offset of the server's address */
#define CHECK 2 /* bytes of HCS and FCS */
/* Most bytes in front of a frame that are none: leaders, heartbeats, texts of DTUs. */
#define PREFIX_MAX 300
#define HEAD_MAX (SERVER + 1 + 16 + 1 + CHECK)

/* Control field. */
#define FROM_SERVER 0x80u
#define FRAGMENT 0x20u
#define RESERVED 0x10u
#define SCRAMBLED 0x08u
#define FUNCTION 0x07u
#define LINK_MANAGEMENT 1u
#define USER_DATA 3u

enum fit { FIT_NO, FIT_MORE, FIT_YES };

/* Bytes up to and with the check sequence of the head. */
static size_t head_len(const uint8_t *frame)
{
	return SERVER + 1 + (frame[SERVER] & 0xfu) + 1 + 1 + CHECK;
}

static size_t frame_len(const uint8_t *frame)
{
	size_t len = frame[1] | (frame[2] & 0x3fu) << 8;

	return 2 + (frame[2] & 0x40 ? 1000 * len : len);
}

/* Could a head begin here? Its check sequence is not looked at. */
static enum fit head_fits(const uint8_t *at, size_t len)
{
	if (at[0] != START || (len > 2 && at[2] & 0x80))
		return FIT_NO;
	if (len > 3 && (at[3] & RESERVED ||
			((at[3] & FUNCTION) != LINK_MANAGEMENT && (at[3] & FUNCTION) != USER_DATA)))
		return FIT_NO;
	if (len <= SERVER)
		return FIT_MORE;
	return frame_len(at) >= head_len(at) + CHECK + 1 ? FIT_YES : FIT_NO;
}

/*
 * Offset of the first head.
 *
 * @param sure out: it is one; else more bytes would tell.
 * @return offset, or len when there is none.
 */
static size_t find_head(const uint8_t *data, size_t len, bool *sure)
{
	const uint8_t *at = data, *end = data + len;

	*sure = false;
	while (at < end && (at = memchr(at, START, (size_t)(end - at))) != NULL) {
		enum fit fit = head_fits(at, (size_t)(end - at));

		*sure = fit == FIT_YES;
		if (fit != FIT_NO)
			return (size_t)(at - data);
		at++;
	}
	return len;
}

static bool check_matches(const uint8_t *frame, size_t at)
{
	return cv_fcs16(frame + 1, at - 1) == (frame[at] | frame[at + 1] << 8);
}

/* The address of the server, low byte first on the wire. */
static void read_server(struct dlt698_apdu *a, const uint8_t *at)
{
	size_t n = (at[0] & 0xfu) + 1, first = at[0] & 0x20 ? 1 : 0;
	uint8_t tsa[1 + 16];

	tsa[0] = at[0];
	if (first != 0)
		tsa[1] = at[1];
	for (size_t i = first; i < n; i++)
		tsa[1 + i] = at[n - (i - first)];
	dlt698_tsa(tsa, n + 1, &a->server);
	a->device = a->server;
}

/*
 * The service is that of the answer too, so that one list is for both directions. An address that is
 * nobody's is an identity of its own: it reaches devices whatever they are called.
 */
static void facts(const struct dlt698_apdu *a, uint8_t kind)
{
	static const char *const nobody[] = {"any", "any", "group", "all"};
	const char *text = a->server.len > 0 ? a->server.text : nobody[kind >> 6];
	const struct cv_app_fact address = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)text,
		.len = a->server.len > 0 ? a->server.len : strlen(text),
	};
	struct cv_judge *j = a->d->judge;

	if (a->tag != 0)
		cv_judge_type(j, a->tag & ~DLT698_ANSWER);
	if (a->outer != 0)
		cv_judge_type(j, a->outer & ~DLT698_ANSWER);
	cv_judge_fact(j, &address);
}

/* User data of a frame whose check sequences are right. @return its reason of rejection. */
static enum cv_reject content(struct cv_decode *d, const uint8_t *frame, size_t size)
{
	size_t head = head_len(frame), len = size - head - CHECK - 1;
	struct dlt698_apdu a = {.d = d, .size = (uint32_t)size, .up = frame[3] & FROM_SERVER};
	struct dlt698_worker *w = d->worker;
	const uint8_t *data = frame + head;
	enum cv_reject reject = CV_REJECT_NONE;

	read_server(&a, frame + SERVER);
	if (frame[3] & SCRAMBLED) {
		for (size_t i = 0; i < len; i++)
			w->clear[i] = (uint8_t)(data[i] - 0x33);
		data = w->clear;
	}
	if (frame[3] & FRAGMENT)
		reject = dlt698_fragment(&a, data, len, &data, &len);
	else if (len == 0)
		return CV_REJECT_BAD_PAYLOAD;
	if (reject == CV_REJECT_NONE && len > 0)
		reject = dlt698_records(&a, data, len);
	if (reject == CV_REJECT_NONE && d->judge != NULL)
		facts(&a, frame[SERVER]);
	return reject;
}

static int64_t dlt698_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t window = len < PREFIX_MAX + HEAD_MAX ? len : PREFIX_MAX + HEAD_MAX;
	enum cv_reject reject;
	size_t start, head, total;
	bool sure;

	start = find_head(data, window, &sure);
	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (start == window)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (!sure)
		return cv_decode_want(d, start + SERVER + 1,
				      start == 0 || data[start - 1] == METER_LEADER
					      ? CV_REJECT_TRUNCATED
					      : CV_REJECT_BAD_HEADER);
	data += start;
	len -= start;
	head = head_len(data);
	total = frame_len(data);
	if (len < head)
		return cv_decode_want(d, start + head, CV_REJECT_TRUNCATED);
	if (!check_matches(data, head - CHECK)) {
		/* None, or damaged: look inside for the next. What stood in front is done with. */
		d->skip = (uint32_t)start + 1;
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	}
	if (!d->datagram && start + total > CV_STREAM_WINDOW) {
		d->skip = (uint32_t)(start + total);
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	}
	if (len < total)
		return cv_decode_want(d, start + total, CV_REJECT_TRUNCATED);
	if (data[total - 1] != END) {
		d->skip = (uint32_t)start + 1;
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	}
	reject = total > DLT698_FRAME_MAX		  ? CV_REJECT_TOO_LARGE
		 : check_matches(data, total - CHECK - 1) ? content(d, data, total)
							  : CV_REJECT_BAD_CHECKSUM;
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)(start + total);
		return CV_REJECTED(reject);
	}
	if (d->datagram)
		total += meter_padding(data + total, data + len);
	return (int64_t)(start + total);
}

/* One whole frame. */
static enum cv_probe dlt698_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	size_t at = meter_leaders(data, len), total;

	if (at == len)
		return more;
	data += at;
	len -= at;
	switch (head_fits(data, len)) {
	case FIT_NO:
		return CV_PROBE_NO;
	case FIT_MORE:
		return more;
	case FIT_YES:
		break;
	}
	if (len < head_len(data))
		return more;
	total = frame_len(data);
	if (!check_matches(data, head_len(data) - CHECK) || total > CV_STREAM_WINDOW)
		return CV_PROBE_NO;
	if (len < total)
		return more;
	return data[total - 1] == END && check_matches(data, total - CHECK - 1) ? CV_PROBE_YES
										: CV_PROBE_NO;
}

/* An address of more than eight digits' bytes leaves no room for its head's check sequence. */
static size_t dlt698_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + CV_RESYNC_KEEP <= len; at++) {
		if (head_fits(data + at, len - at) != FIT_YES)
			continue;
		if (head_len(data + at) > CV_RESYNC_KEEP ||
		    check_matches(data + at, head_len(data + at) - CHECK))
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_dlt698 = {
	.name = "dlt698",
	.proto = CV_PROTO_DLT698,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.flow_size = sizeof(struct dlt698_flow),
	.worker_size = sizeof(struct dlt698_worker),
	.probe = dlt698_probe,
	.decode = dlt698_decode,
	.resync = dlt698_resync,
	.flow_end = dlt698_flow_end,
};
