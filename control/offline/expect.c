/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/expect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member)                                                                                 \
	.offset = offsetof(struct cv_expectation, member),                                         \
	.size = sizeof(((struct cv_expectation *)0)->member)
#define SNAP_LEN 262144

static const char *const action_choices[] = {"any", "drop", "allow", "host", NULL};
#define REASON_NAME(id, name) name,
static const char *const reason_choices[] = {"any", CV_REASONS(REASON_NAME) NULL};

static const struct cv_field item_fields[] = {
	{.name = "frame",
	 .type = CV_FIELD_UINT,
	 AT(frame),
	 .fallback = "",
	 .min = 1,
	 .max = UINT64_MAX},
	{.name = "filter", .type = CV_FIELD_TEXT, AT(filter), .fallback = ""},
	{.name = "action",
	 .type = CV_FIELD_CHOICE,
	 AT(action),
	 .fallback = "any",
	 .choices = action_choices},
	{.name = "reason",
	 .type = CV_FIELD_CHOICE,
	 AT(reason),
	 .fallback = "any",
	 .choices = reason_choices},
	{.name = "rule",
	 .type = CV_FIELD_UINT,
	 AT(rule),
	 .fallback = "any",
	 .word = "any",
	 .word_value = CV_EXPECT_ANY,
	 .max = UINT32_MAX},
	{.name = "packets",
	 .type = CV_FIELD_UINT,
	 AT(packets),
	 .fallback = "any",
	 .word = "any",
	 .word_value = CV_EXPECT_ANY,
	 .max = UINT32_MAX - 1},
};

static const struct cv_field file_fields[] = {
	{.name = "expect",
	 .type = CV_FIELD_LIST,
	 .offset = offsetof(struct cv_expect, items),
	 .size = sizeof(struct cv_expectation),
	 .count_offset = offsetof(struct cv_expect, n),
	 .max = CV_EXPECTATIONS_MAX,
	 .fields = item_fields,
	 .n_fields = COUNT(item_fields)},
};

static const struct cv_field file_schema = {
	.type = CV_FIELD_SECTION, .fields = file_fields, .n_fields = COUNT(file_fields)};

static struct cv_place place(const struct cv_expect *e, const struct cv_expectation *x)
{
	return (struct cv_place){e->path, x->line, x->column};
}

static int compile_filter(struct cv_expect *e, size_t i, pcap_t *ethernet,
			  struct cv_diagnostics *diag)
{
	const struct cv_expectation *x = &e->items[i];

	if (!x->filter[0])
		return 0;
	if (pcap_compile(ethernet, &e->programs[i], x->filter, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return 0;
	e->programs[i].bf_insns = NULL;
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, place(e, x), "see pcap-filter(7)",
			   "filter: %.160s", pcap_geterr(ethernet));
	return -EINVAL;
}

static int check_item(const struct cv_expect *e, const struct cv_expectation *x,
		      struct cv_diagnostics *diag)
{
	const char *wrong = NULL, *hint = NULL;

	if (!x->frame == !x->filter[0]) {
		wrong = "expected either frame or filter";
	} else if (!x->action && !x->reason && x->rule == CV_EXPECT_ANY &&
		   x->packets == CV_EXPECT_ANY) {
		wrong = "expects nothing";
		hint = "say action, reason, rule or packets";
	}
	if (!wrong)
		return 0;
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, place(e, x), hint, "%s", wrong);
	return -EINVAL;
}

static int check(struct cv_expect *e, struct cv_diagnostics *diag)
{
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, SNAP_LEN);
	int err = ethernet ? 0 : -ENOMEM;

	e->programs = calloc(e->n + 1, sizeof(*e->programs));
	if (!e->programs)
		err = -ENOMEM;
	for (size_t i = 0; err != -ENOMEM && i < e->n; i++) {
		int r = check_item(e, &e->items[i], diag);

		if (r == 0)
			r = compile_filter(e, i, ethernet, diag);
		if (r < 0)
			err = r;
	}
	if (ethernet)
		pcap_close(ethernet);
	return err;
}

int cv_expect_parse(const char *path, const char *text, size_t len, struct cv_expect **ret,
		    struct cv_diagnostics *diag)
{
	struct cv_expect *e = calloc(1, sizeof(*e));
	struct cv_yaml *root = NULL;
	int err = cv_yaml_parse(path, text, len, &root, diag);

	if (e)
		e->path = strdup(path);
	if (!e || !e->path)
		err = -ENOMEM;
	if (err == 0)
		err = cv_schema_read(&file_schema, root, e, "", path, diag);
	if (err == 0)
		err = check(e, diag);
	cv_yaml_free(root);
	if (err < 0)
		cv_expect_free(e);
	else
		*ret = e;
	return err;
}

int cv_expect_load(const char *path, struct cv_expect **ret, struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int err = cv_yaml_read_file(path, &text, &len, diag);

	if (err == 0)
		err = cv_expect_parse(path, text, len, ret, diag);
	free(text);
	return err;
}

void cv_expect_free(struct cv_expect *e)
{
	if (!e)
		return;
	for (size_t i = 0; e->programs && i < e->n; i++) {
		if (e->programs[i].bf_insns)
			pcap_freecode(&e->programs[i]);
	}
	free(e->programs);
	free(e->items);
	free(e->path);
	free(e);
}

static bool is_about(const struct cv_expect *e, size_t i, const struct cv_source_frame *frame)
{
	struct pcap_pkthdr head = {.caplen = frame->captured, .len = frame->len};

	if (e->items[i].frame)
		return e->items[i].frame == frame->number;
	return pcap_offline_filter(&e->programs[i], &head, frame->data) != 0;
}

static bool is_as_expected(const struct cv_expectation *x, const struct cv_trial_verdict *v)
{
	return (!x->action || x->action == CV_VERDICT_ACTION(v->verdict) + 1) &&
	       (!x->reason || x->reason == CV_VERDICT_REASON(v->verdict) + 1) &&
	       (x->rule == CV_EXPECT_ANY || x->rule == v->rule);
}

void cv_expect_frame(struct cv_expect *e, const struct cv_source_frame *frame,
		     const struct cv_trial_verdict *verdict)
{
	for (size_t i = 0; i < e->n; i++) {
		struct cv_expectation *x = &e->items[i];

		if (!is_about(e, i, frame))
			continue;
		x->matched++;
		if (is_as_expected(x, verdict))
			continue;
		if (x->wrong++ == 0) {
			x->first_wrong = frame->number;
			x->first_verdict = *verdict;
		}
	}
}

bool cv_expect_met(const struct cv_expectation *x)
{
	if (x->wrong)
		return false;
	return x->packets == CV_EXPECT_ANY ? x->matched > 0 : x->matched == x->packets;
}

size_t cv_expect_failed(const struct cv_expect *e)
{
	size_t failed = 0;

	for (size_t i = 0; i < e->n; i++)
		failed += !cv_expect_met(&e->items[i]);
	return failed;
}

void cv_expect_describe(const struct cv_expectation *x, FILE *out)
{
	if (x->frame)
		fprintf(out, "packet %" PRIu64, x->frame);
	else
		fprintf(out, "\"%s\"", x->filter);
}

void cv_expect_explain(const struct cv_expectation *x, FILE *out)
{
	if (x->wrong)
		fprintf(out,
			"%" PRIu64 " of %" PRIu64 " packets otherwise, first packet %" PRIu64
			": %s (%s, rule %u)",
			x->wrong, x->matched, x->first_wrong,
			cv_trial_action(x->first_verdict.verdict),
			cv_trial_reason(x->first_verdict.verdict), x->first_verdict.rule);
	else if (x->packets == CV_EXPECT_ANY)
		fputs("no such packet", out);
	else
		fprintf(out, "%" PRIu64 " packets, expected %u", x->matched, x->packets);
}
