/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edge nodes and their aliases in two set-associative tables of fixed size. A full set gives up the
 * entry used longest ago. Aliases are kept under the number of their node's birth, which no other
 * birth has: a new birth, or a node pushed out and back, meets none of the old ones.
 */
#include <string.h>

#include "dataplane/decode/mqtt_sparkplug.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ 0x9e3779b97f4a7c15ull) * (b ^ 0xff51afd7ed558ccdull);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mix_text(uint64_t h, const uint8_t *text, size_t len)
{
	uint64_t word;

	for (size_t at = 0; at < len; at += sizeof(word)) {
		size_t n = len - at < sizeof(word) ? len - at : sizeof(word);

		word = 0;
		memcpy(&word, text + at, n);
		h = mix(h, word);
	}
	return mix(h, len);
}

uint64_t sparkplug_key(uint32_t session, bool from_client, const uint8_t *group, size_t group_len,
		       const uint8_t *edge, size_t edge_len)
{
	uint64_t h = (uint64_t)session << 1 | from_client;

	h = mix_text(mix_text(h, group, group_len), edge, edge_len);
	return h == 0 ? 1 : h;
}

static uint32_t next_birth(struct sparkplug_state *s)
{
	s->births += s->births == UINT32_MAX ? 2 : 1; /* 0 marks a free place */
	return s->births;
}

struct sparkplug_node *sparkplug_node(struct sparkplug_state *s, uint64_t key)
{
	struct sparkplug_node *set = s->node[key & (SPARKPLUG_NODE_SETS - 1)], *best = &set[0];

	s->clock++;
	for (unsigned int way = 0; way < SPARKPLUG_WAYS; way++) {
		struct sparkplug_node *node = &set[way];

		if (node->key == key) {
			node->used = s->clock;
			return node;
		}
		if (best->key != 0 &&
		    (node->key == 0 || s->clock - node->used > s->clock - best->used))
			best = node;
	}
	*best = (struct sparkplug_node){.key = key, .birth = next_birth(s), .used = s->clock};
	return best;
}

void sparkplug_born(struct sparkplug_state *s, struct sparkplug_node *node)
{
	node->birth = next_birth(s);
	node->has_seq = node->has_bd_seq = node->doubtful = false;
}

static struct sparkplug_alias *set_of(struct sparkplug_state *s, const struct sparkplug_node *node,
				      uint64_t alias)
{
	return s->alias[mix(node->birth, alias) & (SPARKPLUG_ALIAS_SETS - 1)];
}

void sparkplug_alias_set(struct sparkplug_state *s, const struct sparkplug_node *node,
			 const struct sparkplug_metric *m)
{
	struct sparkplug_alias *set = set_of(s, node, m->alias), *best = &set[0];
	size_t len = m->name_len < SPARKPLUG_NAME_MAX ? m->name_len : SPARKPLUG_NAME_MAX;

	for (unsigned int way = 0; way < SPARKPLUG_WAYS; way++) {
		if (set[way].birth == node->birth && set[way].alias == m->alias) {
			best = &set[way];
			break;
		}
		if (best->birth != 0 &&
		    (set[way].birth == 0 || s->clock - set[way].used > s->clock - best->used))
			best = &set[way];
	}
	best->alias = m->alias;
	best->birth = node->birth;
	best->used = s->clock;
	best->unit = (uint16_t)cv_unit_by_text((const char *)m->unit, m->unit_len);
	best->type = m->type;
	best->cut = len < m->name_len;
	if (best->cut) /* the last character may not be whole */
		len = cv_utf8_prefix(m->name, len);
	best->name_len = (uint8_t)len;
	memcpy(best->name, m->name, len);
}

const struct sparkplug_alias *sparkplug_alias_get(struct sparkplug_state *s,
						  const struct sparkplug_node *node, uint64_t alias)
{
	struct sparkplug_alias *set = set_of(s, node, alias);

	for (unsigned int way = 0; way < SPARKPLUG_WAYS; way++) {
		if (set[way].birth == node->birth && set[way].alias == alias) {
			set[way].used = s->clock;
			return &set[way];
		}
	}
	return NULL;
}
