/* SPDX-License-Identifier: Apache-2.0 */
/* The CLI without a node: command line, help, formats, what a hostile device may put on screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/stat_rows.h"
#include "control/cli/top.h"

/* Parse words; what is told goes to @p told. */
static int parse(struct cv_cli *cli, char *told, size_t size, int argc, const char **words)
{
	static char *argv[16];
	FILE *err = fmemopen(told, size, "w");
	int r;

	assert_non_null(err);
	for (int i = 0; i < argc; i++)
		argv[i] = (char *)words[i];
	argv[argc] = NULL;
	r = cv_cli_parse(argc, argv, cli, err);
	fputc(0, err);
	fclose(err);
	return r;
}

#define PARSE(cli, told, ...)                                                                      \
	parse(cli, told, sizeof(told),                                                             \
	      (int)(sizeof((const char *[]){"culvert", __VA_ARGS__}) / sizeof(char *)),            \
	      (const char *[]){"culvert", __VA_ARGS__})

static void commands_are_parsed(void **state)
{
	char told[512];
	struct cv_cli cli;

	assert_int_equal(PARSE(&cli, told, "status", "--json"), CV_CLI_OK);
	assert_string_equal(cli.command->name, "status");
	assert_true(cli.json);
	assert_int_equal(
		PARSE(&cli, told, "--socket", "/x", "events", "--from=earliest", "--limit", "5"),
		CV_CLI_OK);
	assert_string_equal(cli.socket, "/x");
	assert_string_equal(cv_cli_value(&cli, "from"), "earliest");
	assert_string_equal(cv_cli_value(&cli, "limit"), "5");
	assert_null(cv_cli_value(&cli, "no-follow"));
	assert_int_equal(PARSE(&cli, told, "events", "--help"), CV_CLI_OK);
	assert_string_equal(cli.command->name, "help");
	assert_string_equal(cli.operands[0], "events");
	/* What belongs to another program is left alone. */
	assert_int_equal(PARSE(&cli, told, "replay", "--summary", "x.pcap", "--json"), CV_CLI_OK);
	assert_int_equal(cli.operand_count, 3);
	assert_string_equal(cli.operands[0], "--summary");
	assert_false(cli.json);
	/* A command with verbs: the verb is part of the name. */
	assert_int_equal(PARSE(&cli, told, "policy", "--json", "check", "x.yaml"), CV_CLI_OK);
	assert_string_equal(cli.command->name, "policy check");
	assert_int_equal(cli.operand_count, 1);
	assert_true(cli.json);
	assert_int_equal(PARSE(&cli, told, "policy", "check", "--help"), CV_CLI_OK);
	assert_string_equal(cli.command->name, "help");
	assert_string_equal(cli.operands[0], "policy check");
	assert_int_equal(PARSE(&cli, told, "policy", "--help"), CV_CLI_OK);
	assert_string_equal(cli.operands[0], "policy");
}

static void mistakes_name_the_nearest(void **state)
{
	char told[512];
	struct cv_cli cli;

	assert_int_equal(PARSE(&cli, told, "ledgr"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "did you mean \"ledger\"?"));
	assert_int_equal(PARSE(&cli, told, "events", "--device-urn"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "unknown option \"--device-urn\""));
	assert_int_equal(PARSE(&cli, told, "events", "--lanes", "alarm"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "did you mean \"--lane\"?"));
	assert_int_equal(PARSE(&cli, told, "events", "--lane"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "needs a value: LANES"));
	assert_int_equal(PARSE(&cli, told, "events", "--no-follow=1"), CV_CLI_USAGE);
	assert_int_equal(PARSE(&cli, told, "status", "now"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "\"now\" is one argument too many"));
	assert_int_equal(PARSE(&cli, told, "completion"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "an argument is missing: bash"));
	assert_int_equal(PARSE(&cli, told, "--json"), CV_CLI_USAGE);
	assert_int_equal(PARSE(&cli, told, "policy"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "culvert policy: which verb?"));
	assert_int_equal(PARSE(&cli, told, "policy", "xheck", "x.yaml"), CV_CLI_USAGE);
	assert_non_null(strstr(told, "unknown verb \"xheck\", did you mean \"check\"?"));
	/* The verb of one command is not a command. */
	assert_int_equal(PARSE(&cli, told, "check", "x.yaml"), CV_CLI_USAGE);
	assert_int_equal(PARSE(&cli, told, "policy check", "x.yaml"), CV_CLI_USAGE);
}

static void numbers_have_ranges(void **state)
{
	unsigned long value = 7;
	char told[512];
	struct cv_cli cli;

	assert_int_equal(PARSE(&cli, told, "ledger"), CV_CLI_OK);
	assert_int_equal(cv_cli_number(&cli, "settle", 0, 10000, 3, &value), CV_CLI_OK);
	assert_int_equal(value, 3);
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = {"10001", "-1", "1x", ""};

		assert_int_equal(PARSE(&cli, told, "ledger", "--settle", bad[i]), CV_CLI_OK);
		assert_int_equal(cv_cli_number(&cli, "settle", 0, 10000, 0, &value), CV_CLI_USAGE);
	}
}

/* The table is complete: everything in it is told by help, man page and completion. */
static void table_feeds_all(void **state)
{
	char *help = NULL, *man = NULL, *completion = NULL;
	const struct cv_cli_command *c;
	size_t len;
	FILE *out = open_memstream(&man, &len);

	cv_cli_write_man(out);
	fclose(out);
	out = open_memstream(&completion, &len);
	cv_cli_write_completion(out);
	fclose(out);
	for (size_t i = 0; (c = cv_cli_command_at(i)); i++) {
		char heading[80];

		assert_true(c->run || c->offline || c->verbs);
		assert_true(strlen(c->name) < CV_CLI_NAME_MAX);
		assert_ptr_equal(cv_cli_find(c->name), c);
		assert_non_null(c->details);
		assert_non_null(strchr(c->exits, '0'));
		snprintf(heading, sizeof(heading), ".SS culvert %s", c->name);
		assert_non_null(strstr(man, heading));
		snprintf(heading, sizeof(heading), "\t\"%s\")\n", c->name);
		assert_non_null(strstr(completion, heading));
		out = open_memstream(&help, &len);
		cv_cli_write_help(c, out);
		fclose(out);
		for (const struct cv_cli_option *o = c->options; o->name; o++) {
			assert_non_null(strstr(help, o->help));
			snprintf(heading, sizeof(heading), " --%s", o->name);
			assert_non_null(strstr(completion, heading));
		}
		free(help);
	}
	free(man);
	free(completion);
}

static void texts_cannot_steer_the_terminal(void **state)
{
	char out[64];

	cv_clean_text("a\033[2Jb\r\n\x7f", out, sizeof(out));
	assert_string_equal(out, "a?[2Jb???");
	cv_clean_text("\xc2\x9b"
		      "2J \xc3\xa9 \xe6\xb0\xb4",
		      out, sizeof(out));
	assert_string_equal(out, "?2J \xc3\xa9 \xe6\xb0\xb4");
	/* Cut before, not inside a character. */
	cv_clean_text("ab\xe6\xb0\xb4", out, 5);
	assert_string_equal(out, "ab");
	cv_clean_text("x", out, 1);
	assert_string_equal(out, "");
}

static void numbers_read_well(void **state)
{
	char out[32];

	cv_number_text(0, out);
	assert_string_equal(out, "0");
	cv_number_text(1234567, out);
	assert_string_equal(out, "1,234,567");
	cv_number_text(UINT64_MAX, out);
	assert_string_equal(out, "18,446,744,073,709,551,615");
	cv_rate_text(0, out);
	assert_string_equal(out, "0");
	cv_rate_text(12.34, out);
	assert_string_equal(out, "12.3");
	cv_rate_text(999.6, out);
	assert_string_equal(out, "1.00 k");
	cv_rate_text(1234567.8, out);
	assert_string_equal(out, "1.23 M");
}

static void line_of(const char *json, char *out, size_t size)
{
	json_t *event = json_loads(json, 0, NULL);

	assert_non_null(event);
	cv_event_line(event, cv_colours(false), out, size);
	json_decref(event);
}

static void events_read_well(void **state)
{
	char out[1024];

	line_of("{\"type\":\"city.culvert.measurement.v1\",\"subject\":\"urn:dev:ip:192.0.2.7\","
		"\"time\":\"2026-05-04T03:02:01.123456789Z\",\"lane\":\"measurement\",\"data\":{"
		"\"name\":\"water.level\",\"value\":21.5,\"unit\":\"m\",\"quality\":\"good\"}}",
		out, sizeof(out));
	assert_string_equal(out, "2026-05-04T03:02:01.123Z  measurement  urn:dev:ip:192.0.2.7  "
				 "water.level  21.5 m");
	line_of("{\"type\":\"city.culvert.parse-error.v1\",\"time\":\"2026-05-04T03:02:01Z\","
		"\"lane\":\"security\",\"data\":{\"proto\":\"coap\",\"reject\":\"truncated\"}}",
		out, sizeof(out));
	assert_string_equal(out,
			    "2026-05-04T03:02:01Z  security     -  parse-error coap  truncated");
	line_of("{\"type\":\"city.culvert.session.v1\",\"time\":\"2026-05-04T03:02:01Z\","
		"\"lane\":\"status\",\"data\":{\"proto\":\"mqtt\",\"method\":\"CONNACK\","
		"\"value\":0,\"text\":\"accepted\"}}",
		out, sizeof(out));
	assert_string_equal(out, "2026-05-04T03:02:01Z  status       -  "
				 "session mqtt CONNACK  0, accepted");
	line_of("{\"type\":\"city.culvert.measurement.v1\",\"time\":\"2026-05-04T03:02:01Z\","
		"\"lane\":\"measurement\",\"data\":{\"name\":\"raw.modbus.holding.0\","
		"\"bytes\":\"03e8\"}}",
		out, sizeof(out));
	assert_string_equal(out,
			    "2026-05-04T03:02:01Z  measurement  -  raw.modbus.holding.0  03e8");
	line_of("{\"data\":{\"name\":\"\\u001b[31m\",\"value\":\"\\u001b]0;x\\u0007\","
		"\"unit\":\"\\u009b\",\"quality\":\"\\u001b\"}}",
		out, sizeof(out));
	for (const char *p = out; *p; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	/* Not an event at all. */
	line_of("{}", out, sizeof(out));
	line_of("{\"data\":5,\"lane\":7,\"time\":[]}", out, sizeof(out));
}

static const char stats_text[] =
	"{\"xdp\":{\"field\":{\"allow\":10,\"deny-rule\":2}},\"dataplane\":{\"rx\":1000,"
	"\"forwarded\":990,\"dropped\":{\"deny-rule\":10},\"reasons\":{\"allow\":990,"
	"\"deny-rule\":10},\"inspected\":990,\"outcome\":{\"decoded\":980},\"protocols\":"
	"{\"coap\":{\"messages\":980,\"rejected\":{\"truncated\":4}},\"mqtt\":{\"messages\":0,"
	"\"rejected\":{}}},\"lanes\":{\"alarm\":{\"produced\":3,\"shed\":1,\"handed\":2}},"
	"\"cycles_per_packet\":412.5},\"log\":{\"lanes\":{\"alarm\":{\"logged\":2,\"refused\":{"
	"\"disk-full\":1}}},\"writes\":5},\"subscribers\":[{\"id\":1,\"lag\":0,\"sent\":3}]}";

static uint64_t value_of(const struct cv_stat_rows *rows, const char *stage, const char *name)
{
	struct cv_stat_row row = {0};

	strcpy(row.stage, stage);
	strcpy(row.name, name);
	return cv_stat_rows_find(rows, &row);
}

static void stats_become_rows(void **state)
{
	json_t *doc = json_loads(stats_text, 0, NULL);
	struct cv_stat_rows rows = {0};

	assert_non_null(doc);
	assert_int_equal(cv_stat_rows_read(doc, &rows), 0);
	assert_int_equal(value_of(&rows, "packet", "rx"), 1000);
	assert_int_equal(value_of(&rows, "xdp", "field deny-rule"), 2);
	assert_int_equal(value_of(&rows, "verdict", "dropped deny-rule"), 10);
	assert_int_equal(value_of(&rows, "decode", "coap rejected truncated"), 4);
	assert_int_equal(value_of(&rows, "handoff", "alarm shed"), 1);
	assert_int_equal(value_of(&rows, "log", "alarm refused disk-full"), 1);
	assert_int_equal(value_of(&rows, "subscriber", "1 sent"), 3);
	assert_int_equal(value_of(&rows, "subscriber", "none"), 0);
	cv_stat_rows_free(&rows);
	json_decref(doc);
	/* An answer of another shape gives rows of zeros, not a crash. */
	doc = json_loads("{\"xdp\":5,\"dataplane\":[],\"subscribers\":{}}", 0, NULL);
	assert_int_equal(cv_stat_rows_read(doc, &rows), 0);
	cv_stat_rows_free(&rows);
	json_decref(doc);
}

/* No line is wider than the terminal and no more lines are drawn than it has. */
static void view_fits_the_terminal(void **state)
{
	struct cv_top *top = calloc(1, sizeof(*top));
	char *text = NULL;
	size_t len;

	top->stats = json_loads(stats_text, 0, NULL);
	top->before = json_loads("{\"dataplane\":{\"rx\":500}}", 0, NULL);
	top->seconds = 2;
	for (unsigned int i = 0; i < 100; i++)
		snprintf(top->events[top->event_count++ % CV_TOP_EVENTS], CV_TOP_LINE,
			 "event %u %0200u", i, i);
	assert_true(cv_top_rate(top, "dataplane.rx") == 250);
	assert_true(cv_top_rate(top, "dataplane.dropped") == 5);
	for (unsigned int rows = 1; rows < 50; rows += 7) {
		FILE *out = open_memstream(&text, &len);
		unsigned int lines = 0, column = 0;

		cv_top_draw(top, rows, 60, cv_colours(true), out);
		fclose(out);
		for (const char *p = text; *p; p++) {
			if (*p == '\033') {
				p += strcspn(p, "mKJH");
			} else if (*p == '\n') {
				lines++;
				column = 0;
			} else if (*p != '\r') {
				assert_true(++column <= 60);
			}
		}
		assert_true(lines <= (rows > 1 ? rows - 1 : 1));
		if (rows > 30)
			assert_non_null(strstr(text, "event 99 "));
		free(text);
	}
	json_decref(top->stats);
	json_decref(top->before);
	free(top);
}

static void query_values_are_escaped(void **state)
{
	char *text = cv_client_escape("urn:dev:a b&c=*\xc3\xa9");

	assert_string_equal(text, "urn%3Adev%3Aa%20b%26c%3D%2A%C3%A9");
	free(text);
}

static void control_that_is_not_there(void **state)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;

	assert_int_equal(cv_client_create("/nonexistent/control.sock", true, &client), CV_CLI_OK);
	assert_int_equal(cv_client_get(client, "/v1/status", &doc), CV_CLI_UNREACHABLE);
	assert_non_null(strstr(cv_client_why(client), "is culvert-control running"));
	cv_client_destroy(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_parsed),
		cmocka_unit_test(mistakes_name_the_nearest),
		cmocka_unit_test(numbers_have_ranges),
		cmocka_unit_test(table_feeds_all),
		cmocka_unit_test(texts_cannot_steer_the_terminal),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(events_read_well),
		cmocka_unit_test(stats_become_rows),
		cmocka_unit_test(view_fits_the_terminal),
		cmocka_unit_test(query_values_are_escaped),
		cmocka_unit_test(control_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
