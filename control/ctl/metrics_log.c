/* SPDX-License-Identifier: Apache-2.0 */
/* What control counts: event log, subscribers, sinks, policy. */
#include <string.h>
#include <sys/statvfs.h>

#include "control/control.h"
#include "control/ctl/metrics.h"

#define RULES_MAX 500

#define NAME_ROW(id, name) name,
static const char *const refusals[] = {CV_REFUSALS(NAME_ROW)};

static double number(const json_t *object, const char *key)
{
	return (double)json_integer_value(json_object_get(object, key));
}

static void plain(struct cv_metrics *m, enum cv_metric metric, double value)
{
	cv_metrics_add(m, metric, value, NULL);
}

/* ---- event log ------------------------------------------------------------------------------- */

static void put_lane(struct cv_metrics *m, const struct cv_control *c, enum cv_lane lane)
{
	const struct cv_eventlog_counters *n = cv_eventlog_counters(c->log);
	const char *name = cv_lane_name(lane);
	const struct {
		enum cv_metric metric;
		uint64_t value;
	} rows[] = {
		{CV_METRIC_LOGGED, n->logged[lane]},
		{CV_METRIC_LOG_GAPS, n->gaps[lane]},
		{CV_METRIC_LOG_BYTES, cv_eventlog_bytes(c->log, lane)},
		{CV_METRIC_LOG_BEGIN, cv_eventlog_begin(c->log, lane)},
		{CV_METRIC_LOG_END, cv_eventlog_end(c->log, lane)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cv_metrics_put(m, rows[i].metric, (double)rows[i].value, "lane", name, NULL, NULL);
	for (unsigned int i = 0; i < CV_REFUSAL_COUNT; i++)
		cv_metrics_put(m, CV_METRIC_LOG_REFUSED, (double)n->refused[lane][i], "lane", name,
			       "reason", refusals[i]);
	for (unsigned int i = 0; i < CV_LOG_TROUBLE_COUNT; i++)
		if (i != CV_LOG_TROUBLE_NONE)
			cv_metrics_put(m, CV_METRIC_LOG_TROUBLE,
				       cv_eventlog_trouble(c->log, lane) == (enum cv_log_trouble)i,
				       "lane", name, "trouble",
				       cv_log_trouble_name((enum cv_log_trouble)i));
}

void cv_metrics_log(struct cv_metrics *m, const struct cv_control *c)
{
	const struct cv_eventlog_counters *n = cv_eventlog_counters(c->log);
	struct cv_intake *intake = c->devices ? cv_devices_intake(c->devices) : NULL;
	struct statvfs fs;

	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		put_lane(m, c, (enum cv_lane)lane);
	plain(m, CV_METRIC_LOG_WRITES, (double)n->writes);
	plain(m, CV_METRIC_LOG_BLOCKS, (double)n->blocks);
	plain(m, CV_METRIC_LOG_WRITTEN, (double)n->bytes);
	plain(m, CV_METRIC_LOG_CUT, (double)n->cut_bytes);
	plain(m, CV_METRIC_LOG_BAD, (double)n->bad_blocks);
	plain(m, CV_METRIC_LOG_PACKED, (double)n->packed);
	plain(m, CV_METRIC_LOG_PACKED_FROM, (double)n->packed_from);
	plain(m, CV_METRIC_LOG_PACKED_TO, (double)n->packed_to);
	if (statvfs(c->config->log_dir, &fs) == 0) {
		plain(m, CV_METRIC_DISK_FREE, (double)fs.f_bavail * (double)fs.f_frsize);
		plain(m, CV_METRIC_DISK_SIZE, (double)fs.f_blocks * (double)fs.f_frsize);
	}
	for (unsigned int i = 0; intake && i < CV_INTAKE_COUNT; i++)
		cv_metrics_put(m, CV_METRIC_DEVICES, (double)intake->counts[i], "device",
			       cv_intake_count_name(i), NULL, NULL);
}

/* ---- subscribers ----------------------------------------------------------------------------- */

static void refusals_of(struct cv_metrics *m, const json_t *http)
{
	const char *reason;
	json_t *count;

	json_object_foreach(json_object_get(http, "refusals"), reason, count)
	{
		cv_metrics_put(m, CV_METRIC_API_REFUSALS, (double)json_integer_value(count),
			       "reason", reason, NULL, NULL);
	}
}

void cv_metrics_subscribers(struct cv_metrics *m, const struct cv_control *c)
{
	json_t *http = cv_http_server_stats(c->http),
	       *groups = cv_groups_json(c->groups, NULL, false), *row;
	json_t *subscribers = json_object_get(http, "subscribers");
	double most = 0;
	size_t i;

	plain(m, CV_METRIC_CONNECTIONS, number(http, "connections"));
	plain(m, CV_METRIC_ACCEPTED, number(http, "accepted"));
	plain(m, CV_METRIC_REFUSED, number(http, "refused"));
	plain(m, CV_METRIC_REQUESTS, number(http, "requests"));
	plain(m, CV_METRIC_PEERS, number(http, "peers"));
	refusals_of(m, http);
	plain(m, CV_METRIC_TOO_SLOW, number(http, "too_slow"));
	plain(m, CV_METRIC_SUBSCRIBERS, (double)json_array_size(subscribers));
	json_array_foreach(subscribers, i, row) if (number(row, "lag") > most) most =
		number(row, "lag");
	plain(m, CV_METRIC_SUBSCRIBER_LAG, most);
	json_array_foreach(groups, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));

		if (!name)
			continue;
		cv_metrics_put(m, CV_METRIC_GROUP_LAG, number(row, "lag"), "group", name, NULL,
			       NULL);
		cv_metrics_put(m, CV_METRIC_GROUP_MEMBERS,
			       (double)json_array_size(json_object_get(row, "members")), "group",
			       name, NULL, NULL);
	}
	json_decref(groups);
	json_decref(http);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static void put_sink(struct cv_metrics *m, const struct cv_sink_status *s, const char *name)
{
	for (unsigned int i = 0; i < CV_SINK_STATE_COUNT; i++)
		cv_metrics_put(m, CV_METRIC_SINK_STATE, s->state == i, "sink", name, "state",
			       cv_sink_state_name(i));
	for (unsigned int i = 0; i < CV_SINK_COUNTER_COUNT; i++)
		cv_metrics_put(m, CV_METRIC_SINK_EVENTS, (double)s->count[i], "sink", name, "what",
			       cv_sink_counter_name(i));
	for (unsigned int i = 0; i < CV_SINK_REFUSAL_COUNT; i++)
		cv_metrics_put(m, CV_METRIC_SINK_REFUSED, (double)s->refused[i], "sink", name,
			       "reason", cv_sink_refusal_name(i));
	cv_metrics_put(m, CV_METRIC_SINK_UNDER_WAY, (double)s->under_way, "sink", name, NULL, NULL);
	cv_metrics_put(m, CV_METRIC_SINK_STARTS, (double)s->starts, "sink", name, NULL, NULL);
}

void cv_metrics_sinks(struct cv_metrics *m, const struct cv_control *c)
{
	json_t *list = cv_sinks_json(c->sinks, c->log), *row;
	size_t i;

	for (unsigned int k = 0; k < cv_sink_keeper_count(c->sinks); k++)
		put_sink(m, cv_sink_keeper_status(c->sinks, k),
			 cv_sink_keeper_settings(c->sinks, k)->sink.name);
	json_array_foreach(list, i, row) if (json_object_get(row, "lag"))
		cv_metrics_put(m, CV_METRIC_SINK_LAG, number(row, "lag"), "sink",
			       json_string_value(json_object_get(row, "name")), NULL, NULL);
	json_decref(list);
}

/* ---- policy ---------------------------------------------------------------------------------- */

static double hits_of(const json_t *rule, const char *who)
{
	const json_t *hits = json_object_get(rule, who);

	return number(hits, "packets");
}

static void put_rules(struct cv_metrics *m, const struct cv_control *c)
{
	static const char *const judges[] = {"kernel", "dataplane"};
	json_t *doc = cv_rollout_rules(c->rollout, false), *row;
	unsigned int told = 0;
	size_t i;

	json_array_foreach(json_object_get(doc, "rules"), i, row)
	{
		char id[24];
		bool any = false;

		snprintf(id, sizeof(id), "%.0f", number(row, "rule"));
		for (unsigned int k = 0; k < 2 && told < RULES_MAX; k++) {
			if (hits_of(row, judges[k]) == 0)
				continue;
			cv_metrics_put(m, CV_METRIC_RULE_HITS, hits_of(row, judges[k]), "rule", id,
				       "judge", judges[k]);
			any = true;
		}
		told += any;
	}
	json_decref(doc);
}

void cv_metrics_policy(struct cv_metrics *m, const struct cv_control *c)
{
	static const char *const steps[] = {"absent", "turning", "in step", "refuses"};
	json_t *status = cv_rollout_status(c->rollout);
	json_t *config = cv_node_status(c->node);
	json_t *quarantine = cv_quarantine_keeper_status(c->quarantine);
	const char *step = json_string_value(json_object_get(status, "dataplane"));

	plain(m, CV_METRIC_CONFIG, number(config, "live"));
	plain(m, CV_METRIC_CONFIG_CONFIRM, json_is_object(json_object_get(config, "confirm")));
	plain(m, CV_METRIC_POLICY, (double)cv_rollout_live(c->rollout));
	plain(m, CV_METRIC_POLICY_SHADOW, number(json_object_get(status, "shadow"), "number"));
	plain(m, CV_METRIC_POLICY_CONFIRM, json_is_object(json_object_get(status, "confirm")));
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		cv_metrics_put(m, CV_METRIC_POLICY_IN_STEP, step && strcmp(step, steps[i]) == 0,
			       "state", steps[i], NULL, NULL);
	put_rules(m, c);
	plain(m, CV_METRIC_QUARANTINE, number(quarantine, "devices"));
	json_decref(quarantine);
	json_decref(config);
	json_decref(status);
}
