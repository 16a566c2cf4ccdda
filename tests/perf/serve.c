/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/serve.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

struct serve serve_start(char *program, const char *path)
{
	int in[2], out[2];
	struct serve s;
	char line[64];

	if (pipe(in) < 0 || pipe(out) < 0)
		die("pipe");
	s.pid = fork();
	if (s.pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		setenv("CV_SERVE_SEGMENT_MIB", "64", 0); /* as a node has */
		execl(program, program, path, "127.0.0.1:0", "2000", (char *)NULL);
		die(program);
	}
	close(in[0]);
	close(out[1]);
	s.to = fdopen(in[1], "w");
	s.from = fdopen(out[0], "r");
	if (!s.to || !s.from || !fgets(line, sizeof(line), s.from) ||
	    sscanf(line, "port %7[0-9]", s.port) != 1)
		die("serve");
	snprintf(s.access, sizeof(s.access), "%s.access", path);
	return s;
}

void serve_end(struct serve *s)
{
	fclose(s->to);
	waitpid(s->pid, NULL, 0);
	unlink(s->access);
}
