/* SPDX-License-Identifier: Apache-2.0 */
/* Principals: what is kept of them, who is let in, what they see. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/access/access.h"
#include "dataplane/normalize/device_urn.h"

#define NOW 1000000
#define SECOND UINT64_C(1000000000)

static char dir[] = "/tmp/cv_access_XXXXXX";
static char path[64];

static struct cv_access *reopen(struct cv_access *a)
{
	const char *why;

	cv_access_close(a);
	assert_int_equal(cv_access_open(path, &a, &why), 0);
	return a;
}

static struct cv_access *fresh(void)
{
	unlink(path);
	return reopen(NULL);
}

static struct cv_principal_settings settings(enum cv_principal_kind kind)
{
	struct cv_principal_settings s = {.kind = kind,
					  .name = "city brain",
					  .connections = 2,
					  .requests = 4,
					  .created_s = NOW};

	if (kind == CV_PRINCIPAL_CERTIFICATE)
		strcpy(s.subject, "dns:brain.example");
	return s;
}

static void create(struct cv_access *a, const struct cv_principal_settings *s, char *text)
{
	const struct cv_principal *made;
	struct cv_http_refusal why;

	assert_int_equal(cv_access_create(a, s, text, &made, &why), 0);
}

static void refused(struct cv_access *a, const char *text, int64_t now_s,
		    enum cv_access_refusal expected)
{
	enum cv_access_refusal why;

	assert_null(cv_access_by_token(a, text, now_s, &why));
	assert_int_equal(why, expected);
}

/* ---- tokens --------------------------------------------------------------------------------- */

static bool file_holds(const char *text, size_t len)
{
	static char all[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, all, sizeof(all));

	close(fd);
	assert_true(n > 0);
	return memmem(all, (size_t)n, text, len) != NULL;
}

static void test_token_is_kept_as_a_hash(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_TOKEN);
	struct cv_access *a = fresh();
	enum cv_access_refusal why;
	char text[CV_TOKEN_SIZE], other[CV_TOKEN_SIZE];
	struct stat st;

	create(a, &s, text);
	create(a, &s, other);
	assert_string_not_equal(text, other);
	a = reopen(a);
	assert_non_null(cv_access_by_token(a, text, NOW, &why));
	assert_false(file_holds(text + 8 + 17, 43));
	assert_true(file_holds(text + 8, 16)); /* the id: so it is the right file */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	cv_access_close(a);
}

static void test_every_other_token_is_refused(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_TOKEN);
	struct cv_access *a = fresh();
	char text[CV_TOKEN_SIZE], wrong[CV_TOKEN_SIZE + 8];

	create(a, &s, text);
	for (size_t i = 0; text[i]; i++) {
		enum cv_access_refusal expected = i < 8 || i == 24 ? CV_ACCESS_MALFORMED
						  : i < 24	   ? CV_ACCESS_UNKNOWN
								   : CV_ACCESS_WRONG_SECRET;

		strcpy(wrong, text);
		wrong[i] = i < 24 && i >= 8 ? (text[i] == '0' ? '1' : '0') : text[i] ^ 1;
		refused(a, wrong, NOW, expected);
	}
	for (size_t n = 0; n < strlen(text); n++) {
		memcpy(wrong, text, n);
		wrong[n] = '\0';
		refused(a, wrong, NOW, CV_ACCESS_MALFORMED);
	}
	snprintf(wrong, sizeof(wrong), "%sA", text);
	refused(a, wrong, NOW, CV_ACCESS_MALFORMED);
	cv_access_close(a);
}

static void test_token_ends(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_TOKEN);
	struct cv_access *a = fresh();
	enum cv_access_refusal why;
	char text[CV_TOKEN_SIZE];
	const struct cv_principal *made;
	struct cv_http_refusal bad;

	s.expires_s = NOW + 60;
	create(a, &s, text);
	assert_non_null(cv_access_by_token(a, text, NOW + 59, &why));
	refused(a, text, NOW + 60, CV_ACCESS_EXPIRED);
	s.expires_s = NOW;
	assert_int_equal(cv_access_create(a, &s, text, &made, &bad), -EINVAL);
	cv_access_close(a);
}

static unsigned int changes;

static void on_changed(void *owner)
{
	changes++;
}

static void test_revoked_at_once_and_for_good(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_TOKEN);
	struct cv_access *a = fresh();
	enum cv_access_refusal why;
	char text[CV_TOKEN_SIZE];
	struct cv_principal *p;

	create(a, &s, text);
	p = cv_access_by_token(a, text, NOW, &why);
	assert_true(cv_principal_connect(p));
	cv_access_set_changed(a, on_changed, NULL);
	changes = 0;
	assert_int_equal(cv_access_revoke(a, "0123456789abcdef"), -ENOENT);
	assert_int_equal(changes, 0);
	assert_int_equal(cv_access_revoke(a, p->id), 0);
	assert_int_equal(changes, 1);
	assert_false(cv_principal_is_valid(p, NOW)); /* the open connection's */
	refused(a, text, NOW, CV_ACCESS_UNKNOWN);
	cv_principal_disconnect(p);
	a = reopen(a);
	refused(a, text, NOW, CV_ACCESS_UNKNOWN);
	cv_access_close(a);
}

static void test_certificates(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_CERTIFICATE);
	const struct cv_principal *made;
	struct cv_access *a = fresh();
	enum cv_access_refusal why;
	struct cv_http_refusal bad;
	char text[CV_TOKEN_SIZE];

	create(a, &s, text);
	assert_string_equal(text, "");
	assert_int_equal(cv_access_create(a, &s, text, &made, &bad), -EEXIST);
	strcpy(s.subject, "brain.example");
	assert_int_equal(cv_access_create(a, &s, text, &made, &bad), -EINVAL);
	a = reopen(a);
	assert_non_null(cv_access_by_subject(a, "dns:brain.example", NOW, &why));
	assert_null(cv_access_by_subject(a, "cn:brain.example", NOW, &why));
	assert_null(cv_access_by_subject(a, "dns:brain.example.org", NOW, &why));
	assert_int_equal(why, CV_ACCESS_UNKNOWN);
	cv_access_close(a);
}

static void test_file_that_others_may_read_is_refused(void **state)
{
	struct cv_access *a = fresh();
	const char *why;

	cv_access_close(a);
	a = NULL;
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(cv_access_open(path, &a, &why), -EPERM);
	assert_null(a);
}

/* As the version without areas made it, and reads it again after an update was taken back. */
#define OLD_COLUMNS                                                                                \
	"id, kind, name, hash, subject, lanes, types, devices, masks, node, connections, "         \
	"requests, created, expires, created_by"
static const char old_file[] =
	"CREATE TABLE principals (id TEXT PRIMARY KEY, kind TEXT NOT NULL,"
	" name TEXT NOT NULL, hash BLOB NOT NULL, subject TEXT NOT NULL, lanes TEXT NOT NULL,"
	" types TEXT NOT NULL, devices TEXT NOT NULL, masks TEXT NOT NULL, node INTEGER NOT NULL,"
	" connections INTEGER NOT NULL, requests INTEGER NOT NULL, created INTEGER NOT NULL,"
	" expires INTEGER NOT NULL, created_by TEXT NOT NULL);"
	"INSERT INTO principals(" OLD_COLUMNS ") VALUES ('0123456789abcdef', 'certificate', 'old',"
	" x'', 'dns:old.example', 'alarm', '', '', '', 1, 16, 50, 1, 0, 'root');";

static sqlite3 *open_file(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static int count_row(void *owner, int columns, char **values, char **names)
{
	*(char *)owner = values[0][0];
	return 0;
}

static void test_file_of_an_older_version(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_CERTIFICATE);
	char text[CV_TOKEN_SIZE], count = '?';
	enum cv_access_refusal refusal;
	struct cv_access *a = NULL;
	const char *why = "";
	sqlite3 *db;

	unlink(path);
	db = open_file();
	assert_int_equal(sqlite3_exec(db, old_file, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(cv_access_open(path, &a, &why), 0);
	assert_non_null(cv_access_by_subject(a, "dns:old.example", NOW, &refusal));
	strcpy(s.subject, "dns:limited.example");
	strcpy(s.scope.areas, "4403");
	strcpy(s.scope.groups, "brain");
	s.ack = true;
	create(a, &s, text);
	a = reopen(a);
	assert_string_equal(
		cv_access_by_subject(a, "dns:limited.example", NOW, &refusal)->settings.scope.areas,
		"4403");
	assert_true(cv_access_by_subject(a, "dns:limited.example", NOW, &refusal)->settings.ack);
	assert_false(cv_access_by_subject(a, "dns:old.example", NOW, &refusal)->settings.ack);
	/* Who reads the old columns finds nobody whom it would take for one of all areas. */
	db = open_file();
	assert_int_equal(
		sqlite3_exec(db, "SELECT count(*) FROM (SELECT " OLD_COLUMNS " FROM principals)",
			     count_row, &count, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(count, '1');
	assert_int_equal(
		cv_access_revoke(a,
				 cv_access_by_subject(a, "dns:limited.example", NOW, &refusal)->id),
		0);
	a = reopen(a);
	assert_null(cv_access_by_subject(a, "dns:limited.example", NOW, &refusal));
	cv_access_close(a);
}

static void test_file_of_a_newer_version_lets_nobody_in(void **state)
{
	struct cv_access *a = fresh();
	const char *why;
	sqlite3 *db;

	cv_access_close(a);
	a = NULL;
	db = open_file();
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(cv_access_open(path, &a, &why), -EPROTO);
	assert_non_null(strstr(why, "newer Culvert"));
	assert_null(a);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(cv_access_open(path, &a, &why), 0);
	cv_access_close(a);
}

static void test_damaged_file_lets_nobody_in(void **state)
{
	struct cv_access *a = fresh();
	const char *why;
	int fd;

	cv_access_close(a);
	a = NULL;
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "this is no database, not at all", 31), 31);
	close(fd);
	assert_int_equal(cv_access_open(path, &a, &why), -EBADMSG);
	assert_null(a);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void test_limits(void **state)
{
	struct cv_principal_settings s = settings(CV_PRINCIPAL_TOKEN);
	struct cv_access *a = fresh();
	enum cv_access_refusal why;
	char text[CV_TOKEN_SIZE];
	struct cv_principal *p;
	uint64_t now = 7 * SECOND;
	unsigned int n = 0;

	create(a, &s, text);
	p = cv_access_by_token(a, text, NOW, &why);
	assert_true(cv_principal_connect(p));
	assert_true(cv_principal_connect(p));
	assert_false(cv_principal_connect(p));
	cv_principal_disconnect(p);
	assert_true(cv_principal_connect(p));
	for (unsigned int i = 0; i < 100; i++)
		n += cv_principal_request(p, now);
	assert_int_equal(n, 4); /* a second's worth at once */
	for (n = 0; now < 17 * SECOND; now += SECOND / 100)
		n += cv_principal_request(p, now);
	assert_in_range(n, 39, 41); /* four a second for ten seconds */
	cv_principal_disconnect(p);
	cv_principal_disconnect(p);
	cv_access_close(a);
}

static unsigned int notes;
static char last_note[512];

static void on_note(void *owner, const char *who, const char *what, const char *result,
		    const char *detail)
{
	notes++;
	snprintf(last_note, sizeof(last_note), "%s|%s", who, detail);
}

static void test_refusals_are_counted_and_noted_at_a_bounded_rate(void **state)
{
	struct cv_access *a = fresh();
	json_t *doc;

	cv_access_set_note(a, on_note, NULL);
	notes = 0;
	for (unsigned int i = 0; i < 1000; i++)
		cv_access_refuse(a, NULL, CV_ACCESS_UNKNOWN, "192.0.2.7:4711", "GET /v1/events",
				 SECOND);
	assert_int_equal(notes, 10);
	cv_access_refuse(a, NULL, CV_ACCESS_RATE, "192.0.2.7:4711", "GET /", 100 * SECOND);
	assert_int_equal(notes, 11);
	assert_string_equal(last_note, "somebody from 192.0.2.7:4711|rate: GET /; and 990 more "
				       "since the row before");
	doc = cv_access_refusals_json(a);
	assert_int_equal(json_integer_value(json_object_get(doc, "unknown")), 1000);
	assert_int_equal(json_integer_value(json_object_get(doc, "rate")), 1);
	json_decref(doc);
	cv_access_close(a);
}

/* ---- scopes --------------------------------------------------------------------------------- */

struct made {
	struct cv_record rec;
	uint8_t tail[512];
};

static size_t put_tlv(uint8_t *at, enum cv_tlv_tag tag, const void *data, size_t len)
{
	struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)len};

	memcpy(at, &tlv, sizeof(tlv));
	memcpy(at + sizeof(tlv), data, len);
	return sizeof(tlv) + (len + 3) / 4 * 4;
}

static struct made make(void)
{
	struct cv_position where = {.lat = 304000000, .lon = 1142000000, .alt = 23000};
	struct made m = {.rec = {.version = CV_RECORD_VERSION,
				 .lane = CV_LANE_STATUS,
				 .kind = CV_KIND_STATE,
				 .value_type = CV_VALUE_TEXT,
				 .family = 4,
				 .device_end = CV_DEVICE_END_SRC,
				 .sport = 4711,
				 .src = {192, 0, 2, 7}}};
	size_t at = 0;

	at += put_tlv(m.tail + at, CV_TLV_DEVICE, "urn:dev:mac:0024befffe804ff1", 28);
	at += put_tlv(m.tail + at, CV_TLV_UNIT, "Cel", 3);
	at += put_tlv(m.tail + at, CV_TLV_TEXT, "door open", 9);
	at += put_tlv(m.tail + at, CV_TLV_POSITION, &where, sizeof(where));
	m.rec.size = (uint16_t)((sizeof(m.rec) + at + 7) & ~7u);
	assert_int_equal(cv_record_check(&m.rec, sizeof(m)), 0);
	return m;
}

static struct cv_scope scope(const char *lanes, const char *types, const char *devices,
			     const char *masks)
{
	struct cv_scope_text text = {0};
	struct cv_http_refusal why;
	struct cv_scope ret;

	snprintf(text.lanes, sizeof(text.lanes), "%s", lanes);
	snprintf(text.types, sizeof(text.types), "%s", types);
	snprintf(text.devices, sizeof(text.devices), "%s", devices);
	snprintf(text.masks, sizeof(text.masks), "%s", masks);
	assert_int_equal(cv_scope_parse(&text, &ret, &why), 0);
	return ret;
}

static bool sees(const char *lanes, const char *types, const char *devices, struct made *m)
{
	struct cv_scope s = scope(lanes, types, devices, "");
	const struct cv_record *rec = cv_scope_see(&s, NULL, &m->rec);

	assert_true(!rec || rec == &m->rec);
	cv_scope_release(&s);
	return rec != NULL;
}

static void test_scope_selects(void **state)
{
	struct made m = make();

	assert_ptr_equal(cv_scope_see(NULL, NULL, &m.rec), &m.rec);
	assert_true(sees("", "", "", &m));
	assert_true(sees("alarm,status", "state", "urn:dev:mac:*,x", &m));
	assert_false(sees("alarm", "", "", &m));
	assert_false(sees("", "alarm,measurement", "", &m));
	assert_false(sees("", "", "urn:dev:mac:0024*0", &m));
	m.rec.kind = CV_KIND_GAP; /* of all types and devices of its lane */
	assert_true(sees("status", "alarm", "none", &m));
	assert_false(sees("alarm", "", "", &m));
}

static void test_scope_says_what_is_wrong(void **state)
{
	static const struct cv_scope_text wrong[] = {
		{.lanes = "alram"}, {.types = "state,"}, {.devices = "a,,b"}, {.masks = "face"},
		{.areas = "31 01"}, {.areas = "3101,"},	 {.groups = ",x"},    {.areas = "31*"}};
	struct cv_http_refusal why;
	struct cv_scope ret;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(cv_scope_parse(&wrong[i], &ret, &why), -EINVAL);
	cv_scope_parse(&wrong[0], &ret, &why);
	assert_non_null(strstr(why.error, "did you mean 'alarm'?"));
}

static bool has(const struct cv_record *rec, enum cv_tlv_tag tag)
{
	return cv_record_tlv(rec, tag).data != NULL;
}

static void test_masks(void **state)
{
	static const uint8_t nowhere[16];
	struct made m = make(), before = m;
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));

	for (unsigned int masks = 1; masks < 1u << CV_MASK_COUNT; masks++) {
		struct cv_scope s = scope("", "", "", "");
		const struct cv_record *rec;
		bool device = masks & 1u << CV_MASK_DEVICE;
		bool address = device || masks & 1u << CV_MASK_ADDRESS;
		bool text = masks & 1u << CV_MASK_TEXT;

		s.masks = masks;
		rec = cv_scope_see(&s, NULL, &m.rec);
		assert_non_null(rec);
		assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
		assert_int_equal(has(rec, CV_TLV_DEVICE), !device);
		assert_int_equal(has(rec, CV_TLV_POSITION), !(masks & 1u << CV_MASK_POSITION));
		assert_int_equal(has(rec, CV_TLV_TEXT), !text);
		assert_int_equal(rec->value_type, text ? CV_VALUE_NONE : CV_VALUE_TEXT);
		assert_true(has(rec, CV_TLV_UNIT));
		assert_int_equal(memcmp(rec->src, nowhere, 16) == 0, address);
		assert_int_equal(rec->sport, address ? 0 : 4711);
		if (device)
			assert_false(cv_device_urn(rec, &j));
		assert_memory_equal(&m, &before, sizeof(m));
	}
}

/* Of a rule: of an area, or of a device that is known by its address. */
static struct made make_alarm(const char *area, const char *device)
{
	const struct cv_alarm_note note = {.grade = 1};
	struct made m = {.rec = {.version = CV_RECORD_VERSION,
				 .lane = CV_LANE_ALARM,
				 .kind = CV_KIND_ALARM}};
	uint8_t value[256];
	size_t at = 0, n = sizeof(note);

	memcpy(value, &note, sizeof(note));
	n += (size_t)snprintf((char *)value + n, sizeof(value) - n, "%s%ccity%cbroken", area, 0, 0);
	if (*device)
		at += put_tlv(m.tail + at, CV_TLV_DEVICE, device, strlen(device));
	at += put_tlv(m.tail + at, CV_TLV_CORRELATION, "alarm:r:1", 9);
	at += put_tlv(m.tail + at, CV_TLV_ALARM, value, n);
	at += put_tlv(m.tail + at, CV_TLV_MEMBERS, "urn:dev:ip:192.0.2.7", 20);
	m.rec.size = (uint16_t)((sizeof(m.rec) + at + 7) & ~7u);
	assert_int_equal(cv_record_check(&m.rec, sizeof(m)), 0);
	return m;
}

static bool sees_area(const char *areas, struct made *m)
{
	struct cv_scope s = scope("", "", "", "");
	bool sees;

	s.areas = strdup(areas);
	sees = cv_scope_see(&s, NULL, &m->rec) != NULL;
	cv_scope_release(&s);
	return sees;
}

/* It names devices of the whole area, whatever part of it one of them is in. */
static void test_alarms_of_areas(void **state)
{
	struct made city = make_alarm("440300", ""), all = make_alarm("", "");

	assert_true(sees_area("4403", &city));
	assert_true(sees_area("31,440300", &city));
	assert_false(sees_area("440305", &city));
	assert_false(sees_area("31", &city));
	assert_false(sees_area("4", &all));
}

static void test_masks_of_alarms(void **state)
{
	struct made city = make_alarm("440300", ""), one = make_alarm("", "urn:dev:ip:192.0.2.7");
	struct cv_scope s = scope("", "", "", "device");
	const struct cv_record *rec = cv_scope_see(&s, NULL, &city.rec);
	struct cv_alarm_view alarm;

	assert_false(has(rec, CV_TLV_MEMBERS) || has(rec, CV_TLV_CORRELATION));
	cv_scope_release(&s);
	s = scope("", "", "", "address,text");
	rec = cv_scope_see(&s, NULL, &city.rec);
	assert_false(has(rec, CV_TLV_MEMBERS));
	assert_true(has(rec, CV_TLV_CORRELATION));
	assert_true(cv_record_alarm(rec, &alarm));
	assert_int_equal(alarm.area_len, 6);
	assert_int_equal(alarm.who_len, 4);
	assert_int_equal(alarm.comment_len, 0);
	assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
	rec = cv_scope_see(&s, NULL, &one.rec);
	assert_false(has(rec, CV_TLV_DEVICE) || has(rec, CV_TLV_MEMBERS) ||
		     has(rec, CV_TLV_CORRELATION));
	cv_scope_release(&s);
}

static int set_up(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/access.db", dir);
	return 0;
}

static int tear_down(void **state)
{
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_is_kept_as_a_hash),
		cmocka_unit_test(test_every_other_token_is_refused),
		cmocka_unit_test(test_token_ends),
		cmocka_unit_test(test_revoked_at_once_and_for_good),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_file_that_others_may_read_is_refused),
		cmocka_unit_test(test_file_of_an_older_version),
		cmocka_unit_test(test_file_of_a_newer_version_lets_nobody_in),
		cmocka_unit_test(test_damaged_file_lets_nobody_in),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refusals_are_counted_and_noted_at_a_bounded_rate),
		cmocka_unit_test(test_scope_selects),
		cmocka_unit_test(test_scope_says_what_is_wrong),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_alarms_of_areas),
		cmocka_unit_test(test_masks_of_alarms),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
