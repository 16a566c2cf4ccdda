/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings of a sink must be to each other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/sink/template.h"
#include "sink_types.h" /* generated: CV_SINK_BUILT */

static const bool built[CV_SINK_TYPE_COUNT] = {CV_SINK_BUILT};

#define BIT(type) (1u << CV_SINK_##type)
#define REMOTE (BIT(NATS) | BIT(MQTT) | BIT(KAFKA))

/* Settings that are texts: which types have them, and which need them. */
static const struct {
	const char *key;
	size_t offset;
	unsigned int takes, needs;
} rows[] = {
#define ROW(key, takes, needs)                                                                     \
	{                                                                                          \
#key, offsetof(struct cv_config_sink, key), takes, needs                           \
	}
	ROW(servers, REMOTE, REMOTE),	ROW(topic, REMOTE, 0),
	ROW(key, BIT(KAFKA), 0),	ROW(stream, BIT(NATS), 0),
	ROW(client_id, REMOTE, 0),	ROW(ca_file, REMOTE, 0),
	ROW(cert_file, REMOTE, 0),	ROW(key_file, REMOTE, 0),
	ROW(user, REMOTE, 0),		ROW(password_file, REMOTE, 0),
	ROW(token_file, BIT(NATS), 0),	ROW(credentials_file, BIT(NATS), 0),
	ROW(dir, BIT(FILE), BIT(FILE)),
};

static void check_texts(struct cv_list_check *c, const struct cv_config_sink *s)
{
	char text[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool given = *((const char *)s + rows[i].offset) != '\0';

		if (given && !(rows[i].takes & 1u << s->type)) {
			snprintf(text, sizeof(text), "\"%s\" is no setting of a sink of type %s",
				 rows[i].key, cv_sink_type_name(s->type));
			cv_list_wrong(c, rows[i].key, NULL, text);
		} else if (!given && rows[i].needs & 1u << s->type) {
			snprintf(text, sizeof(text), "a sink of type %s needs \"%s\"",
				 cv_sink_type_name(s->type), rows[i].key);
			cv_list_wrong(c, "type", NULL, text);
		}
	}
}

static void check_template(struct cv_list_check *c, const char *key, const char *value,
			   enum cv_sink_alphabet alphabet)
{
	char why[128], text[192];

	if (!*value || cv_sink_template_check(value, alphabet, why, sizeof(why)) == 0)
		return;
	snprintf(text, sizeof(text), "%s is not right: %s", key, why);
	cv_list_wrong(c, key, NULL, text);
}

static void check_login(struct cv_list_check *c, const struct cv_config_sink *s)
{
	int ways = (*s->user != '\0') + (*s->token_file != '\0') + (*s->credentials_file != '\0');

	if (!*s->cert_file != !*s->key_file)
		cv_list_wrong(c, *s->cert_file ? "cert_file" : "key_file", NULL,
			      "cert_file and key_file go together");
	if (!*s->user != !*s->password_file)
		cv_list_wrong(c, *s->user ? "user" : "password_file", NULL,
			      "user and password_file go together");
	if (ways > 1)
		cv_list_wrong(c, "user", NULL,
			      "more than one way to say who we are: choose user, token_file or "
			      "credentials_file");
	if (!s->tls && (*s->ca_file || *s->cert_file))
		cv_list_wrong(c, *s->ca_file ? "ca_file" : "cert_file", "tls: true",
			      "certificates are for TLS, and tls is false");
}

static void check_one(struct cv_list_check *c, const struct cv_config_sink *s)
{
	char text[160];

	for (size_t i = 0; i < c->n; i++) {
		const struct cv_config_sink *other = &c->config->sinks[i];

		if (strcmp(other->name, s->name) != 0)
			continue;
		snprintf(text, sizeof(text), "sink name \"%s\" is taken at line %u", s->name,
			 other->line);
		cv_list_wrong(c, "name", NULL, text);
	}
	if (!built[s->type]) {
		snprintf(
			text, sizeof(text),
			"this build of Culvert has no sinks of type %s: %s was missing when it was "
			"built",
			cv_sink_type_name(s->type), cv_sink_type_library(s->type));
		cv_list_wrong(c, "type", "install it and build again", text);
	}
	if (s->type == CV_SINK_FILE && s->format == CV_SINK_FORMAT_BINARY)
		cv_list_wrong(c, "format", "format: cloudevents",
			      "cloudevents-binary needs a transport with headers, files have none");
	check_texts(c, s);
	check_template(c, "topic", s->topic, cv_sink_alphabet_of(s->type));
	check_template(c, "key", s->key, CV_SINK_ALPHABET_ANY);
	check_login(c, s);
}

int cv_config_check_sinks(const struct cv_config *config, const struct cv_yaml *list,
			  struct cv_diagnostics *diag)
{
	struct cv_list_check c = {.config = config, .diag = diag, .list = list};

	for (; c.n < config->n_sinks; c.n++)
		check_one(&c, &config->sinks[c.n]);
	return c.error;
}
