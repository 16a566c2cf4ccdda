/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence through the writer and back through the reader: whatever a dropped frame holds and
 * whatever is known of it, the file gives it back. The same bytes as a comment must not be believed
 * unless they are one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/capture/pcapng_write.h"
#include "dataplane/handoff/evidence_comment.h"
#include "dataplane/replay/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 16

struct sample {
	struct cv_pcapng_packet packet;
	struct cv_evidence_note note;
	char comment[CV_EVIDENCE_COMMENT_MAX];
};

static void must(int holds)
{
	if (!holds)
		abort();
}

/* Head of 16 bytes, then the frame. @return bytes used, 0 = there are no more. */
static size_t next_sample(const uint8_t *data, size_t size, struct sample *s)
{
	uint16_t len;

	if (size < 16)
		return 0;
	len = (uint16_t)((data[0] | data[1] << 8) % (CV_EVIDENCE_SNAP_MAX + 1));
	if (len > size - 16)
		len = (uint16_t)(size - 16);
	*s = (struct sample){
		.packet = {.data = data + 16,
			   .len = len,
			   .wire_len = len + data[2] * 16u,
			   .interface = data[3] & 1,
			   .ts_ns = (uint64_t)data[4] << 52 | data[5],
			   .dropped = data[6],
			   .xdp = data[7] & 1},
		.note = {.reason = data[8] % CV_REASON_COUNT, .judge = data[7] & 1 ? 0 : 1},
	};
	memcpy(&s->note.rule, data + 9, 4);
	s->note.generation = (uint64_t)data[13] << (data[14] & 63);
	cv_evidence_sender(s->packet.data, len, s->packet.wire_len, &s->note);
	cv_evidence_comment(&s->note, s->comment);
	s->packet.comment = s->comment;
	return 16u + len;
}

static void same(const struct sample *s, const struct cv_captured *got)
{
	struct cv_evidence_note note;

	must(got->len == s->packet.len && got->wire_len == s->packet.wire_len);
	must(memcmp(got->data, s->packet.data, got->len) == 0);
	must(got->dropped == s->packet.dropped && got->link == 1);
	must((uint64_t)got->ts_ns == s->packet.ts_ns ||
	     s->packet.ts_ns > 4102444800ull * 1000000000);
	must(strcmp(got->interface, s->packet.interface ? "city" : "field") == 0);
	must(cv_evidence_comment_parse(got->comment, got->comment_len, &note) == 0);
	must(note.reason == s->note.reason && note.rule == s->note.rule &&
	     note.generation == s->note.generation && note.judge == s->note.judge &&
	     note.vlan == s->note.vlan && note.vlan_inner == s->note.vlan_inner &&
	     strcmp(note.device, s->note.device) == 0);
}

static size_t write_head(uint8_t *file, size_t room)
{
	size_t n = cv_pcapng_section(file, room, "culvert", "fuzz");

	n += cv_pcapng_interface(file + n, room - n, "field", "af_xdp:a", 2048, NULL);
	return n + cv_pcapng_interface(file + n, room - n, "city", "af_xdp:b", 2048, "udp");
}

static void read_back(uint8_t *file, size_t len, const struct sample *samples, unsigned int count)
{
	struct cv_capture_error error;
	struct cv_captured packet;
	struct cv_pcapng *reader;
	FILE *f = fmemopen(file, len, "rb");

	must(f != NULL && cv_pcapng_open(f, &reader, &error) == 0);
	for (unsigned int i = 0; i < count; i++) {
		must(cv_pcapng_next(reader, &packet, &error) == 1);
		same(&samples[i], &packet);
	}
	must(cv_pcapng_next(reader, &packet, &error) == 0);
	cv_pcapng_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sample samples[FRAMES_MAX];
	struct cv_pcapng_statistics statistics = {.interface = 1, .received = size};
	struct cv_evidence_note note;
	size_t room = 3 * CV_PCAPNG_BLOCK_ROOM +
		      FRAMES_MAX * (CV_EVIDENCE_SNAP_MAX + CV_PCAPNG_PACKET_ROOM);
	uint8_t *file = malloc(room);
	unsigned int count = 0;
	size_t len, used;

	must(file != NULL);
	(void)cv_evidence_comment_parse((const char *)data, size, &note);
	len = write_head(file, room);
	while (count < FRAMES_MAX && (used = next_sample(data, size, &samples[count])) != 0) {
		const struct cv_pcapng_packet *p = &samples[count].packet;
		size_t n = cv_pcapng_packet(file + len, room - len, p);

		must(n != 0 && n <= p->len + CV_PCAPNG_PACKET_ROOM);
		/* One byte less than it needs: nothing is written. */
		must(cv_pcapng_packet(file + len + n, n - 1, p) == 0 || room - len < 2 * n);
		len += n;
		count++;
		data += used;
		size -= used;
	}
	len += cv_pcapng_statistics(file + len, room - len, &statistics);
	read_back(file, len, samples, count);
	free(file);
	return 0;
}
