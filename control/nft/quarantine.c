/* SPDX-License-Identifier: Apache-2.0 */
#include "control/nft/quarantine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
	const char *name;
	size_t bytes;
};

#define KIND_ROW(id, name, bytes, set, type) {name, bytes},
static const struct kind kinds[] = {CV_QUARANTINE_KINDS(KIND_ROW)};

const char *cv_quarantine_kind_name(enum cv_quarantine_kind kind)
{
	return kinds[kind].name;
}

size_t cv_quarantine_key_size(enum cv_quarantine_kind kind)
{
	return kinds[kind].bytes;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs of hex digits, one kind of separator between. */
static bool parse_mac(const char *text, uint8_t mac[6])
{
	char separator = strlen(text) == 17 ? text[2] : 0;

	if (separator != ':' && separator != '-')
		return false;
	for (int i = 0; i < 6; i++) {
		int high = digit(text[3 * i]), low = digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != separator))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* What never is a sender would make a set that looks full and stops nobody. */
static const char *not_a_sender(const struct cv_quarantine_entry *e)
{
	struct in6_addr v6;

	if (e->kind == CV_QUARANTINE_MAC) {
		static const uint8_t zero[6];

		if (memcmp(e->key, zero, sizeof(zero)) == 0)
			return "is no device's MAC";
		return e->key[0] & 1 ? "is a group's MAC, which nobody sends from" : NULL;
	}
	if (e->kind == CV_QUARANTINE_IPV4) {
		if (e->key[0] == 0 || e->key[0] == 127)
			return "is no device's address";
		return e->key[0] >= 224 ? "is a group's address, which nobody sends from" : NULL;
	}
	memcpy(&v6, e->key, sizeof(v6));
	if (IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6))
		return "is no device's address";
	return IN6_IS_ADDR_MULTICAST(&v6) ? "is a group's address, which nobody sends from" : NULL;
}

const char *cv_quarantine_entry_parse(const char *text, struct cv_quarantine_entry *ret)
{
	struct cv_quarantine_entry e = {0};
	const char *why;

	if (parse_mac(text, e.key))
		e.kind = CV_QUARANTINE_MAC;
	else if (inet_pton(AF_INET, text, e.key) == 1)
		e.kind = CV_QUARANTINE_IPV4;
	else if (inet_pton(AF_INET6, text, e.key) == 1)
		e.kind = CV_QUARANTINE_IPV6;
	else
		return "is not a device, expected an IPv4 or IPv6 address or a MAC such as "
		       "02:00:5e:10:00:01";
	why = not_a_sender(&e);
	if (!why)
		*ret = e;
	return why;
}

void cv_quarantine_entry_show(const struct cv_quarantine_entry *entry,
			      char text[CV_QUARANTINE_TEXT_MAX])
{
	const uint8_t *k = entry->key;

	if (entry->kind == CV_QUARANTINE_MAC)
		snprintf(text, CV_QUARANTINE_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", k[0], k[1],
			 k[2], k[3], k[4], k[5]);
	else
		inet_ntop(entry->kind == CV_QUARANTINE_IPV4 ? AF_INET : AF_INET6, k, text,
			  CV_QUARANTINE_TEXT_MAX);
}

static int compare(const void *a, const void *b)
{
	const struct cv_quarantine_entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return memcmp(x->key, y->key, sizeof(x->key));
}

/* Index of the first entry that is not below @p entry. */
static size_t place_of(const struct cv_quarantine *q, const struct cv_quarantine_entry *entry)
{
	size_t low = 0, high = q->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&q->entries[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int cv_quarantine_reserve(struct cv_quarantine *q, size_t n)
{
	size_t capacity = q->capacity ? q->capacity : 64;
	void *grown;

	if (n > CV_QUARANTINE_MAX)
		return -E2BIG;
	if (n <= q->capacity)
		return 0;
	while (capacity < n)
		capacity *= 2;
	grown = reallocarray(q->entries, capacity, sizeof(*q->entries));
	if (!grown)
		return -ENOMEM;
	q->entries = grown;
	q->capacity = capacity;
	return 0;
}

void cv_quarantine_sort(struct cv_quarantine *q)
{
	size_t kept = 0;

	if (q->n)
		qsort(q->entries, q->n, sizeof(*q->entries), compare);
	for (size_t i = 0; i < q->n; i++) {
		if (kept == 0 || compare(&q->entries[kept - 1], &q->entries[i]) != 0)
			q->entries[kept++] = q->entries[i];
	}
	q->n = kept;
}

int cv_quarantine_add(struct cv_quarantine *q, const struct cv_quarantine_entry *entry)
{
	size_t at = place_of(q, entry);
	int r;

	if (at < q->n && compare(&q->entries[at], entry) == 0)
		return 0;
	r = cv_quarantine_reserve(q, q->n + 1);
	if (r < 0)
		return r;
	memmove(&q->entries[at + 1], &q->entries[at], (q->n - at) * sizeof(*q->entries));
	q->entries[at] = *entry;
	q->n++;
	return 1;
}

int cv_quarantine_remove(struct cv_quarantine *q, const struct cv_quarantine_entry *entry)
{
	size_t at = place_of(q, entry);

	if (at == q->n || compare(&q->entries[at], entry) != 0)
		return 0;
	q->n--;
	memmove(&q->entries[at], &q->entries[at + 1], (q->n - at) * sizeof(*q->entries));
	return 1;
}

size_t cv_quarantine_count(const struct cv_quarantine *q, enum cv_quarantine_kind kind)
{
	struct cv_quarantine_entry first = {.kind = (uint8_t)kind};
	struct cv_quarantine_entry behind = {.kind = (uint8_t)(kind + 1)};

	return place_of(q, &behind) - place_of(q, &first);
}

void cv_quarantine_free(struct cv_quarantine *q)
{
	free(q->entries);
	*q = (struct cv_quarantine){0};
}
