/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of configuration files: one table that feeds reading, checking, `config show` and
 * the documentation page. A setting that is not here does not exist.
 */
#ifndef CV_SCHEMA_H
#define CV_SCHEMA_H

#include "control/config/config.h"
#include "control/config/yaml.h"
#include "decoder_list.h"

enum cv_field_type {
	CV_FIELD_SECTION, /* map; its fields are relative to offset */
	CV_FIELD_LIST, /* list of maps; elements begin with `unsigned int line, column` */
	CV_FIELD_TEXT, /* char[size] */
	CV_FIELD_NAME, /* char[size]: letters, digits, '.', '_', '-' */
	CV_FIELD_PATH, /* char[size] */
	CV_FIELD_LISTEN, /* char[size]: address and port, or "off"; loopback but for `anywhere` */
	CV_FIELD_BOOL, /* bool */
	CV_FIELD_CHOICE, /* uint8_t: index in choices */
	CV_FIELD_UINT, /* unsigned integer of size bytes */
	CV_FIELD_SIZE, /* uint64_t bytes */
	CV_FIELD_DURATION, /* uint64_t ns */
	CV_FIELD_RATE, /* uint64_t per second */
	CV_FIELD_REAL, /* double */
	CV_FIELD_TARGET, /* struct cv_config_target */
	CV_FIELD_SERVICE, /* struct cv_config_service */
	CV_FIELD_ADDRESS, /* struct cv_prefix of full length, or "any" */
	CV_FIELD_PREFIX, /* struct cv_prefix, or "any" */
	CV_FIELD_HOST_ADDRESS, /* struct cv_prefix with bits behind its length */
	CV_FIELD_WINDOW, /* struct cv_config_window */
	CV_FIELD_PACKET_RATE, /* struct cv_rate */
	CV_FIELD_BYTE_RATE, /* struct cv_rate */
	CV_FIELD_ELSEWHERE, /* known here, read by other code */
};

/*
 * What a change of a setting costs. Ascending. Of control: it starts anew beside a dataplane that
 * goes on, no frame and no event is lost, subscribers come back. Of the dataplane: for the second
 * that takes, frames go as on_dataplane_loss says. Of the host: nothing of Culvert restarts, the
 * machine around it is set (control/host).
 */
#define CV_COSTS(X)                                                                                \
	X(NOTHING, "nothing") /* in tables: as the section has it */                               \
	X(LIVE, "live")                                                                            \
	X(HOST, "host")                                                                            \
	X(CONTROL, "control")                                                                      \
	X(DATAPLANE, "dataplane")
#define CV_COST_ROW(id, name) CV_COST_##id,
enum cv_cost { CV_COSTS(CV_COST_ROW) CV_COST_COUNT };

const char *cv_cost_name(enum cv_cost cost);

struct cv_field {
	const char *name;
	const char *help; /* a sentence for the documentation */
	const char *fallback; /* default as a file would have it; NULL = the setting is required */
	const char *takes; /* documentation: instead of the list of choices, NULL = as it is */
	const char *word; /* a word that stands for a number ("auto"), or for no address */
	uint64_t word_value;
	uint64_t min, max; /* numbers; lists: most elements in max */
	const char *const *choices; /* NULL-terminated; by enum value */
	const struct cv_field *fields; /* of a section or of list elements */
	size_t n_fields;
	size_t offset; /* of the value; lists: of the pointer */
	size_t size; /* bytes of the value; lists: of one element */
	size_t count_offset; /* lists: of the size_t count */
	enum cv_field_type type;
	bool power_of_two;
	enum cv_cost cost; /* NOTHING: that of the section */
	bool anywhere; /* addresses: not only loopback */
};

/** The whole file: a section with offset 0. */
extern const struct cv_field cv_schema;

/** Words of the choices, by enum value. */
extern const char *const cv_decoder_choices[];

/**
 * Read one value as the file has it.
 *
 * @param dest where the value goes, field->size bytes; written on success only.
 * @param expected on failure, what would have been right; at least 160 bytes.
 * @param near on failure, the nearest right word or NULL.
 * @return 0, -EINVAL.
 */
int cv_field_read(const struct cv_field *field, const char *text, void *dest, char *expected,
		  size_t expected_size, const char **near);

/** Write one value as cv_field_read() reads it, without quotes. */
void cv_field_show(const struct cv_field *field, const void *value, FILE *out);

/** The fields of the section `decode`. */
#define CV_DECODE_FIELDS 4
extern const struct cv_field cv_decode_fields[CV_DECODE_FIELDS];
/** The fields of an element of `decode.vendors`. */
#define CV_VENDOR_FIELDS 11
extern const struct cv_field cv_vendor_fields[CV_VENDOR_FIELDS];
/** The fields of an element of `sinks`. */
#define CV_SINK_FIELDS 29
extern const struct cv_field cv_sink_fields[CV_SINK_FIELDS];
/** Of the machine around Culvert: `network`, `time`, `login`, an element of `users`, `update`. */
#define CV_NETWORK_FIELDS 2
extern const struct cv_field cv_network_fields[CV_NETWORK_FIELDS];
#define CV_TIME_FIELDS 1
extern const struct cv_field cv_time_fields[CV_TIME_FIELDS];
#define CV_LOGIN_FIELDS 1
extern const struct cv_field cv_login_fields[CV_LOGIN_FIELDS];
#define CV_USER_FIELDS 2
extern const struct cv_field cv_user_fields[CV_USER_FIELDS];
#define CV_UPDATE_FIELDS 6
extern const struct cv_field cv_update_fields[CV_UPDATE_FIELDS];
/** Decoders whose payloads decode.json may name, NULL-terminated. */
extern const char *const cv_json_decoders[];

/** "a size such as 64MiB, 1MiB to 4GiB": what the field takes, for errors and documentation. */
void cv_field_expect(const struct cv_field *field, char *text, size_t size);

/** Value or text as YAML, quoted when it would be read as something else. */
void cv_yaml_write_text(const char *text, FILE *out);

/**
 * Write the documentation of a section: a table of its settings, and a chapter for each section
 * below it.
 *
 * @param name dotted name that chapters begin with, "" for a whole file.
 */
void cv_schema_write_doc(const struct cv_field *section, const char *name, FILE *out);

/** Free the lists of a section, and the lists of their elements. */
void cv_schema_release(const struct cv_field *section, void *base);

/** Put the defaults of a section into @p base. */
void cv_schema_defaults(const struct cv_field *section, void *base);

/**
 * Read a map by its section into @p base, which holds the defaults.
 *
 * @param prefix dotted name of the section, "" for the whole file.
 * @return 0; -EINVAL with findings; -ENOMEM.
 */
int cv_schema_read(const struct cv_field *section, const struct cv_yaml *map, void *base,
		   const char *prefix, const char *path, struct cv_diagnostics *diag);

/** Place of a setting in the nth element of a list, or of the element where it is not written. */
struct cv_place cv_config_place(const struct cv_config *config, const struct cv_yaml *list,
				size_t n, const char *key);

/** Checking the elements of a list, one after the other. */
struct cv_list_check {
	const struct cv_config *config;
	struct cv_diagnostics *diag;
	const struct cv_yaml *list;
	size_t n; /* element in hand */
	int error; /* -EINVAL once something was wrong */
};

/** Tell what is wrong with a setting of the element in hand. @param hint an example, or NULL. */
void cv_list_wrong(struct cv_list_check *c, const char *key, const char *hint, const char *text);

/** Checks of decode.json. @param list its node, NULL = not written. @return 0 or -EINVAL. */
int cv_config_check_json(const struct cv_config *config, const struct cv_yaml *list,
			 struct cv_diagnostics *diag);

/** Checks of decode.vendors, likewise. */
int cv_config_check_vendors(const struct cv_config *config, const struct cv_yaml *list,
			    struct cv_diagnostics *diag);

/** Checks of sinks, likewise. */
int cv_config_check_sinks(const struct cv_config *config, const struct cv_yaml *list,
			  struct cv_diagnostics *diag);

/** Checks of the machine around Culvert. @return 0 or -EINVAL with findings. */
int cv_config_check_host(const struct cv_config *config, const struct cv_yaml *root,
			 struct cv_diagnostics *diag);

/**
 * What two configurations say differently.
 *
 * @param ret [{"setting", "from", "to", "cost"}], a new reference; null: not there.
 * @param ret_cost of all of it, NOTHING = they say the same.
 * @return 0 or -ENOMEM.
 */
int cv_config_differences(const struct cv_config *a, const struct cv_config *b, json_t **ret,
			  enum cv_cost *ret_cost);

/**
 * Have a running configuration say what @p fresh says, where that restarts nothing of Culvert.
 *
 * @param fresh gets the lists that are replaced, for who frees it.
 */
void cv_config_take_live(struct cv_config *running, struct cv_config *fresh);

/** Checks between settings. @return 0 or -EINVAL with findings. */
int cv_config_check(struct cv_config *config, const struct cv_yaml *root,
		    struct cv_diagnostics *diag);

#endif
