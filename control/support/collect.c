/* SPDX-License-Identifier: Apache-2.0 */
/* What is put into the file. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/support/support.h"
#include "control/text/read_file.h"

#define FILE_MAX ((size_t)16 << 20)

/* ---- secrets --------------------------------------------------------------------------------- */

/* Relative to the configuration, as it would take it. */
static void learn(struct cv_support *s, const char *name, size_t len)
{
	const char *slash = strrchr(s->config_path, '/');
	int dir = slash && name[0] != '/' ? (int)(slash - s->config_path) + 1 : 0;
	char path[2 * PATH_MAX];

	if (len > 0 && len < PATH_MAX) {
		snprintf(path, sizeof(path), "%.*s%.*s", dir, s->config_path, (int)len, name);
		cv_redact_learn(&s->redact, path);
	}
}

/* Of a file's name that stands in a configuration: up to a comment, without blanks behind it. */
static size_t name_len(const char *at)
{
	size_t len = strcspn(at, ",}\"'\r\n");

	for (size_t i = 1; i < len; i++)
		if (at[i] == '#' && (at[i - 1] == ' ' || at[i - 1] == '\t'))
			len = i;
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	return len;
}

/* Settings that name a file of secrets end in "_file" or in "key". Looked for in the text as it is:
 * a configuration that is wrong names them, too, and so does a line that is commented out. */
static void learn_secrets(struct cv_support *s)
{
	char *text = NULL;
	size_t len = 0;

	if (cv_read_file(s->config_path, FILE_MAX, &text, &len) < 0)
		return;
	for (char *at = text; (at = strchr(at, ':')) != NULL;) {
		size_t before = (size_t)(at - text);
		bool names = (before >= 5 && memcmp(at - 5, "_file", 5) == 0) ||
			     (before >= 3 && memcmp(at - 3, "key", 3) == 0);

		at++;
		at += strspn(at, " \t\"'");
		if (names)
			learn(s, at, name_len(at));
	}
	free(text);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void add_file(struct cv_support *s, const char *name, const char *path)
{
	char *text = NULL;
	size_t len = 0;

	if (cv_read_file(path, FILE_MAX, &text, &len) == 0)
		cv_support_add(s, name, text, len);
	free(text);
}

static char *read_stream(FILE *in, size_t *ret_len)
{
	char *text = NULL, buffer[16384];
	size_t n;
	FILE *out = open_memstream(&text, ret_len);

	while (out && (n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
		fwrite(buffer, 1, n, out);
		if (ftell(out) > (long)FILE_MAX)
			break;
	}
	if (out)
		fclose(out);
	return text;
}

/* @param command ours, nothing of the node's in it. */
static void add_command(struct cv_support *s, const char *name, const char *command)
{
	char line[512], *text;
	size_t len = 0;
	FILE *in;

	snprintf(line, sizeof(line), "exec 2>&1; timeout 20 %s", command);
	in = popen(line, "re");
	if (!in)
		return;
	text = read_stream(in, &len);
	pclose(in);
	if (text)
		cv_support_add(s, name, text, len);
	free(text);
}

/* GET over control's socket; HTTP/1.0 ends with the connection. */
static char *ask(const char *socket_path, const char *path, size_t *ret_len)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text = NULL;
	FILE *in;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", socket_path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    dprintf(fd, "GET %s HTTP/1.0\r\nConnection: close\r\n\r\n", path) < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	in = fdopen(fd, "r");
	if (in)
		text = read_stream(in, ret_len);
	if (in)
		fclose(in);
	return text;
}

static void add_documents(struct cv_support *s)
{
	static const struct {
		const char *name, *path;
	} rows[] = {
		{"node/status.json", "/v1/status"},
		{"node/ledger.json", "/v1/ledger?settle=1000"},
		{"node/stats.json", "/v1/stats"},
		{"node/policy.json", "/v1/policy"},
		{"node/policy-history.json", "/v1/policy/history"},
		{"node/policy-audit.json", "/v1/policy/audit?limit=1000"},
		{"node/policy-rules.json", "/v1/policy/rules"},
		{"node/config.json", "/v1/config"},
		{"node/config-history.json", "/v1/config/history"},
		{"node/config-audit.json", "/v1/config/audit?limit=1000"},
		{"node/groups.json", "/v1/groups"},
		{"node/metrics.txt", "/metrics"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = 0;
		char *text = ask(s->config->api_socket, rows[i].path, &len);
		char *body = text ? strstr(text, "\r\n\r\n") : NULL;

		if (body)
			cv_support_add(s, rows[i].name, body + 4, len - (size_t)(body + 4 - text));
		free(text);
	}
}

static void add_config(struct cv_support *s)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	FILE *out;

	add_file(s, "config/as-written.yaml", s->config_path);
	if (!s->config)
		return;
	out = open_memstream(&text, &len);
	if (out) {
		cv_config_show(s->config, out);
		fclose(out);
		cv_support_add(s, "config/in-full.yaml", text, len);
	}
	free(text);
	if (cv_config_resolve(s->config, s->config->policy, path) == 0)
		add_file(s, "config/policy.yaml", path);
}

static void add_machine(struct cv_support *s)
{
	static const char *const files[] = {
		"cpuinfo",	"meminfo",     "cmdline",	  "version", "uptime",
		"loadavg",	"interrupts",  "mounts",	  "net/dev", "modules",
		"pressure/cpu", "pressure/io", "pressure/memory",
	};
	char name[64], path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "machine/%s", files[i]);
		for (char *slash = name + 8; (slash = strchr(slash, '/'));)
			*slash = '-';
		snprintf(path, sizeof(path), "/proc/%s", files[i]);
		add_file(s, name, path);
	}
	add_file(s, "machine/os-release", "/etc/os-release");
	add_command(s, "machine/links", "ip -s -d link");
	add_command(s, "machine/addresses", "ip addr");
	add_command(s, "machine/routes", "ip route show table all");
	add_command(s, "machine/disks", "df -h");
	add_command(s, "machine/processes", "ps -eo pid,psr,ni,stat,rss,etimes,comm");
	add_command(s, "machine/clock", "chronyc -n tracking");
	add_command(s, "machine/dmesg", "dmesg");
}

static void add_about(struct cv_support *s)
{
	char text[512];
	struct timespec now;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = snprintf(
		text, sizeof(text),
		"culvert support, version %s, Unix time %lld\n"
		"Passwords, tokens, private keys and the contents of the files the configuration\n"
		"names for them are left out: *** stands there. Addresses and names of devices "
		"are not.\n",
		CULVERT_VERSION, (long long)now.tv_sec);
	cv_support_add(s, "about.txt", text, (size_t)n);
}

void cv_support_collect(struct cv_support *s)
{
	char command[PATH_MAX + 64];

	learn_secrets(s);
	add_about(s);
	add_config(s);
	if (s->config)
		add_documents(s);
	/* The path is the shell's variable: nothing in it is taken for a command. */
	setenv("CULVERT_SUPPORT_CONFIG", s->config_path, 1);
	snprintf(command, sizeof(command),
		 "/proc/%d/exe doctor --config \"$CULVERT_SUPPORT_CONFIG\"", (int)getpid());
	add_command(s, "node/doctor.txt", command);
	snprintf(command, sizeof(command),
		 "/proc/%d/exe log info --config \"$CULVERT_SUPPORT_CONFIG\" --segments",
		 (int)getpid());
	add_command(s, "node/log.txt", command);
	add_machine(s);
	add_command(s, "journal.txt",
		    "journalctl --no-pager -o short-iso-precise -n 20000 -u 'culvert-*' -u rauc");
	add_file(s, "node/upgrade.json", "/data/culvert/update/attempt.json");
	add_file(s, "node/fleet.json", "/data/culvert/update/fleet.json");
	add_file(s, "node/hardware.json", "/run/culvert-hardware/report.json");
}
