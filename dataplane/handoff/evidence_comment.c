/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/evidence_comment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/verdict_parse.h"

#define PREFIX "culvert: drop "
#define NAME_ROW(id, name) name,
static const char *const reasons[] = {CV_REASONS(NAME_ROW)};
static const char *const judges[] = {CV_JUDGES(NAME_ROW)};

const char *cv_reason_name(unsigned int reason)
{
	return reasons[reason];
}

static int by_name(const char *const *names, unsigned int count, const char *text, size_t len)
{
	for (unsigned int i = 0; i < count; i++)
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return (int)i;
	return -ENOENT;
}

int cv_reason_by_name(const char *text, size_t len)
{
	return by_name(reasons, CV_REASON_COUNT, text, len);
}

/* Lengths are checked against the frame as it was: what the copy lacks is filled with zeros. */
static void parse(const uint8_t *data, uint32_t len, uint32_t wire_len, struct cv_packet *p)
{
	uint8_t *whole;

	if (len == wire_len) {
		cv_parse((struct cv_span){data, data + len}, p);
		return;
	}
	whole = calloc(1, wire_len);
	if (whole == NULL)
		return;
	memcpy(whole, data, len);
	cv_parse((struct cv_span){whole, whole + wire_len}, p);
	free(whole);
}

void cv_evidence_sender(const uint8_t *data, uint32_t len, uint32_t wire_len,
			struct cv_evidence_note *note)
{
	struct cv_packet p = {0};

	parse(data, len, wire_len, &p);
	note->vlan = p.vlan;
	note->vlan_inner = p.vlan_inner;
	note->device[0] = '\0';
	if (p.family)
		inet_ntop(p.family == 4 ? AF_INET : AF_INET6, p.src.b, note->device,
			  sizeof(note->device));
	else if (len >= CV_ETH_HEAD)
		snprintf(note->device, sizeof(note->device), "%02x:%02x:%02x:%02x:%02x:%02x",
			 data[6], data[7], data[8], data[9], data[10], data[11]);
}

size_t cv_evidence_comment(const struct cv_evidence_note *n, char out[CV_EVIDENCE_COMMENT_MAX])
{
	char device[CV_EVIDENCE_DEVICE_MAX + 8] = "", vlan[24] = "";
	int len;

	if (n->device[0])
		snprintf(device, sizeof(device), " device=%s", n->device);
	if (n->vlan_inner)
		snprintf(vlan, sizeof(vlan), " vlan=%u/%u", n->vlan, n->vlan_inner);
	else if (n->vlan)
		snprintf(vlan, sizeof(vlan), " vlan=%u", n->vlan);
	len = snprintf(out, CV_EVIDENCE_COMMENT_MAX,
		       PREFIX "reason=%s rule=%u generation=%llu%s%s judge=%s", reasons[n->reason],
		       n->rule, (unsigned long long)n->generation, device, vlan, judges[n->judge]);
	return (size_t)len;
}

/* Decimal digits and nothing else. */
static int number(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (len == 0 || len > 20)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    n > (UINT64_MAX - (uint64_t)(text[i] - '0')) / 10)
			return -EBADMSG;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	if (n > max)
		return -EBADMSG;
	*ret = n;
	return 0;
}

static int take_vlan(const char *value, size_t len, struct cv_evidence_note *n)
{
	const char *slash = memchr(value, '/', len);
	size_t outer = slash ? (size_t)(slash - value) : len;
	uint64_t id = 0, inner = 0;

	if (number(value, outer, 4095, &id) != 0 ||
	    (slash && number(slash + 1, len - outer - 1, 4095, &inner) != 0))
		return -EBADMSG;
	n->vlan = (uint16_t)id;
	n->vlan_inner = (uint16_t)inner;
	return 0;
}

enum { HAS_REASON = 1, HAS_RULE = 2, HAS_GENERATION = 4, HAS_JUDGE = 8, HAS_ALL = 15 };

/* One "key=value". @return bit of what it told, 0 = something else, -EBADMSG. */
static int take(const char *key, size_t key_len, const char *value, size_t len,
		struct cv_evidence_note *n)
{
	uint64_t v = 0;
	int i, err;

	if (key_len == 6 && memcmp(key, "reason", 6) == 0) {
		i = cv_reason_by_name(value, len);
		n->reason = (uint8_t)(i < 0 ? 0 : i);
		return i < 0 ? -EBADMSG : HAS_REASON;
	}
	if (key_len == 5 && memcmp(key, "judge", 5) == 0) {
		i = by_name(judges, CV_JUDGE_COUNT, value, len);
		n->judge = (uint8_t)(i < 0 ? 0 : i);
		return i < 0 ? -EBADMSG : HAS_JUDGE;
	}
	if (key_len == 4 && memcmp(key, "rule", 4) == 0) {
		err = number(value, len, UINT32_MAX, &v);
		n->rule = (uint32_t)v;
		return err ? err : HAS_RULE;
	}
	if (key_len == 10 && memcmp(key, "generation", 10) == 0) {
		err = number(value, len, UINT64_MAX, &n->generation);
		return err ? err : HAS_GENERATION;
	}
	if (key_len == 6 && memcmp(key, "device", 6) == 0 && len < sizeof(n->device)) {
		memcpy(n->device, value, len);
		n->device[len] = '\0';
	}
	if (key_len == 4 && memcmp(key, "vlan", 4) == 0)
		return take_vlan(value, len, n);
	return 0;
}

int cv_evidence_comment_parse(const char *text, size_t len, struct cv_evidence_note *ret)
{
	const char *end = text + len, *at = text + sizeof(PREFIX) - 1;
	struct cv_evidence_note n = {0};
	int has = 0;

	if (len < sizeof(PREFIX) - 1 || memcmp(text, PREFIX, sizeof(PREFIX) - 1) != 0)
		return -ENOENT;
	while (at < end) {
		const char *stop = memchr(at, ' ', (size_t)(end - at));
		const char *equals;
		int told;

		if (!stop)
			stop = end;
		equals = memchr(at, '=', (size_t)(stop - at));
		if (equals) {
			told = take(at, (size_t)(equals - at), equals + 1,
				    (size_t)(stop - equals - 1), &n);
			if (told < 0)
				return told;
			has |= told;
		}
		at = stop < end ? stop + 1 : end;
	}
	if (has != HAS_ALL)
		return -EBADMSG;
	*ret = n;
	return 0;
}
