/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream against a log of this test's own making, because a real one is damaged, retained
 * away or slow only now and then. The real log is under tests/subscriber.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/projection/text_memo.h"
#include "control/subscriber/device_text.h"
#include "control/subscriber/event_stream.h"
#include "dataplane/normalize/cloudevent.h"

#define BLOCKS_MAX 64

/* ---- the log -------------------------------------------------------------------------------- */

struct cv_eventlog {
	struct cv_loop *loop;
	bool slow; /* reads complete in a later turn */
	struct {
		struct cv_block *block[BLOCKS_MAX];
		bool damaged[BLOCKS_MAX];
		unsigned int first, count;
		uint64_t end;
	} lane[CV_LANE_COUNT];
	int error; /* every read fails with it */
};

static struct cv_eventlog log_;

uint64_t cv_eventlog_begin(const struct cv_eventlog *log, enum cv_lane lane)
{
	unsigned int first = log->lane[lane].first;

	return first < log->lane[lane].count ? log->lane[lane].block[first]->first_seq
					     : log->lane[lane].end;
}

uint64_t cv_eventlog_end(const struct cv_eventlog *log, enum cv_lane lane)
{
	return log->lane[lane].end;
}

uint64_t cv_eventlog_seek(struct cv_eventlog *log, enum cv_lane lane, int64_t ts_ns)
{
	for (unsigned int i = log->lane[lane].first; i < log->lane[lane].count; i++) {
		if (log->lane[lane].block[i]->last_ts_ns >= ts_ns)
			return log->lane[lane].block[i]->first_seq;
	}
	return log->lane[lane].end;
}

static void answer(struct cv_log_read *rd)
{
	struct cv_eventlog *log = rd->log;

	rd->busy = false;
	if (log->error) {
		rd->done(rd, NULL, log->error);
		return;
	}
	if (rd->seq < cv_eventlog_begin(log, rd->lane)) {
		rd->done(rd, NULL, -ESTALE);
		return;
	}
	for (unsigned int i = log->lane[rd->lane].first; i < log->lane[rd->lane].count; i++) {
		struct cv_block *b = log->lane[rd->lane].block[i];

		if (rd->seq >= b->first_seq + b->count)
			continue;
		rd->skip_to = b->first_seq + b->count;
		rd->done(rd, log->lane[rd->lane].damaged[i] ? NULL : b,
			 log->lane[rd->lane].damaged[i] ? -EBADMSG : 0);
		return;
	}
	rd->done(rd, NULL, -ENODATA);
}

static void slow_done(struct cv_op *op, int res, uint32_t flags)
{
	answer((struct cv_log_read *)(void *)((char *)op - offsetof(struct cv_log_read, op)));
}

void cv_eventlog_read(struct cv_eventlog *log, struct cv_log_read *rd, enum cv_lane lane,
		      uint64_t seq)
{
	assert_false(rd->busy);
	rd->log = log;
	rd->lane = lane;
	rd->seq = seq;
	rd->busy = true;
	rd->op.done = slow_done;
	if (log->slow)
		io_uring_prep_nop(cv_loop_sqe(log->loop, &rd->op));
	else
		answer(rd);
}

void cv_eventlog_read_free(struct cv_log_read *rd)
{
	assert_false(rd->busy);
}

/* Add a block of @p n records whose status counts the sequence, each with a text of text_len. */
static void add_block(enum cv_lane lane, unsigned int n, size_t text_len)
{
	struct cv_block *b = calloc(1, CV_BLOCK_SIZE);
	uint8_t *at = (uint8_t *)(b + 1);

	assert_non_null(b);
	b->count = n;
	b->first_seq = log_.lane[lane].end;
	for (unsigned int i = 0; i < n; i++) {
		struct cv_record *rec = (struct cv_record *)(void *)at;
		struct cv_tlv tlv = {.tag = CV_TLV_TEXT, .len = (uint16_t)text_len};

		*rec = (struct cv_record){
			.version = CV_RECORD_VERSION,
			.lane = (uint8_t)lane,
			.kind = i % 2 ? CV_KIND_STATE : CV_KIND_MEASUREMENT,
			.ts_rx_ns = (int64_t)(b->first_seq + i) * 1000,
			.family = 4,
			.device_end = CV_DEVICE_END_SRC,
			.src = {192, 0, 2, (uint8_t)(i % 16)},
			.size = (uint16_t)(sizeof(*rec) + 8 + (text_len + 7) / 8 * 8),
		};
		memcpy(rec + 1, &tlv, sizeof(tlv));
		memset((uint8_t *)(rec + 1) + sizeof(tlv), 1, text_len);
		at += rec->size;
		assert_true(at <= (uint8_t *)b + CV_BLOCK_SIZE);
	}
	b->last_ts_ns = (int64_t)(b->first_seq + n - 1) * 1000;
	log_.lane[lane].block[log_.lane[lane].count++] = b;
	log_.lane[lane].end += n;
}

static void clear_log(bool slow)
{
	for (int lane = 0; lane < CV_LANE_COUNT; lane++) {
		for (unsigned int i = 0; i < log_.lane[lane].count; i++)
			free(log_.lane[lane].block[i]);
	}
	memset(log_.lane, 0, sizeof(log_.lane));
	log_.slow = slow;
	log_.error = 0;
}

/* ---- the receiver --------------------------------------------------------------------------- */

static struct cv_loop *loop;
static struct cv_event_stream *stream;
static char *received;
static size_t received_len;
static bool ended;

static void on_ready(void *owner)
{
	const char *data;
	size_t len;

	data = cv_event_stream_output(stream, &len);
	if (data) {
		received = realloc(received, received_len + len + 1);
		assert_non_null(received);
		memcpy(received + received_len, data, len);
		received_len += len;
		received[received_len] = '\0';
		cv_event_stream_sent(stream);
	}
	ended = ended || cv_event_stream_ended(stream);
}

static const struct cv_scope *scope; /* of who asks */
static struct cv_text_memo *memo; /* NULL = none */
static struct cv_device_hashes *devices; /* NULL = none */

static void open_stream(const char *text, const char *last_id, bool chunked)
{
	struct cv_event_source source = {
		.loop = loop, .log = &log_, .node = "n", .memo = memo, .devices = devices};
	struct cv_http_refusal why;
	struct cv_http_query query;
	struct cv_event_query q;

	assert_int_equal(cv_http_query_parse(text, strlen(text), &query), 0);
	assert_int_equal(cv_event_query_parse(&query, "", last_id, &q, &why), 0);
	cv_event_query_limit(&q, scope);
	assert_int_equal(cv_event_stream_create(&source, &q, chunked, on_ready, NULL, &stream), 0);
	free(received);
	received = calloc(1, 1);
	received_len = 0;
	ended = false;
}

/* Pump until it ends, or nothing more comes. */
static void run_stream(void)
{
	size_t before;

	do {
		before = received_len;
		cv_event_stream_pump(stream);
		while (cv_event_stream_busy(stream))
			assert_int_equal(cv_loop_turn(loop), 0);
	} while (!ended && received_len != before);
}

static void close_stream(void)
{
	cv_event_stream_destroy(stream);
	stream = NULL;
}

/* Run a query that ends. @return its lines as a JSON array. */
static json_t *ask(const char *text)
{
	json_t *events = json_array();
	const char *at;

	open_stream(text, "", false);
	run_stream();
	assert_true(ended);
	close_stream();
	at = received;
	for (const char *end; (end = strchr(at, '\n')); at = end + 1)
		json_array_append_new(events, json_loadb(at, (size_t)(end - at), 0, NULL));
	assert_int_equal(*at, '\0');
	return events;
}

static const char *id_of(const json_t *events, size_t i)
{
	return json_string_value(json_object_get(json_array_get(events, i), "id"));
}

static const json_t *data_of(const json_t *events, size_t i)
{
	return json_object_get(json_array_get(events, i), "data");
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void check_all_lanes(bool slow)
{
	uint64_t next[CV_LANE_COUNT] = {0};
	json_t *events;

	clear_log(slow);
	for (int i = 0; i < 20; i++) {
		add_block(CV_LANE_MEASUREMENT, 300, 40);
		add_block(CV_LANE_ALARM, 3, 0);
	}
	add_block(CV_LANE_SECURITY, 31, 512);
	events = ask("follow=0");
	assert_int_equal(json_array_size(events), 20 * 303 + 31);
	for (size_t i = 0; i < json_array_size(events); i++) {
		char want[64];
		int lane =
			cv_lane_by_name(id_of(events, i) + 2, strcspn(id_of(events, i) + 2, "/"));

		assert_in_range(lane, 0, CV_LANE_COUNT - 1);
		snprintf(want, sizeof(want), "n/%s/%ju", cv_lane_name((unsigned int)lane),
			 (uintmax_t)next[lane]++);
		assert_string_equal(id_of(events, i), want);
	}
	json_decref(events);
}

static void test_all_lanes_in_order(void **state)
{
	check_all_lanes(false);
	check_all_lanes(true);
}

static void test_filters_and_limit(void **state)
{
	json_t *events;

	clear_log(false);
	for (int i = 0; i < BLOCKS_MAX; i++) /* more blocks than one go looks through */
		add_block(CV_LANE_STATUS, 10, 0);
	events = ask("follow=0&type=alarm");
	assert_int_equal(json_array_size(events), 0);
	json_decref(events);
	events = ask("follow=0&type=state&limit=7");
	assert_int_equal(json_array_size(events), 7);
	assert_string_equal(id_of(events, 6), "n/status/13");
	json_decref(events);
	events = ask("follow=0&from=time:0.000555000");
	assert_int_equal(json_array_size(events), 640 - 555);
	assert_string_equal(id_of(events, 0), "n/status/555");
	json_decref(events);
	events = ask("follow=0&lane=status&from=639");
	assert_int_equal(json_array_size(events), 1);
	json_decref(events);
}

static char *text_of(const char *query, const char *last_id)
{
	open_stream(query, last_id, true);
	run_stream();
	assert_true(ended);
	close_stream();
	return strdup(received);
}

/* What is out of scope is as if it were not in the log, to the byte; cursors included. */
static void test_scope_hides_without_a_trace(void **state)
{
	static const char *const queries[] = {"follow=0&format=sse", "follow=0&format=ndjson",
					      "follow=0&format=sse&lane=alarm,security",
					      "follow=0&format=sse&from=time:0.000025000"};
	const struct cv_scope limited = {
		.lanes = 1u << CV_LANE_STATUS,
		.types = UINT64_C(1) << CV_KIND_STATE,
	};
	char *with[8], *without;

	clear_log(false);
	for (int i = 0; i < 5; i++) {
		add_block(CV_LANE_ALARM, 7, 16);
		add_block(CV_LANE_STATUS, 10, 16);
		add_block(CV_LANE_SECURITY, 3, 16);
	}
	log_.lane[CV_LANE_ALARM].damaged[1] = true;
	log_.lane[CV_LANE_SECURITY].first = 2;
	scope = &limited;
	for (size_t i = 0; i < 4; i++)
		with[i] = text_of(queries[i], "");
	with[4] = text_of("follow=0&format=sse", "5.0.12.9");
	scope = NULL;
	clear_log(false);
	for (int i = 0; i < 5; i++)
		add_block(CV_LANE_STATUS, 10, 16);
	for (size_t i = 0; i < 5; i++) {
		char query[128];

		snprintf(query, sizeof(query), "%s&type=state", i < 4 ? queries[i] : queries[0]);
		without = text_of(query, i < 4 ? "" : "0.0.12.0");
		assert_string_equal(with[i], without);
		assert_int_equal(strstr(without, "state") != NULL, i != 2);
		free(with[i]);
		free(without);
	}
}

/* With texts that are kept, and read by two, everybody is sent the same as without. */
static void test_kept_texts_are_the_same(void **state)
{
	static const char *const queries[] = {"follow=0&format=sse", "follow=0&format=ndjson",
					      "follow=0&format=cloudevents&lane=status,alarm",
					      "follow=0&format=senml",
					      "follow=0&from=40&lane=status"};
	const struct cv_scope masked = {.lanes = (1u << CV_LANE_COUNT) - 1,
					.types = UINT64_MAX,
					.masks = 1u << CV_MASK_DEVICE};
	char *fresh, *kept;

	clear_log(false);
	for (int i = 0; i < 24; i++) { /* more events than are kept */
		add_block(CV_LANE_STATUS, 190, 150);
		add_block(CV_LANE_ALARM, 7, 16);
	}
	for (size_t i = 0; i < 2 * sizeof(queries) / sizeof(queries[0]); i++) {
		const char *query = queries[i / 2];

		scope = i % 2 ? &masked : NULL;
		fresh = text_of(query, "");
		assert_int_equal(strstr(fresh, "192.0.2.5") != NULL, scope == NULL);
		assert_int_equal(cv_text_memo_create(&memo), 0);
		cv_text_memo_join(memo);
		for (int turn = 0; turn < 2; turn++) {
			kept = text_of(query, "");
			assert_string_equal(kept, fresh);
			free(kept);
		}
		cv_text_memo_leave(memo);
		cv_text_memo_destroy(memo);
		memo = NULL;
		scope = NULL;
		free(fresh);
	}
}

/* Without the frames of chunks, which may end elsewhere. To be freed. */
static char *body_of(const char *query)
{
	char *text;

	open_stream(query, "", false);
	run_stream();
	close_stream();
	text = strdup(received);
	assert_non_null(text);
	return text;
}

/* Where the streams of a log share whom its events are about, each is sent the same as without. */
static void test_known_devices_are_the_same(void **state)
{
#define ONE "device=urn:dev:ip:192.0.2.5"
	static const char *const queries[] = {"follow=0&lane=status&" ONE,
					      "follow=0&" ONE
					      ",urn:dev:ip:192.0.2.11,urn:dev:ip:192.0.2.77",
					      "follow=0&lane=status&device=urn:dev:ip:192.0.2.99",
					      "follow=0&lane=status&" ONE ",urn:dev:ip:192.0.2.1*",
					      "follow=0&from=40&lane=status&type=state&" ONE,
					      "follow=0&limit=30&format=sse&" ONE};
#undef ONE
	const struct cv_scope masked = {.lanes = (1u << CV_LANE_COUNT) - 1,
					.types = UINT64_MAX,
					.masks = 1u << CV_MASK_DEVICE};
	static struct cv_device_hashes hashes;
	struct cv_record *missing;
	char *without, *with;

	clear_log(false);
	memset(&hashes, 0, sizeof(hashes));
	for (int i = 0; i < 24; i++) /* more events than are kept */
		add_block(CV_LANE_STATUS, 190, 150);
	missing = (struct cv_record *)(void *)(log_.lane[CV_LANE_STATUS].block[3] + 1);
	missing->kind = CV_KIND_GAP; /* everybody's */
	for (size_t i = 0; i < 2 * sizeof(queries) / sizeof(queries[0]); i++) {
		const char *query = queries[i / 2];

		scope = i % 2 ? &masked : NULL;
		without = body_of(query);
		assert_int_equal(strstr(without, "192.0.2.5\"") != NULL, scope == NULL && i != 4);
		assert_int_equal(strstr(without, "culvert.gap.") != NULL, i != 10);
		devices = &hashes;
		for (int turn = 0; turn < 2; turn++) {
			with = body_of(query);
			assert_string_equal(with, without);
			free(with);
		}
		devices = NULL;
		scope = NULL;
		free(without);
	}
}

static void check_gap(const json_t *events, size_t i, const char *id, const char *reason,
		      int64_t from, int64_t to)
{
	const json_t *data = data_of(events, i);

	assert_string_equal(id_of(events, i), id);
	assert_string_equal(json_string_value(json_object_get(data, "reason")), reason);
	assert_int_equal(json_integer_value(json_object_get(data, "from")), from);
	assert_int_equal(json_integer_value(json_object_get(data, "to")), to);
	assert_int_equal(json_integer_value(json_object_get(data, "value")), to - from);
}

static void test_gaps(void **state)
{
	json_t *events;

	clear_log(true);
	for (int i = 0; i < 5; i++)
		add_block(CV_LANE_ALARM, 10, 0);
	log_.lane[CV_LANE_ALARM].first = 1; /* 0..9 retained away */
	log_.lane[CV_LANE_ALARM].damaged[2] = true; /* 20..29 */
	events = ask("follow=0&lane=alarm&from=3&type=measurement");
	assert_int_equal(json_array_size(events), 2 + 15);
	check_gap(events, 0, "n/alarm/3-10", "retention", 3, 10);
	check_gap(events, 6, "n/alarm/20-30", "damaged", 20, 30);
	json_decref(events);
	events = ask("follow=0&lane=alarm&from=70");
	assert_int_equal(json_array_size(events), 1);
	check_gap(events, 0, "n/alarm/50-50", "log-is-shorter", 50, 50);
	json_decref(events);
	log_.error = -EIO;
	events = ask("lane=alarm&from=15");
	assert_int_equal(json_array_size(events), 1);
	check_gap(events, 0, "n/alarm/15-15", "read-error", 15, 15);
	json_decref(events);
}

/* The last "id: " of what was received. */
static const char *last_id(void)
{
	static char id[CV_CURSOR_TEXT_MAX];
	const char *found = NULL;

	for (const char *at = received; (at = strstr(at, "id: ")); at++) {
		if (at == received || at[-1] == '\n')
			found = at + 4;
	}
	assert_non_null(found);
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(found, "\n"), found);
	return id;
}

static unsigned int count_of(const char *word)
{
	unsigned int n = 0;

	for (const char *at = received; (at = strstr(at, word)); at++)
		n++;
	return n;
}

static void test_sse_resumes_anywhere(void **state)
{
	clear_log(false);
	for (int i = 0; i < 4; i++) {
		add_block(CV_LANE_ALARM, 5, 0);
		add_block(CV_LANE_SECURITY, 7, 0);
	}
	for (unsigned int cut = 1; cut < 48; cut++) {
		char query[64], id[CV_CURSOR_TEXT_MAX];

		snprintf(query, sizeof(query), "format=sse&follow=0&limit=%u", cut);
		open_stream(query, "", false);
		run_stream();
		close_stream();
		assert_int_equal(count_of("\ndata: {"), cut);
		assert_int_equal(strncmp(received, "retry: ", 7), 0);
		snprintf(id, sizeof(id), "%s", last_id());
		open_stream("format=sse&follow=0", id, false);
		run_stream();
		close_stream();
		assert_int_equal(count_of("\ndata: {"), 48 - cut);
		assert_string_equal(last_id(), "20.0.0.28");
	}
}

/* Give what was received to a reader in pieces. @return frames by type; checks their order. */
static void read_frames(size_t piece, unsigned int *count, struct cv_member_cursor *ret_last)
{
	static struct cv_frame_reader reader;
	uint64_t next[CV_LANE_COUNT] = {0};
	size_t at = 0;

	memset(&reader, 0, sizeof(reader));
	memset(count, 0, CV_FRAME_COUNT * sizeof(*count));
	while (at < received_len) {
		size_t n = received_len - at < piece ? received_len - at : piece, used;
		const struct cv_frame *f;
		int res = cv_frames_feed(&reader, received + at, n, &used, &f);

		at += used;
		assert_in_range(res, 0, 1);
		if (res == 0) {
			assert_int_equal(used, n);
			continue;
		}
		count[f->type]++;
		if (f->type == CV_FRAME_RECORD || f->type == CV_FRAME_GAP)
			assert_int_equal(f->seq, next[f->lane]);
		if (f->type == CV_FRAME_RECORD)
			next[f->lane]++;
		if (f->type == CV_FRAME_GAP)
			next[f->lane] = ((const struct cv_frame_gap *)cv_frame_payload(f))->to;
		if (f->type == CV_FRAME_CURSOR)
			memcpy(ret_last, cv_frame_payload(f), sizeof(*ret_last));
	}
	assert_memory_equal(next, ret_last->at.next, sizeof(next));
}

static void test_frames(void **state)
{
	unsigned int count[CV_FRAME_COUNT];
	struct cv_member_cursor last;

	clear_log(true);
	for (int i = 0; i < 20; i++)
		add_block(CV_LANE_MEASUREMENT, 300, 41);
	add_block(CV_LANE_ALARM, 3, 0);
	add_block(CV_LANE_ALARM, 3, 0);
	log_.lane[CV_LANE_MEASUREMENT].first = 1;
	log_.lane[CV_LANE_ALARM].damaged[0] = true;
	open_stream("format=frames&from=seq:0.0.0.0", "", false);
	run_stream();
	cv_event_stream_heartbeat(stream);
	close_stream();
	for (size_t piece = 1; piece < 100000; piece = piece * 7 + 1) {
		read_frames(piece, count, &last);
		assert_int_equal(count[CV_FRAME_RECORD], 19 * 300 + 3);
		assert_int_equal(count[CV_FRAME_GAP], 2);
		assert_int_equal(count[CV_FRAME_IDLE], 1);
		assert_true(count[CV_FRAME_CURSOR] > 1);
	}
}

static void test_batch(void **state)
{
	json_t *events;

	clear_log(false);
	for (unsigned int n = 0; n < 3; n++) {
		open_stream("format=cloudevents&follow=0", "", false);
		run_stream();
		close_stream();
		assert_true(ended);
		events = json_loadb(received, received_len, 0, NULL);
		assert_int_equal(json_array_size(events), n * 400);
		for (size_t i = 0; i < n * 400; i++)
			assert_non_null(id_of(events, i));
		json_decref(events);
		add_block(CV_LANE_STATUS, 400, 20);
	}
}

static void test_follow(void **state)
{
	clear_log(false);
	add_block(CV_LANE_STATUS, 5, 0);
	open_stream("format=sse", "", true);
	run_stream();
	assert_int_equal(count_of("data: "), 0);
	assert_string_equal(received, "d\r\nretry: 1000\n\n\r\n");
	add_block(CV_LANE_STATUS, 3, 0);
	assert_int_equal(cv_event_stream_stats(stream).lag, 3);
	run_stream();
	assert_int_equal(count_of("data: "), 3);
	assert_int_equal(cv_event_stream_stats(stream).lag, 0);
	assert_int_equal(cv_event_stream_stats(stream).sent, 3);
	cv_event_stream_heartbeat(stream);
	assert_string_equal(received + received_len - 8, "3\r\n:\n\n\r\n");
	assert_false(ended);
	cv_event_stream_stop(stream);
	cv_event_stream_pump(stream);
	assert_string_equal(received + received_len - 5, "0\r\n\r\n");
	close_stream();
}

static void test_log_never_read_further_when_stopped(void **state)
{
	clear_log(true);
	for (int i = 0; i < 10; i++)
		add_block(CV_LANE_STATUS, 5, 0);
	open_stream("follow=0&type=alarm", "", true);
	cv_event_stream_pump(stream);
	assert_true(cv_event_stream_busy(stream));
	cv_event_stream_stop(stream);
	assert_int_equal(cv_loop_turn(loop), 0);
	assert_false(cv_event_stream_busy(stream));
	assert_true(ended);
	assert_string_equal(received, "0\r\n\r\n");
	close_stream();
}

static int set_up(void **state)
{
	int res = cv_loop_create(64, &loop);

	if (res == -ENOSYS) {
		print_message("SKIP: io_uring is forbidden here\n");
		exit(77);
	}
	log_.loop = loop;
	return res;
}

static int tear_down(void **state)
{
	clear_log(false);
	free(received);
	cv_loop_destroy(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_lanes_in_order),
		cmocka_unit_test(test_filters_and_limit),
		cmocka_unit_test(test_scope_hides_without_a_trace),
		cmocka_unit_test(test_kept_texts_are_the_same),
		cmocka_unit_test(test_known_devices_are_the_same),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_sse_resumes_anywhere),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_log_never_read_further_when_stopped),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
