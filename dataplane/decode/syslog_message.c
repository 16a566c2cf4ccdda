/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of a message. What does not fit the newer is read as the older, which is free text. */
#include <errno.h>
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/decode/syslog.h"

#define HOST_MAX 255 /* RFC 5424 section 6 */
#define APP_MAX 48
#define PROC_MAX 128
#define ID_MAX 32
#define STAMP 15 /* "Apr  5 12:56:51" */
#define TAG_MAX 48 /* RFC 3164 says 32; there are longer */
#define YEAR_NS (365ll * 86400 * 1000000000)

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

int syslog_pri(const uint8_t *s, size_t len, uint8_t *ret)
{
	unsigned int pri = 0;
	size_t at = 1;

	if (len == 0)
		return 0;
	if (s[0] != '<')
		return -EINVAL;
	while (at < len && at <= 3 && is_digit(s[at]))
		pri = pri * 10 + (s[at++] - (unsigned int)'0');
	if (at == len)
		return 0;
	if (s[at] != '>' || at == 1)
		return -EINVAL;
	if (pri > SYSLOG_PRI_MAX)
		return -ERANGE;
	*ret = (uint8_t)pri;
	return (int)at + 1;
}

struct cursor {
	const uint8_t *at, *end;
};

/* The word up to the next blank, and the blank. @return false when there is none or it is too long. */
static bool word(struct cursor *c, size_t max, struct syslog_part *ret)
{
	size_t left = (size_t)(c->end - c->at), n = 0;

	while (n < left && n <= max && c->at[n] > ' ' && c->at[n] != 0x7f)
		n++;
	if (n == 0 || n > max || (n < left && c->at[n] != ' '))
		return false;
	*ret = (struct syslog_part){c->at, n};
	c->at += n < left ? n + 1 : n;
	return true;
}

/* As word(), where "-" stands for nothing. */
static bool field(struct cursor *c, size_t max, struct syslog_part *ret)
{
	if (!word(c, max, ret))
		return false;
	if (ret->len == 1 && ret->data[0] == '-')
		ret->len = 0;
	return true;
}

/* Elements "[id name=\"value\" ...]", or "-". Inside of values \ takes the next along. */
static bool structured_data(struct cursor *c, struct syslog_part *ret)
{
	const uint8_t *begin = c->at;
	bool quoted = false, open = false;

	if (c->at < c->end && *c->at == '-') {
		c->at++;
	} else {
		for (; c->at < c->end; c->at++) {
			if (quoted && *c->at == '\\' && c->at + 1 < c->end)
				c->at++;
			else if (*c->at == '"')
				quoted = !quoted;
			else if (!quoted && *c->at == '[' && !open)
				open = true;
			else if (!quoted && *c->at == ']' && open)
				open = false;
			else if (!open)
				break;
		}
		if (c->at == begin || open || quoted)
			return false;
		*ret = (struct syslog_part){begin, (size_t)(c->at - begin)};
	}
	if (c->at == c->end)
		return true;
	return *c->at++ == ' ';
}

/* VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG] */
static bool parse_5424(struct cursor c, struct syslog_message *m)
{
	struct syslog_part version, stamp;

	if (!word(&c, 1, &version) || version.data[0] != '1' || !field(&c, 32, &stamp) ||
	    !field(&c, HOST_MAX, &m->host) || !field(&c, APP_MAX, &m->app) ||
	    !field(&c, PROC_MAX, &m->proc) || !field(&c, ID_MAX, &m->id) ||
	    !structured_data(&c, &m->data))
		return false;
	m->rfc5424 = true;
	if (stamp.len != 0)
		m->time_quality = cv_iso_time(stamp.data, stamp.len, &m->ts) ? CV_TIME_DEVICE
									     : CV_TIME_IMPLAUSIBLE;
	m->text = (struct syslog_part){c.at, (size_t)(c.end - c.at)};
	if (m->text.len >= 3 && memcmp(m->text.data, "\xef\xbb\xbf", 3) == 0)
		m->text = (struct syslog_part){c.at + 3, m->text.len - 3};
	return true;
}

static unsigned int two(const uint8_t *p)
{
	unsigned int high = p[0] == ' ' ? 0 : p[0] - (unsigned int)'0';

	if (!is_digit(p[1]) || high > 9)
		return 99;
	return high * 10 + (p[1] - (unsigned int)'0');
}

/* The instant of month to second that is nearest to when it came. */
static bool nearest_year(struct cv_civil *t, int64_t rx_ns, int64_t *ret)
{
	unsigned int year = 1970 + (unsigned int)(rx_ns / YEAR_NS);
	int64_t best = INT64_MAX, ts;

	for (unsigned int y = year - 1; y <= year + 1; y++) {
		t->year = y;
		if (!cv_civil_time(t, CV_BEIJING_S, &ts))
			continue;
		if (best == INT64_MAX || (ts > rx_ns ? ts - rx_ns : rx_ns - ts) <
						 (best > rx_ns ? best - rx_ns : rx_ns - best))
			best = ts;
	}
	*ret = best;
	return best != INT64_MAX;
}

/* "Apr  5 12:56:51 ", in Beijing time. @return whether it is there. */
static bool stamp_3164(struct cursor *c, int64_t rx_ns, struct syslog_message *m)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const uint8_t *p = c->at;
	struct cv_civil t = {0};

	if (c->end - p < STAMP || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':')
		return false;
	for (unsigned int i = 0; i < 12 && t.month == 0; i++)
		if (memcmp(p, months + 3 * i, 3) == 0)
			t.month = i + 1;
	if (t.month == 0)
		return false;
	t.day = two(p + 4);
	t.hour = two(p + 7);
	t.minute = two(p + 10);
	t.second = two(p + 13);
	m->time_quality = nearest_year(&t, rx_ns, &m->ts) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
	if (m->time_quality != CV_TIME_DEVICE)
		m->ts = 0;
	c->at += STAMP;
	if (c->at < c->end && *c->at == ' ')
		c->at++;
	return true;
}

/* "su[123]: " or "su: ": a word that a colon ends. Leaves everything where there is none. */
static void tag_3164(struct cursor *c, struct syslog_message *m)
{
	const uint8_t *p = c->at;
	size_t left = (size_t)(c->end - p), n = 0, name;

	while (n < left && n < TAG_MAX && p[n] > ' ' && p[n] < 0x7f && p[n] != ':' && p[n] != '[')
		n++;
	name = n;
	if (name == 0)
		return;
	if (n < left && p[n] == '[') {
		while (n < left && n < TAG_MAX + 12 && p[n] > ' ' && p[n] != ']')
			n++;
		if (n == left || p[n] != ']')
			return;
		m->proc = (struct syslog_part){p + name + 1, n - name - 1};
		n++;
	}
	if (n == left || p[n] != ':') {
		m->proc.len = 0;
		return;
	}
	m->app = (struct syslog_part){p, name};
	c->at += n + 1;
	if (c->at < c->end && *c->at == ' ')
		c->at++;
}

/* [TIMESTAMP [HOSTNAME]] [TAG:] text. A host is a word behind the time that no colon ends. */
static void parse_3164(struct cursor c, int64_t rx_ns, struct syslog_message *m)
{
	struct cursor host = c;

	if (stamp_3164(&c, rx_ns, m)) {
		host = c;
		if (word(&host, HOST_MAX, &m->host) && host.at < host.end &&
		    m->host.data[m->host.len - 1] != ':' &&
		    memchr(m->host.data, '[', m->host.len) == NULL)
			c = host;
		else
			m->host.len = 0;
	}
	tag_3164(&c, m);
	m->text = (struct syslog_part){c.at, (size_t)(c.end - c.at)};
}

enum cv_reject syslog_parse(const uint8_t *s, size_t len, int64_t rx_ns, struct syslog_message *ret)
{
	struct cursor c = {s, s + len};
	int n;

	*ret = (struct syslog_message){.pri = 0};
	n = syslog_pri(s, len, &ret->pri);
	if (n <= 0)
		return n == -ERANGE ? CV_REJECT_BAD_VALUE : CV_REJECT_BAD_HEADER;
	c.at += n;
	if (!parse_5424(c, ret)) {
		uint8_t pri = ret->pri;

		*ret = (struct syslog_message){.pri = pri};
		parse_3164(c, rx_ns, ret);
	}
	return CV_REJECT_NONE;
}
