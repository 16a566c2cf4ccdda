/* SPDX-License-Identifier: Apache-2.0 */
/* The list of devices in quarantine: entries, order, file. The kernel's side is in tests/netns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <cmocka.h>

#include "control/nft/command.h"
#include "control/nft/firewall.h"

static struct cv_quarantine_entry entry(const char *text)
{
	struct cv_quarantine_entry e;

	assert_null(cv_quarantine_entry_parse(text, &e));
	return e;
}

static void devices_are_read_and_shown(void **state)
{
	static const struct {
		const char *text, *shown;
		enum cv_quarantine_kind kind;
	} good[] = {
		{"10.1.2.3", "10.1.2.3", CV_QUARANTINE_IPV4},
		{"FD00::0:1", "fd00::1", CV_QUARANTINE_IPV6},
		{"02:AB:cd:00:00:01", "02:ab:cd:00:00:01", CV_QUARANTINE_MAC},
		{"02-ab-cd-00-00-01", "02:ab:cd:00:00:01", CV_QUARANTINE_MAC},
	};
	static const char *const bad[] = {
		"",
		"10.1.2",
		"10.1.2.3/32",
		"10.1.2.3 ",
		"0.0.0.0",
		"127.0.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"ff02::1",
		"fd00::1%eth0",
		"01:00:5e:00:00:01",
		"ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00",
		"02:ab:cd:00:00",
		"02:ab:cd:00:00:0g",
		"02:ab-cd:00:00:01",
		"02:ab:cd:00:00:011",
		"2:ab:cd:00:00:01",
	};
	struct cv_quarantine_entry e;
	char text[CV_QUARANTINE_TEXT_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		e = entry(good[i].text);
		assert_int_equal(e.kind, good[i].kind);
		cv_quarantine_entry_show(&e, text);
		assert_string_equal(text, good[i].shown);
	}
	memset(&e, 0x5a, sizeof(e));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cv_quarantine_entry before = e;

		if (!cv_quarantine_entry_parse(bad[i], &e))
			fail_msg("\"%s\" is taken for a device", bad[i]);
		assert_memory_equal(&e, &before, sizeof(e));
	}
}

static void list_is_in_order_each_once(void **state)
{
	static const char *const texts[] = {"02:00:00:00:00:01", "fd00::2", "10.0.0.2",
					    "10.0.0.1",		 "fd00::1", "10.0.0.2"};
	struct cv_quarantine q = {0};
	struct cv_quarantine_entry e;
	char text[CV_QUARANTINE_TEXT_MAX];

	for (size_t i = 0; i < 6; i++) {
		e = entry(texts[i]);
		assert_int_equal(cv_quarantine_add(&q, &e), i < 5);
	}
	assert_int_equal(q.n, 5);
	assert_int_equal(cv_quarantine_count(&q, CV_QUARANTINE_IPV4), 2);
	assert_int_equal(cv_quarantine_count(&q, CV_QUARANTINE_IPV6), 2);
	assert_int_equal(cv_quarantine_count(&q, CV_QUARANTINE_MAC), 1);
	cv_quarantine_entry_show(&q.entries[0], text);
	assert_string_equal(text, "10.0.0.1");
	e = entry("fd00::1");
	assert_int_equal(cv_quarantine_remove(&q, &e), 1);
	assert_int_equal(cv_quarantine_remove(&q, &e), 0);
	assert_int_equal(cv_quarantine_count(&q, CV_QUARANTINE_IPV6), 1);
	cv_quarantine_free(&q);
	assert_int_equal(cv_quarantine_remove(&q, &e), 0);
}

static void every_wrong_line_has_its_place(void **state)
{
	static const char text[] = "# a list\n10.0.0.1 # fine\r\n\n  nobody\n10.0.0.1\0x\n"
				   "fd00::1\n\x1b[2Jfd00::1\nff02::1";
	static const struct {
		unsigned int line, column;
		const char *part;
	} want[] = {{4, 3, "nobody"},
		    {5, 1, "zero byte"},
		    {7, 1, "\"?[2Jfd00::1\""},
		    {8, 1, "group's address"}};
	struct cv_diagnostics diag = {0};
	struct cv_quarantine q = {0};

	assert_int_equal(cv_quarantine_parse("t", text, sizeof(text) - 1, &q, &diag), -EINVAL);
	assert_int_equal(q.n, 0);
	assert_int_equal(diag.n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(diag.items[i].line, want[i].line);
		assert_int_equal(diag.items[i].column, want[i].column);
		assert_non_null(strstr(diag.items[i].text, want[i].part));
	}
	cv_diagnostics_free(&diag);
}

/* What a caller is told is there, is there; what fails leaves the list as it was. */
static void changes_reach_the_file(void **state)
{
	struct cv_config *config = *state;
	struct cv_quarantine devices = {0}, list;
	struct cv_quarantine_entry e = entry("10.0.0.1");
	struct cv_firewall_changed done;
	struct cv_diagnostics diag = {0};
	char path[PATH_MAX], fresh[PATH_MAX + 8];

	assert_int_equal(cv_firewall_list(config, &list, &diag), 0);
	assert_int_equal(list.n, 0);
	cv_quarantine_add(&devices, &e);
	e = entry("02:00:00:00:00:01");
	cv_quarantine_add(&devices, &e);
	assert_int_equal(cv_firewall_change(config, CV_FIREWALL_ADD, &devices, &done, &diag), 0);
	assert_int_equal(done.changed, 2);
	assert_int_equal(done.n, 2);
	assert_false(done.in_force);
	assert_int_equal(cv_firewall_change(config, CV_FIREWALL_ADD, &devices, &done, &diag), 0);
	assert_int_equal(done.changed, 0);
	cv_quarantine_remove(&devices, &e);
	assert_int_equal(cv_firewall_change(config, CV_FIREWALL_REMOVE, &devices, &done, &diag), 0);
	assert_int_equal(done.changed, 1);
	assert_int_equal(cv_firewall_list(config, &list, &diag), 0);
	assert_int_equal(list.n, 1);
	assert_memory_equal(&list.entries[0], &e, sizeof(e));
	cv_quarantine_free(&list);
	assert_int_equal(cv_firewall_change(config, CV_FIREWALL_REPLACE, &devices, &done, &diag),
			 0);
	assert_int_equal(done.changed, 2); /* one gone, one come */
	assert_int_equal(done.n, 1);
	assert_int_equal(diag.n, 0);

	/* The new list cannot be written: the old one stays. */
	assert_int_equal(cv_firewall_list_path(config, path), 0);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	assert_int_equal(symlink("/proc/nowhere/file", fresh), 0);
	assert_true(cv_firewall_change(config, CV_FIREWALL_ADD, &devices, &done, &diag) < 0);
	assert_int_equal(diag.errors, 1);
	unlink(fresh);
	cv_diagnostics_free(&diag);
	assert_int_equal(cv_firewall_list(config, &list, &diag), 0);
	assert_int_equal(list.n, 1);
	cv_quarantine_free(&list);
	cv_quarantine_free(&devices);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	struct cv_config *config = *state;
	struct cv_quarantine none = {0};
	struct cv_firewall_changed done;
	struct cv_diagnostics diag = {0};
	char dir[PATH_MAX];

	strcpy(dir, config->log_dir);
	strcpy(config->log_dir, "/proc/nowhere");
	assert_int_equal(cv_firewall_change(config, CV_FIREWALL_ADD, &none, &done, &diag), -ENOENT);
	assert_non_null(strstr(diag.items[0].hint, "log.dir"));
	strcpy(config->log_dir, dir);
	cv_diagnostics_free(&diag);
}

static void table_and_handlers_agree(void **state)
{
	const struct cv_cli_command *rows[] = {cv_cli_firewall_offline, cv_cli_quarantine_offline};
	const struct cv_policy_handler *handlers[] = {cv_firewall_handlers, cv_quarantine_handlers};

	for (size_t i = 0; i < 2; i++) {
		size_t n = 0;

		for (const struct cv_cli_command *c = rows[i]; c->name; c++, n++)
			assert_string_equal(cv_cli_verb_name(c), handlers[i][n].verb);
		assert_null(handlers[i][n].verb);
	}
}

static int make_config(void **state)
{
	struct cv_config *config;
	char dir[] = "/tmp/culvert-quarantine-XXXXXX";

	if (cv_config_default("policy.yaml", &config) < 0 || !mkdtemp(dir))
		return -1;
	strcpy(config->log_dir, dir);
	*state = config;
	return 0;
}

static int remove_config(void **state)
{
	static const char *const names[] = {"quarantine", "quarantine.lock"};
	struct cv_config *config = *state;
	char path[PATH_MAX + 32];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", config->log_dir, names[i]);
		unlink(path);
	}
	rmdir(config->log_dir);
	cv_config_free(config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_read_and_shown),
		cmocka_unit_test(list_is_in_order_each_once),
		cmocka_unit_test(every_wrong_line_has_its_place),
		cmocka_unit_test_setup_teardown(changes_reach_the_file, make_config, remove_config),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_told, make_config,
						remove_config),
		cmocka_unit_test(table_and_handlers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
