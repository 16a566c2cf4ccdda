/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/captures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/policy_file.h"

int cv_captures_port(const struct cv_policy_args *args, const struct cv_generation *gen,
		     const char *name)
{
	int index = cv_policy_file_port(gen, name);

	if (index >= 0)
		return index;
	cv_policy_usage(args, "no port is called \"%s\"; --config says which ports there are",
			name);
	return -EINVAL;
}

int cv_captures_gather(const struct cv_policy_args *args, const struct cv_generation *gen,
		       struct cv_captures *ret)
{
	int port = 0;

	*ret = (struct cv_captures){.args = args, .merge = true};
	ret->inputs = calloc(args->n_given + (size_t)args->n_operands + 1, sizeof(*ret->inputs));
	if (!ret->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < args->n_given; i++) {
		const struct cv_policy_given *g = &args->given[i];

		if (strcmp(g->option->name, "port") == 0)
			port = cv_captures_port(args, gen, g->value);
		else if (strcmp(g->option->name, "pcap") == 0)
			ret->inputs[ret->count++] =
				(struct cv_source_input){g->value, (uint8_t)port};
		if (port < 0)
			return port;
	}
	for (int i = 1; i < args->n_operands; i++)
		ret->inputs[ret->count++] =
			(struct cv_source_input){args->operands[i], (uint8_t)port};
	if (ret->count)
		return 0;
	cv_policy_usage(args, "test on what? Give --pcap CAPTURE");
	return -EINVAL;
}

int cv_captures_play(struct cv_captures *c,
		     int (*each)(void *owner, const struct cv_source_frame *), void *owner)
{
	struct cv_source_options options = {
		.inputs = c->inputs,
		.count = c->count,
		.filter = cv_policy_value(c->args, "filter"),
		.merge = c->merge,
		.progress = true,
	};
	struct cv_source_error error = {""};
	struct cv_source_frame frame;
	struct cv_source *source = NULL;
	int n = cv_source_open(&options, &source, &error), code = CV_CLI_OK;

	if (n < 0)
		return cv_policy_say(c->args, CV_CLI_INPUT, error.text);
	while (code == CV_CLI_OK && (n = cv_source_next(source, &frame, &error)) != 0) {
		if (n > 0) {
			code = each(owner, &frame);
			continue;
		}
		c->cut = c->cut || n == -EBADMSG;
		code = cv_policy_say(c->args, n == -EBADMSG ? CV_CLI_OK : CV_CLI_INPUT, error.text);
	}
	cv_source_close(source);
	return code;
}

void cv_captures_release(struct cv_captures *c)
{
	free(c->inputs);
	c->inputs = NULL;
}
