/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert policy explain`: why a packet is judged as it is, or what a device may do. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/units.h"
#include "control/offline/device.h"
#include "control/offline/frame_make.h"
#include "control/offline/policy_file.h"
#include "control/offline/trial.h"
#include "control/policy/captures.h"
#include "control/policy/explain_quarantine.h"

#define CLIENT_PORT 40000 /* where the asker speaks from, unless --sport says */

struct explaining {
	const struct cv_policy_args *args;
	struct cv_generation *gen;
	struct cv_trial *trial;
	struct cv_trace trace;
	struct cv_trial_verdict verdict;
	struct cv_bpf_why no_kernel; /* why XDP was not asked; empty = it was */
	uint8_t port;
	bool quarantined; /* the sender is on the list of the node that --config names */
	bool capture; /* the packet is of a capture: what it says is known, too */
};

static const char *value(const struct explaining *w, const char *name)
{
	return cv_policy_value(w->args, name);
}

/* The kernel where it may be asked. */
static int start_trial(struct explaining *w)
{
	struct cv_bpf_why why = {""};
	const struct cv_policy_file policy = {.gen = w->gen};
	bool kernel = !value(w, "native");
	int err;

	if (!kernel)
		snprintf(w->no_kernel.text, sizeof(w->no_kernel.text), "--native");
	err = cv_trial_create(&policy, kernel, &w->trial, &why);
	if (err == -EPERM) {
		w->no_kernel = why;
		err = cv_trial_create(&policy, false, &w->trial, &why);
	}
	return err < 0 ? cv_policy_say(w->args, CV_CLI_UNREACHABLE, why.text) : CV_CLI_OK;
}

/* A limit may refuse what the rules let pass; it depends on what came before. */
static bool is_limit(uint32_t verdict)
{
	switch (CV_VERDICT_REASON(verdict)) {
	case CV_REASON_RATE_DEVICE:
	case CV_REASON_RATE_UNKNOWN:
	case CV_REASON_RATE_GROUP:
	case CV_REASON_RATE_RULE:
	case CV_REASON_RATE_PORT:
	case CV_REASON_NO_STATE:
	case CV_REASON_CONTENDED:
		return true;
	default:
		return false;
	}
}

static int judge(struct explaining *w, const struct cv_source_frame *frame)
{
	struct cv_bpf_why why = {""};
	int err = cv_trial_frame(w->trial, frame, w->port, &w->verdict, &why);

	if (err < 0)
		return cv_policy_say(w->args,
				     err == -ENOTRECOVERABLE ? CV_CLI_FAULT : CV_CLI_UNREACHABLE,
				     why.text);
	return CV_CLI_OK;
}

/* The steps, which must end where the judges do. */
static int trace(struct explaining *w, const struct cv_source_frame *frame)
{
	w->quarantined = cv_explain_quarantined(value(w, "config"), frame->data, frame->len) &&
			 CV_VERDICT_REASON(w->verdict.first) != CV_REASON_ALLOW_GUARD;
	cv_trace(w->gen, frame->data, frame->len, w->port, &w->trace);
	if (w->trace.verdict == w->verdict.first || is_limit(w->verdict.first))
		return CV_CLI_OK;
	fprintf(stderr,
		"culvert policy explain: the steps end with %s (%s), the judges with %s (%s): a "
		"fault in Culvert, please report it\n",
		cv_trial_action(w->trace.verdict), cv_trial_reason(w->trace.verdict),
		cv_trial_action(w->verdict.first), cv_trial_reason(w->verdict.first));
	return CV_CLI_FAULT;
}

/* ---- the packet ---------------------------------------------------------------------------- */

static int read_wish(const struct explaining *w, struct cv_frame_wish *wish)
{
	const char *src = value(w, "packet"), *mac = value(w, "mac");
	uint64_t vlan = 0, sport = CLIENT_PORT;

	*wish = (struct cv_frame_wish){.src_mac = {0x02, 0, 0, 0, 0, 0x01}};
	if (w->args->n_operands != 3)
		return cv_policy_usage(w->args, "--packet wants SOURCE DESTINATION SERVICE");
	if (cv_prefix_parse(src, &wish->src) < 0 || !cv_prefix_is_address(&wish->src) ||
	    cv_prefix_parse(w->args->operands[1], &wish->dst) < 0 ||
	    !cv_prefix_is_address(&wish->dst) || wish->src.family != wish->dst.family ||
	    !wish->src.family)
		return cv_policy_usage(w->args,
				       "\"%s\" and \"%s\" are not two IPv4 or two IPv6 "
				       "addresses",
				       src, w->args->operands[1]);
	if (cv_frame_parse_service(w->args->operands[2], &wish->ip_proto, &wish->dport) < 0)
		return cv_policy_usage(w->args,
				       "\"%s\" is not tcp/PORT, udp/PORT, tcp, udp, icmp, "
				       "icmpv6 or ip/NUMBER",
				       w->args->operands[2]);
	if (value(w, "vlan") && (cv_units_integer(value(w, "vlan"), &vlan) < 0 || vlan > 4094))
		return cv_policy_usage(w->args, "--vlan is a number from 0 to 4094");
	if (value(w, "sport") && (cv_units_integer(value(w, "sport"), &sport) < 0 || sport > 65535))
		return cv_policy_usage(w->args, "--sport is a number from 0 to 65535");
	if (mac && cv_frame_parse_mac(mac, wish->src_mac) < 0)
		return cv_policy_usage(w->args, "--mac is an address such as 02:00:00:00:00:01");
	wish->vlan = (uint16_t)vlan;
	wish->sport = (uint16_t)sport;
	return CV_CLI_OK;
}

static int explain_made(struct explaining *w)
{
	uint8_t data[CV_FRAME_MADE_MAX];
	struct cv_source_frame frame = {.data = data, .number = 1, .supported = true};
	struct cv_frame_wish wish;
	int code = read_wish(w, &wish);

	if (code != CV_CLI_OK)
		return code;
	frame.len = frame.captured = cv_frame_make(&wish, data);
	code = start_trial(w);
	if (code == CV_CLI_OK)
		code = judge(w, &frame);
	return code == CV_CLI_OK ? trace(w, &frame) : code;
}

/* All packets up to the one asked for: limits and flows are then as they were. */
static int play_to(struct explaining *w, struct cv_source *source, uint64_t number)
{
	struct cv_source_error error = {""};
	struct cv_source_frame frame = {0};
	int n = 1, code = CV_CLI_OK;

	while (code == CV_CLI_OK && frame.number < number) {
		n = cv_source_next(source, &frame, &error);
		if (n < 0)
			return cv_policy_say(w->args, CV_CLI_INPUT, error.text);
		if (n == 0)
			break;
		code = judge(w, &frame);
	}
	if (code != CV_CLI_OK)
		return code;
	if (n == 0) {
		fprintf(stderr,
			"culvert policy explain: the capture ends before packet %" PRIu64 "\n",
			number);
		return CV_CLI_INPUT;
	}
	return trace(w, &frame);
}

static int explain_captured(struct explaining *w)
{
	struct cv_source_input input = {.path = value(w, "pcap"), .port = w->port};
	struct cv_source_options options = {.inputs = &input, .count = 1, .progress = true};
	struct cv_source_error error = {""};
	struct cv_source *source = NULL;
	uint64_t number = 0;
	int code;

	if (!value(w, "frame") || cv_units_integer(value(w, "frame"), &number) < 0 || !number)
		return cv_policy_usage(w->args, "which packet of the capture? --frame N, from 1");
	w->capture = true;
	code = start_trial(w);
	if (code != CV_CLI_OK)
		return code;
	if (cv_source_open(&options, &source, &error) < 0)
		return cv_policy_say(w->args, CV_CLI_INPUT, error.text);
	code = play_to(w, source, number);
	cv_source_close(source);
	return code;
}

/* ---- what comes of it at each enforcement point -------------------------------------------- */

static const char *nftables(uint32_t verdict)
{
	switch (CV_VERDICT_ACTION(verdict)) {
	case CV_ACTION_DROP:
		return "not reached: dropped before";
	case CV_ACTION_FORWARD:
		return "not reached: it leaves by the other port";
	default:
		return "reached: let in where the node's own table says so";
	}
}

static const char *decoding(const struct explaining *w)
{
	bool dropped = CV_VERDICT_ACTION(w->verdict.first) == CV_ACTION_DROP;

	if (dropped || w->trace.step == CV_TRACE_GUARD)
		return "not reached";
	if (!w->capture)
		return w->trace.rule && w->trace.rule->app
			       ? "depends on what it says; ask with --pcap and --frame"
			       : "nothing is refused for what it says";
	return cv_trial_action(w->verdict.verdict);
}

static void write_points(const struct explaining *w)
{
	const struct cv_trial_verdict *v = &w->verdict;

	if (w->quarantined)
		puts("\nThe sender is in quarantine on this node: XDP and worker drop the packet "
		     "before "
		     "any rule.\nWithout that:");
	puts("\nat each enforcement point");
	if (w->no_kernel.text[0])
		printf("  %-10s not asked: %s\n", "XDP", w->no_kernel.text);
	else if (!v->kernel)
		printf("  %-10s not asked: its trial run takes no packet of this length\n", "XDP");
	else
		printf("  %-10s %s (%s)\n", "XDP", cv_trial_action(v->first),
		       cv_trial_reason(v->first));
	printf("  %-10s %s (%s)\n", "worker", cv_trial_action(v->first), cv_trial_reason(v->first));
	printf("  %-10s %s", "decoding", decoding(w));
	if (v->verdict != v->first)
		printf(" (%s)", cv_trial_reason(v->verdict));
	printf("\n  %-10s %s\n", "nftables", nftables(v->verdict));
}

static json_t *points(const struct explaining *w)
{
	const struct cv_trial_verdict *v = &w->verdict;
	json_t *first = json_pack("{ss ss}", "action", cv_trial_action(v->first), "reason",
				  cv_trial_reason(v->first));

	return json_pack("{so so ss ss s{ss ss}}", "xdp",
			 v->kernel ? json_incref(first) : json_null(), "worker", first, "decoding",
			 decoding(w), "nftables", nftables(v->verdict), "outcome", "action",
			 cv_trial_action(v->verdict), "reason", cv_trial_reason(v->verdict));
}

static int dump(const struct explaining *w, json_t *o)
{
	int err = !o || json_dumpf(o, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ||
		  fflush(stdout) != 0;

	json_decref(o);
	return err ? cv_policy_say(w->args, CV_CLI_OUTPUT, "standard output cannot be written")
		   : CV_CLI_OK;
}

static int report(const struct explaining *w)
{
	json_t *o;

	if (!w->args->json) {
		cv_trace_write(&w->trace, stdout);
		write_points(w);
		return fflush(stdout) == 0 ? CV_CLI_OK
					   : cv_policy_say(w->args, CV_CLI_OUTPUT, strerror(errno));
	}
	o = cv_trace_json(&w->trace);
	if (o)
		json_object_set_new(o, "enforcement", points(w));
	if (o && w->quarantined)
		json_object_set_new(o, "quarantined", json_true());
	return dump(w, o);
}

/* ---- a device ------------------------------------------------------------------------------ */

static int explain_device(const struct explaining *w)
{
	const char *device = value(w, "device"), *mac_text = value(w, "mac");
	struct cv_device_view view;
	struct cv_prefix addr;
	uint8_t mac[6] = {0};
	uint64_t number = 0;
	int code = CV_CLI_OK;

	if (cv_prefix_parse(device, &addr) < 0 || !cv_prefix_is_address(&addr) || !addr.family)
		return cv_policy_usage(w->args, "--device \"%s\" is not an address", device);
	if (mac_text && cv_frame_parse_mac(mac_text, mac) < 0)
		return cv_policy_usage(w->args, "--mac is an address such as 02:00:00:00:00:01");
	memcpy(&number, mac, sizeof(mac)); /* little-endian, as cv_load_mac() gives it */
	if (cv_device_view(w->gen, addr.family, addr.addr, mac_text != NULL, number, &view) < 0)
		return cv_policy_say(w->args, CV_CLI_INPUT, "out of memory");
	if (w->args->json)
		code = dump(w, cv_device_view_json(&view, device));
	else
		cv_device_view_write(&view, device, stdout);
	cv_device_view_release(&view);
	return code;
}

static int setup(struct explaining *w)
{
	struct cv_diagnostics diag = {0};
	const char *port = value(w, "port");
	int err = cv_policy_file_load(w->args->operands[0], value(w, "config"), &w->gen, &diag);
	int index;

	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	if (err < 0)
		return CV_CLI_INPUT;
	index = port ? cv_captures_port(w->args, w->gen, port) : 0;
	if (index < 0)
		return CV_CLI_USAGE;
	w->port = (uint8_t)index;
	return CV_CLI_OK;
}

int cv_policy_explain_command(const struct cv_policy_args *args)
{
	struct explaining w = {.args = args};
	int asked = !!value(&w, "packet") + !!value(&w, "device") + !!value(&w, "pcap");
	int code = asked == 1
			   ? setup(&w)
			   : cv_policy_usage(args, "explain what? Give one of --packet, --device "
						   "and --pcap");

	if (code == CV_CLI_OK && value(&w, "device"))
		code = explain_device(&w);
	else if (code == CV_CLI_OK) {
		code = value(&w, "packet") ? explain_made(&w) : explain_captured(&w);
		if (code == CV_CLI_OK)
			code = report(&w);
	}
	cv_trial_destroy(w.trial);
	free(w.gen);
	return code;
}
