/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: every figure of the node in Prometheus' text format 0.0.4. */
#ifndef CV_METRICS_H
#define CV_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "control/ctl/metrics_list.h"

struct cv_control;

#define CV_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#define CV_METRIC_ROW(id, type, name, help) CV_METRIC_##id,
enum cv_metric { CV_METRICS(CV_METRIC_ROW) CV_METRIC_COUNT };

/** Samples by metric: all of one stand together in the output, in whichever order they come. */
struct cv_metrics;

/** @return NULL: no memory. */
struct cv_metrics *cv_metrics_create(void);

/**
 * Add a sample. Samples that find no memory are lost, and the whole text with them.
 *
 * @param labels pairs of name and value, NULL behind the last; values as they are.
 */
void cv_metrics_add(struct cv_metrics *m, enum cv_metric metric, double value,
		    const char *const *labels);
/** The same with up to two labels; NULL for those that are not wanted. */
void cv_metrics_put(struct cv_metrics *m, enum cv_metric metric, double value, const char *name,
		    const char *label, const char *name2, const char *label2);

/** The text, malloc'ed; frees @p m. @return NULL: no memory. */
char *cv_metrics_finish(struct cv_metrics *m);

/** Write the table of docs/operator/metrics.md. */
void cv_metrics_write_doc(FILE *out);

/** All there is to say of the node, malloc'ed; the handler of the route. @param control owner. */
char *cv_metrics_text(void *control);

/* ---- metrics_log.c: event log, subscribers, sinks, policy ------------------------------------ */

void cv_metrics_log(struct cv_metrics *m, const struct cv_control *c);
void cv_metrics_subscribers(struct cv_metrics *m, const struct cv_control *c);
void cv_metrics_sinks(struct cv_metrics *m, const struct cv_control *c);
void cv_metrics_policy(struct cv_metrics *m, const struct cv_control *c);

#endif
