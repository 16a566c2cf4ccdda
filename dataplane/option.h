/* SPDX-License-Identifier: Apache-2.0 */
/* What getopt_long() does not take, told in the program's own words. */
#ifndef CV_OPTION_H
#define CV_OPTION_H

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/**
 * Tell on stderr what is wrong with the option that getopt_long() has just refused. The caller has
 * set opterr to 0 and begins the short options with ':'.
 *
 * @param program as the message names it: "culvert-dataplane replay".
 * @param c what getopt_long() returned: '?', or ':' for a missing value.
 */
static inline void cv_option_refused(const char *program, int c, char *const *argv)
{
	const char *arg = argv[optind - 1], *equals = strchr(arg, '=');

	if (c == ':')
		fprintf(stderr, "%s: option %s wants a value\n", program, arg);
	else if (optopt == 0)
		fprintf(stderr, "%s: unknown option \"%s\"\n", program, arg);
	else if (strncmp(arg, "--", 2) == 0 && equals != NULL)
		fprintf(stderr, "%s: option %.*s takes no value\n", program, (int)(equals - arg),
			arg);
	else
		fprintf(stderr, "%s: unknown option \"-%c\"\n", program, optopt);
}

#endif
