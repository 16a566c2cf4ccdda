/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: every kind of error with its place, defaults, and the dump that reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "control/config/config.h"
#include "control/config/units.h"
#include "control/text/nearest.h"

#define PORTS "ports: [ { name: a, target: \"pcap:x.pcap\" } ]\n"

static const char sample[] =
	"node: demo-node\n"
	"ports:\n"
	"  - { name: devices, target: \"af_xdp:cva\", side: device, peer: platform, "
	"on_dataplane_loss: forward }\n"
	"  - { name: platform, target: \"af_xdp:cvb\", side: platform, peer: devices }\n"
	"  - { name: tap, target: \"pcap:a b.pcap\", repeat: 3, rate: 10k/s }\n"
	"policy: \"policy one.yaml\" # comment\n"
	"policy_trust: { keys: /etc/keys, threshold: 2, allow_unsigned: true }\n"
	"log: { dir: /srv/log, segment_size: 128MiB, retain: { alarm: { size: 10GiB, age: 365d },\n"
	"  measurement: { size: any, age: any } }, compress: { status: true, level: 9 } }\n"
	"api: { socket: /run/a.sock, listen: \"[::1]:8480\" }\n"
	"link: { socket: /run/b.sock }\n"
	"dataplane: { lcore: 3, hugepages: never, device_capacity: 1000, flow_capacity: 2000,\n"
	"  blocks_per_lane: 128, flush: 500us, decode: false, mtu: 1400 }\n"
	"bpf: { pin_dir: /sys/fs/bpf/x, keep_policy: true }\n"
	"firewall: { enabled: true, others: drop, management: [ { port: tcp/22, from: 10.9.0.0/16 "
	"},\n"
	"  { address: \"fd00::7\", port: udp/161, from: any } ] }\n"
	"decode:\n"
	"  hints: [ { port: tcp/17501, decoder: none }, { port: udp/17501, decoder: none } ]\n"
	"  modbus: { registers: [ { unit: 1, table: holding, address: 7, type: s16, scale: 0.1,\n"
	"    name: weather.temperature, unit_name: Cel },\n"
	"    { table: coil, address: 0, type: bool, name: pump.on } ] }\n"
	"  json:\n"
	"  - { topic: \"a/+\", device: \"topic:2\", time: /t, time_format: ms, quality: /q,\n"
	"      values: [ { pointer: /v/0, name: raw.v, unit_name: kPa, factor: 0.1 },\n"
	"        { pointer: payload, name: water.level, code: x } ] }\n"
	"  - { decoder: coap, topic: \"#\", values: [ { pointer: /v, name: raw.v } ] }\n"
	"  vendors:\n"
	"  - { name: v, sync: a55a, end: \"55aa\", endian: little, length: { at: 2, size: 2, add: "
	"4 },\n"
	"      checksum: { kind: sum8, before_end: 3, endian: big }, id: { at: 4, size: 4, format: "
	"hex },\n"
	"      message: { at: 8, size: 1 }, time: { at: 9, format: bcd }, fields: [\n"
	"        { at: 15, type: u16, bit: 1, bits: 3, when: 4, equals: 2, name: raw.x, factor: "
	"0.1,\n"
	"          texts: [ { value: 1, text: on } ] } ] }\n";

static int parse(const char *text, struct cv_config **ret, struct cv_diagnostics *diag)
{
	return cv_config_parse("t.yaml", text, strlen(text), ret, diag);
}

static void sample_is_read(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *c = NULL;

	assert_int_equal(parse(sample, &c, &diag), 0);
	assert_string_equal(c->node, "demo-node");
	assert_int_equal(c->n_ports, 3);
	assert_int_equal(c->ports[0].target.kind, CV_PORT_AF_XDP);
	assert_string_equal(c->ports[0].target.text, "cva");
	assert_int_equal(c->ports[0].peer, 1);
	assert_int_equal(c->ports[0].on_loss, CV_LOSS_FORWARD);
	assert_int_equal(c->ports[1].peer, 0);
	assert_int_equal(c->ports[1].on_loss, CV_LOSS_DROP);
	assert_int_equal(c->ports[2].peer, CV_PEER_NONE);
	assert_int_equal(c->ports[2].repeat, 3);
	assert_int_equal(c->ports[2].rate_pps, 10000);
	assert_string_equal(c->policy, "policy one.yaml");
	assert_string_equal(c->trust_keys, "/etc/keys");
	assert_int_equal(c->trust_threshold, 2);
	assert_true(c->trust_allow_unsigned);
	assert_int_equal(c->segment_size, 128 << 20);
	assert_true(c->retain[CV_LANE_ALARM].bytes == 10ull << 30);
	assert_true(c->retain[CV_LANE_ALARM].ns == 365 * 86400000000000ull);
	assert_true(c->retain[CV_LANE_MEASUREMENT].bytes == 0);
	assert_true(c->retain[CV_LANE_STATUS].bytes == 1ull << 30);
	assert_true(c->compress[CV_LANE_STATUS]);
	assert_false(c->compress[CV_LANE_ALARM]);
	assert_int_equal(c->compress_level, 9);
	assert_int_equal(c->lcore, 3);
	assert_int_equal(c->flush_ns, 500000);
	assert_false(c->decode);
	assert_true(c->keep_policy);
	assert_true(c->firewall);
	assert_int_equal(c->firewall_others, CV_OTHERS_DROP);
	assert_int_equal(c->n_management, 2);
	assert_int_equal(c->management[0].address.family, 0);
	assert_int_equal(c->management[0].service.port, 22);
	assert_int_equal(c->management[0].from.family, 4);
	assert_int_equal(c->management[0].from.len, 16);
	assert_memory_equal(c->management[0].from.addr, "\x0a\x09\0\0", 4);
	assert_int_equal(c->management[1].address.family, 6);
	assert_int_equal(c->management[1].address.addr[15], 7);
	assert_int_equal(c->management[1].from.family, 0);
	assert_int_equal(c->n_hints, 2);
	assert_int_equal(c->hints[1].service.ip_proto, 17);
	assert_int_equal(c->n_registers, 2);
	/* Sorted by unit: 1, then any. */
	assert_int_equal(c->registers[1].unit, CV_CONFIG_ANY_UNIT);
	assert_true(c->registers[0].scale == 0.1);
	assert_int_equal(c->n_json, 2);
	assert_int_equal(c->json[0].n_values, 2);
	assert_true(c->json[0].values[0].factor == 0.1);
	assert_string_equal(c->json[0].values[1].code, "x");
	assert_string_equal(c->json[1].device, "client");
	assert_int_equal(c->n_vendors, 1);
	assert_int_equal(c->vendors[0].length_add, 4);
	assert_int_equal(c->vendors[0].n_fields, 1);
	assert_int_equal(c->vendors[0].fields[0].when, 4);
	assert_string_equal(c->vendors[0].fields[0].texts[0].text, "on");
	assert_int_equal(diag.n, 0);
	cv_config_free(c);
}

static char *show(const struct cv_config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	cv_config_show(c, out);
	fclose(out);
	return text;
}

static void shown_reloads_equal(void **state)
{
	static const char *const files[] = {sample, "node: \"1\"\n" PORTS};

	for (size_t i = 0; i < 2; i++) {
		struct cv_diagnostics diag = {0};
		struct cv_config *a = NULL, *b = NULL;
		char *first, *second;

		assert_int_equal(parse(files[i], &a, &diag), 0);
		first = show(a);
		if (parse(first, &b, &diag) < 0)
			cv_diagnostics_print(&diag, stderr);
		assert_non_null(b);
		second = show(b);
		assert_string_equal(first, second);
		/* The text could hide a setting that is not written: compare the values too. */
		for (size_t k = 0; k < a->n_ports; k++)
			a->ports[k].line = a->ports[k].column = b->ports[k].line =
				b->ports[k].column = 0;
		assert_memory_equal(a->ports, b->ports, a->n_ports * sizeof(*a->ports));
		assert_string_equal(a->node, b->node);
		assert_string_equal(a->policy, b->policy);
		assert_memory_equal(a->log_dir, b->log_dir,
				    offsetof(struct cv_config, management) -
					    offsetof(struct cv_config, log_dir));
		assert_int_equal(a->n_management, b->n_management);
		assert_int_equal(a->n_hints, b->n_hints);
		assert_int_equal(a->n_registers, b->n_registers);
		assert_int_equal(a->n_json, b->n_json);
		for (size_t k = 0; k < a->n_json; k++) {
			const struct cv_config_json *x = &a->json[k], *y = &b->json[k];

			assert_memory_equal(x->topic, y->topic,
					    offsetof(struct cv_config_json, values) -
						    offsetof(struct cv_config_json, topic));
			assert_int_equal(x->n_values, y->n_values);
		}
		free(first);
		free(second);
		cv_config_free(a);
		cv_config_free(b);
	}
}

struct bad {
	const char *text;
	unsigned int line, column;
	const char *finding; /* part of the text */
	const char *hint; /* part of the hint, NULL = not looked at */
};

#define OK "node: n\n" PORTS
#define JSON OK "decode: { json: [ "
#define SINK OK "sinks: [ { name: s, "
#define VENDOR OK "decode: { vendors: [ { name: v, "
static const struct bad bad_files[] = {
	{"", 0, 0, "empty", NULL},
	{SINK "type: files, dir: d } ]\n", 3, 27, "is not right", "did you mean \"file\"?"},
	{SINK "type: file } ]\n", 3, 27, "needs \"dir\"", NULL},
	{SINK "type: file, dir: d, servers: x } ]\n", 3, 50, "no setting of a sink of type file",
	 NULL},
	{SINK "type: file, dir: d, format: cloudevents-binary } ]\n", 3, 49, "headers",
	 "format: cloudevents"},
	{SINK "type: file, dir: d }, { name: s, type: file, dir: e } ]\n", 3, 51,
	 "\"s\" is taken at line 3", NULL},
	{SINK "type: nats, servers: a, topic: \"a.{place}\" } ]\n", 3, 52, "placeholder", NULL},
	{SINK "type: nats, servers: a, topic: \"a.>\" } ]\n", 3, 52, "'>' cannot stand", NULL},
	{SINK "type: nats, servers: a, user: u } ]\n", 3, 51, "go together", NULL},
	{SINK "type: nats, servers: a, ca_file: c } ]\n", 3, 54, "tls is false", "tls: true"},
	{SINK "type: nats, servers: a, token_file: t, credentials_file: c } ]\n", 3, 10,
	 "more than one way", NULL},
	{"5\n", 1, 1, "expected a map", NULL},
	{OK "a: [1,\nb: }\n", 4, 1, "not valid YAML", NULL},
	{OK "---\nb: 2\n", 3, 1, "second document", NULL},
	{OK "policy: &x p\n", 3, 9, "anchors", NULL},
	{OK "policy: *x\n", 3, 9, "aliases", NULL},
	{OK "policy: !!str p\n", 3, 9, "tags", NULL},
	{OK "? [a]\n: b\n", 3, 3, "a key must be plain text", NULL},
	{OK "policy: a\npolicy: b\n", 4, 1, "given twice, first at line 3", NULL},
	{OK "policy: \"a\\tb\"\n", 3, 9, "control character", NULL},
	{OK "policy: \xff\n", 3, 9, "not a UTF-8 text: byte 0xff", NULL},
	{OK "[[[[[[[[[[[[[[[[[[ ]]]]]]]]]]]]]]]]]]: x\n", 3, 1, "a key must be plain", NULL},
	{OK "log: [[[[[[[[[[[[[[[[[[ ]]]]]]]]]]]]]]]]]]\n", 3, 21, "nested too deep", NULL},
	{OK "plicy: x\n", 3, 1, "unknown setting \"plicy\"", "\"policy\""},
	{OK "policy_trust: { threshold: 0 }\n", 3, 28, "expected a whole number from 1 to 64",
	 NULL},
	{OK "dataplane: { mut: 1500 }\n", 3, 14, "unknown setting \"mut\" in dataplane", "\"mtu\""},
	{PORTS, 1, 1, "\"node\" is missing", NULL},
	{"node: n\n", 1, 1, "\"ports\" is missing", NULL},
	{"node: n\nports: []\n", 2, 8, "\"ports\" is missing", NULL},
	{"node:\n" PORTS, 1, 1, "node: the value is missing", NULL},
	{"node: a b\n" PORTS, 1, 7, "expected a name", NULL},
	{"node: n\nports: 5\n", 2, 8, "ports: found a value, expected a list", NULL},
	{"node: n\nports: [ 5 ]\n", 2, 10, "ports[0]: found a value", NULL},
	{"node: n\nports: [ { name: a } ]\n", 2, 10, "ports[0]: \"target\" is missing", NULL},
	{"node: n\nports: [ { name: a, target: \"af_xd:x\" } ]\n", 2, 29,
	 "expected af_xdp:INTERFACE", NULL},
	{"node: n\nports: [ { name: a, target: \"af_xdp:averylonginterface\" } ]\n", 2, 29,
	 "expected af_xdp:INTERFACE", NULL},
	{"node: n\nports: [ { name: a, target: \"pcap:x\", side: devize } ]\n", 2, 45,
	 "expected unknown, device or platform", "\"device\""},
	{"node: n\nports: [ { name: a, target: \"pcap:x\", peer: b } ]\n", 2, 45,
	 "peer \"b\" is not a port", NULL},
	{"node: n\nports: [ { name: a, target: \"pcap:x\", peer: a } ]\n", 2, 45, "its own peer",
	 NULL},
	{"node: n\nports:\n - { name: a, target: \"pcap:x\", peer: b }\n"
	 " - { name: b, target: \"pcap:x\" }\n",
	 3, 39, "to name it back", NULL},
	{"node: n\nports:\n - { name: a, target: \"pcap:x\" }\n"
	 " - { name: a, target: \"pcap:x\" }\n",
	 4, 12, "taken at line 3", NULL},
	{"node: n\nports:\n - { name: a, target: \"af_xdp:x\" }\n"
	 " - { name: b, target: \"af_xdp:x\" }\n",
	 4, 23, "used already at line 3", NULL},
	{"node: n\nports: [ { name: a, target: \"pci:0000:00:20.0\" } ]\n", 2, 29,
	 "expected af_xdp:INTERFACE, pci:ADDRESS", NULL},
	{"node: n\nports: [ { name: a, target: \"pci:00:05.8\" } ]\n", 2, 29, "pci:ADDRESS", NULL},
	{"node: n\nports: [ { name: a, target: \"pci:../../0\" } ]\n", 2, 29, "pci:ADDRESS", NULL},
	{"node: n\nports:\n - { name: a, target: \"pci:0000:0A:05.0\" }\n"
	 " - { name: b, target: \"pci:0a:05.0\" }\n",
	 4, 23, "PCI address \"0000:0a:05.0\" is used already at line 3", NULL},
	{"node: n\nports:\n - { name: a, target: \"pci:00:05.0\" }\n"
	 " - { name: b, target: \"af_xdp:x\" }\n",
	 4, 23, "port \"a\" at line 3 is of another kind", "all ports af_xdp: or all pci:"},
	{"node: n\nports: [ { name: a, target: \"pci:00:05.0\", on_dataplane_loss: forward } ]\n",
	 2, 63, "forwards nothing without a dataplane", "drop"},
	{"node: n\nports: [ { name: a, target: \"af_xdp:x\", iommu: optional } ]\n", 2, 48,
	 "\"iommu\" is only for pci: ports", NULL},
	{"node: n\nports: [ { name: a, target: \"pci:00:05.0\", iommu: none } ]\n", 2, 51,
	 "required or optional", NULL},
	{"node: n\nports: [ { name: a, target: \"pci:00:05.0\", repeat: 1 } ]\n", 2, 52,
	 "\"repeat\" is only for pcap: ports", NULL},
	{"node: n\nports: [ { name: a, target: \"af_xdp:x\", repeat: 2 } ]\n", 2, 49,
	 "only for pcap", NULL},
	{"node: n\nports: [ { name: a, target: \"pcap:x\", rate: 30/min } ]\n", 2, 45,
	 "expected a rate", NULL},
	{OK "log: 4\n", 3, 6, "log: found a value, expected a map", NULL},
	{OK "log: { segment_size: 3MiB }\n", 3, 22, "a power of two", NULL},
	{OK "log: { retain: { alarm: { size: 64MiB } } }\n", 3, 33, "below two segments", NULL},
	{OK "log: { retain: { alarms: { size: 64MiB } } }\n", 3, 18, "unknown setting \"alarms\"",
	 "\"alarm\""},
	{OK "api: { listen: \"0.0.0.0:80\" }\n", 3, 16, "loopback", NULL},
	{OK "api: { listen: \"127.0.0.1:65536\" }\n", 3, 16, "loopback", NULL},
	{OK "link: { socket: /run/culvert/control.sock }\n", 3, 17, "the same path", NULL},
	{OK "dataplane: { flush: 5 }\n", 3, 21, "expected a duration from 10us to 1s", NULL},
	{OK "dataplane: { mtu: 99999 }\n", 3, 19, "from 1280 to 1500", NULL},
	{OK "dataplane: { mtu: 1500.5 }\n", 3, 19, "whole number", NULL},
	{OK "dataplane: { decode: yes }\n", 3, 22, "true or false", NULL},
	{OK "firewall: { enabled: true, others: drop }\n", 3, 36, "nobody could reach",
	 "management: ["},
	{OK "firewall: { management: [ { port: tcp/22 } ] }\n", 3, 27, "\"from\" is missing", NULL},
	{OK "firewall: { management: [ { port: tcp/22, from: 10.0.0.1/8 } ] }\n", 3, 49,
	 "a prefix such as", NULL},
	{OK "firewall: { management: [ { port: 22, from: any } ] }\n", 3, 35, "tcp/PORT", NULL},
	{OK "firewall: { management: [ { address: 10.0.0.0/8, port: tcp/22, from: any } ] }\n", 3,
	 38, "an address such as", NULL},
	{OK "firewall: { management: [ { address: 10.0.0.1, port: tcp/22, from: \"fd00::/8\" } ] "
	    "}\n",
	 3, 68, "one family", NULL},
	{OK "decode: { hints: [ { port: 80, decoder: none } ] }\n", 3, 28, "tcp/PORT", NULL},
	{OK
	 "decode: { hints: [ { port: tcp/8, decoder: none }, { port: tcp/8, decoder: none } ] }\n",
	 3, 60, "a hint already at line 3", NULL},
	{OK
	 "decode: { modbus: { registers: [ { table: coil, address: 0, type: u16, name: x } ] } }\n",
	 3, 34, "is bool", NULL},
	{OK "decode: { modbus: { registers: [ { table: input, address: 65535, type: f32, name: x } "
	    "] } }\n",
	 3, 34, "beyond 65535", NULL},
	{OK
	 "decode:\n modbus:\n  registers:\n   - { table: input, address: 1, type: f32, name: x }\n"
	 "   - { table: input, address: 2, type: u16, name: y }\n",
	 7, 6, "overlaps \"x\" at line 6", NULL},
	{VENDOR "sync: zz, length: { at: 2, size: 1 } } ] }\n", 3, 39, "1 to 8 bytes", "a55a"},
	{VENDOR "sync: a5 } ] }\n", 3, 22, "length is missing", "size: 2"},
	{VENDOR "sync: a5, length: { at: 2, size: 3 } } ] }\n", 3, 51, "is 1, 2, 4", NULL},
	{VENDOR
	 "sync: a5, length: { at: 2, size: 1 }, checksum: { kind: crc32, before_end: 2 } } ] "
	 "}\n",
	 3, 81, "counts the checksum", NULL},
	{VENDOR "sync: a5, length: { add: 9 }, fields: [ { at: 1, type: bcd, name: raw.x } ] } ] "
		"}\n",
	 3, 73, "size is missing", NULL},
	{VENDOR
	 "sync: a5, length: { add: 9 }, fields: [ { at: 1, type: u8, name: raw.x, when: 1 } ] "
	 "} ] }\n",
	 3, 111, "no message type", "message"},
	{JSON "{ topic: a/#/b, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3, 28,
	 "last level", "site/+"},
	{JSON "{ topic: a/b+, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3, 28,
	 "+ is a level", NULL},
	{JSON "{ topic: a, values: [] } ] }\n", 3, 39, "at least one", NULL},
	{JSON "{ topic: a } ] }\n", 3, 19, "at least one", NULL},
	{JSON "{ topic: a, values: [ { pointer: v, name: raw.v } ] } ] }\n", 3, 52, "begins with /",
	 "/data"},
	{JSON "{ topic: a, values: [ { pointer: /a~2, name: raw.v } ] } ] }\n", 3, 52, "0 or 1",
	 NULL},
	{JSON "{ topic: a, values: [ { pointer: /1/2/3/4/5/6/7/8/9, name: raw.v } ] } ] }\n", 3, 52,
	 "more than 8", NULL},
	{JSON "{ topic: a, values: [ { pointer: /v, name: raw.v },\n"
	      "  { pointer: /v, name: water.lvel } ] } ] }\n",
	 4, 24, "not in the vocabulary", "water.level"},
	{JSON "{ topic: a, values: [ { pointer: /v, name: water.level, unit_name: m } ] } ] }\n", 3,
	 86, "its own unit", NULL},
	{JSON "{ topic: a, values: [ { pointer: /v, name: raw.v, factor: 0 } ] } ] }\n", 3, 77,
	 "factor is 0", NULL},
	{JSON "{ topic: a, device: \"topic:0\", values: [ { pointer: /v, name: raw.v } ] } ] }\n",
	 3, 39, "from 1 to 32", "topic:2"},
	{JSON "{ topic: a, device: id, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3, 39,
	 "client, topic:N", NULL},
	{JSON "{ topic: a, time: t, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3, 37,
	 "begins with /", NULL},
	{JSON "{ topic: a, time_zone: CST, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3, 42,
	 "+08:00", NULL},
	{JSON "{ topic: a, decoder: modbus, values: [ { pointer: /v, name: raw.v } ] } ] }\n", 3,
	 40, "mqtt or coap", NULL},
	{OK "decode: { modbus: { registers: [ { table: input, address: 1, type: u16, name: x, "
	    "scale: nan } ] } }\n",
	 3, 89, "expected a number", NULL},
};

static void every_error_has_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		const struct bad *bad = &bad_files[i];
		struct cv_diagnostics diag = {0};
		struct cv_config *c = NULL;
		const struct cv_diagnostic *found = NULL;

		assert_int_equal(parse(bad->text, &c, &diag), -EINVAL);
		assert_null(c);
		for (size_t k = 0; k < diag.n && !found; k++) {
			if (strstr(diag.items[k].text, bad->finding))
				found = &diag.items[k];
		}
		if (!found || found->line != bad->line || found->column != bad->column ||
		    (bad->hint && (!found->hint || !strstr(found->hint, bad->hint))) ||
		    diag.errors != 1) {
			cv_diagnostics_print(&diag, stderr);
			fail_msg("file %zu: expected %u:%u %s", i, bad->line, bad->column,
				 bad->finding);
		}
		cv_diagnostics_free(&diag);
	}
}

static void all_errors_are_told(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *c = NULL;

	assert_int_equal(parse("noode: n\nports: [ { name: 'a b', target: x, sid: device } ]\n"
			       "dataplane: { mtu: 1, flush: 1 }\n",
			       &c, &diag),
			 -EINVAL);
	/* noode, node missing, name, target, sid, mtu, flush */
	assert_int_equal(diag.errors, 7);
	for (size_t i = 1; i < diag.n; i++)
		assert_true(diag.items[i - 1].line <= diag.items[i].line);
	cv_diagnostics_free(&diag);
}

static void findings_are_bounded(void **state)
{
	struct cv_diagnostics diag = {0};

	for (unsigned int i = 0; i < 3 * CV_DIAGNOSTICS_MAX; i++)
		cv_diagnostics_add(&diag, CV_SEVERITY_ERROR, (struct cv_place){"f", i, 1}, NULL,
				   "x");
	assert_int_equal(diag.n, CV_DIAGNOSTICS_MAX);
	assert_int_equal(diag.errors, 3 * CV_DIAGNOSTICS_MAX);
	cv_diagnostics_free(&diag);
}

static void missing_file(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *c = NULL;

	assert_int_equal(cv_config_load("/nonexistent/culvert.yaml", &c, &diag), -ENOENT);
	assert_int_equal(diag.errors, 1);
	cv_diagnostics_free(&diag);
}

static void paths_follow_the_file(void **state)
{
	struct cv_config *c = NULL;
	char path[PATH_MAX];

	assert_int_equal(cv_config_default("p.yaml", &c), 0);
	assert_int_equal(cv_config_resolve(c, "p.yaml", path), 0);
	assert_string_equal(path, "p.yaml");
	strcpy(c->path, "/etc/culvert/c.yaml");
	assert_int_equal(cv_config_resolve(c, "p.yaml", path), 0);
	assert_string_equal(path, "/etc/culvert/p.yaml");
	assert_int_equal(cv_config_resolve(c, "/p.yaml", path), 0);
	assert_string_equal(path, "/p.yaml");
	cv_config_free(c);
}

static void units_both_ways(void **state)
{
	struct cv_rate rate;
	char text[CV_UNITS_TEXT_MAX];
	uint64_t v;
	double d;

	assert_int_equal(cv_units_size("1.5KiB", &v), 0);
	assert_int_equal(v, 1536);
	assert_int_equal(cv_units_size("1.3B", &v), -ERANGE);
	assert_int_equal(cv_units_size("20000000TiB", &v), -ERANGE);
	assert_int_equal(cv_units_size("1 KiB", &v), -EINVAL);
	assert_int_equal(cv_units_size("-1", &v), -EINVAL);
	assert_int_equal(cv_units_size("1.", &v), -EINVAL);
	assert_int_equal(cv_units_duration("1", &v), -EINVAL);
	assert_int_equal(cv_units_duration("1.5h", &v), 0);
	assert_true(v == 5400000000000ull);
	cv_units_show_duration(v, text);
	assert_string_equal(text, "90min");
	assert_int_equal(cv_units_rate("60/min", &rate), 0);
	assert_int_equal(rate.amount, 60);
	assert_true(rate.period_ns == 60000000000ull);
	assert_int_equal(cv_units_rate("0/s", &rate), -ERANGE);
	assert_int_equal(cv_units_rate("1/d", &rate), -EINVAL);
	assert_int_equal(cv_units_rate("1/ms", &rate), -EINVAL);
	assert_int_equal(cv_units_byte_rate("1MB/s", &rate), 0);
	assert_int_equal(rate.amount, 1000000);
	assert_int_equal(cv_units_real("0x10", &d), -EINVAL);
	assert_int_equal(cv_units_real("1e999", &d), -ERANGE);
	cv_units_show_real(0.1, text);
	assert_string_equal(text, "0.1");
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t back;

		cv_units_show_size(1ull << i, text);
		assert_int_equal(cv_units_size(text, &back), 0);
		assert_true(back == 1ull << i);
	}
}

static void nearest_word(void **state)
{
	struct cv_nearest n = cv_nearest_start("statsu");

	cv_nearest_offer(&n, "stats");
	cv_nearest_offer(&n, "status");
	cv_nearest_offer(&n, "xyz");
	assert_string_equal(n.best, "stats"); /* both are one step away: first offered */
	assert_int_equal(cv_edit_distance("ab", "ba", 5), 1);
	assert_int_equal(cv_edit_distance("kitten", "sitting", 5), 3);
	assert_int_equal(cv_edit_distance("kitten", "sitting", 2), 3);
	assert_int_equal(cv_edit_distance("", "abc", 5), 3);
	n = cv_nearest_start("q");
	cv_nearest_offer(&n, "status");
	assert_null(n.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample_is_read),
		cmocka_unit_test(shown_reloads_equal),
		cmocka_unit_test(every_error_has_its_place),
		cmocka_unit_test(all_errors_are_told),
		cmocka_unit_test(findings_are_bounded),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(paths_follow_the_file),
		cmocka_unit_test(units_both_ways),
		cmocka_unit_test(nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
