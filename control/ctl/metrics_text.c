/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus' text format, and the table that names what is in it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/ctl/metrics.h"

struct family {
	const char *name, *type, *help;
};

#define FAMILY_ROW(id, type, name, help) {name, #type, help},
static const struct family families[] = {CV_METRICS(FAMILY_ROW)};

struct samples {
	char *text;
	size_t len;
	FILE *out; /* NULL = none yet */
};

struct cv_metrics {
	struct samples samples[CV_METRIC_COUNT];
	int lost; /* there was no memory for a sample */
};

struct cv_metrics *cv_metrics_create(void)
{
	return calloc(1, sizeof(struct cv_metrics));
}

/* Backslash, quote and newline are escaped; a name that is no UTF-8 or steers a terminal is told
 * with question marks. */
static void put_label(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '\\' || byte == '"')
			fputc('\\', out);
		fputc(byte < 0x20 || byte >= 0x7f ? '?' : byte, out);
	}
}

static void put_value(FILE *out, double value)
{
	if (value == floor(value) && fabs(value) < 9e15)
		fprintf(out, "%.0f", value);
	else
		fprintf(out, "%.17g", value);
}

void cv_metrics_add(struct cv_metrics *m, enum cv_metric metric, double value,
		    const char *const *labels)
{
	struct samples *s = &m->samples[metric];

	if (!s->out)
		s->out = open_memstream(&s->text, &s->len);
	if (!s->out) {
		m->lost = 1;
		return;
	}
	fputs(families[metric].name, s->out);
	for (int i = 0; labels && labels[i]; i += 2) {
		fprintf(s->out, "%c%s=\"", i == 0 ? '{' : ',', labels[i]);
		put_label(s->out, labels[i + 1]);
		fputc('"', s->out);
	}
	fputs(labels && labels[0] ? "} " : " ", s->out);
	put_value(s->out, value);
	fputc('\n', s->out);
}

void cv_metrics_put(struct cv_metrics *m, enum cv_metric metric, double value, const char *name,
		    const char *label, const char *name2, const char *label2)
{
	cv_metrics_add(m, metric, value, (const char *const[]){name, label, name2, label2, NULL});
}

char *cv_metrics_finish(struct cv_metrics *m)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int bad = !out || m->lost;

	for (unsigned int i = 0; i < CV_METRIC_COUNT; i++) {
		struct samples *s = &m->samples[i];

		if (!s->out)
			continue;
		bad |= fclose(s->out) != 0;
		if (!bad && s->text)
			fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s", families[i].name,
				families[i].help, families[i].name, families[i].type, s->text);
		free(s->text);
	}
	free(m);
	if (out && fclose(out) != 0)
		bad = 1;
	if (!bad)
		return text;
	free(text);
	return NULL;
}

void cv_metrics_write_doc(FILE *out)
{
	fputs("# Metrics\n\n"
	      "<!-- Written by culvert-control --dump-metrics from control/ctl/metrics_list.h. "
	      "-->\n\n"
	      "`GET /metrics` on control's socket and on `api.listen` gives every figure of the "
	      "node in\nPrometheus' text format. How to scrape it, and the alert rules and "
	      "dashboard that are shipped:\n[health](health.md).\n\n"
	      "| metric | type | |\n|---|---|---|\n",
	      out);
	for (unsigned int i = 0; i < CV_METRIC_COUNT; i++)
		fprintf(out, "| `%s` | %s | %s |\n", families[i].name, families[i].type,
			families[i].help);
}
