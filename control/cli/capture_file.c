/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/capture_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_HEAD = 8, BLOCK_LEAST = 12 };
enum { PACKET_HEAD = 28, STATISTICS_HEAD = 20 }; /* where options or data begin */
enum { OPT_END = 0, OPT_COMMENT = 1, EPB_DROPCOUNT = 4 };
enum { ISB_IFRECV = 4, ISB_IFDROP = 5, ISB_FILTERACCEPT = 6, ISB_OSDROP = 7 };

bool cv_capture_file_init(struct cv_capture_file *f, int fd)
{
	*f = (struct cv_capture_file){.fd = fd, .reasons = json_object()};
	return f->reasons != NULL;
}

void cv_capture_file_free(struct cv_capture_file *f)
{
	free(f->partial);
	json_decref(f->reasons);
}

/* Control writes in the byte order of this machine. */
static uint32_t get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* "... reason=NAME ..." */
static void count_reason(struct cv_capture_file *f, const char *text, size_t len)
{
	static const char key[] = " reason=";
	const char *at = memmem(text, len, key, sizeof(key) - 1);
	char name[64];
	size_t n = 0;
	json_t *count;

	if (!at)
		return;
	at += sizeof(key) - 1;
	while (at + n < text + len && at[n] != ' ' && n < sizeof(name) - 1)
		n++;
	memcpy(name, at, n);
	name[n] = '\0';
	count = json_object_get(f->reasons, name);
	if (count)
		json_integer_set(count, json_integer_value(count) + 1);
	else
		json_object_set_new(f->reasons, name, json_integer(1));
}

static void take_option(struct cv_capture_file *f, uint32_t type, uint16_t code,
			const uint8_t *value, uint16_t len)
{
	uint64_t n = len == 8 ? get64(value) : 0;

	if (type == BLOCK_PACKET && code == OPT_COMMENT)
		count_reason(f, (const char *)value, len);
	else if (type == BLOCK_PACKET && code == EPB_DROPCOUNT)
		f->missed += n;
	else if (type == BLOCK_STATISTICS && code == ISB_IFRECV)
		f->seen += n;
	else if (type == BLOCK_STATISTICS && code == ISB_IFDROP)
		f->unsampled += n;
	else if (type == BLOCK_STATISTICS && code == ISB_FILTERACCEPT)
		f->accepted += n;
	else if (type == BLOCK_STATISTICS && code == ISB_OSDROP)
		f->lost += n;
}

static void take_block(struct cv_capture_file *f, const uint8_t *block, uint32_t total)
{
	uint32_t type = get32(block), at = STATISTICS_HEAD;

	if (type == BLOCK_PACKET && total >= PACKET_HEAD + 4) {
		uint32_t captured = get32(block + 20);

		f->frames++;
		at = captured < total ? PACKET_HEAD + ((captured + 3) & ~3u) : total;
	} else if (type == BLOCK_STATISTICS) {
		f->complete = true;
	} else {
		return;
	}
	while (at + 4 <= total - 4 && get16(block + at) != OPT_END) {
		uint16_t len = get16(block + at + 2);

		if (at + 4 + len > total - 4)
			break;
		take_option(f, type, get16(block + at), block + at + 4, len);
		at += 4 + ((len + 3u) & ~3u);
	}
}

/* A regular file ends behind its last whole block; what is none cannot be cut. */
static void cut(const struct cv_capture_file *f)
{
	int res = ftruncate(f->fd, (off_t)f->bytes);

	(void)res;
}

static bool write_all(struct cv_capture_file *f, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(f->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			f->error = errno;
			cut(f);
			return false;
		}
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool append(struct cv_capture_file *f, const void *data, size_t len)
{
	size_t need = f->partial_len + len;

	if (need > f->partial_room) {
		uint8_t *grown = realloc(f->partial, need * 2);

		if (!grown) {
			f->error = ENOMEM;
			return false;
		}
		f->partial = grown;
		f->partial_room = need * 2;
	}
	memcpy(f->partial + f->partial_len, data, len);
	f->partial_len = need;
	return true;
}

bool cv_capture_file_take(struct cv_capture_file *f, const void *data, size_t len)
{
	size_t whole = 0;

	if (!append(f, data, len))
		return false;
	while (f->partial_len - whole >= BLOCK_HEAD) {
		const uint8_t *block = f->partial + whole;
		uint32_t total = get32(block + 4);

		if (total < BLOCK_LEAST || total % 4 != 0 || total > CV_CAPTURE_BLOCK_MAX) {
			f->error = EBADMSG; /* what came before it is whole */
			break;
		}
		if (f->partial_len - whole < total)
			break;
		take_block(f, block, total);
		whole += total;
	}
	if (!write_all(f, f->partial, whole))
		return false;
	f->bytes += whole;
	f->partial_len -= whole;
	memmove(f->partial, f->partial + whole, f->partial_len);
	return f->error == 0;
}

json_t *cv_capture_file_json(const struct cv_capture_file *f, const char *name)
{
	json_t *doc = json_pack("{s:s, s:I, s:I, s:O, s:b}", "file", name, "frames",
				(json_int_t)f->frames, "bytes", (json_int_t)f->bytes, "reasons",
				f->reasons, "complete", f->complete);

	if (!f->complete)
		return doc;
	json_object_set_new(doc, "seen", json_integer((json_int_t)f->seen));
	json_object_set_new(doc, "unsampled", json_integer((json_int_t)f->unsampled));
	json_object_set_new(doc, "filtered",
			    json_integer((json_int_t)(f->seen - f->unsampled - f->accepted)));
	json_object_set_new(doc, "lost", json_integer((json_int_t)f->lost));
	return doc;
}
