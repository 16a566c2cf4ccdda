/* SPDX-License-Identifier: Apache-2.0 */
/* The machine around Culvert: settings with their mistakes, and the files that follow from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/schema.h"
#include "control/host/host.h"
#include "control/text/read_file.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define OK "node: n\nports: [ { name: a, target: \"pcap:x.pcap\" } ]\n"

static const char sample[] =
	OK "network:\n"
	   "  interfaces:\n"
	   "  - { name: eth0, addresses: [ { address: 10.9.0.2/24 }, { address: \"fd00:9::2/64\" } "
	   "],\n"
	   "      gateway: 10.9.0.1, gateway6: \"fe80::1\" }\n"
	   "  - { name: eth3, dhcp: ipv4, addresses: [ { address: 10.8.0.7/32 } ] }\n"
	   "  dns: [ { address: 10.9.0.1 }, { address: \"fd00:9::1\" } ]\n"
	   "time: { servers: [ { server: ntp.example }, { server: \"fd00::5\", nts: true } ] }\n"
	   "users:\n"
	   "- { name: anna, keys: [ { key: " KEY " anna@desk } ] }\n"
	   "- { name: ben, keys: [ { key: " KEY " } ] }\n"
	   "update: { url: \"https://fleet.example/culvert\", window: 23:30-04:00, ca: ca.pem }\n";

static char root[64];

static int parse(const char *text, struct cv_config **ret, struct cv_diagnostics *diag)
{
	return cv_config_parse("t.yaml", text, strlen(text), ret, diag);
}

static struct cv_config *good(const char *text)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *c = NULL;

	if (parse(text, &c, &diag) < 0)
		cv_diagnostics_print(&diag, stderr);
	assert_non_null(c);
	cv_diagnostics_free(&diag);
	return c;
}

static char *show(const struct cv_config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	cv_config_show(c, out);
	fclose(out);
	return text;
}

/* ---- settings -------------------------------------------------------------------------------- */

static void shown_reads_back(void **state)
{
	struct cv_config *a = good(sample), *b;
	char *first = show(a), *second;
	enum cv_cost cost;
	json_t *changes;

	b = good(first);
	second = show(b);
	assert_string_equal(first, second);
	assert_int_equal(cv_config_differences(a, b, &changes, &cost), 0);
	assert_int_equal(json_array_size(changes), 0);
	assert_int_equal(b->host.n_interfaces, 2);
	assert_int_equal(b->host.interfaces[0].addresses[1].address.len, 64);
	assert_int_equal(b->host.interfaces[0].gateway6.family, 6);
	assert_int_equal(b->host.interfaces[1].gateway.family, 0);
	assert_int_equal(b->host.update.window.from, 23 * 60 + 30);
	assert_true(b->host.time_servers[1].nts);
	assert_string_equal(b->host.users[0].keys[0].key, KEY " anna@desk");
	json_decref(changes);
	free(first);
	free(second);
	cv_config_free(a);
	cv_config_free(b);
}

static const struct {
	const char *text;
	unsigned int line, column;
	const char *finding;
} bad[] = {
	{OK "network: { interfaces: [ { name: eth0 } ] }\n", 3, 34, "neither dhcp nor addresses"},
	{OK "network: { interfaces: [ { name: eth0, addresses: [ { address: 10.9.0.2 } ] } ] }\n",
	 3, 64, "such as 10.9.0.2/24"},
	{OK "network: { interfaces: [ { name: e0, dhcp: ipv4 }, { name: e0, dhcp: ipv6 } ] }\n", 3,
	 60, "described at line 3 already"},
	{OK "network:\n  interfaces:\n  - { name: e0, addresses: [ { address: 10.9.0.2/24 } ],\n"
	    "      gateway: 10.8.0.1 }\n",
	 6, 16, "in none of the networks of e0"},
	{OK "network:\n  interfaces:\n  - { name: e0, dhcp: both, gateway: \"fd00::1\" }\n", 5, 38,
	 "is an IPv6 address"},
	{OK "network:\n  interfaces:\n  - { name: e0, dhcp: ever }\n", 5, 23, "expected off, ipv4"},
	{OK "network: { dns: [ { address: any } ] }\n", 3, 30, "is no name server"},
	{OK "time: { servers: [ { server: \"a b\" } ] }\n", 3, 30, "no name and no address"},
	{OK "time: { servers: [ { server: \"a iburst\\nallow\" } ] }\n", 3, 30,
	 "control character"},
	{OK "users: [ { name: a, keys: [ { key: ssh-ed25519 } ] } ]\n", 3, 29,
	 "no public key of SSH"},
	{OK "users: [ { name: a, keys: [ { key: \"command=\\\"x\\\" " KEY "\" } ] } ]\n", 3, 29,
	 "no public key of SSH"},
	{OK "users: [ { name: a, keys: [ { key: ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYH } ] } "
	    "]\n",
	 3, 29, "no public key of SSH"},
	{OK "users: [ { name: a }, { name: a } ]\n", 3, 31, "described at line 3 already"},
	{OK "users: [ { name: \"a b\" } ]\n", 3, 18, "expected a name"},
	{OK "login: { ssh: yes }\n", 3, 15, "expected auto or off"},
	{OK "update: { url: \"http://fleet.example/\" }\n", 3, 16, "no https:// address"},
	{OK "update: { url: \"https://u:p@fleet.example/\" }\n", 3, 16, "no https:// address"},
	{OK "update: { window: 24:00-01:00 }\n", 3, 19, "hours such as"},
	{OK "update: { window: 02:00-02:00 }\n", 3, 19, "hours such as"},
	{OK "update: { cert: a.pem }\n", 3, 9, "go together"},
	{OK "version: 2\nnetworks: 7\n", 3, 10, "for a newer Culvert"},
};

static void mistakes_have_a_place(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cv_diagnostics diag = {0};
		struct cv_config *c = NULL;

		assert_int_equal(parse(bad[i].text, &c, &diag), -EINVAL);
		assert_null(c);
		if (diag.n != 1 || diag.items[0].line != bad[i].line ||
		    diag.items[0].column != bad[i].column ||
		    !strstr(diag.items[0].text, bad[i].finding)) {
			cv_diagnostics_print(&diag, stderr);
			fail_msg("file %zu: expected one finding at %u:%u, %s", i, bad[i].line,
				 bad[i].column, bad[i].finding);
		}
		cv_diagnostics_free(&diag);
	}
}

static void a_window_may_lead_over_midnight(void **state)
{
	const struct cv_config_window night = {23 * 60, 4 * 60}, noon = {12 * 60, 13 * 60},
				      any = {0};

	assert_true(cv_config_window_has(&night, 23 * 3600));
	assert_true(cv_config_window_has(&night, 86400 + 3 * 3600 + 3599));
	assert_false(cv_config_window_has(&night, 4 * 3600));
	assert_false(cv_config_window_has(&night, 12 * 3600));
	assert_true(cv_config_window_has(&noon, 12 * 3600 + 1));
	assert_false(cv_config_window_has(&noon, 13 * 3600));
	assert_false(cv_config_window_has(&noon, -1));
	assert_true(cv_config_window_has(&any, 5));
}

static void change_restarts_nothing(void **state)
{
	struct cv_config *running = good(OK), *fresh = good(sample), *again = good(sample);
	enum cv_cost cost;
	json_t *changes;

	assert_int_equal(cv_config_differences(running, fresh, &changes, &cost), 0);
	assert_int_equal(cost, CV_COST_HOST);
	json_decref(changes);
	cv_config_take_live(running, fresh);
	/* The lists have changed hands, whole. */
	assert_int_equal(running->host.n_users, 2);
	assert_int_equal(fresh->host.n_users, 0);
	assert_int_equal(cv_config_differences(running, again, &changes, &cost), 0);
	assert_int_equal(json_array_size(changes), 0);
	json_decref(changes);
	cv_config_free(running);
	cv_config_free(fresh);
	cv_config_free(again);
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct cv_host_result set(const char *text)
{
	struct cv_config *c = good(text);
	struct cv_host_result result;
	struct cv_host_files files;
	char why[PATH_MAX];

	assert_int_equal(cv_host_files(c, &files), 0);
	assert_int_equal(cv_host_sync(root, &files, &result, why), 0);
	cv_host_release(&files);
	cv_config_free(c);
	return result;
}

static char *file(const char *name)
{
	char path[PATH_MAX], *text = NULL;
	size_t len;

	snprintf(path, sizeof(path), "%s%s", root, name);
	return cv_read_file(path, 1 << 20, &text, &len) == 0 ? text : NULL;
}

static void holds(const char *name, const char *part)
{
	char *text = file(name);

	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("%s lacks %s:\n%s", name, part, text);
	free(text);
}

static void absent(const char *name)
{
	char *text = file(name);

	assert_null(text);
}

static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void files_follow(void **state)
{
	struct cv_host_result r = set(sample);

	assert_int_equal(r.written, 6);
	assert_int_equal(r.removed, 0);
	assert_true(r.changed[CV_HOST_NETWORK] && r.changed[CV_HOST_DNS] &&
		    r.changed[CV_HOST_TIME] && r.changed[CV_HOST_LOGIN]);
	holds("/run/systemd/network/10-culvert-eth0.network",
	      "[Match]\nName=eth0\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nDHCP=no\n"
	      "LinkLocalAddressing=ipv6\nConfigureWithoutCarrier=yes\nAddress=10.9.0.2/24\n"
	      "Address=fd00:9::2/64\nGateway=10.9.0.1\nGateway=fe80::1\n");
	holds("/run/systemd/network/10-culvert-eth3.network", "DHCP=ipv4\n");
	holds("/run/systemd/resolved.conf.d/10-culvert.conf",
	      "[Resolve]\nDNS=10.9.0.1\nDNS=fd00:9::1\n");
	holds("/run/chrony-dhcp/culvert.sources",
	      "server ntp.example iburst\nserver fd00::5 iburst nts\n");
	holds("/run/culvert-host/authorized_keys",
	      "environment=\"CULVERT_USER=anna\" " KEY " anna@desk\n");
	holds("/run/culvert-host/authorized_keys", "environment=\"CULVERT_USER=ben\" " KEY "\n");
	holds("/run/culvert-host/ssh-enabled", "");
	absent("/run/culvert-host/ssh-off");

	r = set(sample);
	assert_int_equal(r.written + r.removed, 0);
	assert_int_equal(r.same, 6);
	for (int p = 0; p < CV_HOST_PART_COUNT; p++)
		assert_false(r.changed[p]);
}

static void a_port_may_have_an_address(void **state)
{
	set("node: n\nports: [ { name: a, target: \"af_xdp:eth1\" } ]\n"
	    "network: { interfaces: [ { name: eth1, dhcp: both } ] }\n");
	holds("/run/systemd/network/10-culvert-eth1.network",
	      "RequiredForOnline=no\nPromiscuous=yes\n\n[Network]\nDHCP=yes\n");
}

static void going_back_removes_its_own_only(void **state)
{
	struct cv_host_result r;

	set(sample);
	put("/run/systemd/network/90-other.network", "theirs");
	put("/run/systemd/network/10-culvert-note", "theirs");
	put("/run/chrony-dhcp/eth0.sources", "theirs");
	r = set(OK "login: { ssh: off }\n");
	assert_true(r.changed[CV_HOST_NETWORK] && r.changed[CV_HOST_DNS] &&
		    r.changed[CV_HOST_TIME] && r.changed[CV_HOST_LOGIN]);
	absent("/run/systemd/network/10-culvert-eth0.network");
	absent("/run/systemd/network/10-culvert-eth3.network");
	absent("/run/systemd/resolved.conf.d/10-culvert.conf");
	absent("/run/culvert-host/authorized_keys");
	absent("/run/culvert-host/ssh-enabled");
	holds("/run/culvert-host/ssh-off", "");
	holds("/run/chrony-dhcp/culvert.sources", "pool 2.debian.pool.ntp.org iburst\n");
	holds("/run/systemd/network/90-other.network", "theirs");
	holds("/run/systemd/network/10-culvert-note", "theirs");
	holds("/run/chrony-dhcp/eth0.sources", "theirs");
}

static void what_cannot_be_written_is_told(void **state)
{
	struct cv_config *c = good(sample);
	struct cv_host_result result;
	struct cv_host_files files;
	char why[PATH_MAX], folder[PATH_MAX];

	set(sample);
	snprintf(folder, sizeof(folder), "%s/run/systemd/network/10-culvert-eth0.network", root);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(cv_host_files(c, &files), 0);
	assert_true(cv_host_sync(root, &files, &result, why) < 0);
	assert_string_equal(why, folder);
	assert_int_equal(rmdir(folder), 0);
	cv_host_release(&files);
	cv_config_free(c);
}

static int make_root(void **state)
{
	snprintf(root, sizeof(root), "/tmp/cvhostXXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_reads_back),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(a_window_may_lead_over_midnight),
		cmocka_unit_test(change_restarts_nothing),
		cmocka_unit_test_setup_teardown(files_follow, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_port_may_have_an_address, make_root, remove_root),
		cmocka_unit_test_setup_teardown(going_back_removes_its_own_only, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, make_root,
						remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
