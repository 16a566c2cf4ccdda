/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syslog: what servers, cameras, switches and gateways have to say, over UDP (a datagram a message)
 * and TCP (RFC 6587: a length in front, or a line feed or zero behind).
 */
#include "dataplane/decode/syslog.h"

#include <errno.h>
#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/gb18030.h"
#include "dataplane/normalize/vocabulary.h"

#define COUNT_DIGITS 5 /* of an octet count: what is longer is not believed */
#define HEAD_MAX 11 /* count, blank, priority */
#define BARE_MAX CV_RESYNC_KEEP
/** Emergency, alert and critical go into the alarm lane. */
#define ALARM_SEVERITY 2

static const char *const severities[] = {"emerg",   "alert",  "crit", "err",
					 "warning", "notice", "info", "debug"};
static const char *const facilities[] = {
	"kern",	  "user",   "mail",	"daemon", "auth",   "syslog", "lpr",	"news",
	"uucp",	  "cron",   "authpriv", "ftp",	  "ntp",    "audit",  "alert",	"clock",
	"local0", "local1", "local2",	"local3", "local4", "local5", "local6", "local7"};

static bool ends_line(uint8_t c)
{
	return c == '\n' || c == '\0';
}

static void put_part(const struct cv_decode *d, enum cv_tlv_tag tag, struct syslog_part part)
{
	if (part.len != 0)
		cv_emit_tlv(d->emit, tag, part.data, part.len);
}

/* UTF-8, else GB 18030, else bytes. */
static void put_text(const struct cv_decode *d, struct cv_record *rec, struct syslog_part text)
{
	uint8_t utf8[CV_GB18030_UTF8_MAX(CV_TLV_MAX)];
	size_t cut = text.len < CV_TLV_MAX ? text.len : CV_TLV_MAX, n;
	bool clean;

	rec->value_type = CV_VALUE_TEXT;
	if (cv_utf8_valid(text.data, text.len)) {
		cv_emit_tlv(d->emit, CV_TLV_TEXT, text.data, text.len);
		return;
	}
	n = cv_gb18030_to_utf8(text.data, cut, utf8, &clean);
	if (clean && memchr(text.data, '\0', text.len) == NULL) {
		if (cut < text.len)
			rec->flags |= CV_FLAG_TRUNCATED;
		cv_emit_tlv(d->emit, CV_TLV_TEXT, utf8, n);
		return;
	}
	rec->flags |= CV_FLAG_ENCODING;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(d->emit, CV_TLV_BYTES, text.data, text.len);
}

static void put_process(struct cv_record *rec, struct syslog_part proc)
{
	uint64_t number = 0;

	for (size_t i = 0; i < proc.len && i < 10; i++) {
		if (proc.data[i] < '0' || proc.data[i] > '9')
			return;
		number = number * 10 + (proc.data[i] - (uint64_t)'0');
	}
	if (number <= UINT32_MAX && proc.len <= 10)
		rec->seq = (uint32_t)number;
}

static void emit(const struct cv_decode *d, const struct syslog_message *m, size_t size, bool cut)
{
	unsigned int severity = m->pri & 7u;
	bool alarm = severity <= ALARM_SEVERITY;
	struct cv_record *rec = cv_emit_begin(d->emit, alarm ? CV_LANE_ALARM : CV_LANE_STATUS,
					      alarm ? CV_KIND_ALARM : CV_KIND_STATE);
	const char *method = m->rfc5424 ? "rfc5424" : "rfc3164";
	struct cv_label code = {0};

	rec->direction = CV_DIR_UP;
	rec->device_end = CV_DEVICE_END_SRC;
	rec->raw_len = (uint32_t)size;
	rec->status = m->pri;
	rec->name_id = CV_NAME_LOG_MESSAGE;
	rec->time_quality = m->time_quality;
	rec->ts_device_ns = m->time_quality == CV_TIME_DEVICE ? m->ts : 0;
	if (cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	put_process(rec, m->proc);
	put_part(d, CV_TLV_DEVICE, m->host);
	put_part(d, CV_TLV_SUB, m->app);
	cv_label_str(&code, facilities[m->pri >> 3]);
	cv_label_str(&code, ".");
	cv_label_str(&code, severities[severity]);
	cv_emit_tlv(d->emit, CV_TLV_CODE, code.text, code.len);
	cv_emit_tlv(d->emit, CV_TLV_METHOD, method, strlen(method));
	put_part(d, CV_TLV_CORRELATION, m->id);
	put_text(d, rec, m->text);
	if (rec->value_type == CV_VALUE_TEXT)
		put_part(d, CV_TLV_BYTES, m->data);
	cv_emit_end(d->emit);
}

static void facts(const struct cv_decode *d, const struct syslog_message *m)
{
	const struct cv_app_fact host = {
		.kind = CV_APP_IDENTITY,
		.text = m->host.data,
		.len = (uint16_t)m->host.len,
	};

	cv_judge_type(d->judge, m->pri);
	if (m->host.len != 0)
		cv_judge_fact(d->judge, &host);
}

/* One message without its framing. @param size with it. */
static enum cv_reject message(struct cv_decode *d, const uint8_t *s, size_t len, size_t size,
			      bool cut)
{
	struct syslog_message m;
	enum cv_reject reject;

	while (len > 0 && (ends_line(s[len - 1]) || s[len - 1] == '\r' || s[len - 1] == ' '))
		len--;
	reject = syslog_parse(s, len, d->origin->ts_rx_ns, &m);
	if (reject != CV_REJECT_NONE)
		return reject;
	if (d->judge != NULL)
		facts(d, &m);
	emit(d, &m, size, cut);
	return CV_REJECT_NONE;
}

/*
 * An octet count in front of a priority.
 *
 * @param ret_len of the message, set when positive is returned.
 * @return bytes of it and the blank; 0 = more bytes are wanted to tell, -1 none.
 */
static int octet_count(const uint8_t *s, size_t len, size_t *ret_len)
{
	size_t at = 0, count = 0;

	while (at < len && at < COUNT_DIGITS && s[at] >= '0' && s[at] <= '9')
		count = count * 10 + (s[at++] - (size_t)'0');
	if (at == len)
		return s[0] == '0' ? -1 : 0;
	if (at == 0 || s[0] == '0' || s[at] != ' ')
		return -1;
	if (at + 1 == len)
		return 0;
	if (s[at + 1] != '<')
		return -1;
	*ret_len = count;
	return (int)at + 1;
}

static int64_t rejected(struct cv_decode *d, enum cv_reject reject, size_t skip)
{
	d->skip = (uint32_t)skip;
	return CV_REJECTED(reject);
}

/* A message whose length is said. Of one that the window does not hold, what is held is read. */
static int64_t counted(struct cv_decode *d, struct syslog_part at, size_t head, size_t count,
		       size_t window)
{
	size_t total = head + count, held = total < window ? total : window;
	enum cv_reject reject;

	if (at.len < held)
		return cv_decode_want(d, held, CV_REJECT_TRUNCATED);
	reject = message(d, at.data + head, held - head, total, held < total);
	return reject == CV_REJECT_NONE ? (int64_t)total : rejected(d, reject, total);
}

static int64_t lined(struct cv_decode *d, const uint8_t *data, size_t len)
{
	enum cv_reject reject;
	size_t end = 0;

	while (end < len && !ends_line(data[end]))
		end++;
	if (end == len && !d->window_full)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	if (end == len)
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	reject = message(d, data, end, end + 1, false);
	return reject == CV_REJECT_NONE ? (int64_t)end + 1 : rejected(d, reject, end + 1);
}

/* Line ends with nothing between belong to the message behind them. */
static size_t bare(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && n < BARE_MAX && (ends_line(data[n]) || data[n] == '\r'))
		n++;
	return n;
}

static int64_t syslog_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t skip, count;
	int64_t ret;
	int head;

	if (d->datagram) {
		enum cv_reject reject = message(d, data, len, len, false);

		return reject == CV_REJECT_NONE ? (int64_t)len : CV_REJECTED(reject);
	}
	skip = bare(data, len);
	if (skip == BARE_MAX) /* also where more follows: every cut gives the same */
		return rejected(d, CV_REJECT_BAD_HEADER, skip);
	if (skip == len)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	head = octet_count(data + skip, len - skip, &count);
	if (head == 0)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	if (head > 0)
		ret = counted(d, (struct syslog_part){data + skip, len - skip}, (size_t)head, count,
			      CV_STREAM_WINDOW - skip);
	else
		ret = lined(d, data + skip, len - skip);
	if (ret > 0)
		return ret + (int64_t)skip;
	if (d->need != 0)
		d->need += (uint32_t)skip;
	if (d->skip != 0)
		d->skip += (uint32_t)skip;
	return ret;
}

/* A priority and behind it what every sender writes: a version or a month. */
static enum cv_probe plausible(const uint8_t *s, size_t len)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint8_t pri;
	int n = syslog_pri(s, len, &pri);

	if (n <= 0)
		return n == 0 ? CV_PROBE_MORE : CV_PROBE_NO;
	s += n;
	len -= (size_t)n;
	if (len < 4)
		return CV_PROBE_MORE;
	if (s[0] == '1' && s[1] == ' ' && (s[2] == '-' || (s[2] == '2' && s[3] == '0')))
		return CV_PROBE_YES;
	for (unsigned int i = 0; i < 12; i++)
		if (memcmp(s, months + 3 * i, 3) == 0 && s[3] == ' ')
			return CV_PROBE_YES;
	return CV_PROBE_NO;
}

static enum cv_probe syslog_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe found;
	size_t count;
	int head = -1;

	if (len != 0 && !datagram)
		head = octet_count(data, len, &count);
	if (len == 0 || head == 0)
		return CV_PROBE_MORE;
	if (head < 0)
		head = 0;
	found = plausible(data + head, len - (size_t)head);
	return datagram && found == CV_PROBE_MORE ? CV_PROBE_NO : found;
}

/* A line, or a count, with a priority. Looks at no more than HEAD_MAX bytes. */
static size_t syslog_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at < len; at++) {
		size_t left = len - at < HEAD_MAX ? len - at : HEAD_MAX, count;
		bool line = ends_line(data[at - 1]);
		uint8_t pri;
		int n;

		/* A digit in the middle of a number begins no count. */
		if (!line && data[at - 1] >= '0' && data[at - 1] <= '9')
			continue;
		n = octet_count(data + at, left, &count);
		if (n == 0)
			return len;
		if (n < 0 && !line)
			continue;
		if (n < 0)
			n = 0;
		n = syslog_pri(data + at + n, left - (size_t)n, &pri);
		if (n == 0)
			return len;
		if (n > 0)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_syslog = {
	.name = "syslog",
	.proto = CV_PROTO_SYSLOG,
	.transports = CV_TRANSPORT_UDP | CV_TRANSPORT_TCP,
	.udp_ports = {SYSLOG_PORT},
	.tcp_ports = {SYSLOG_PORT, 601},
	.probe = syslog_probe,
	.decode = syslog_decode,
	.resync = syslog_resync,
};
