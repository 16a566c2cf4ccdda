/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/record.h"

#include <errno.h>
#include <string.h>

#define TEXT_ROW(id, name) name,
#define DEFINE_NAMES(function, list)                                                               \
	const char *function(unsigned int n)                                                       \
	{                                                                                          \
		static const char *const names[] = {list(TEXT_ROW)};                               \
		return n < sizeof(names) / sizeof(names[0]) ? names[n] : "?";                      \
	}

DEFINE_NAMES(cv_lane_name, CV_LANES)
DEFINE_NAMES(cv_kind_name, CV_KINDS)
DEFINE_NAMES(cv_direction_name, CV_DIRECTIONS)
DEFINE_NAMES(cv_stage_name, CV_STAGES)
DEFINE_NAMES(cv_quality_name, CV_QUALITIES)
DEFINE_NAMES(cv_time_quality_name, CV_TIME_QUALITIES)
DEFINE_NAMES(cv_value_type_name, CV_VALUE_TYPES)
DEFINE_NAMES(cv_reject_name, CV_REJECTS)
DEFINE_NAMES(cv_alarm_change_name, CV_ALARM_CHANGES)

const char *cv_alarm_colour(unsigned int grade)
{
	static const char *const names[] = {CV_ALARM_GRADES(TEXT_ROW)};

	return grade >= 1 && grade <= CV_ALARM_GRADE_MAX ? names[grade - 1] : "?";
}

int cv_lane_by_name(const char *name, size_t len)
{
	for (unsigned int i = 0; i < CV_LANE_COUNT; i++) {
		const char *candidate = cv_lane_name(i);

		if (strlen(candidate) == len && memcmp(candidate, name, len) == 0)
			return (int)i;
	}
	return -ENOENT;
}

static const uint8_t *next_tlv(const uint8_t *at, const uint8_t *end, struct cv_tlv *tlv)
{
	if ((size_t)(end - at) < sizeof(*tlv))
		return NULL;
	memcpy(tlv, at, sizeof(*tlv));
	return at + sizeof(*tlv);
}

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static int check_head(const struct cv_record *rec)
{
	if (rec->version != CV_RECORD_VERSION || rec->lane >= CV_LANE_COUNT ||
	    rec->kind >= CV_KIND_COUNT || rec->direction >= CV_DIR_COUNT ||
	    rec->stage >= CV_STAGE_COUNT || rec->value_type >= CV_VALUE_COUNT ||
	    rec->quality >= CV_QUALITY_COUNT || rec->time_quality >= CV_TIME_COUNT ||
	    rec->reject >= CV_REJECT_COUNT || rec->device_end > CV_DEVICE_END_DST)
		return -EBADMSG;
	if (rec->family != 0 && rec->family != 4 && rec->family != 6)
		return -EBADMSG;
	return 0;
}

int cv_record_check(const struct cv_record *rec, size_t avail)
{
	const uint8_t *at, *end;
	struct cv_tlv tlv;
	size_t size;

	if (avail < sizeof(*rec))
		return -EBADMSG;
	/* Once: in the handoff the producer could change it behind the check. */
	size = __atomic_load_n(&rec->size, __ATOMIC_RELAXED);
	if (size < sizeof(*rec) || size > avail || size > CV_RECORD_MAX || size % 8 != 0)
		return -EBADMSG;
	if (check_head(rec) < 0)
		return -EBADMSG;
	at = (const uint8_t *)(rec + 1);
	end = (const uint8_t *)rec + size;
	while ((at = next_tlv(at, end, &tlv)) && tlv.tag != CV_TLV_END) {
		if (tlv.tag >= CV_TLV_COUNT || tlv.len > CV_TLV_MAX ||
		    padded(tlv.len) > (size_t)(end - at))
			return -EBADMSG;
		at += padded(tlv.len);
	}
	return 0;
}

struct cv_tlv_view cv_record_tlv(const struct cv_record *rec, enum cv_tlv_tag tag)
{
	const uint8_t *at = (const uint8_t *)(rec + 1);
	const uint8_t *end = (const uint8_t *)rec + rec->size;
	struct cv_tlv tlv;

	while ((at = next_tlv(at, end, &tlv)) && tlv.tag != CV_TLV_END) {
		if (tlv.tag == tag)
			return (struct cv_tlv_view){.data = at, .len = tlv.len};
		at += padded(tlv.len);
	}
	return (struct cv_tlv_view){0};
}

_Static_assert(CV_TLV_COUNT <= 32, "a bit for each tag");

uint32_t cv_record_tags(const struct cv_record *rec)
{
	const uint8_t *at = (const uint8_t *)(rec + 1);
	const uint8_t *end = (const uint8_t *)rec + rec->size;
	uint32_t tags = 0;
	struct cv_tlv tlv;

	while ((at = next_tlv(at, end, &tlv)) && tlv.tag != CV_TLV_END) {
		if (tlv.tag < CV_TLV_COUNT)
			tags |= CV_TAG_BIT(tlv.tag);
		at += padded(tlv.len);
	}
	return tags;
}

void cv_record_device(const struct cv_record *rec, struct cv_tlv_view *ret_device,
		      struct cv_tlv_view *ret_sub)
{
	const uint8_t *at = (const uint8_t *)(rec + 1);
	const uint8_t *end = (const uint8_t *)rec + rec->size;
	struct cv_tlv tlv;

	*ret_device = *ret_sub = (struct cv_tlv_view){0};
	while ((at = next_tlv(at, end, &tlv)) && tlv.tag != CV_TLV_END) {
		if (tlv.tag == CV_TLV_DEVICE && !ret_device->data)
			*ret_device = (struct cv_tlv_view){.data = at, .len = tlv.len};
		else if (tlv.tag == CV_TLV_SUB && !ret_sub->data)
			*ret_sub = (struct cv_tlv_view){.data = at, .len = tlv.len};
		at += padded(tlv.len);
	}
}

bool cv_record_position(const struct cv_record *rec, struct cv_position *ret)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_POSITION);

	if (v.len != sizeof(*ret))
		return false;
	memcpy(ret, v.data, sizeof(*ret));
	return true;
}

unsigned int cv_record_gateways(const struct cv_record *rec, struct cv_gateway *ret)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_GATEWAYS);
	unsigned int n = (unsigned int)(v.len / sizeof(*ret));

	n = n < CV_GATEWAYS_MAX ? n : CV_GATEWAYS_MAX;
	if (n != 0)
		memcpy(ret, v.data, n * sizeof(*ret));
	return n;
}

/* The next text up to its zero; the last one may lack it. */
static const char *take_text(const char **at, const char *end, size_t *ret_len)
{
	const char *text = *at, *zero = memchr(text, '\0', (size_t)(end - text));

	*ret_len = (size_t)((zero ? zero : end) - text);
	*at = text + *ret_len;
	if (*at < end)
		(*at)++;
	return text;
}

bool cv_record_alarm(const struct cv_record *rec, struct cv_alarm_view *ret)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_ALARM);
	const char *at, *end;

	if (v.len < sizeof(ret->note))
		return false;
	memcpy(&ret->note, v.data, sizeof(ret->note));
	if (ret->note.change >= CV_ALARM_CHANGE_COUNT || ret->note.grade < 1 ||
	    ret->note.grade > CV_ALARM_GRADE_MAX)
		return false;
	at = (const char *)v.data + sizeof(ret->note);
	end = (const char *)v.data + v.len;
	ret->area = take_text(&at, end, &ret->area_len);
	ret->who = take_text(&at, end, &ret->who_len);
	ret->comment = take_text(&at, end, &ret->comment_len);
	return true;
}
