/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_rule(struct cv_alarm_names *n, uint16_t rule)
{
	uint32_t room = n->room ? 2 * n->room : 1024;
	uint16_t *rules;

	if (n->used == n->room) {
		rules = realloc(n->rules, room * sizeof(*rules));
		if (!rules)
			return -ENOMEM;
		n->rules = rules;
		n->room = room;
	}
	n->rules[n->used++] = rule;
	return 0;
}

/* A count of what another rule raises looks at no events. */
static bool looks(const struct cv_alarm_rule *rule)
{
	return rule->condition != CV_ALARM_COUNT || rule->count.of == CV_ALARM_OF_NAMES;
}

/* The rules for a name; NULL: for events whose name no rule asks for. */
static int make_list(struct cv_alarm_names *n, const char *name, size_t len,
		     struct cv_alarm_list *ret)
{
	struct cv_alarm_list list = {.first = n->used};

	for (size_t i = 0; i < n->source->n_rules; i++) {
		const struct cv_alarm_rule *rule = &n->source->rules[i];
		bool asks = rule->match.names.n > 0;

		if (!looks(rule) || (asks && !name))
			continue;
		if (asks && !cv_alarm_words_match(&rule->match.names, name, len))
			continue;
		if (add_rule(n, (uint16_t)i) < 0)
			return -ENOMEM;
	}
	list.n = n->used - list.first;
	*ret = list;
	return 0;
}

int cv_alarm_names_init(struct cv_alarm_names *n, const struct cv_alarm_rules *rules)
{
	int res = cv_registry_key_make(&n->key);

	n->source = rules;
	if (res == 0)
		res = make_list(n, NULL, 0, &n->any);
	n->by_name[0] = n->any;
	for (unsigned int i = 1; res == 0 && i < CV_NAME_COUNT; i++) {
		const char *text = cv_name_text(i);

		if (*text)
			res = make_list(n, text, strlen(text), &n->by_name[i]);
		else
			n->by_name[i] = n->any;
	}
	return res;
}

void cv_alarm_names_free(struct cv_alarm_names *n)
{
	for (uint32_t i = 0; i < n->n_raw; i++)
		free(n->raw[i].text);
	free(n->raw);
	free(n->raw_table.slots);
	free(n->rules);
}

/* ---- names that devices give themselves ------------------------------------------------------ */

static int more_raw(struct cv_alarm_names *n)
{
	uint32_t room = n->raw_room ? 2 * n->raw_room : 64;
	struct cv_alarm_raw *raw;

	if (n->n_raw < n->raw_room)
		return 0;
	if (n->n_raw == CV_ALARM_RAW_MAX)
		return -ENOSPC;
	raw = realloc(n->raw, room * sizeof(*raw));
	if (!raw)
		return -ENOMEM;
	n->raw = raw;
	n->raw_room = room;
	return 0;
}

/* @return place + 1, 0 = no rule asks for it. */
static uint32_t find_raw(struct cv_alarm_names *n, const char *text, size_t len)
{
	uint64_t print = cv_registry_print(&n->key, text, len) | 1;
	uint32_t place = cv_alarm_table_find(&n->raw_table, print), used = n->used;
	uint64_t *nothing = &n->nothing[print >> 32 & (CV_ALARM_NOTHING - 1)];
	struct cv_alarm_raw raw;

	if (place != 0 || *nothing == print)
		return place;
	/* As many as of any name: silence asks for none. */
	if (len >= 128 || make_list(n, text, len, &raw.list) < 0 || raw.list.n == n->any.n ||
	    more_raw(n) < 0) {
		n->used = used;
		*nothing = print;
		return 0;
	}
	raw.text = strndup(text, len);
	if (!raw.text || cv_alarm_table_set(&n->raw_table, print, n->n_raw + 1) < 0) {
		free(raw.text);
		n->used = used;
		return 0;
	}
	n->raw[n->n_raw++] = raw;
	return n->n_raw;
}

struct cv_alarm_list cv_alarm_names_find(struct cv_alarm_names *n, const struct cv_record *rec,
					 uint32_t *ret_name)
{
	struct cv_tlv_view v;
	uint32_t place;

	*ret_name = rec->name_id;
	if (rec->name_id != 0 && rec->name_id < CV_NAME_COUNT)
		return n->by_name[rec->name_id];
	*ret_name = 0;
	v = cv_record_tlv(rec, CV_TLV_NAME);
	place = v.len ? find_raw(n, (const char *)v.data, v.len) : 0;
	if (place == 0)
		return n->any;
	*ret_name = CV_ALARM_RAW_NAMES + place - 1;
	return n->raw[place - 1].list;
}

uint32_t cv_alarm_names_number(struct cv_alarm_names *n, const char *text, size_t len)
{
	uint32_t place;

	for (unsigned int i = 1; len > 0 && i < CV_NAME_COUNT; i++) {
		if (strlen(cv_name_text(i)) == len && memcmp(cv_name_text(i), text, len) == 0)
			return i;
	}
	place = len ? find_raw(n, text, len) : 0;
	return place ? CV_ALARM_RAW_NAMES + place - 1 : 0;
}

const char *cv_alarm_names_text(const struct cv_alarm_names *n, uint32_t name)
{
	if (name >= CV_ALARM_RAW_NAMES && name - CV_ALARM_RAW_NAMES < n->n_raw)
		return n->raw[name - CV_ALARM_RAW_NAMES].text;
	return cv_name_text(name);
}
