/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's configuration file as plain C. The schema table (schema.c) is the one place that
 * names the settings, their units, ranges and defaults; parser, dump and docs follow it.
 */
#ifndef CV_CONFIG_H
#define CV_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "control/config/address.h"
#include "control/config/diagnostics.h"
#include "control/config/host.h"
#include "control/sink/settings.h"
#include "dataplane/normalize/record.h"
#include "dataplane/policy/generation.h"

/** Longest path of a Unix socket, with its zero: sun_path. */
#define CV_SOCKET_PATH_MAX 108
/** "choose yourself" of settings that take `auto`. */
#define CV_CONFIG_AUTO UINT32_MAX
/** "any unit" of a Modbus register. */
#define CV_CONFIG_ANY_UNIT UINT16_MAX

/** What who connects by TCP must show. */
enum cv_login { CV_LOGIN_NONE, CV_LOGIN_TOKEN };

enum cv_hugepages { CV_HUGEPAGES_AUTO, CV_HUGEPAGES_NEVER };

/* What confines the card of a pci port. */
enum cv_config_iommu { CV_IOMMU_REQUIRED, CV_IOMMU_OPTIONAL };

struct cv_config_target {
	uint8_t kind; /* enum cv_port_kind */
	char text
		[224]; /* interface or file path as written, see cv_config_resolve(); PCI address */
};

struct cv_config_port {
	unsigned int line, column; /* where the file describes it */
	char name[32];
	struct cv_config_target target;
	uint8_t side; /* enum cv_port_side */
	char peer_name[32]; /* empty = tap */
	uint8_t peer; /* index of the peer, CV_PEER_NONE = tap */
	uint8_t on_loss; /* enum cv_port_loss */
	uint8_t iommu; /* enum cv_config_iommu; pci */
	uint32_t repeat; /* pcap: times to play the file again, 0 = play once */
	uint64_t rate_pps; /* pcap: frames per second, 0 = as fast as possible */
};

/** What becomes of subscribers who do not keep up; 0 = no bound. */
struct cv_config_slow {
	uint8_t disconnect; /* 0: they wait */
	uint64_t events, bytes, ns;
};

/** What an address may take of the HTTP API before anybody there is known. */
struct cv_config_peer {
	uint32_t connections; /* at a time, 0 = half of all */
	uint32_t requests; /* connections and requests without credential, a second */
};

/** The HTTP API over TLS; paths as written, see cv_config_resolve(). */
struct cv_config_tls {
	char listen[64]; /* "address:port"; empty = none */
	char cert[256], key[256];
	char client_ca[256]; /* empty = no client certificates */
	bool client_required;
};

struct cv_config_retain {
	uint64_t bytes; /* 0 = no bound */
	uint64_t ns; /* 0 = no bound */
};

struct cv_config_service {
	uint8_t ip_proto; /* 6 or 17 */
	uint16_t port; /* host order */
};

struct cv_config_hint {
	unsigned int line, column;
	struct cv_config_service service;
	uint8_t decoder; /* enum cv_proto, 0 = never decode */
};

/** Who may always reach the node, whatever a policy says. */
struct cv_config_management {
	unsigned int line, column;
	struct cv_prefix address; /* of the node; family 0 = each of its addresses */
	struct cv_config_service service; /* of the node */
	struct cv_prefix from; /* of the peer; family 0 = anyone */
};

enum cv_others { CV_OTHERS_ACCEPT, CV_OTHERS_DROP };

struct cv_config_register {
	unsigned int line, column;
	uint16_t unit; /* Modbus unit id, CV_CONFIG_ANY_UNIT = any */
	uint16_t address; /* protocol address, from 0 */
	uint8_t table; /* enum cv_register_table */
	uint8_t type; /* enum cv_register_type */
	double scale, offset; /* value = raw * scale + offset */
	char name[48]; /* canonical name */
	char unit_name[16]; /* SenML unit, may be empty */
};

/** A place in a JSON payload and what it is. */
struct cv_config_json_value {
	unsigned int line, column;
	char pointer[128]; /* RFC 6901, or "payload" */
	char name[48]; /* canonical, or "raw." and more */
	char unit_name[16]; /* SenML unit of a raw name, may be empty */
	double factor, offset; /* value = number * factor + offset */
	char code[32]; /* may be empty */
};

/** JSON payloads of some topics or paths. */
struct cv_config_json {
	unsigned int line, column;
	uint8_t decoder; /* index in cv_json_decoders */
	char topic[128]; /* MQTT topic filter, or the same of CoAP paths */
	char device[128]; /* "client", "topic:N" or a pointer */
	char time[128]; /* pointer, empty = none */
	uint8_t time_format; /* enum cv_json_time */
	char time_zone[8];
	char quality[128]; /* pointer, empty = none */
	char good[32];
	struct cv_config_json_value *values;
	size_t n_values;
};

/** "none" of settings of vendor frames that are a number. */
#define CV_CONFIG_NO_NUMBER UINT32_MAX

struct cv_config_vendor_text {
	unsigned int line, column;
	uint32_t value;
	char text[36];
};

struct cv_config_vendor_field {
	unsigned int line, column;
	uint16_t at, size;
	uint8_t type; /* enum cv_vendor_type */
	uint8_t endian; /* 0 = the frame's, 1 little, 2 big */
	uint8_t bit, bits;
	uint32_t when, equals;
	double factor, offset;
	char name[48], unit_name[16];
	struct cv_config_vendor_text *texts;
	size_t n_texts;
};

/** A frame of a maker's own; enums are those of dataplane/policy/vendor.h. */
struct cv_config_vendor {
	unsigned int line, column;
	char name[32];
	char sync[17], end[17]; /* hex digits */
	uint8_t endian; /* 1 = big */
	uint16_t length_at, length_add;
	uint8_t length_size;
	uint16_t max;
	uint8_t checksum, checksum_endian;
	uint16_t checksum_from, checksum_end;
	uint16_t id_at, id_size;
	uint8_t id_format;
	uint16_t type_at;
	uint8_t type_size;
	uint16_t time_at;
	uint8_t time_format;
	struct cv_config_vendor_field *fields;
	size_t n_fields;
};

/** Whoever must be reachable while a changed configuration waits to be confirmed. */
struct cv_config_contact {
	unsigned int line, column;
	struct cv_prefix address;
	struct cv_config_service service; /* TCP */
};

/** Newest form of the file that is understood; `version` of a file says which it has. */
#define CV_CONFIG_VERSION 1

struct cv_config {
	char path[PATH_MAX]; /* the file it was read from */
	uint32_t version;
	struct cv_config_contact *contacts;
	size_t n_contacts;
	uint64_t contact_lost_ns;
	char node[64]; /* node id */
	uint8_t confine; /* enum cv_confine_mode */
	struct cv_config_port *ports;
	size_t n_ports;
	char policy[PATH_MAX]; /* as written; see cv_config_resolve() */
	/* No settings, but for who compiles a policy that was kept elsewhere: it came from others and
	 * names no files outside its folder (policy.h); or it is this text of the policy above. */
	bool policy_confined;
	const char *policy_copy; /* path, NULL = the file itself; not owned */
	char alarm_rules[PATH_MAX]; /* as written, "" = none; see cv_config_resolve() */
	char trust_keys[PATH_MAX]; /* directory or file, as written; see cv_config_resolve() */
	uint32_t trust_threshold; /* different signers a policy by the API needs, from 1 */
	bool trust_allow_unsigned;

	char log_dir[PATH_MAX];
	uint64_t segment_size; /* bytes */
	struct cv_config_retain retain[CV_LANE_COUNT];
	uint64_t hold_for_groups; /* bytes */
	bool compress[CV_LANE_COUNT];
	uint32_t compress_level;

	uint64_t devices_memory; /* bytes */
	uint64_t devices_refill_ns; /* 0 = nothing */

	char api_socket[CV_SOCKET_PATH_MAX];
	char api_listen[64]; /* "address:port" or "[address]:port"; empty = no TCP */
	uint8_t api_login; /* enum cv_login */
	struct cv_config_tls tls;
	uint32_t api_connections;
	struct cv_config_peer peer;
	struct cv_config_slow slow;
	char link_socket[CV_SOCKET_PATH_MAX];

	uint32_t lcore; /* CPU number or CV_CONFIG_AUTO */
	uint8_t hugepages; /* enum cv_hugepages */
	uint32_t device_capacity; /* entries */
	uint32_t flow_capacity; /* entries */
	uint32_t blocks_per_lane; /* power of two */
	uint64_t flush_ns; /* a partly filled block is published after this */
	bool decode; /* false = verdict and forwarding only */
	uint32_t mtu; /* largest L3 packet, bytes */

	bool clean_repeats; /* deliver a message once */
	uint32_t clean_series; /* values followed at the same time; 0 or a power of two */
	uint64_t clean_clock_skew_ns; /* clocks off by no more are synchronised */
	uint64_t clean_gateway_hold_ns; /* radio frames wait so long for other gateways */

	char pin_dir[PATH_MAX]; /* below a bpffs */
	bool keep_policy; /* leave the XDP programs attached when control ends in order */

	bool firewall; /* keep the table `inet culvert` in the kernel's nftables */
	uint8_t firewall_others; /* enum cv_others: what no rule of the table decides */

	struct cv_config_management *management; /* holds with and without firewall */
	size_t n_management;
	struct cv_config_hint *hints;
	size_t n_hints;
	struct cv_config_register *registers; /* sorted by unit, table, address */
	size_t n_registers;
	struct cv_config_json *json;
	size_t n_json;
	struct cv_config_vendor *vendors;
	size_t n_vendors;
	struct cv_config_sink *sinks;
	size_t n_sinks;
	struct cv_config_host host;
};

/**
 * Read and check a configuration file. All findings are reported, not only the first. Does not
 * touch the files and interfaces it names.
 *
 * @param path file, "-" = standard input.
 * @param ret set on success only; the caller frees it with cv_config_free().
 * @param diag findings are added here; warnings are added on success too.
 * @return 0; -EINVAL the file has errors; -ENOMEM; another negative errno when the file cannot be
 *         read. Every failure has at least one finding.
 */
int cv_config_load(const char *path, struct cv_config **ret, struct cv_diagnostics *diag);

/** As cv_config_load() from memory. @param path what the findings call it. */
int cv_config_parse(const char *path, const char *text, size_t len, struct cv_config **ret,
		    struct cv_diagnostics *diag);

/**
 * A configuration of defaults without ports, for offline use of a policy file.
 *
 * @return 0 or -ENOMEM.
 */
int cv_config_default(const char *policy, struct cv_config **ret);

/** NULL is fine. */
void cv_config_free(struct cv_config *config);

/**
 * Path of a file the configuration names: relative ones are relative to the configuration file.
 *
 * @param ret PATH_MAX bytes.
 * @return 0 or -ENAMETOOLONG.
 */
int cv_config_resolve(const struct cv_config *config, const char *name, char *ret);

/** Is the interface of this name, by the kernel or an alternative one, an AF_XDP port? */
bool cv_config_has_port(const struct cv_config *config, const char *interface);

/** Write the configuration with all defaults filled in, as YAML that loads equal. */
void cv_config_show(const struct cv_config *config, FILE *out);

/** Write the page docs/operator/config.md from the schema. */
void cv_config_write_doc(FILE *out);

/**
 * The `culvert-control config ...` commands.
 *
 * @param argv argv[0] is "config".
 * @return exit code: 0 fine, 1 usage, 2 input wrong.
 */
int cv_config_command(int argc, char **argv);

#endif
