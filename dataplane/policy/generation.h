/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation: configuration and policy, checked and compiled once by control, immutable, one
 * flat image (D4, D15). It travels as a read-only memfd to the dataplane or as a file to replay.
 * All offsets are from the start of the image; nothing in it is a pointer. The reader checks
 * every bound (cv_generation_check), since a file is hostile input.
 */
#ifndef CV_GENERATION_H
#define CV_GENERATION_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/app.h"
#include "dataplane/policy/json_map.h"
#include "dataplane/policy/policy_abi.h"
#include "dataplane/policy/vendor.h"

#define CV_GENERATION_MAGIC 0x314e454754435643ull /* "CVCTGEN1" little-endian */
#define CV_GENERATION_VERSION 5
/** Addresses, MACs and bindings that a list file may name: 3 M and some. */
#define CV_PREFIXES_MAX (1u << 22)
#define CV_MACS_MAX (1u << 22)
#define CV_BINDINGS_MAX (1u << 22)
#define CV_RULES_MAX (1u << 20) /* keys */
#define CV_RULE_INDEXES_MAX (1u << 14)
#define CV_METERS_MAX (1u << 20)
#define CV_NAMES_MAX (1u << 16)
#define CV_HINTS_MAX 65536u
#define CV_REGISTERS_MAX 65536u
#define CV_DEVICES_MAX (1u << 24)
#define CV_FLOWS_MAX (1u << 24)
#define CV_SERIES_MAX (1u << 24)
#define CV_CLOCK_SKEW_MAX 86400000000000ll /* ns */
#define CV_GATEWAY_HOLD_MAX 10000000000ll /* ns */
#define CV_GATEWAY_HOLD 200000000ll /* what is usual: a network server waits as long */
#define CV_IFNAME_MAX 15 /* characters of an interface name (IFNAMSIZ - 1) */

#define CV_PORT_KINDS(X)                                                                           \
	X(AF_XDP, 1, "af_xdp")                                                                     \
	X(PCAP, 2, "pcap")                                                                         \
	X(PCI, 3, "pci")
#define CV_PORT_KIND_ROW(id, value, name) CV_PORT_##id = (value),
enum cv_port_kind { CV_PORT_KINDS(CV_PORT_KIND_ROW) };
#define CV_PORT_KIND_NAME(id, value, name) [value] = (name),

/** Of a checked generation or configuration: as targets begin, "af_xdp". */
static inline const char *cv_port_kind_name(unsigned int kind)
{
	static const char *const names[] = {CV_PORT_KINDS(CV_PORT_KIND_NAME)};

	return names[kind];
}

/* Which side of the wire the port faces; gives records their direction. */
enum cv_port_side { CV_SIDE_UNKNOWN, CV_SIDE_DEVICE, CV_SIDE_PLATFORM };
enum cv_port_loss { CV_LOSS_DROP, CV_LOSS_FORWARD };
#define CV_PEER_NONE 0xff

struct cv_gen_port {
	char name[32]; /* zero-terminated, unique */
	char target[224]; /* interface, file path or PCI address, zero-terminated */
	uint8_t kind; /* enum cv_port_kind */
	uint8_t side; /* enum cv_port_side */
	uint8_t peer; /* index of the port frames leave by, CV_PEER_NONE = tap */
	uint8_t on_loss; /* enum cv_port_loss: what XDP does without a dataplane */
	union {
		uint32_t repeat; /* pcap: how often to play the file, 0 = once */
		uint32_t unconfined; /* pci: 1 = without an IOMMU, too */
	};
	uint64_t rate_pps; /* pcap: frames per second, 0 = as fast as possible */
};
_Static_assert(sizeof(struct cv_gen_port) == 272, "generation layout");

struct cv_gen_prefix {
	uint8_t addr[16]; /* network order, IPv4 in the first four bytes, host bits zero */
	uint8_t family; /* 4 or 6 */
	uint8_t len; /* prefix length, bits */
	uint16_t class_id; /* >= 1 */
	uint32_t pad;
};
_Static_assert(sizeof(struct cv_gen_prefix) == 24, "generation layout");

struct cv_gen_mac {
	uint64_t mac; /* as cv_load_mac() gives it: byte 0 lowest */
	uint16_t class_id; /* >= 1 */
	uint16_t pad[3];
};
_Static_assert(sizeof(struct cv_gen_mac) == 16, "generation layout");

struct cv_gen_binding {
	struct cv_binding_key key;
	struct cv_binding place;
};
_Static_assert(sizeof(struct cv_gen_binding) == 72, "generation layout");

struct cv_gen_rule {
	struct cv_rule_key key;
	struct cv_rule rule;
};
_Static_assert(sizeof(struct cv_gen_rule) == 48, "generation layout");

/** What the meters of the image limit; cv_meter without its state. */
struct cv_gen_meter {
	struct cv_limit limit;
	uint32_t reason; /* RATE_PORT for the first CV_PORTS_MAX, else RATE_GROUP or RATE_RULE */
	uint32_t pad;
};
_Static_assert(sizeof(struct cv_gen_meter) == 32, "generation layout");

/** A name for people: of zones, groups and rules, see the sections. */
struct cv_gen_name {
	char text[40]; /* zero-terminated */
	uint32_t id; /* rules: their id; else 0 */
	uint32_t line; /* in the policy file, 0 = unknown */
};
_Static_assert(sizeof(struct cv_gen_name) == 48, "generation layout");

/** Operator's word on what speaks on a port; stronger than content detection (D6). */
struct cv_gen_hint {
	uint16_t port; /* host order */
	uint8_t ip_proto; /* 6 or 17 */
	uint8_t decoder; /* enum cv_proto; 0 = never decode this port */
	uint32_t pad;
};
_Static_assert(sizeof(struct cv_gen_hint) == 8, "generation layout");

enum cv_register_table { CV_REG_COIL, CV_REG_DISCRETE, CV_REG_INPUT, CV_REG_HOLDING };
enum cv_register_type {
	CV_REG_BOOL,
	CV_REG_U16,
	CV_REG_S16,
	CV_REG_U32,
	CV_REG_S32,
	CV_REG_F32,
	CV_REG_U32_SWAPPED,
	CV_REG_S32_SWAPPED,
	CV_REG_F32_SWAPPED, /* low word first */
};

/** One named Modbus register (or pair); sorted by unit, table, address. */
struct cv_gen_register {
	uint16_t unit; /* Modbus unit id 0-255, 0xffff = any */
	uint16_t address; /* protocol address, from 0 */
	uint8_t table; /* enum cv_register_table */
	uint8_t type; /* enum cv_register_type */
	uint16_t pad;
	double scale; /* value = raw * scale + offset */
	double offset;
	char name[48]; /* canonical name, zero-terminated */
	char unit_name[16]; /* SenML unit, zero-terminated, may be empty */
};
_Static_assert(sizeof(struct cv_gen_register) == 88, "generation layout");

/** What is done to messages and values beyond decoding them (docs/data-flow.md, cleaning). */
struct cv_gen_cleaning {
	uint32_t series; /* values followed at the same time, 0 = none, power of two <= 2^24 */
	uint32_t repeats; /* 1 = messages delivered before are not delivered again */
	int64_t clock_skew_ns; /* device clocks off by no more are synchronised, 0-1 d */
	int64_t gateway_hold_ns; /* radio frames wait so long for other gateways, 0-10 s */
};
_Static_assert(sizeof(struct cv_gen_cleaning) == 24, "generation layout");

struct cv_gen_section {
	uint32_t offset; /* bytes, 8-aligned */
	uint32_t count; /* elements */
};

struct cv_generation {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* whole image, bytes */
	uint64_t number; /* the generation's number, from 1 */
	uint32_t crc32c; /* of the image with this field 0 */
	uint32_t pad;
	char node[64]; /* node id, zero-terminated */
	struct cv_policy_head policy; /* its number is the generation's */
	struct cv_gen_section ports; /* struct cv_gen_port */
	struct cv_gen_section places; /* uint8_t, context by port and VLAN: port * CV_VLANS + VLAN;
				       * whole rows of CV_VLANS, missing ones are context 0 */
	struct cv_gen_section prefixes; /* struct cv_gen_prefix, sorted by family, len, addr */
	struct cv_gen_section macs; /* struct cv_gen_mac, sorted by mac */
	struct cv_gen_section bindings; /* struct cv_gen_binding, sorted by key */
	struct cv_gen_section rules; /* struct cv_gen_rule, keys unique, ascending by memcmp */
	struct cv_gen_section meters; /* struct cv_gen_meter; none, or at least CV_PORTS_MAX */
	struct cv_gen_section zones; /* struct cv_gen_name, zone number - 1 */
	struct cv_gen_section groups; /* struct cv_gen_name, class - 1 */
	struct cv_gen_section rule_names; /* struct cv_gen_name, rule index - 1 */
	struct cv_gen_section hints; /* struct cv_gen_hint */
	struct cv_gen_section registers; /* struct cv_gen_register */
	struct cv_gen_section json_maps; /* struct cv_gen_json_map */
	struct cv_gen_section json_values; /* struct cv_gen_json_value */
	struct cv_gen_section vendors; /* struct cv_gen_vendor */
	struct cv_gen_section vendor_fields; /* struct cv_gen_vendor_field */
	struct cv_gen_section vendor_texts; /* struct cv_gen_vendor_text */
	struct cv_gen_section apps; /* bytes: struct cv_apps and what it leads to, or none */
	uint32_t blocks_per_lane; /* handoff, power of two, 4-4096 */
	uint32_t device_capacity; /* entries of the device table, 1-CV_DEVICES_MAX */
	uint32_t flow_capacity; /* entries of the flow table, 1-CV_FLOWS_MAX */
	uint32_t flush_us; /* a partly filled block is published after this, 1-1000000 us */
	uint32_t decode; /* 0 = verdict and forwarding only */
	uint32_t mtu; /* largest L3 packet, 68-9216 bytes */
	struct cv_gen_cleaning cleaning;
};

/**
 * Check an image from an untrusted place: magic, version, size, CRC, section bounds, enum ranges,
 * terminated strings.
 *
 * @param data image, 8-aligned.
 * @param size bytes available.
 * @return 0; -EPROTO wrong magic or version, -EBADMSG anything else wrong.
 */
int cv_generation_check(const void *data, size_t size);

/**
 * The parts of a policy's head that follow from the sections and contexts of @p g: number, flags,
 * n_meters, hosts4_bits and the contexts' probes. The others are left.
 *
 * @param g its sections are in bounds.
 * @param h may be the one of @p g.
 */
void cv_generation_derive(const struct cv_generation *g, struct cv_policy_head *h);

/** CRC32C of the image as its crc32c field wants it. @p g holds g->size bytes, >= its head. */
uint32_t cv_generation_crc(const struct cv_generation *g);

/* The order of each sorted section, for qsort() and bsearch(). Equal elements are duplicates. */
int cv_gen_prefix_order(const void *a, const void *b);
int cv_gen_mac_order(const void *a, const void *b);
int cv_gen_binding_order(const void *a, const void *b);
int cv_gen_rule_order(const void *a, const void *b);
int cv_gen_register_order(const void *a, const void *b);

static inline const void *cv_generation_at(const struct cv_generation *g, struct cv_gen_section s)
{
	return (const uint8_t *)g + s.offset;
}

/** Number of what is judged beside a generation: the same with its rules in shadow mode enforced. */
#define CV_GENERATION_WOULD(number) ((number) | 1ull << 62)

/** Of the hash of a worker's devices. */
static inline uint64_t cv_generation_seed(const struct cv_generation *g)
{
	return g->crc32c ^ g->number << 32;
}

/** Constraints on messages and identities bound to places, NULL = the policy has none. */
static inline const struct cv_apps *cv_generation_apps(const struct cv_generation *g)
{
	return g->apps.count == 0 ? NULL : (const struct cv_apps *)cv_generation_at(g, g->apps);
}

#endif
