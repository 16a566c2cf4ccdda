/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: does this node do its work? What a system slot on trial must answer before it is good
 * (docs/operator/upgrade.md). Each check is a row; what it asks is in control's documents and, for
 * frames that reach a port, in the kernel's own counters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/text/ifname.h"

/* Frames of a port within a second that the dataplane cannot have overlooked. */
#define FRAMES_TOLD 20
#define LEDGER_SETTLE "2000"
#define PORTS_MAX 64
#define WHY_MAX 256

/* What was asked, in two looks a second apart. */
struct look {
	json_t *status, *ledger, *before, *after;
	uint64_t frames; /* at the busiest port between the looks, by the kernel's count */
};

#define CHECKS(X)                                                                                  \
	X(dataplane, "the dataplane is attached")                                                  \
	X(ports, "every port has its program and is up")                                           \
	X(counters, "frames that come are counted")                                                \
	X(policy, "the policy's generation is in force")                                           \
	X(log, "the event log is written")                                                         \
	X(ledger, "the ledger is closed")

static bool check_dataplane(const struct look *l, char why[WHY_MAX])
{
	if (json_is_true(json_object_get(json_object_get(l->status, "dataplane"), "attached")))
		return true;
	snprintf(why, WHY_MAX, "no dataplane is attached: journalctl -u culvert-dataplane");
	return false;
}

/* A file of the kernel's about an interface. */
static FILE *open_interface(const char *name, const char *file)
{
	char path[128], real[IF_NAMESIZE];

	cv_kernel_ifname(name, real);
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", real, file);
	return fopen(path, "re");
}

/* Administratively up; a cable that is out is not the node's fault. */
static bool interface_up(const char *name)
{
	FILE *f = open_interface(name, "flags");
	unsigned int flags = 0;

	if (!f)
		return false;
	if (fscanf(f, "%x", &flags) != 1)
		flags = 0;
	fclose(f);
	return flags & 1; /* IFF_UP */
}

/* Name of the interface of an AF_XDP port, NULL for one that the kernel knows nothing of. */
static const char *interface_of(const json_t *port)
{
	const char *mode = cv_json_text(port, "mode");

	return strcmp(mode, "pcap") != 0 && strcmp(mode, "pci") != 0 ? cv_json_text(port, "target")
								     : NULL;
}

static bool check_ports(const struct look *l, char why[WHY_MAX])
{
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(l->status, "ports"), i, port)
	{
		const char *interface = interface_of(port);

		if (!interface)
			continue;
		if (strcmp(cv_json_text(port, "mode"), "detached") == 0) {
			snprintf(why, WHY_MAX, "port %.40s: no program at %.40s",
				 cv_json_text(port, "name"), interface);
			return false;
		}
		if (!interface_up(interface)) {
			snprintf(why, WHY_MAX, "port %.40s: %.40s is down or gone",
				 cv_json_text(port, "name"), interface);
			return false;
		}
	}
	return true;
}

/* All frames that the kernel's program or the dataplane has counted. */
static uint64_t frames_counted(const json_t *stats)
{
	uint64_t sum = cv_json_count(json_object_get(stats, "dataplane"), "rx");
	const char *name;
	json_t *port;

	json_object_foreach(json_object_get(stats, "xdp"), name, port)
	{
		const char *path;
		json_t *n;

		json_object_foreach(json_object_get(port, "paths"), path, n) sum +=
			(uint64_t)json_integer_value(n);
	}
	return sum;
}

static bool check_counters(const struct look *l, char why[WHY_MAX])
{
	if (l->frames < FRAMES_TOLD || frames_counted(l->after) != frames_counted(l->before))
		return true;
	snprintf(why, WHY_MAX, "%" PRIu64 " frames came to a port and none was counted", l->frames);
	return false;
}

static bool check_policy(const struct look *l, char why[WHY_MAX])
{
	uint64_t wanted = cv_json_count(l->status, "generation");
	uint64_t runs = cv_json_count(json_object_get(l->status, "dataplane"), "generation");

	if (wanted > 0 && wanted == runs)
		return true;
	snprintf(why, WHY_MAX,
		 "the dataplane judges by generation %" PRIu64 ", in force is %" PRIu64, runs,
		 wanted);
	return false;
}

static bool check_log(const struct look *l, char why[WHY_MAX])
{
	json_t *lanes = json_object_get(json_object_get(l->status, "log"), "lanes"), *lane;
	const char *name;

	json_object_foreach(lanes, name, lane)
	{
		const char *trouble = cv_json_text(lane, "trouble");

		if (strcmp(trouble, "none") == 0)
			continue;
		snprintf(why, WHY_MAX, "lane %.20s: the disk is in trouble (%.40s)", name, trouble);
		return false;
	}
	if (json_object_size(lanes) > 0)
		return true;
	snprintf(why, WHY_MAX, "control tells of no lane");
	return false;
}

static bool check_ledger(const struct look *l, char why[WHY_MAX])
{
	if (strcmp(cv_json_text(l->ledger, "state"), "open") != 0)
		return true;
	snprintf(why, WHY_MAX, "the ledger is open: culvert ledger tells where");
	return false;
}

static const struct check {
	const char *name, *text;
	bool (*well)(const struct look *l, char why[WHY_MAX]);
} checks[] = {
#define CHECK_ROW(id, text) {#id, text, check_##id},
	CHECKS(CHECK_ROW)};
#define N_CHECKS (sizeof(checks) / sizeof(checks[0]))

/* ---- looking ------------------------------------------------------------------------------ */

static uint64_t interface_frames(const char *name)
{
	FILE *f = open_interface(name, "statistics/rx_packets");
	uint64_t n = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static void count_ports(const json_t *status, uint64_t frames[PORTS_MAX])
{
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(status, "ports"), i, port)
	{
		const char *interface = interface_of(port);

		if (i < PORTS_MAX)
			frames[i] = interface ? interface_frames(interface) : 0;
	}
}

static void look_free(struct look *l)
{
	json_decref(l->status);
	json_decref(l->ledger);
	json_decref(l->before);
	json_decref(l->after);
	*l = (struct look){0};
}

static int look(struct cv_client *client, struct look *ret)
{
	uint64_t first[PORTS_MAX] = {0}, second[PORTS_MAX] = {0};
	struct look l = {0};
	int r = cv_client_get(client, "/v1/status", &l.status);

	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/stats", &l.before);
	if (r == CV_CLI_OK) {
		count_ports(l.status, first);
		sleep(1);
		count_ports(l.status, second);
		r = cv_client_get(client, "/v1/ledger?settle=" LEDGER_SETTLE, &l.ledger);
	}
	/* Behind the kernel's count: what came until then has been seen by now. */
	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/stats", &l.after);
	for (size_t i = 0; i < PORTS_MAX; i++)
		if (second[i] > first[i] && second[i] - first[i] > l.frames)
			l.frames = second[i] - first[i];
	if (r == CV_CLI_OK)
		*ret = l;
	else
		look_free(&l);
	return r;
}

/* ---- telling ------------------------------------------------------------------------------ */

static int tell(const struct cv_cli *cli, const struct look *l)
{
	json_t *list = json_array();
	bool all = true;
	int r;

	for (size_t i = 0; i < N_CHECKS; i++) {
		char why[WHY_MAX] = "", clean[WHY_MAX];
		bool well = checks[i].well(l, why);

		cv_clean_text(why, clean, sizeof(clean));
		all = all && well;
		if (!cli->json)
			printf("%-10s %-5s %s\n", checks[i].name, well ? "ok" : "FAULT",
			       well ? checks[i].text : clean);
		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:s}", "name", checks[i].name, "ok",
						well, "text", well ? checks[i].text : clean));
	}
	r = all ? CV_CLI_OK : CV_CLI_OPEN;
	if (cli->json) {
		json_t *doc = json_pack("{s:b, s:O}", "healthy", all, "checks", list);
		int printed = cv_print_json(doc);

		json_decref(doc);
		if (printed != CV_CLI_OK)
			r = printed;
	}
	json_decref(list);
	return r;
}

static bool all_well(const struct look *l)
{
	char why[WHY_MAX];

	for (size_t i = 0; i < N_CHECKS; i++)
		if (!checks[i].well(l, why))
			return false;
	return true;
}

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int cv_cli_health(struct cv_cli *cli)
{
	struct cv_client *client = NULL;
	struct look l = {0};
	unsigned long wait;
	int64_t deadline;
	int r = cv_cli_number(cli, "wait", 0, 3600, 0, &wait);

	if (r == CV_CLI_OK)
		r = cv_client_create(cli->socket, true, &client);
	if (r != CV_CLI_OK)
		return r;
	deadline = now_s() + (int64_t)wait;
	do {
		look_free(&l);
		r = look(client, &l);
	} while ((r != CV_CLI_OK || !all_well(&l)) && now_s() < deadline && sleep(1) == 0);
	if (r == CV_CLI_OK)
		r = tell(cli, &l);
	else
		fprintf(stderr, "culvert health: %s\n", cv_client_why(client));
	look_free(&l);
	cv_client_destroy(client);
	return r;
}
