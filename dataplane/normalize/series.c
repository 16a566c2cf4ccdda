/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/print.h"
#include "dataplane/normalize/vocabulary.h"

/* No device of a city was set right before this, 2000-01-01 UTC. */
#define CLOCK_MIN_NS 946684800000000000ll
/* Farther ahead than a wrong zone can explain. */
#define CLOCK_AHEAD_NS 86400000000000ll
/* Most protocols state whole seconds: closer together, values are a second apart. */
#define STEP_NS 1000000000ll

/* Where only late values came for so long, the device's clock was set back: they are the news. */
#define RESET_NS 3600000000000ll

static void look_at_clock(const struct cv_series *s, struct cv_record *rec)
{
	int64_t ahead;

	/* A message from the command line came at no time. */
	if (rec->time_quality != CV_TIME_DEVICE || rec->ts_rx_ns == 0)
		return;
	ahead = rec->ts_device_ns - rec->ts_rx_ns;
	if (rec->ts_device_ns < CLOCK_MIN_NS || ahead > CLOCK_AHEAD_NS) {
		rec->time_quality = CV_TIME_IMPLAUSIBLE;
		rec->ts_device_ns = 0;
	} else if (rec->stage == CV_STAGE_REALTIME) {
		rec->time_quality =
			llabs(ahead) <= s->clock_skew_ns ? CV_TIME_SYNCHRONISED : CV_TIME_SKEWED;
	}
}

static uint64_t add_tlv(uint64_t print, const struct cv_record *rec, enum cv_tlv_tag tag)
{
	struct cv_tlv_view v = cv_record_tlv(rec, tag);

	return v.data ? cv_print_add(print, v.data, v.len) : print;
}

/* Which series the record is of; 0 = none: it names no device. */
static uint64_t print_of(const struct cv_series *s, const struct cv_record *rec)
{
	struct cv_tlv_view device = cv_record_tlv(rec, CV_TLV_DEVICE);
	uint64_t print = s->seed ^ rec->proto ^ (uint64_t)rec->name_id << 16;

	if (device.data != NULL)
		print = cv_print_add(print, device.data, device.len);
	else if (rec->device_end == CV_DEVICE_END_SRC)
		print = cv_print_add(print, rec->src, sizeof(rec->src));
	else if (rec->device_end == CV_DEVICE_END_DST)
		print = cv_print_add(print, rec->dst, sizeof(rec->dst));
	else
		return 0;
	print = add_tlv(print, rec, CV_TLV_SUB);
	print = add_tlv(print, rec, CV_TLV_CODE);
	if (rec->name_id == 0)
		print = add_tlv(print, rec, CV_TLV_NAME);
	return print + (print == 0);
}

static struct cv_series_value *set_of(const struct cv_series *s, uint64_t print)
{
	return s->slot + (size_t)(print & s->mask) * CV_SERIES_WAYS;
}

/* The series' place, or that of the one to forget. */
static struct cv_series_value *find(const struct cv_series *s, uint64_t print)
{
	struct cv_series_value *set = set_of(s, print), *oldest = set;

	for (unsigned int i = 0; i < CV_SERIES_WAYS; i++) {
		if (set[i].print == print)
			return &set[i];
		if (set[i].print == 0 || set[i].seen_ns < oldest->seen_ns)
			oldest = &set[i];
	}
	return oldest;
}

static double number_of(const struct cv_record *rec)
{
	if (rec->flags & (CV_FLAG_RANGE | CV_FLAG_RAW) || rec->quality == CV_QUALITY_BAD)
		return NAN;
	switch (rec->value_type) {
	case CV_VALUE_F64:
		return rec->value.f64;
	case CV_VALUE_I64:
		return (double)rec->value.i64;
	case CV_VALUE_U64:
		return (double)rec->value.u64;
	default:
		return NAN;
	}
}

/* The value that comes after @p v at @p ts_ns. */
static void follow(struct cv_series_value *v, struct cv_record *rec, int64_t ts_ns)
{
	double value = number_of(rec), seconds;

	if (isnan(value))
		return;
	seconds = (double)(ts_ns - v->ts_ns < STEP_NS ? STEP_NS : ts_ns - v->ts_ns) / 1e9;
	if (!cv_name_can_change(rec->name_id, v->value, value, seconds))
		rec->flags |= CV_FLAG_RATE;
	*v = (struct cv_series_value){v->print, ts_ns, rec->ts_rx_ns, value};
}

/* A clock that is ahead must not make everything after it late: no value is newer than now. */
static int64_t time_of(const struct cv_record *rec)
{
	bool stated = rec->ts_device_ns != 0 && rec->ts_device_ns < rec->ts_rx_ns;

	return stated ? rec->ts_device_ns : rec->ts_rx_ns;
}

uint64_t cv_series_begin(const struct cv_series *s, struct cv_record *rec)
{
	uint64_t print;

	look_at_clock(s, rec);
	if (s->slot == NULL || rec->kind != CV_KIND_MEASUREMENT || rec->stage != CV_STAGE_REALTIME)
		return 0;
	print = print_of(s, rec);
	if (print != 0)
		__builtin_prefetch(set_of(s, print), 1);
	return print;
}

void cv_series_follow(struct cv_series *s, struct cv_record *rec, uint64_t print)
{
	struct cv_series_value *v = find(s, print);
	int64_t ts_ns = time_of(rec);

	if (v->print == print && ts_ns < v->ts_ns && rec->ts_rx_ns - v->seen_ns < RESET_NS) {
		rec->flags |= CV_FLAG_LATE;
		rec->stage = CV_STAGE_HISTORY;
		return;
	}
	if (v->print != print || ts_ns < v->ts_ns)
		*v = (struct cv_series_value){print, ts_ns, rec->ts_rx_ns, NAN};
	follow(v, rec, ts_ns);
}
