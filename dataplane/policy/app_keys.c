/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/app_keys.h"

#include <errno.h>
#include <string.h>

#include "dataplane/decode/modbus.h"
#include "dataplane/policy/generation.h"
#include "decoder_list.h"

struct word {
	const char *at;
	size_t len;
};

static const struct number_name {
	uint8_t proto; /* enum cv_proto */
	uint32_t number;
	const char *name;
} number_names[] = {
#define FUNCTION_ROW(id, code, name) {CV_PROTO_MODBUS, code, name},
	MODBUS_FUNCTIONS(FUNCTION_ROW)
#define NUMBER(protocol, number, name) {CV_PROTO_##protocol, number, name},
#include "dataplane/policy/app_key_list.h"
};

#define NUMBER_NAMES (sizeof(number_names) / sizeof(number_names[0]))

const struct cv_app_key *cv_app_keys(size_t *ret_count)
{
	static const struct cv_app_key keys[] = {
#define KEY(p, key, k, syn, low, high, shut, text)                                                 \
	{.proto = CV_PROTO_##p,                                                                    \
	 .kind = CV_APP_##k,                                                                       \
	 .syntax = CV_APP_SYNTAX_##syn,                                                            \
	 .min = low,                                                                               \
	 .max = high,                                                                              \
	 .closes = 1u << CV_APP_##k | (shut),                                                      \
	 .name = key,                                                                              \
	 .help = text},
#include "dataplane/policy/app_key_list.h"
	};

	*ret_count = sizeof(keys) / sizeof(keys[0]);
	return keys;
}

static bool is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(text, w.at, w.len) == 0;
}

const struct cv_app_key *cv_app_key_find(unsigned int proto, const char *name, size_t len)
{
	size_t count;
	const struct cv_app_key *keys = cv_app_keys(&count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].proto == proto && is((struct word){name, len}, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

const char *cv_app_syntax_text(unsigned int syntax)
{
#define TEXT_ROW(id, text) text,
	static const char *const texts[] = {CV_APP_SYNTAXES(TEXT_ROW)};

	return syntax < CV_APP_SYNTAX_COUNT ? texts[syntax] : "?";
}

const char *cv_app_identity_name(unsigned int proto)
{
	static const char *const names[CV_PROTO_COUNT] = {
#define IDENTITY(protocol, name) [CV_PROTO_##protocol] = name,
#include "dataplane/policy/app_key_list.h"
	};

	return proto < CV_PROTO_COUNT ? names[proto] : NULL;
}

const char *cv_app_number_name(const struct cv_app_key *key, uint32_t number)
{
	for (size_t i = 0; i < NUMBER_NAMES; i++) {
		if (number_names[i].proto == key->proto && number_names[i].number == number)
			return number_names[i].name;
	}
	return NULL;
}

/* All of @p w is one decimal number up to @p max. */
static bool number(struct word w, uint32_t max, uint32_t *ret)
{
	uint32_t n = 0;

	if (w.len == 0 || w.len > 9)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		if (w.at[i] < '0' || w.at[i] > '9')
			return false;
		n = n * 10 + (uint32_t)(w.at[i] - '0');
	}
	*ret = n;
	return n <= max;
}

/* "5" or "5-9". */
static bool numbers(struct word w, uint32_t max, uint32_t *from, uint32_t *to)
{
	const char *dash = w.len ? memchr(w.at, '-', w.len) : NULL;
	struct word low = w, high = w;

	if (dash != NULL) {
		low.len = (size_t)(dash - w.at);
		high = (struct word){dash + 1, w.len - low.len - 1};
	}
	return number(low, max, from) && number(high, max, to) && *from <= *to;
}

static int fail(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

static int parse_number(const struct cv_app_key *key, struct word w, struct cv_app_range *r,
			const char **why)
{
	for (size_t i = 0; i < NUMBER_NAMES; i++) {
		if (number_names[i].proto == key->proto && is(w, number_names[i].name)) {
			r->from = r->to = number_names[i].number;
			return 0;
		}
	}
	if (!numbers(w, key->max, &r->from, &r->to) || r->from < key->min)
		return fail(why, "is neither a name known here nor a number or range of numbers "
				 "that the protocol has");
	return 0;
}

static int parse_registers(struct word w, struct cv_app_range *r, const char **why)
{
	static const char *const tables[] = {
		[CV_REG_COIL] = "coil",
		[CV_REG_DISCRETE] = "discrete",
		[CV_REG_INPUT] = "input",
		[CV_REG_HOLDING] = "holding",
	};
	const char *slash = w.len ? memchr(w.at, '/', w.len) : NULL, *dot;
	uint32_t low = 0, high = 255, table;
	struct word name;

	if (slash != NULL) {
		struct word units = {w.at, (size_t)(slash - w.at)};

		if (!numbers(units, 255, &low, &high))
			return fail(why,
				    "has no unit or range of units from 0 to 255 before the /");
		w = (struct word){slash + 1, w.len - units.len - 1};
	}
	dot = w.len ? memchr(w.at, '.', w.len) : NULL;
	name = (struct word){w.at, dot ? (size_t)(dot - w.at) : w.len};
	for (table = 0; table <= CV_REG_HOLDING && !is(name, tables[table]); table++)
		;
	if (table > CV_REG_HOLDING)
		return fail(why, "does not name a table: coil, discrete, input or holding");
	r->from = 0;
	r->to = 65535;
	w = (struct word){dot ? dot + 1 : NULL, dot ? w.len - name.len - 1 : 0};
	if (dot != NULL && !numbers(w, 65535, &r->from, &r->to))
		return fail(why,
			    "has no address or range of addresses from 0 to 65535 behind the .");
	r->table = (uint8_t)table;
	r->unit_from = (uint8_t)low;
	r->unit_to = (uint8_t)high;
	return 0;
}

int cv_app_range_parse(const struct cv_app_key *key, const char *text, size_t len,
		       struct cv_app_range *ret, const char **why)
{
	struct cv_app_range r = {.unit_to = 255};
	struct word w = {text, len};
	int err = key->syntax == CV_APP_SYNTAX_REGISTERS ? parse_registers(w, &r, why)
							 : parse_number(key, w, &r, why);

	if (err == 0)
		*ret = r;
	return err;
}
