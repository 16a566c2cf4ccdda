/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of an element of `sinks`. */
#include "control/config/schema.h"
#include "control/config/schema_rows.h"

#define ROW_SECOND(id, name, ...) name,
static const char *const type_choices[] = {CV_SINK_TYPES(ROW_SECOND) NULL};
static const char *const format_choices[] = {CV_SINK_FORMATS(ROW_SECOND) NULL};
static const char *const sync_choices[] = {CV_SINK_SYNCS(ROW_SECOND) NULL};
static const char *const from_choices[] = {CV_SINK_FROMS(ROW_SECOND) NULL};
static const char *const login_choices[] = {CV_SINK_LOGINS(ROW_SECOND) NULL};
#define SINK(member) AT(struct cv_config_sink, member)
#define TEXT(text, member, words)                                                                  \
	{                                                                                          \
		.name = text, .type = CV_FIELD_TEXT, SINK(member), .fallback = "", .help = words   \
	}

const struct cv_field cv_sink_fields[CV_SINK_FIELDS] = {
	{.name = "name",
	 .type = CV_FIELD_NAME,
	 SINK(name),
	 .help = "Name of the sink, unique; its place in the log is kept under it."},
	{.name = "type",
	 .type = CV_FIELD_CHOICE,
	 SINK(type),
	 .choices = type_choices,
	 .help = "Where events go (docs/subscriber/sinks.md)."},
	{.name = "format",
	 .type = CV_FIELD_CHOICE,
	 SINK(format),
	 .choices = format_choices,
	 .fallback = "cloudevents",
	 .help = "How an event is written; `cloudevents-binary` not for files."},
	{.name = "from",
	 .type = CV_FIELD_CHOICE,
	 SINK(from),
	 .choices = from_choices,
	 .fallback = "earliest",
	 .help = "Where a new sink begins: with the oldest event there is, or with the next."},
	TEXT("lanes", lanes, "These lanes only, commas between."),
	TEXT("types", types, "These types only, commas between."),
	TEXT("names", names, "These names only, commas between; `air.*` is all that begin so."),
	TEXT("devices", devices, "These devices only, commas between; `*` stands for anything."),
	{.name = "window",
	 .type = CV_FIELD_UINT,
	 SINK(window),
	 .fallback = "4096",
	 .min = 1,
	 .max = CV_SINK_WINDOW_MAX,
	 .help = "Events under way to the far side at most; 1 keeps the order whatever happens."},
	{.name = "run_as",
	 .type = CV_FIELD_NAME,
	 SINK(run_as),
	 .fallback = "nobody",
	 .help = "User of the sink's process, where control is root."},
	TEXT("servers", servers,
	     "Addresses, commas between: `nats://HOST:4222`, `HOST:9092` (kafka), `HOST:1883` "
	     "(mqtt)."),
	TEXT("topic", topic,
	     "Topic or subject, with `{node}`, `{lane}`, `{type}`, `{device}`, `{name}`, "
	     "`{protocol}`. Without it `culvert.{lane}.{device}` (nats), `culvert.{lane}` (kafka), "
	     "`culvert/{lane}/{device}` (mqtt)."),
	TEXT("key", key, "Kafka: key, with the same placeholders; without it `{device}`."),
	TEXT("stream", stream, "NATS: the stream that must take the events, or none does."),
	TEXT("client_id", client_id, "Without it `culvert-NODE-NAME`."),
	{.name = "tls",
	 .type = CV_FIELD_BOOL,
	 SINK(tls),
	 .fallback = "false",
	 .help = "Encrypted, and the server's certificate is checked against `ca_file` or the "
		 "system's authorities."},
	TEXT("ca_file", ca_file, "Certificates of the authorities, PEM."),
	TEXT("cert_file", cert_file, "Our certificate, PEM."),
	TEXT("key_file", key_file, "Its private key, PEM; for its owner to read only."),
	TEXT("user", user, "Who we are to the server."),
	TEXT("password_file", password_file, "File with the password; for its owner to read only."),
	TEXT("token_file", token_file, "NATS: file with a token; for its owner to read only."),
	TEXT("credentials_file", credentials_file,
	     "NATS: file with JWT and seed (`*.creds`); for its owner to read only."),
	{.name = "login",
	 .type = CV_FIELD_CHOICE,
	 SINK(login),
	 .choices = login_choices,
	 .fallback = "SCRAM-SHA-512",
	 .help = "Kafka: how user and password are shown."},
	TEXT("dir", dir, "Type `file`: the directory."),
	{.name = "rotate_size",
	 .type = CV_FIELD_SIZE,
	 SINK(rotate_size),
	 .fallback = "64MiB",
	 .min = 4096,
	 .max = 1ull << 40,
	 .help = "Type `file`: a file that is larger is finished."},
	{.name = "rotate_age",
	 .type = CV_FIELD_DURATION,
	 SINK(rotate_ns),
	 .fallback = "1h",
	 .min = 1000000000,
	 .max = 31536000000000000,
	 .help = "Type `file`: a file that is older is finished."},
	{.name = "keep",
	 .type = CV_FIELD_UINT,
	 SINK(keep),
	 .fallback = "all",
	 .word = "all",
	 .max = 1000000,
	 .help = "Type `file`: finished files that are kept; older ones are deleted."},
	{.name = "sync",
	 .type = CV_FIELD_CHOICE,
	 SINK(sync),
	 .choices = sync_choices,
	 .fallback = "batch",
	 .help = "Type `file`: `batch`: an event counts as delivered when it is on stable storage; "
		 "`none`: when it is written."},
};
