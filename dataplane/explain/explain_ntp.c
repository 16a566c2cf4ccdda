/* SPDX-License-Identifier: Apache-2.0 */
/* NTP: RFC 5905, 7.3. Control messages (mode 6, RFC 9327) and private ones (7) by their heads. */
#include <time.h>

#include "dataplane/explain/explain.h"

void cv_explain_ntp(struct cv_explain *x);

#define EPOCH_1970 2208988800u /* seconds from 1900 */

/* Seconds and a fraction; of the era that has the most significant bit (6: 1968 to 2036), else the next. */
static void timestamp(struct cv_explain *x, const char *name)
{
	const uint8_t *at = cv_explain_take(x, 8, name);
	uint32_t seconds, fraction;
	struct tm tm;
	time_t t;
	char text[32];

	if (at == NULL)
		return;
	seconds = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	fraction = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7];
	if (seconds == 0 && fraction == 0) {
		cv_explain_value(x, "none");
		return;
	}
	t = (time_t)seconds - EPOCH_1970 + (seconds & 0x80000000u ? 0 : (time_t)1 << 32);
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	cv_explain_value(x, "%s.%06u", text, (uint32_t)((uint64_t)fraction * 1000000 >> 32));
}

/* 16 bits of seconds, 16 of a fraction. */
static void short_format(struct cv_explain *x, const char *name)
{
	uint32_t v = cv_explain_be32(x, name);

	cv_explain_value(x, "%.6f", v / 65536.0);
	cv_explain_meaning(x, "s");
}

static void reference(struct cv_explain *x, uint32_t stratum)
{
	const uint8_t *at;

	if (stratum <= 1) {
		cv_explain_text(x, 4, "reference");
		cv_explain_meaning(x, stratum == 0 ? "kiss" : "kind of clock");
		return;
	}
	at = cv_explain_take(x, 4, "reference");
	if (at != NULL)
		cv_explain_value(x, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
}

static uint32_t clock_fields(struct cv_explain *x)
{
	uint32_t stratum = cv_explain_u8(x, "stratum"), n;

	cv_explain_meaning(x, stratum == 0    ? "kiss of death, or not stated"
			      : stratum == 1  ? "has a reference clock"
			      : stratum >= 16 ? "not synchronized"
					      : "steps from a reference clock");
	n = cv_explain_u8(x, "poll");
	cv_explain_value(x, "%d", (int8_t)n);
	cv_explain_meaning(x, "s, power of two");
	n = cv_explain_u8(x, "precision");
	cv_explain_value(x, "%d", (int8_t)n);
	cv_explain_meaning(x, "s, power of two");
	short_format(x, "root delay");
	short_format(x, "root dispersion");
	return stratum;
}

void cv_explain_ntp(struct cv_explain *x)
{
	static const char *const modes[] = {"reserved", "symmetric active", "symmetric passive",
					    "question", "answer",	    "broadcast",
					    "control",	"private"};
	static const char *const leaps[] = {"no leap second", "leap second is put in",
					    "leap second is left out", "not synchronized"};
	uint32_t first = cv_explain_u8(x, "leap, version, mode");

	cv_explain_value(x, "%u, %u, %u", first >> 6, first >> 3 & 7, first & 7);
	cv_explain_meaning(x, "%s, version %u, %s", leaps[first >> 6], first >> 3 & 7,
			   modes[first & 7]);
	if ((first & 7) >= 6) {
		cv_explain_u8(x, (first & 7) == 6 ? "operation" : "sequence");
		if (cv_explain_left(x) != 0)
			cv_explain_take(x, cv_explain_left(x), "content");
		return;
	}
	reference(x, clock_fields(x));
	timestamp(x, "set");
	timestamp(x, "origin");
	timestamp(x, "received");
	timestamp(x, "transmitted");
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), "extensions, authentication");
}
