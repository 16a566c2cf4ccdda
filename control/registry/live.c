/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536u /* rows that are allocated together */
#define CHUNKS 1024u
#define ROWS_MAX (CHUNK * CHUNKS)
#define AREAS_MAX (1u << 20)

struct fact_row {
	struct cv_registry_facts facts;
	uint32_t known; /* a device has this row */
	uint64_t print; /* of its id, to take it out of the index again */
};

struct cv_registry_live {
	char *path;
	struct cv_registry_store *store; /* NULL = there is no file */
	struct cv_registry_key key;
	struct cv_registry_index index;
	struct cv_registry_words words;
	struct fact_row *rows[CHUNKS];
	struct cv_registry_area *areas;
	uint32_t n_areas;
	uint64_t rev; /* how far the file was read */
	uint32_t row;
	unsigned int taken; /* rows of this step */
	uint64_t version; /* rows ever taken, and that they are all */
	int64_t ready_ns; /* INT64_MAX = not yet */
	uint64_t bytes;
	char why[200];
};

int cv_registry_live_create(const char *path, struct cv_registry_live **ret)
{
	struct cv_registry_live *live = calloc(1, sizeof(*live));
	int res = live ? cv_registry_words_init(&live->words) : -ENOMEM;

	if (res == 0)
		res = cv_registry_key_make(&live->key);
	if (res == 0) {
		live->ready_ns = INT64_MAX;
		live->path = strdup(path);
		res = live->path ? 0 : -ENOMEM;
	}
	if (res < 0) {
		cv_registry_live_destroy(live);
		return res;
	}
	*ret = live;
	return 0;
}

void cv_registry_live_destroy(struct cv_registry_live *live)
{
	if (!live)
		return;
	cv_registry_store_close(live->store);
	cv_registry_index_free(&live->index);
	cv_registry_words_free(&live->words);
	for (unsigned int i = 0; i < CHUNKS; i++)
		free(live->rows[i]);
	free(live->areas);
	free(live->path);
	free(live);
}

/* ---- follow --------------------------------------------------------------------------------- */

static struct fact_row *row_at(const struct cv_registry_live *live, uint32_t row)
{
	if (row >= ROWS_MAX || !live->rows[row / CHUNK])
		return NULL;
	return &live->rows[row / CHUNK][row % CHUNK];
}

static struct fact_row *make_row(struct cv_registry_live *live, uint32_t row)
{
	if (row < ROWS_MAX && !live->rows[row / CHUNK]) {
		live->rows[row / CHUNK] = calloc(CHUNK, sizeof(struct fact_row));
		live->bytes += live->rows[row / CHUNK] ? CHUNK * sizeof(struct fact_row) : 0;
	}
	return row_at(live, row);
}

static int take_area(struct cv_registry_live *live, const struct cv_registry_device *d)
{
	struct cv_registry_words *w = &live->words;
	uint32_t n = live->n_areas;
	struct cv_registry_area *areas;

	if (d->area == 0)
		return 0;
	if (d->area >= AREAS_MAX)
		return -ENOSPC;
	while (n <= d->area)
		n = n ? n * 2 : 256;
	if (n > live->n_areas) {
		areas = realloc(live->areas, n * sizeof(*areas));
		if (!areas)
			return -ENOMEM;
		memset(areas + live->n_areas, 0, (n - live->n_areas) * sizeof(*areas));
		live->bytes += (n - live->n_areas) * sizeof(*areas);
		live->areas = areas;
		live->n_areas = n;
	}
	live->areas[d->area] = (struct cv_registry_area){
		.city = cv_registry_word(w, d->city, strlen(d->city)),
		.district = cv_registry_word(w, d->district, strlen(d->district)),
		.street = cv_registry_word(w, d->street, strlen(d->street)),
		.community = cv_registry_word(w, d->community, strlen(d->community)),
	};
	return 0;
}

static int take_facts(struct cv_registry_live *live, const struct cv_registry_device *d)
{
	struct cv_registry_words *w = &live->words;
	uint64_t print = cv_registry_print(&live->key, d->id, strlen(d->id));
	struct fact_row *r = make_row(live, d->row);
	int res = r ? take_area(live, d) : -ENOMEM;

	if (res == 0)
		res = cv_registry_index_set(&live->index, print, d->row, d->area);
	if (res < 0)
		return res;
	*r = (struct fact_row){
		.known = 1,
		.print = print,
		.facts = {
			.lat = d->lat,
			.lon = d->lon,
			.alt = d->alt,
			.area = d->area,
			.kind = cv_registry_word(w, d->kind, strlen(d->kind)),
			.owner = cv_registry_word(w, d->owner, strlen(d->owner)),
			.zone = cv_registry_word(w, d->zone, strlen(d->zone)),
			.tags = cv_registry_word(w, d->tags, strlen(d->tags)),
			.interval = d->interval == CV_REGISTRY_NONE ? 0 : (uint32_t)d->interval,
		}};
	return 0;
}

int cv_registry_live_take(struct cv_registry_live *live, const struct cv_registry_device *d,
			  uint64_t rev, bool removed)
{
	struct fact_row *r = row_at(live, d->row);
	int res = 0;

	live->version++;
	if (!removed) {
		res = take_facts(live, d);
	} else if (r && r->known) {
		cv_registry_index_remove(&live->index, r->print);
		r->known = 0;
	}
	if (res < 0)
		return res;
	live->rev = rev;
	live->row = d->row;
	live->taken++;
	return 0;
}

static int take(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	return cv_registry_live_take(owner, d, rev, removed);
}

void cv_registry_live_complete(struct cv_registry_live *live)
{
	struct timespec now;

	/* While the first import runs there is a file, and nothing in it. */
	if (cv_registry_live_ready(live) || live->rev == 0)
		return;
	live->version++;
	clock_gettime(CLOCK_REALTIME, &now);
	live->ready_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int cv_registry_live_step(struct cv_registry_live *live)
{
	const char *why = "";
	int res = 0;

	if (!live->store) {
		res = cv_registry_store_open(live->path, CV_REGISTRY_READ, &live->store, &why);
		if (res == -ENOENT)
			return 0;
		if (res < 0) {
			snprintf(live->why, sizeof(live->why), "%s", why);
			return res;
		}
	}
	live->taken = 0;
	res = cv_registry_store_changes(live->store, live->rev, live->row, CV_REGISTRY_STEP, take,
					live);
	if (res == -ENOMEM || res == -ENOSPC)
		snprintf(live->why, sizeof(live->why), "no memory for more devices");
	else if (res < 0)
		snprintf(live->why, sizeof(live->why), "%s", cv_registry_store_why(live->store));
	if (res < 0)
		return res;
	if (live->taken < CV_REGISTRY_STEP)
		cv_registry_live_complete(live);
	return live->taken == CV_REGISTRY_STEP;
}

const char *cv_registry_live_why(const struct cv_registry_live *live)
{
	return live->why;
}

/* ---- look up -------------------------------------------------------------------------------- */

bool cv_registry_live_is_there(const struct cv_registry_live *live)
{
	return live->store || cv_registry_live_ready(live) || access(live->path, F_OK) == 0;
}

bool cv_registry_live_ready(const struct cv_registry_live *live)
{
	return live->ready_ns != INT64_MAX;
}

int64_t cv_registry_live_ready_ns(const struct cv_registry_live *live)
{
	return live->ready_ns;
}

uint64_t cv_registry_live_version(const struct cv_registry_live *live)
{
	return live ? live->version : 0;
}

uint64_t cv_registry_live_count(const struct cv_registry_live *live)
{
	return live->index.count;
}

uint64_t cv_registry_live_bytes(const struct cv_registry_live *live)
{
	return live->bytes + live->index.bytes + cv_registry_words_bytes(&live->words);
}

uint32_t cv_registry_live_find(const struct cv_registry_live *live, const char *urn, size_t len,
			       uint32_t *ret_area)
{
	const struct cv_registry_slot *slot;

	if (live->index.count == 0)
		return 0;
	slot = cv_registry_index_find(&live->index, cv_registry_print(&live->key, urn, len));
	if (!slot)
		return 0;
	*ret_area = slot->area;
	return slot->row;
}

const struct cv_registry_facts *cv_registry_live_facts(const struct cv_registry_live *live,
						       uint32_t row)
{
	const struct fact_row *r = row_at(live, row);

	return r && r->known ? &r->facts : NULL;
}

const struct cv_registry_area *cv_registry_live_area(const struct cv_registry_live *live,
						     uint32_t area)
{
	return area && area < live->n_areas ? &live->areas[area] : NULL;
}

const char *cv_registry_live_word(const struct cv_registry_live *live, uint32_t word)
{
	return cv_registry_word_text(&live->words, word);
}
