/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/registry/index.h"
#include "control/registry/print.h"
#include "control/registry/transfer.h"
#include "tests/random.h"

static char dir[64], path[96];

static int make_dir(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/culvert-registry-XXXXXX");
	snprintf(path, sizeof(path), "%s/%s", mkdtemp(dir) ? dir : "", CV_REGISTRY_FILE);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const more[] = {"", "-wal", "-shm", "-journal"};
	char file[128];

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, more[i]);
		unlink(file);
	}
	return rmdir(dir);
}

static struct cv_registry_store *open_store(enum cv_registry_mode mode)
{
	struct cv_registry_store *s = NULL;
	const char *why = "";

	if (cv_registry_store_open(path, mode, &s, &why) < 0)
		fail_msg("%s", why);
	return s;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct told {
	char text[4096]; /* "line:column: text (hint)\n" */
};

static void tell(void *owner, const struct cv_registry_fault *f)
{
	struct told *t = owner;
	size_t n = strlen(t->text);

	snprintf(t->text + n, sizeof(t->text) - n, "%lu:%u: %s\n", f->line, f->column, f->text);
}

static int import_text(struct cv_registry_store *s, enum cv_registry_format format,
		       const char *text, size_t len, struct told *told,
		       struct cv_registry_tally *tally)
{
	struct cv_registry_import import = {.format = format, .tell = tell, .owner = told};
	int res;

	memset(told, 0, sizeof(*told));
	import.in = len ? fmemopen((void *)(uintptr_t)text, len, "r") : fopen("/dev/null", "r");
	assert_non_null(import.in);
	res = cv_registry_import(s, &import, tally);
	fclose(import.in);
	return res;
}

struct faulty {
	const char *text, *told;
};

static void check_faults(enum cv_registry_format format, const struct faulty *rows, size_t n)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	struct cv_registry_tally tally;
	struct told told;
	uint64_t count;

	for (size_t i = 0; i < n; i++) {
		int res = import_text(s, format, rows[i].text, strlen(rows[i].text), &told, &tally);

		assert_string_equal(told.text, rows[i].told);
		assert_int_equal(res, *rows[i].told ? -EINVAL : 0);
		assert_int_equal(cv_registry_store_count(s, &count), 0);
		assert_int_equal(count == 0, *rows[i].told != '\0');
		if (count == 0)
			continue;
		assert_int_equal(cv_registry_store_begin(s), 0);
		assert_int_equal(cv_registry_store_remove(s, "urn:dev:a:1"), 0);
		assert_int_equal(cv_registry_store_commit(s), 0);
	}
	cv_registry_store_close(s);
}

static void test_csv_faults(void **state)
{
	static const struct faulty rows[] = {
		{"id\nurn:dev:a:1\n", ""},
		{"\xef\xbb\xbfid,kind\r\nurn:dev:a:1,\"x\"\r\n", ""},
		{"id,tags,owner\n\nurn:dev:a:1,\"a,b\",\"say \"\"hi\"\"\"", ""},
		{"", "1:1: the file is empty\n"},
		{"kind\nx\n", "1:1: there is no column id\n"},
		{"id,knid\nurn:dev:a:1,x\n", "1:4: no column \"knid\"\n"},
		{"id,kind,id\n", "1:9: the column id comes twice\n"},
		{"id,kind\nurn:dev:a:1\n", "2:1: 1 columns, not 2\n"},
		{"id,kind\nurn:dev:a:1,x,y\nurn:dev:a:2,\n", "2:1: 3 columns, not 2\n"},
		{"id\ndev:1\nurn:dev:a:2\nx\n", "2:1: id is wrong: \"dev:1\"\n"
						"4:1: id is wrong: \"x\"\n"},
		{"id,owner,lat,lon\nurn:dev:a:1,\xe6\xb0\xb4,91,x\n",
		 "2:15: lat is wrong: \"91\"\n2:18: lon is wrong: \"x\"\n"},
		{"id,lat,lon\nurn:dev:a:1,31.2,\n",
		 "2:18: lat and lon go together: give both or neither\n"},
		{"id\nurn:dev:a:1\nurn:dev:a:2\nurn:dev:a:1\n",
		 "4:1: urn:dev:a:1 was in line 2 already\n"},
		{"id,kind\nurn:dev:a:1,a\"b\nurn:dev:a:2,\"a\"b\n",
		 "2:14: a quote within a value\n3:16: text behind the closing quote\n"},
		{"id,kind\nurn:dev:a:1,\"ab\n\n", "2:13: the quote is not closed\n"},
		{"id,owner\nurn:dev:a:1,\"a\nb\"\nurn:dev:a:2,\xff\n",
		 "2:13: owner is wrong: \"a?b\"\n4:13: owner is wrong: \"\xff\"\n"},
		{"id,interval\nurn:dev:a:1,0\nurn:dev:a:2,1.5\n",
		 "2:13: interval is wrong: \"0\"\n3:13: interval is wrong: \"1.5\"\n"},
	};

	check_faults(CV_REGISTRY_CSV, rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_json_faults(void **state)
{
	static const struct faulty rows[] = {
		{"{\"id\":\"urn:dev:a:1\"}\n", ""},
		{" { \"id\" : \"urn:dev:a:1\" , \"tags\" : [ \"a\", \"b\" ] ,\"lat\":-1.5,"
		 "\"lon\":2,\"kind\":null}",
		 ""},
		{"{\"id\":\"urn:dev:a:1\",\"owner\":\"\\u6c34\\ud83d\\ude00\"}", ""},
		{"[]\n", "1:1: no '{' here\n"},
		{"{\"id\":\"urn:dev:a:1\"", "1:20: no ',' here\n"},
		{"{\"id\":\"urn:dev:a:1\"} x\n", "1:22: text behind the object\n"},
		{"{}\n{\"id\":5}\n", "1:1: the device has no id\n2:7: no string here\n"},
		{"{\"id\":\"urn:dev:a:1\",\"lat\":\"3\"}", "1:27: lat is wrong: \"\"3\"\"\n"},
		{"{\"id\":\"urn:dev:a:1\",\"ownr\":\"x\"}", "1:21: no member \"ownr\"\n"},
		{"{\"id\":\"urn:dev:a:1\",\"id\":\"urn:dev:a:2\"}",
		 "1:21: the member id comes twice\n"},
		{"{\"owner\":\"\xe6\xb0\xb4\",\"id\":\"\\x\"}",
		 "1:20: a wrong escape in a string\n"},
		{"{\"id\":\"\\ud800\"}", "1:8: a wrong escape in a string\n"},
		{"{\"id\":\"urn:dev:a:1", "1:7: the string does not end\n"},
		{"{\"id\":\"urn:dev:a:1\",\"tags\":[\"a,b\"]}", "1:29: a tag with a comma\n"},
	};

	check_faults(CV_REGISTRY_NDJSON, rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_long_rows(void **state)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	static char text[3 * CV_REGISTRY_ROW_MAX];
	struct cv_registry_tally tally;
	struct told told;

	memset(text, 'x', sizeof(text));
	memcpy(text, "id\n", 3);
	memcpy(text + sizeof(text) - 5, "\nbad\n", 5);
	assert_int_equal(import_text(s, CV_REGISTRY_CSV, text, sizeof(text), &told, &tally),
			 -EINVAL);
	assert_string_equal(told.text, "2:1: the row is longer than 8192 bytes\n"
				       "3:1: id is wrong: \"bad\"\n");
	assert_int_equal(tally.rows, 2);
	assert_int_equal(
		import_text(s, CV_REGISTRY_NDJSON, text + 3, sizeof(text) - 3, &told, &tally),
		-EINVAL);
	assert_string_equal(told.text, "1:1: the line is longer than 8192 bytes\n"
				       "2:1: no '{' here\n");
	cv_registry_store_close(s);
}

/* ---- storing -------------------------------------------------------------------------------- */

static void put(struct cv_registry_store *s, const char *json, enum cv_registry_put expected)
{
	struct cv_registry_tally tally;
	struct told told;

	assert_int_equal(import_text(s, CV_REGISTRY_NDJSON, json, strlen(json), &told, &tally), 0);
	assert_int_equal(tally.added, expected == CV_REGISTRY_ADDED);
	assert_int_equal(tally.changed, expected == CV_REGISTRY_CHANGED);
	assert_int_equal(tally.same, expected == CV_REGISTRY_SAME);
}

struct walked {
	unsigned int n, removed;
	uint64_t rev;
	uint32_t row;
};

static int on_change(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	struct walked *w = owner;

	assert_true(rev > w->rev || (rev == w->rev && d->row > w->row));
	w->n++;
	w->removed += removed;
	w->rev = rev;
	w->row = d->row;
	return 0;
}

static void test_rows_are_never_reused(void **state)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	struct cv_registry_device d;
	struct walked w = {0};
	uint32_t first;

	put(s, "{\"id\":\"urn:dev:a:1\",\"kind\":\"meter\",\"city\":\"310100\"}",
	    CV_REGISTRY_ADDED);
	put(s, "{\"id\":\"urn:dev:a:1\",\"kind\":\"meter\"}", CV_REGISTRY_SAME);
	put(s, "{\"id\":\"urn:dev:a:1\",\"owner\":\"x\"}", CV_REGISTRY_CHANGED);
	assert_int_equal(cv_registry_store_get(s, "urn:dev:a:1", &d), 0);
	assert_string_equal(d.kind, "meter");
	assert_string_equal(d.owner, "x");
	assert_string_equal(d.city, "310100");
	assert_int_not_equal(d.area, 0);
	assert_int_equal(d.lat, CV_REGISTRY_NONE);
	first = d.row;
	put(s, "{\"id\":\"urn:dev:a:1\",\"owner\":null,\"city\":\"\"}", CV_REGISTRY_CHANGED);
	assert_int_equal(cv_registry_store_get(s, "urn:dev:a:1", &d), 0);
	assert_string_equal(d.owner, "");
	assert_int_equal(d.area, 0);

	assert_int_equal(cv_registry_store_begin(s), 0);
	assert_int_equal(cv_registry_store_remove(s, "urn:dev:a:1"), 0);
	assert_int_equal(cv_registry_store_remove(s, "urn:dev:a:1"), -ENOENT);
	assert_int_equal(cv_registry_store_commit(s), 0);
	assert_int_equal(cv_registry_store_get(s, "urn:dev:a:1", &d), -ENOENT);
	put(s, "{\"id\":\"urn:dev:a:2\"}", CV_REGISTRY_ADDED);
	assert_int_equal(cv_registry_store_get(s, "urn:dev:a:2", &d), 0);
	assert_true(d.row > first);
	assert_int_equal(cv_registry_store_changes(s, 0, 0, 100, on_change, &w), 0);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.removed, 1);
	put(s, "{\"id\":\"urn:dev:a:1\"}", CV_REGISTRY_CHANGED);
	assert_int_equal(cv_registry_store_get(s, "urn:dev:a:1", &d), 0);
	assert_int_equal(d.row, first);
	assert_string_equal(d.kind, "");
	assert_int_equal(cv_registry_store_changes(s, w.rev, w.row, 100, on_change, &w), 0);
	assert_int_equal(w.n, 3);
	cv_registry_store_close(s);
}

static void test_reader_beside_writer(void **state)
{
	struct cv_registry_store *w, *r = NULL;
	struct cv_registry_device d;
	const char *why = "";
	uint64_t n = 9;

	assert_int_equal(cv_registry_store_open(path, CV_REGISTRY_READ, &r, &why), -ENOENT);
	w = open_store(CV_REGISTRY_WRITE);
	r = open_store(CV_REGISTRY_READ);
	assert_int_equal(cv_registry_store_begin(w), 0);
	cv_registry_device_init(&d);
	assert_int_equal(cv_registry_field_set(&d, CV_REGISTRY_FIELD_ID, "urn:dev:a:1", 11, &why),
			 0);
	assert_int_equal(cv_registry_store_put(w, &d, &(enum cv_registry_put){0}), 0);
	assert_int_equal(cv_registry_store_count(r, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(cv_registry_store_commit(w), 0);
	assert_int_equal(cv_registry_store_count(r, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(cv_registry_store_begin(r), -EACCES);
	cv_registry_store_close(r);
	cv_registry_store_close(w);
}

static void test_not_a_registry(void **state)
{
	struct cv_registry_store *s = NULL;
	FILE *f = fopen(path, "w");
	const char *why = "";

	for (int i = 0; i < 4096; i++)
		putc("not a database, at all\n"[i % 23], f);
	fclose(f);
	assert_int_equal(cv_registry_store_open(path, CV_REGISTRY_WRITE, &s, &why), -EBADMSG);
	assert_int_equal(cv_registry_store_open(path, CV_REGISTRY_READ, &s, &why), -EBADMSG);
}

/* ---- properties ----------------------------------------------------------------------------- */

static void random_text(uint64_t *seed, char *ret, size_t max, const char *const *parts, size_t n)
{
	size_t len = next_random_of(seed) % 40, used = 0;

	if (len > max)
		len = max;
	*ret = '\0';
	while (true) {
		const char *part = parts[next_random_of(seed) % n];

		if (used + strlen(part) > len)
			break;
		strcpy(ret + used, part);
		used += strlen(part);
	}
}

static void random_device(uint64_t *seed, unsigned int i, struct cv_registry_device *d)
{
	static const char *const any[] = {
		"a", "\"", ",", "\xe6\xb0\xb4", " ", "\\", "/", "=", "\xf0\x9f\x98\x80", "'", "<"};
	static const char *const word[] = {"a", "B", "7", "-", "_", ".", "\xe6\xb0\xb4"};
	static const char *const code[] = {"3", "1", "0", "5"};
	char text[CV_REGISTRY_TEXT_MAX];
	const char *why;

	cv_registry_device_init(d);
	for (unsigned int f = 0; f < CV_REGISTRY_FIELD_COUNT; f++) {
		const struct cv_registry_field *field = &cv_registry_fields[f];

		if (f == CV_REGISTRY_FIELD_ID)
			snprintf(text, sizeof(text), "urn:dev:test:%u", i);
		else if (field->type == CV_REGISTRY_SECONDS)
			snprintf(text, sizeof(text), "%u",
				 1 + (unsigned)(next_random_of(seed) % 86400));
		else if (field->is_number)
			snprintf(text, sizeof(text), "%.*f", (int)(next_random_of(seed) % 4),
				 (double)(next_random_of(seed) % 180001) / 1000 - 90);
		else if (field->type == CV_REGISTRY_CODE)
			random_text(seed, text, 12, code, 4);
		else if (field->type == CV_REGISTRY_TEXT)
			random_text(seed, text, field->max, any, 11);
		else
			random_text(seed, text, field->max, word, 7);
		assert_int_equal(cv_registry_field_set(d, f, text, strlen(text), &why), 0);
	}
}

static int same_as_before(void *owner, const struct cv_registry_device *d, uint64_t rev,
			  bool removed)
{
	struct cv_registry_device **at = owner, *expected = (*at)++;
	char a[CV_REGISTRY_TEXT_MAX], b[CV_REGISTRY_TEXT_MAX];

	for (unsigned int f = 0; f < CV_REGISTRY_FIELD_COUNT; f++)
		assert_string_equal(cv_registry_field_get(d, f, a),
				    cv_registry_field_get(expected, f, b));
	return 0;
}

/* What is exported and imported again is the same, in each format. */
static void test_round_trip(void **state)
{
	enum { DEVICES = 300 };
	static struct cv_registry_device devices[DEVICES], *at;
	uint64_t seed = 5;
	struct cv_registry_where all = {0};

	for (unsigned int i = 0; i < DEVICES; i++)
		random_device(&seed, i, &devices[i]);
	for (unsigned int format = 0; format < CV_REGISTRY_FORMAT_COUNT; format++) {
		struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
		struct cv_registry_tally tally;
		struct told told;
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(cv_registry_write_head(format, out), 0);
		for (unsigned int i = 0; i < DEVICES; i++)
			assert_int_equal(cv_registry_write_device(&devices[i], format, out), 0);
		fclose(out);
		assert_int_equal(import_text(s, format, text, len, &told, &tally), 0);
		assert_string_equal(told.text, "");
		assert_int_equal(tally.added, DEVICES);
		at = devices;
		assert_int_equal(cv_registry_store_each(s, &all, same_as_before, &at), 0);
		assert_int_equal(at - devices, DEVICES);
		free(text);
		text = NULL;
		out = open_memstream(&text, &len);
		assert_int_equal(cv_registry_export(s, &all, format, out), 0);
		fclose(out);
		assert_int_equal(import_text(s, format, text, len, &told, &tally), 0);
		assert_int_equal(tally.same, DEVICES);
		free(text);
		cv_registry_store_close(s);
		remove_dir(NULL);
		make_dir(NULL);
	}
}

/* The index against a plain array, with fingerprints that crowd in one part. */
static void test_index(void **state)
{
	enum { KEYS = 500, STEPS = 100000 };
	static struct cv_registry_slot plain[KEYS];
	struct cv_registry_index index = {0};
	uint64_t seed = 11, count = 0;

	for (unsigned int i = 0; i < STEPS; i++) {
		uint64_t r = next_random_of(&seed), k = r % KEYS, print = k / 4 << 56 | (k % 4) * 7;
		const struct cv_registry_slot *slot = cv_registry_index_find(&index, print);

		assert_int_equal(slot != NULL, plain[k].print != 0);
		if (slot)
			assert_int_equal(slot->row, plain[k].row);
		if (r >> 32 & 1) {
			assert_int_equal(cv_registry_index_set(&index, print, i + 1, 0), 0);
			count += plain[k].print == 0;
			plain[k] = (struct cv_registry_slot){.print = 1, .row = i + 1};
		} else {
			assert_int_equal(cv_registry_index_remove(&index, print),
					 plain[k].print != 0);
			count -= plain[k].print != 0;
			plain[k].print = 0;
		}
		assert_int_equal(index.count, count);
	}
	cv_registry_index_free(&index);
}

/* The first vectors of the reference implementation (vectors_sip64). */
static void test_print(void **state)
{
	static const uint8_t in[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct cv_registry_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

	assert_true(cv_registry_print(&key, in, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(cv_registry_print(&key, in, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(cv_registry_print(&key, in, 8) == UINT64_C(0x93f5f5799a932462));
}

/* ---- crashes -------------------------------------------------------------------------------- */

#define CRASH_ROWS 20000

static void import_until_killed(const char *text, size_t len, int ready)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	struct cv_registry_tally tally;
	struct told told;

	if (write(ready, "x", 1) != 1)
		_exit(1);
	_exit(import_text(s, CV_REGISTRY_CSV, text, len, &told, &tally) == 0 ? 0 : 1);
}

static char *many_rows(size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	fputs("id,kind\n", out);
	for (int i = 0; i < CRASH_ROWS; i++)
		fprintf(out, "urn:dev:test:%d,meter\n", i);
	fclose(out);
	return text;
}

/* Killed at any time, an import is there whole or not at all. */
static void test_killed_import(void **state)
{
	unsigned int whole = 0, none = 0;
	uint64_t seed = 3, n;
	size_t len;
	char *text = many_rows(&len), c;

	for (int i = 0; i < 12; i++) {
		struct cv_registry_store *s;
		int ends[2], status;
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0)
			import_until_killed(text, len, ends[1]);
		close(ends[1]);
		assert_int_equal(read(ends[0], &c, 1), 1);
		close(ends[0]);
		usleep((useconds_t)(next_random_of(&seed) % (i == 11 ? 1 : 60000)));
		if (i == 10)
			waitpid(pid, &status, 0); /* one that ends by itself */
		else
			kill(pid, SIGKILL);
		if (i != 10)
			waitpid(pid, &status, 0);
		s = open_store(CV_REGISTRY_WRITE);
		assert_int_equal(cv_registry_store_count(s, &n), 0);
		assert_true(n == 0 || n == CRASH_ROWS);
		whole += n == CRASH_ROWS;
		none += n == 0;
		cv_registry_store_close(s);
		remove_dir(NULL);
		make_dir(NULL);
	}
	assert_true(whole > 0 && none > 0);
	free(text);
}

static int take_change(void *owner, const struct cv_registry_change *c)
{
	char *text = owner;
	size_t n = strlen(text);

	snprintf(text + n, 512 - n, "%d %s: %s +%d ~%d -%d\n", (int)c->rev, c->who, c->what,
		 (int)c->added, (int)c->changed, (int)c->removed);
	return c->time_s > 1700000000 ? 0 : -EINVAL;
}

/* A change is written down with it; one that is given up is not. */
static void test_history(void **state)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	struct cv_registry_tally tally;
	struct told told = {""};
	char rows[] = "id,kind\nurn:dev:a:1,x\nurn:dev:a:2,y\n", text[512] = "";
	char more[] = "id,kind\nurn:dev:a:1,x\nurn:dev:a:2,z\nurn:dev:a:3,z\n";

	cv_registry_store_by(s, "root", "registry import a.csv");
	assert_int_equal(import_text(s, CV_REGISTRY_CSV, rows, strlen(rows), &told, &tally), 0);
	cv_registry_store_by(s, "eve", "registry remove");
	assert_int_equal(cv_registry_store_begin(s), 0);
	assert_int_equal(cv_registry_store_remove(s, "urn:dev:a:1"), 0);
	cv_registry_store_rollback(s);
	cv_registry_store_by(s, "li", "registry import b.csv");
	assert_int_equal(import_text(s, CV_REGISTRY_CSV, more, strlen(more), &told, &tally), 0);
	assert_int_equal(cv_registry_store_begin(s), 0);
	assert_int_equal(cv_registry_store_remove(s, "urn:dev:a:1"), 0);
	assert_int_equal(cv_registry_store_commit(s), 0);
	assert_int_equal(cv_registry_store_history(s, 0, take_change, text), 0);
	assert_string_equal(text, "3 li: registry import b.csv +0 ~0 -1\n"
				  "2 li: registry import b.csv +1 ~1 -0\n"
				  "1 root: registry import a.csv +2 ~0 -0\n");
	*text = '\0';
	assert_int_equal(cv_registry_store_history(s, 1, take_change, text), 0);
	assert_string_equal(text, "3 li: registry import b.csv +0 ~0 -1\n");
	cv_registry_store_close(s);
}

/* Cancelled and given up: as if it had not begun. */
static void test_cancel(void **state)
{
	struct cv_registry_store *s = open_store(CV_REGISTRY_WRITE);
	volatile sig_atomic_t cancel = 1;
	struct told told = {""};
	struct cv_registry_import import = {.tell = tell, .owner = &told, .cancel = &cancel};
	struct cv_registry_tally tally;
	char text[] = "id\nurn:dev:a:1\n";
	uint64_t n = 9;

	import.in = fmemopen(text, sizeof(text) - 1, "r");
	assert_int_equal(cv_registry_import(s, &import, &tally), -ECANCELED);
	rewind(import.in);
	cancel = 0;
	import.check_only = true;
	assert_int_equal(cv_registry_import(s, &import, &tally), 0);
	assert_int_equal(tally.rows, 1);
	fclose(import.in);
	assert_int_equal(cv_registry_store_count(s, &n), 0);
	assert_int_equal(n, 0);
	cv_registry_store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, make_dir, remove_dir)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(csv_faults),
		TEST(json_faults),
		TEST(long_rows),
		TEST(rows_are_never_reused),
		TEST(reader_beside_writer),
		TEST(not_a_registry),
		TEST(round_trip),
		TEST(index),
		TEST(print),
		TEST(killed_import),
		TEST(cancel),
		TEST(history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
