/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/schema.h"
#include "control/config/schema_rows.h"

static const char *const side_choices[] = {"unknown", "device", "platform", NULL};
static const char *const loss_choices[] = {"drop", "forward", NULL};
static const char *const hugepage_choices[] = {"auto", "never", NULL};
static const char *const others_choices[] = {"accept", "drop", NULL};

static const struct cv_field port_fields[] = {
	{.name = "name",
	 .type = CV_FIELD_NAME,
	 AT(struct cv_config_port, name),
	 .help = "Name of the port, unique; counters and records use it."},
	{.name = "target",
	 .type = CV_FIELD_TARGET,
	 AT(struct cv_config_port, target),
	 .help = "`af_xdp:IF`: a network interface. `pcap:FILE`: a capture file, played once."},
	{.name = "side",
	 .type = CV_FIELD_CHOICE,
	 AT(struct cv_config_port, side),
	 .choices = side_choices,
	 .fallback = "unknown",
	 .help = "Who is behind the port; gives records their direction."},
	{.name = "peer",
	 .type = CV_FIELD_NAME,
	 AT(struct cv_config_port, peer_name),
	 .fallback = "",
	 .help = "Port that frames leave by. Without it the port is a tap: receive only."},
	{.name = "on_dataplane_loss",
	 .type = CV_FIELD_CHOICE,
	 AT(struct cv_config_port, on_loss),
	 .choices = loss_choices,
	 .fallback = "drop",
	 .help = "What the kernel does with allowed frames while no dataplane runs."},
	{.name = "repeat",
	 .type = CV_FIELD_UINT,
	 AT(struct cv_config_port, repeat),
	 .fallback = "0",
	 .max = UINT32_MAX,
	 .help = "pcap only: how many times more the file is played; it may then have at most "
		 "8192 frames."},
	{.name = "rate",
	 .type = CV_FIELD_RATE,
	 AT(struct cv_config_port, rate_pps),
	 .fallback = "max",
	 .word = "max",
	 .min = 1,
	 .max = 1000000000,
	 .help = "pcap only: frames per second; `max` = as fast as possible."},
};

static const struct cv_field retain_fields[] = {
	{.name = "size",
	 .type = CV_FIELD_SIZE,
	 AT(struct cv_config_retain, bytes),
	 .fallback = "1GiB",
	 .word = "any",
	 .min = 1 << 20,
	 .max = 1ull << 50,
	 .help = "Oldest segments go when the lane is larger; `any` = no bound."},
	{.name = "age",
	 .type = CV_FIELD_DURATION,
	 AT(struct cv_config_retain, ns),
	 .fallback = "30d",
	 .word = "any",
	 .min = 1000000000,
	 .max = 31536000000000000,
	 .help = "Segments older than this go; `any` = no bound."},
};

#define RETAIN_ROW(id, text)                                                                       \
	{.name = text,                                                                             \
	 .type = CV_FIELD_SECTION,                                                                 \
	 .offset = offsetof(struct cv_config, retain) +                                            \
		   CV_LANE_##id * sizeof(struct cv_config_retain),                                 \
	 .help = "Retention of the lane `" text "`.",                                              \
	 FIELDS(retain_fields)},
static const struct cv_field lane_fields[] = {CV_LANES(RETAIN_ROW)};

#define COMPRESS_ROW(id, text)                                                                     \
	{.name = text,                                                                             \
	 .type = CV_FIELD_BOOL,                                                                    \
	 .offset = offsetof(struct cv_config, compress) + CV_LANE_##id * sizeof(bool),             \
	 .size = sizeof(bool),                                                                     \
	 .fallback = "false",                                                                      \
	 .help = "Of the lane `" text "`."},
static const struct cv_field compress_fields[] = {
	CV_LANES(COMPRESS_ROW){.name = "level",
			       .type = CV_FIELD_UINT,
			       CONFIG(compress_level),
			       .fallback = "3",
			       .min = 1,
			       .max = 19,
			       .help = "Of zstd: higher is smaller and slower."},
};

static const struct cv_field policy_trust_fields[] = {
	{.name = "keys",
	 .type = CV_FIELD_PATH,
	 CONFIG(trust_keys),
	 .fallback = "trust",
	 .help = "Directory of the public keys (`*.pub`, as minisign writes them) that may sign "
		 "policy, or one file of them; relative to this file. Nobody else may write to "
		 "it."},
	{.name = "threshold",
	 .type = CV_FIELD_UINT,
	 CONFIG(trust_threshold),
	 .fallback = "1",
	 .min = 1,
	 .max = 64,
	 .help = "So many different keys must have signed a policy that comes by the API."},
	{.name = "allow_unsigned",
	 .type = CV_FIELD_BOOL,
	 CONFIG(trust_allow_unsigned),
	 .fallback = "false",
	 .help = "`true`: take policies by the API that nobody has signed. The file that `policy` "
		 "names needs no signature either way: who may write it may write this one."},
};

static const struct cv_field log_fields[] = {
	{.name = "dir",
	 .type = CV_FIELD_PATH,
	 CONFIG(log_dir),
	 .fallback = "/var/lib/culvert/log",
	 .help = "Directory of the event log."},
	{.name = "segment_size",
	 .type = CV_FIELD_SIZE,
	 CONFIG(segment_size),
	 .fallback = "64MiB",
	 .power_of_two = true,
	 .min = 1 << 20,
	 .max = 1ull << 30,
	 .help = "Size of one segment file, made in full before it is used."},
	{.name = "retain",
	 .type = CV_FIELD_SECTION,
	 FIELDS(lane_fields),
	 .help = "How much of each lane is kept."},
	{.name = "compress",
	 .type = CV_FIELD_SECTION,
	 FIELDS(compress_fields),
	 .help = "Segments that are complete are compressed with zstd, beside the work."},
	{.name = "hold_for_groups",
	 .type = CV_FIELD_SIZE,
	 CONFIG(hold_for_groups),
	 .fallback = "256MiB",
	 .word = "none",
	 .min = 1 << 20,
	 .max = 1ull << 50,
	 .help = "So much larger may a lane become while a consumer group has not acknowledged its "
		 "oldest events; beyond that they go, and the group is told of the gap."},
};

static const struct cv_field devices_fields[] = {
	{.name = "memory",
	 .type = CV_FIELD_SIZE,
	 CONFIG(devices_memory),
	 .fallback = "2GiB",
	 .min = 16 << 20,
	 .max = 1ull << 40,
	 .help = "Of the latest values, at most; then new devices and quantities are left out of "
		 "them and counted. 3 million devices with three quantities take 0.7 GB."},
	{.name = "refill",
	 .type = CV_FIELD_DURATION,
	 CONFIG(devices_refill_ns),
	 .fallback = "1h",
	 .word = "none",
	 .min = 1000000000,
	 .max = 31536000000000000,
	 .help = "So much of the log is read again for the latest values after a start, beside "
		 "the work."},
};

static const char *const slow_choices[] = {"wait", "disconnect", NULL};

static const struct cv_field slow_fields[] = {
	{.name = "policy",
	 .type = CV_FIELD_CHOICE,
	 AT(struct cv_config_slow, disconnect),
	 .choices = slow_choices,
	 .fallback = "wait",
	 .help = "`wait`: who is behind stays so until the log has gone on without it, which it is "
		 "told as a gap. `disconnect`: beyond one of the bounds its connection is closed; "
		 "it "
		 "comes back to where it was."},
	{.name = "events",
	 .type = CV_FIELD_UINT,
	 AT(struct cv_config_slow, events),
	 .fallback = "any",
	 .word = "any",
	 .min = 1,
	 .max = 1ull << 50,
	 .help = "So many events behind are too many."},
	{.name = "size",
	 .type = CV_FIELD_SIZE,
	 AT(struct cv_config_slow, bytes),
	 .fallback = "any",
	 .word = "any",
	 .min = 4096,
	 .max = 1ull << 50,
	 .help = "So much of the log is too much, by the mean size of events."},
	{.name = "age",
	 .type = CV_FIELD_DURATION,
	 AT(struct cv_config_slow, ns),
	 .fallback = "any",
	 .word = "any",
	 .min = 1000000000,
	 .max = 31536000000000000,
	 .help = "So long behind, or without taking anything of what is sent to it, is too long."},
};

static const struct cv_field tls_fields[] = {
	{.name = "listen",
	 .type = CV_FIELD_LISTEN,
	 AT(struct cv_config_tls, listen),
	 .anywhere = true,
	 .fallback = "off",
	 .help = "TCP address for TLS, or `off`. Everybody needs a token or a certificate there."},
	{.name = "cert",
	 .type = CV_FIELD_TEXT,
	 AT(struct cv_config_tls, cert),
	 .fallback = "",
	 .help = "File of the node's certificate and what leads to its authority, PEM; relative to "
		 "this file. Read again when it changes, as are the other two."},
	{.name = "key",
	 .type = CV_FIELD_TEXT,
	 AT(struct cv_config_tls, key),
	 .fallback = "",
	 .help = "File of its private key, PEM; for its owner to read only."},
	{.name = "client_ca",
	 .type = CV_FIELD_TEXT,
	 AT(struct cv_config_tls, client_ca),
	 .fallback = "",
	 .help = "File of the authorities whose client certificates are taken, PEM; without it "
		 "none are."},
	{.name = "client_required",
	 .type = CV_FIELD_BOOL,
	 AT(struct cv_config_tls, client_required),
	 .fallback = "false",
	 .help = "`true`: no connection without a client certificate; tokens come on top."},
};

static const char *const login_choices[] = {"none", "token", NULL};

static const struct cv_field api_fields[] = {
	{.name = "socket",
	 .type = CV_FIELD_PATH,
	 CONFIG(api_socket),
	 .fallback = "/run/culvert/control.sock",
	 .help = "Unix socket of the HTTP API."},
	{.name = "listen",
	 .type = CV_FIELD_LISTEN,
	 CONFIG(api_listen),
	 .fallback = "127.0.0.1:8480",
	 .help = "TCP address of the HTTP API, or `off`. Loopback only: it is not encrypted."},
	{.name = "login",
	 .type = CV_FIELD_CHOICE,
	 CONFIG(api_login),
	 .choices = login_choices,
	 .fallback = "none",
	 .help = "`token`: who connects by TCP needs a token (docs/security/access.md). `none`: "
		 "who has none sees everything. The Unix socket never needs one."},
	{.name = "connections",
	 .type = CV_FIELD_UINT,
	 CONFIG(api_connections),
	 .fallback = "256",
	 .min = 8,
	 .max = 60000,
	 .help = "Connections at a time; the next are told to come later."},
	{.name = "slow",
	 .type = CV_FIELD_SECTION,
	 .offset = offsetof(struct cv_config, slow),
	 FIELDS(slow_fields),
	 .help = "What becomes of subscribers who do not keep up; each may ask for stricter "
		 "bounds."},
	{.name = "tls",
	 .type = CV_FIELD_SECTION,
	 .offset = offsetof(struct cv_config, tls),
	 FIELDS(tls_fields),
	 .help = "The HTTP API for the network (docs/security/access.md)."},
};

static const struct cv_field link_fields[] = {
	{.name = "socket",
	 .type = CV_FIELD_PATH,
	 CONFIG(link_socket),
	 .fallback = "/run/culvert/dataplane.sock",
	 .help = "Unix socket on which the dataplane finds control."},
};

static const struct cv_field dataplane_fields[] = {
	{.name = "lcore",
	 .type = CV_FIELD_UINT,
	 CONFIG(lcore),
	 .fallback = "auto",
	 .word = "auto",
	 .word_value = CV_CONFIG_AUTO,
	 .max = 1023,
	 .help = "CPU the worker runs on."},
	{.name = "hugepages",
	 .type = CV_FIELD_CHOICE,
	 CONFIG(hugepages),
	 .choices = hugepage_choices,
	 .fallback = "auto",
	 .help = "`auto`: use them where there are any; `never`: run on ordinary pages."},
	{.name = "device_capacity",
	 .type = CV_FIELD_UINT,
	 CONFIG(device_capacity),
	 .fallback = "65536",
	 .min = 64,
	 .max = 1 << 24,
	 .help = "Devices whose limits and state are kept at the same time; IPv6 devices count "
		 "twice."},
	{.name = "flow_capacity",
	 .type = CV_FIELD_UINT,
	 CONFIG(flow_capacity),
	 .fallback = "65536",
	 .min = 64,
	 .max = 1 << 24,
	 .help = "Flows that are decoded at the same time."},
	{.name = "blocks_per_lane",
	 .type = CV_FIELD_UINT,
	 CONFIG(blocks_per_lane),
	 .fallback = "64",
	 .power_of_two = true,
	 .min = 4,
	 .max = 4096,
	 .help = "Blocks of records a lane can hold while control is away."},
	{.name = "flush",
	 .type = CV_FIELD_DURATION,
	 CONFIG(flush_ns),
	 .fallback = "1ms",
	 .min = 10000,
	 .max = 1000000000,
	 .help = "A partly filled block is handed over after this time."},
	{.name = "decode",
	 .type = CV_FIELD_BOOL,
	 CONFIG(decode),
	 .fallback = "true",
	 .help = "`false`: verdict and forwarding only, no records."},
	{.name = "mtu",
	 .type = CV_FIELD_UINT,
	 CONFIG(mtu),
	 .fallback = "1500",
	 .min = 1280,
	 .max = 1500,
	 .help = "Largest IP packet that crosses, bytes."},
};

static const struct cv_field cleaning_fields[] = {
	{.name = "repeats",
	 .type = CV_FIELD_BOOL,
	 CONFIG(clean_repeats),
	 .fallback = "true",
	 .help = "Deliver a message once: what a device sends again under the same number is only "
		 "counted. `false` where a capture is played again and again."},
	{.name = "series",
	 .type = CV_FIELD_UINT,
	 CONFIG(clean_series),
	 .fallback = "262144",
	 .word = "none",
	 .power_of_two = true,
	 .min = 64,
	 .max = CV_SERIES_MAX,
	 .help = "Values (of a device and quantity) whose order and rate of change are watched at "
		 "the same time, 32 bytes each; `none` = not watched."},
	{.name = "clock_skew",
	 .type = CV_FIELD_DURATION,
	 CONFIG(clean_clock_skew_ns),
	 .fallback = "5s",
	 .max = CV_CLOCK_SKEW_MAX,
	 .help = "A device whose time is off by no more counts as synchronised."},
	{.name = "gateway_hold",
	 .type = CV_FIELD_DURATION,
	 CONFIG(clean_gateway_hold_ns),
	 .fallback = "200ms",
	 .max = CV_GATEWAY_HOLD_MAX,
	 .help = "A LoRaWAN frame waits so long for other gateways that heard it, and is then told "
		 "once, with all of them; `0`: told at once, the others are only counted. Where "
		 "`repeats` is false every gateway's is an event."},
};

static const struct cv_field bpf_fields[] = {
	{.name = "pin_dir",
	 .type = CV_FIELD_PATH,
	 CONFIG(pin_dir),
	 .fallback = "/sys/fs/bpf/culvert",
	 .help = "Where links and maps are pinned (a bpffs)."},
	{.name = "keep_policy",
	 .type = CV_FIELD_BOOL,
	 CONFIG(keep_policy),
	 .fallback = "false",
	 .help = "Leave the kernel's policy attached when control is stopped in order, even where "
		 "no dataplane uses it."},
};

static const struct cv_field management_fields[] = {
	{.name = "address",
	 .type = CV_FIELD_ADDRESS,
	 AT(struct cv_config_management, address),
	 .fallback = "any",
	 .help = "Address of the node; `any` = each of them."},
	{.name = "port",
	 .type = CV_FIELD_SERVICE,
	 AT(struct cv_config_management, service),
	 .help = "Port of the node."},
	{.name = "from",
	 .type = CV_FIELD_PREFIX,
	 AT(struct cv_config_management, from),
	 .help = "Who may reach it; `any` = everybody."},
};

static const struct cv_field firewall_fields[] = {
	{.name = "enabled",
	 .type = CV_FIELD_BOOL,
	 CONFIG(firewall),
	 .fallback = "false",
	 .help = "Keep the table `inet culvert` in this host's nftables "
		 "(docs/security/firewall.md). `false`: nftables is not touched."},
	{.name = "others",
	 .type = CV_FIELD_CHOICE,
	 CONFIG(firewall_others),
	 .choices = others_choices,
	 .fallback = "accept",
	 .help = "Packets for the node that no rule of the table decides: by other interfaces "
		 "than the ports of this file."},
	{.name = "management",
	 .max = 64,
	 FIELDS(management_fields),
	 LIST_OF(struct cv_config, struct cv_config_management, management, n_management),
	 .help = "Access to the node that no policy and no quarantine can cut, with and without "
		 "`enabled`."},
};

static const struct cv_field file_fields[] = {
	{.name = "node",
	 .type = CV_FIELD_NAME,
	 CONFIG(node),
	 .help = "Id of this node; part of every event's id."},
	{.name = "ports",
	 .max = CV_PORTS_MAX,
	 FIELDS(port_fields),
	 LIST_OF(struct cv_config, struct cv_config_port, ports, n_ports),
	 .help = "Where frames come in and go out."},
	{.name = "policy",
	 .type = CV_FIELD_PATH,
	 CONFIG(policy),
	 .fallback = "policy.yaml",
	 .help = "Policy file; relative to this file."},
	{.name = "alarm_rules",
	 .type = CV_FIELD_TEXT,
	 CONFIG(alarm_rules),
	 .fallback = "",
	 .help = "File of alarm rules (docs/operator/alarms.md); relative to this file."},
	{.name = "policy_trust",
	 .type = CV_FIELD_SECTION,
	 FIELDS(policy_trust_fields),
	 .help = "Whose policies this node takes (docs/security/signing.md)."},
	{.name = "log", .type = CV_FIELD_SECTION, FIELDS(log_fields), .help = "The event log."},
	{.name = "devices",
	 .type = CV_FIELD_SECTION,
	 FIELDS(devices_fields),
	 .help = "What is known of devices (docs/subscriber/devices.md)."},
	{.name = "api",
	 .type = CV_FIELD_SECTION,
	 FIELDS(api_fields),
	 .help = "Where subscribers and `culvert` connect."},
	{.name = "link",
	 .type = CV_FIELD_SECTION,
	 FIELDS(link_fields),
	 .help = "Between control and dataplane."},
	{.name = "dataplane",
	 .type = CV_FIELD_SECTION,
	 FIELDS(dataplane_fields),
	 .help = "The packet path."},
	{.name = "cleaning",
	 .type = CV_FIELD_SECTION,
	 FIELDS(cleaning_fields),
	 .help = "What is done to messages and values beyond decoding them."},
	{.name = "bpf",
	 .type = CV_FIELD_SECTION,
	 FIELDS(bpf_fields),
	 .help = "The kernel's side of the policy."},
	{.name = "firewall",
	 .type = CV_FIELD_SECTION,
	 FIELDS(firewall_fields),
	 .help = "The node's own protection."},
	{.name = "decode",
	 .type = CV_FIELD_SECTION,
	 .fields = cv_decode_fields,
	 .n_fields = CV_DECODE_FIELDS,
	 .help = "What the decoders are told."},
	{.name = "sinks",
	 .max = CV_SINKS_MAX,
	 .fields = cv_sink_fields,
	 .n_fields = CV_SINK_FIELDS,
	 LIST_OF(struct cv_config, struct cv_config_sink, sinks, n_sinks),
	 .help = "Where events are sent (docs/subscriber/sinks.md)."},
};

const struct cv_field cv_schema = {
	.name = "", .type = CV_FIELD_SECTION, FIELDS(file_fields), .help = "The whole file."};
