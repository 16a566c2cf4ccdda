/* SPDX-License-Identifier: Apache-2.0 */
/* What control says of its sinks. */
#include <string.h>

#include "control/sink/keeper.h"
#include "control/subscriber/cursor.h"
#include "control/warnings.h"

/* A text from the sink's page may be no UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *s = json_string(text);

	return s ? s : json_string("(unreadable)");
}

static bool wants_lane(const struct cv_config_sink *sink, unsigned int lane)
{
	const char *at = sink->lanes;
	size_t len = strlen(cv_lane_name(lane));

	if (!*at)
		return true;
	while (*at) {
		at += strspn(at, ", ");
		if (strcspn(at, ", ") == len && memcmp(at, cv_lane_name(lane), len) == 0)
			return true;
		at += strcspn(at, ",");
	}
	return false;
}

static void set_cursor(json_t *object, const struct cv_sink_settings *settings,
		       const struct cv_sink_status *s, const struct cv_eventlog *log)
{
	struct cv_cursor cursor;
	char text[CV_CURSOR_TEXT_MAX];
	uint64_t lag = 0;

	if (!s->acked_known)
		return;
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		uint64_t end = cv_eventlog_end(log, (enum cv_lane)lane);

		cursor.next[lane] = s->acked[lane];
		if (wants_lane(&settings->sink, lane) && end > cursor.next[lane])
			lag += end - cursor.next[lane];
	}
	cv_cursor_format(&cursor, text);
	json_object_set_new(object, "acked", json_string(text));
	json_object_set_new(object, "lag", json_integer((json_int_t)lag));
}

static void set_error(json_t *object, const struct cv_sink_status *s)
{
	char text[CV_SINK_TEXT_MAX];
	int64_t when;

	cv_sink_status_read_error(s, text, &when);
	if (!*text)
		return;
	json_object_set_new(object, "error", text_json(text));
	json_object_set_new(object, "error_at", json_integer(when / 1000000000));
}

static json_t *sink_json(const struct cv_sink_settings *settings, const struct cv_sink_status *s,
			 const struct cv_eventlog *log)
{
	json_t *refused = json_object(), *object;

	for (unsigned int i = 0; i < CV_SINK_REFUSAL_COUNT; i++) {
		if (s->refused[i])
			json_object_set_new(refused, cv_sink_refusal_name(i),
					    json_integer((json_int_t)s->refused[i]));
	}
	object = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "name", settings->sink.name,
			   "type", cv_sink_type_name(settings->sink.type), "state",
			   cv_sink_state_name(s->state), "since",
			   (json_int_t)(s->state_since_ns / 1000000000), "pid", (json_int_t)s->pid,
			   "starts", (json_int_t)s->starts, "under_way", (json_int_t)s->under_way,
			   "refused", refused);
	for (unsigned int i = 0; i < CV_SINK_COUNTER_COUNT; i++)
		json_object_set_new(object, cv_sink_counter_name(i),
				    json_integer((json_int_t)s->count[i]));
	set_cursor(object, settings, s, log);
	set_error(object, s);
	return object;
}

json_t *cv_sinks_json(const struct cv_sink_keeper *k, const struct cv_eventlog *log)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < cv_sink_keeper_count(k); i++)
		json_array_append_new(list, sink_json(cv_sink_keeper_settings(k, i),
						      cv_sink_keeper_status(k, i), log));
	return list;
}

void cv_sinks_warn(const struct cv_sink_keeper *k, json_t *list)
{
	if (cv_sink_keeper_count(k) > 0 && !cv_sink_keeper_lives(k))
		cv_warn(list, "the keeper of the sinks has ended, and they with it: restart "
			      "culvert-control");
	for (unsigned int i = 0; i < cv_sink_keeper_count(k); i++) {
		const struct cv_sink_status *s = cv_sink_keeper_status(k, i);
		uint64_t refused = 0;
		char text[CV_SINK_TEXT_MAX];
		int64_t when;

		cv_sink_status_read_error(s, text, &when);
		for (unsigned int r = 0; r < CV_SINK_REFUSAL_COUNT; r++)
			refused += s->refused[r];
		if (s->state != CV_SINK_STATE_CONNECTED && s->starts > 0 && *text)
			cv_warn(list, "sink %s is %s: %s", cv_sink_keeper_settings(k, i)->sink.name,
				cv_sink_state_name(s->state), text);
		if (refused)
			cv_warn(list, "sink %s: %llu event(s) were refused for good: %s",
				cv_sink_keeper_settings(k, i)->sink.name,
				(unsigned long long)refused, text);
	}
}
