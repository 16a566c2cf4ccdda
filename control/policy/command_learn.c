/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert policy learn`: a least-privilege policy from captures or from live traffic. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/units.h"
#include "control/offline/learn.h"
#include "control/offline/live.h"
#include "control/policy/captures.h"

#define LIVE_DEFAULT_NS 60000000000ull
#define LIVE_MAX_NS (7 * 86400ull * 1000000000ull)
#define HEADROOM_DEFAULT 2.0
#define HEADROOM_MAX 1000.0
#define PREFIXES_MAX 4096u

static volatile int stop; /* set by a signal */

struct learning {
	const struct cv_policy_args *args;
	char **sources; /* captures or interfaces, in the order given */
	int count;
	bool live;
	uint64_t duration_ns;
	struct cv_learn_wish wish;
	struct cv_learn *learn;
	int code; /* CV_CLI_OK, or UNREACHABLE when a capture is cut short */
};

static void on_signal(int number)
{
	stop = 1;
}

static int add_sources(struct learning *w, const char *option)
{
	const char *value;

	for (size_t i = 0; (value = cv_policy_value_at(w->args, option, i)); i++) {
		char **grown = reallocarray(w->sources, (size_t)w->count + 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		w->sources = grown;
		w->sources[w->count++] = (char *)value;
	}
	return 0;
}

static int gather_sources(struct learning *w)
{
	int err = add_sources(w, "live");

	w->live = w->count > 0;
	if (err == 0)
		err = add_sources(w, "pcap");
	for (int i = 0; err == 0 && i < w->args->n_operands; i++) {
		char **grown = reallocarray(w->sources, (size_t)w->count + 1, sizeof(*grown));

		err = grown ? 0 : -ENOMEM;
		if (grown) {
			w->sources = grown;
			w->sources[w->count++] = w->args->operands[i];
		}
	}
	return err;
}

/* @return exit code. */
static int read_wishes(struct learning *w)
{
	const char *prefixes = cv_policy_value(w->args, "prefixes");
	const char *headroom = cv_policy_value(w->args, "headroom");
	const char *duration = cv_policy_value(w->args, "duration");
	uint64_t n;

	w->wish = (struct cv_learn_wish){CV_LEARN_PREFIXES, HEADROOM_DEFAULT};
	w->duration_ns = LIVE_DEFAULT_NS;
	if (prefixes) {
		if (cv_units_integer(prefixes, &n) < 0 || n < 1 || n > PREFIXES_MAX)
			return cv_policy_usage(w->args, "--prefixes is a number from 1 to %u",
					       PREFIXES_MAX);
		w->wish.prefixes = (uint32_t)n;
	}
	if (headroom && (cv_units_real(headroom, &w->wish.headroom) < 0 ||
			 !(w->wish.headroom == 0 ||
			   (w->wish.headroom >= 1 && w->wish.headroom <= HEADROOM_MAX))))
		return cv_policy_usage(w->args,
				       "--headroom is a factor from 1 to %g, or 0 for no "
				       "rates",
				       HEADROOM_MAX);
	if (duration && (cv_units_duration(duration, &w->duration_ns) < 0 || !w->duration_ns ||
			 w->duration_ns > LIVE_MAX_NS))
		return cv_policy_usage(w->args,
				       "--duration is a time such as 60s or 1h, at most 7d");
	if (duration && !w->live)
		return cv_policy_usage(w->args, "--duration belongs to --live");
	return CV_CLI_OK;
}

/* What speaks on which port, from the node's configuration. @return exit code. */
static int start(struct learning *w)
{
	const char *path = cv_policy_value(w->args, "config");
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	struct cv_gen_hint *hints = NULL;
	size_t n = 0;
	int err = path ? cv_config_load(path, &config, &diag) : 0;

	if (diag.n)
		cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	if (err < 0)
		return CV_CLI_INPUT;
	if (config)
		hints = calloc(config->n_hints + 1, sizeof(*hints));
	for (; hints && n < config->n_hints; n++)
		hints[n] = (struct cv_gen_hint){
			.port = config->hints[n].service.port,
			.ip_proto = config->hints[n].service.ip_proto,
			.decoder = config->hints[n].decoder,
		};
	err = config && !hints ? -ENOMEM : cv_learn_start(hints, (unsigned int)n, &w->learn);
	free(hints);
	cv_config_free(config);
	if (err < 0)
		fprintf(stderr, "culvert policy learn: cannot start: %s\n", strerror(-err));
	return err < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static void take(void *arg, const struct cv_source_frame *frame)
{
	struct learning *w = arg;

	cv_learn_frame(w->learn, frame);
}

static int learn_live(struct learning *w)
{
	struct cv_source_error error = {""};
	struct cv_live *live = NULL;
	uint64_t lost;
	int err;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = cv_live_open(w->sources, w->count, cv_policy_value(w->args, "filter"), &live, &error);
	if (err == 0)
		err = cv_live_run(live, w->duration_ns, &stop, isatty(STDERR_FILENO), take, w,
				  &error);
	if (err < 0) {
		cv_live_close(live);
		return cv_policy_say(w->args, err == -EINVAL ? CV_CLI_INPUT : CV_CLI_UNREACHABLE,
				     error.text);
	}
	lost = cv_live_lost(live);
	cv_live_close(live);
	if (lost)
		fprintf(stderr,
			"culvert policy learn: warning: %" PRIu64
			" packets came too fast and were not seen\n",
			lost);
	w->learn->lost = lost;
	return CV_CLI_OK;
}

static int take_captured(void *owner, const struct cv_source_frame *frame)
{
	take(owner, frame);
	return CV_CLI_OK;
}

static int learn_captures(struct learning *w)
{
	struct cv_captures captures = {.args = w->args, .count = (unsigned int)w->count};
	int code;

	captures.inputs = calloc((size_t)w->count, sizeof(*captures.inputs));
	if (!captures.inputs)
		return cv_policy_say(w->args, CV_CLI_INPUT, "out of memory");
	for (int i = 0; i < w->count; i++)
		captures.inputs[i].path = w->sources[i];
	code = cv_captures_play(&captures, take_captured, w);
	if (captures.cut)
		w->code = CV_CLI_UNREACHABLE;
	cv_captures_release(&captures);
	return code;
}

static int write_policy(const struct learning *w, const struct cv_learn_shape *s)
{
	const char *path = cv_policy_value(w->args, "output");
	struct cv_learn_origin origin = {
		.sources = w->sources,
		.count = w->count,
		.headroom = w->wish.headroom,
		.constraints = !cv_policy_value(w->args, "no-constraints"),
		.bind = cv_policy_value(w->args, "bind") != NULL,
	};
	FILE *out = path ? fopen(path, "we") : stdout;
	int err = out ? 0 : -errno;

	if (err == 0 && (path || !w->args->json))
		err = cv_learn_write(w->learn, s, &origin, out);
	if (err == 0 && w->args->json)
		err = cv_learn_write_json(w->learn, s, stdout);
	if (path && out && fclose(out) != 0 && err == 0)
		err = -errno;
	if (fflush(stdout) != 0 && err == 0)
		err = -errno;
	if (err < 0)
		fprintf(stderr, "culvert policy learn: %s: %s\n", path ? path : "standard output",
			strerror(-err));
	return err < 0 ? CV_CLI_OUTPUT : CV_CLI_OK;
}

static int finish(struct learning *w)
{
	struct cv_learn_shape shape;
	int err, code;

	cv_learn_finish(w->learn);
	err = cv_learn_shape(w->learn, &w->wish, &shape);
	if (err < 0)
		return cv_policy_say(w->args, CV_CLI_INPUT, strerror(-err));
	code = write_policy(w, &shape);
	cv_learn_shape_free(&shape);
	return code;
}

int cv_policy_learn_command(const struct cv_policy_args *args)
{
	struct learning w = {.args = args};
	int code = gather_sources(&w) == 0 ? CV_CLI_OK : CV_CLI_INPUT;

	if (code == CV_CLI_OK && !w.count)
		code = cv_policy_usage(args, "learn from what? Give a CAPTURE or --live INTERFACE");
	if (code == CV_CLI_OK && w.live && (args->n_operands || cv_policy_value(args, "pcap")))
		code = cv_policy_usage(args, "learn from captures or live, not both");
	if (code == CV_CLI_OK)
		code = read_wishes(&w);
	if (code == CV_CLI_OK)
		code = start(&w);
	if (code == CV_CLI_OK)
		code = w.live ? learn_live(&w) : learn_captures(&w);
	if (code == CV_CLI_OK)
		code = finish(&w);
	cv_learn_free(w.learn);
	free(w.sources);
	return code == CV_CLI_OK ? w.code : code;
}
