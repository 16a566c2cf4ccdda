/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offline verbs belong to the programs that own the code: the dataplane replays and decodes,
 * control reads configuration and policy, culvert-update upgrades. This program finds them and
 * becomes them (docs/adr/0018).
 */
#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/cli/command.h"

/* Installed, the programs lie in sbin beside bin; in the build tree in folders around. */
static const char *const places[] = {"", "../sbin/", "../", "../../dataplane/"};

/* Path of a sibling program, or its bare name for $PATH. */
static void find_program(const char *name, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;

	if (len > 0) {
		self[len] = 0;
		dir = dirname(self);
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			int n = snprintf(path, PATH_MAX, "%s/%s%s", dir, places[i], name);

			if (n > 0 && n < PATH_MAX && access(path, X_OK) == 0)
				return;
		}
	}
	snprintf(path, PATH_MAX, "%s", name);
}

/* Become the program; returns only when it cannot be started. */
static int become(const char *name, const char *const *head, char *const *tail, int n_tail)
{
	char path[PATH_MAX], **argv;
	int n_head = 0, at = 0;

	while (head[n_head])
		n_head++;
	argv = calloc((size_t)(n_head + n_tail) + 2, sizeof(*argv));
	if (!argv)
		return CV_CLI_UNREACHABLE;
	argv[at++] = (char *)name;
	for (int i = 0; i < n_head; i++)
		argv[at++] = (char *)head[i];
	for (int i = 0; i < n_tail; i++)
		argv[at++] = tail[i];
	find_program(name, path);
	fflush(stdout);
	execvp(path, argv);
	fprintf(stderr,
		"culvert: cannot start %s: %s (it is installed with culvert; is it in PATH?)\n",
		name, strerror(errno));
	free(argv);
	return CV_CLI_UNREACHABLE;
}

/* The other program would tell a wrong option too, but not the one that was meant. */
static int check_options(const struct cv_cli *cli)
{
	int r = CV_CLI_OK;

	for (int i = 0; r == CV_CLI_OK && i < cli->operand_count; i++) {
		const char *arg = cli->operands[i], *value;
		const struct cv_cli_option *option;

		if (strcmp(arg, "--") == 0)
			break;
		if (arg[0] == '-' && arg[1] && !cv_cli_is_help(arg))
			r = cv_cli_take_option(cli->command, NULL, cli->operand_count,
					       cli->operands, &i, &option, &value, stderr);
	}
	return r;
}

int cv_cli_ask_dataplane(const char *const *args, json_t **ret)
{
	json_t *answer;
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0) {
		fprintf(stderr, "culvert: no pipe: %s\n", strerror(errno));
		return CV_CLI_UNREACHABLE;
	}
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		_exit(become("culvert-dataplane", args, NULL, 0));
	}
	close(ends[1]);
	answer = pid > 0 ? json_loadfd(ends[0], 0, NULL) : NULL;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (answer == NULL) {
		fputs("culvert: culvert-dataplane gives no answer; are both of one version?\n",
		      stderr);
		return CV_CLI_UNREACHABLE;
	}
	*ret = answer;
	return CV_CLI_OK;
}

int cv_cli_become_owner(struct cv_cli *cli)
{
	const char *head[CV_CLI_WORDS_MAX + 2] = {NULL};
	const struct cv_cli_command *first;
	char name[CV_CLI_NAME_MAX];
	size_t n = 0;

	snprintf(name, sizeof(name), "%s", cli->command->name);
	for (char *word = strtok(name, " "); word && n < CV_CLI_WORDS_MAX; word = strtok(NULL, " "))
		head[n++] = word;
	if (cli->json)
		head[n] = "--json";
	first = cv_cli_find(head[0]);
	return become(first && first->owner ? first->owner : "culvert-control", head, cli->operands,
		      cli->operand_count);
}

/* Run the compiler and wait. */
static int compile_image(const char *kind, const char *file, const char *image)
{
	bool policy = strcmp(kind, "--policy") == 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* What it prints is for a person; events go to stdout. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (policy)
			_exit(become("culvert-control",
				     (const char *[]){"config", "compile", "-o", image, "--policy",
						      file, NULL},
				     NULL, 0));
		_exit(become("culvert-control",
			     (const char *[]){"config", "compile", "-o", image, file, NULL}, NULL,
			     0));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		fprintf(stderr, "culvert: cannot run the compiler: %s\n", strerror(errno));
		return CV_CLI_UNREACHABLE;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : CV_CLI_INPUT;
}

/*
 * Take --policy FILE or --config FILE out of the operands.
 *
 * @return 0 none, 1 found, -1 wrong usage.
 */
static int take_rules(struct cv_cli *cli, const char **kind, const char **file)
{
	static const char *const kinds[] = {"--policy", "--config"};
	int kept = 0, found = 0;

	for (int i = 0; i < cli->operand_count; i++) {
		char *arg = cli->operands[i];
		size_t k = 0, len;

		for (; k < 2; k++) {
			len = strlen(kinds[k]);
			if (strncmp(arg, kinds[k], len) == 0 && (!arg[len] || arg[len] == '='))
				break;
		}
		if (k == 2) {
			cli->operands[kept++] = arg;
			continue;
		}
		if (found++ || (!arg[len] && i + 1 == cli->operand_count))
			return -1;
		*kind = kinds[k];
		*file = arg[len] ? arg + len + 1 : cli->operands[++i];
	}
	cli->operand_count = kept;
	return found;
}

/*
 * The image lies in an anonymous file that the other program inherits, so that nothing is left
 * behind whatever happens.
 */
static int with_rules(struct cv_cli *cli, const char *what)
{
	const char *kind = NULL, *file = NULL;
	char image[64];
	int found, fd, r = check_options(cli);

	if (r != CV_CLI_OK)
		return r;
	found = take_rules(cli, &kind, &file);
	if (found < 0) {
		fprintf(stderr, "culvert %s: give one of --policy FILE and --config FILE\n", what);
		return CV_CLI_USAGE;
	}
	if (!found)
		return become("culvert-dataplane", (const char *[]){what, NULL}, cli->operands,
			      cli->operand_count);
	fd = memfd_create("culvert-generation", 0);
	if (fd < 0) {
		fprintf(stderr, "culvert: no memory for the generation: %s\n", strerror(errno));
		return CV_CLI_UNREACHABLE;
	}
	snprintf(image, sizeof(image), "/proc/self/fd/%d", fd);
	r = compile_image(kind, file, image);
	if (r != CV_CLI_OK)
		return r;
	return become("culvert-dataplane", (const char *[]){what, "--generation", image, NULL},
		      cli->operands, cli->operand_count);
}

int cv_cli_replay(struct cv_cli *cli)
{
	return with_rules(cli, "replay");
}

int cv_cli_decode(struct cv_cli *cli)
{
	return with_rules(cli, "decode");
}
