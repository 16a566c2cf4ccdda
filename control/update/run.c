/* SPDX-License-Identifier: Apache-2.0 */
/* Running RAUC and the other programs that know. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/update/update.h"

int cv_update_run(const char *const *argv, json_t **ret_json)
{
	int ends[2] = {-1, -1}, status = 0;
	pid_t pid;

	if (ret_json)
		*ret_json = NULL;
	fflush(NULL);
	if (ret_json && pipe(ends) < 0)
		return 127;
	pid = fork();
	if (pid == 0) {
		if (ret_json) {
			dup2(ends[1], STDOUT_FILENO);
			close(ends[0]);
			close(ends[1]);
		}
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "culvert update: cannot start %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (ret_json) {
		close(ends[1]);
		if (pid > 0)
			*ret_json = json_loadfd(ends[0], JSON_DISABLE_EOF_CHECK, NULL);
		close(ends[0]);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}
