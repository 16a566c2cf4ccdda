/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in CBOR (RFC 8428 6, RFC 8949): reads the bytes once, left to right, and keeps no tree. */
#include <errno.h>
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/senml.h"

#define DEPTH_MAX 8 /* nesting of values that are skipped */
#define TAGS_MAX 4 /* tags in a row */
#define BREAK 0xff
#define TAG_DECIMAL_FRACTION 4
#define EXPONENT_MAX 9999 /* far beyond what a double can hold */

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
#define INFO_FALSE 20
#define INFO_TRUE 21
#define INFO_HALF 25
#define INFO_SINGLE 26
#define INFO_DOUBLE 27
#define INFO_INDEFINITE 31

struct cbor {
	const uint8_t *at;
	const uint8_t *end;
};

/* The head of a data item (RFC 8949 3). */
struct head {
	uint8_t major; /* enum major */
	uint8_t info; /* low five bits */
	uint64_t arg;
};

static inline bool head(struct cbor *c, struct head *h)
{
	size_t more;
	uint8_t first;

	if (c->at == c->end)
		return false;
	first = *c->at++;
	h->major = first >> 5;
	h->info = first & 0x1f;
	h->arg = h->info;
	if (h->info < 24)
		return true;
	h->arg = 0;
	if (h->info > 27) /* 28-30 are reserved; indefinite only where there are parts */
		return h->info == INFO_INDEFINITE && h->major >= BYTES && h->major != TAG;
	more = (size_t)1 << (h->info - 24);
	if ((size_t)(c->end - c->at) < more)
		return false;
	for (size_t i = 0; i < more; i++)
		h->arg = h->arg << 8 | *c->at++;
	/* RFC 8949 3.3: a simple value below 32 has no second byte. */
	return h->major != SIMPLE || h->info != 24 || h->arg >= 32;
}

/* A head that may have tags in front; their meaning adds nothing here. */
static inline bool untagged(struct cbor *c, struct head *h)
{
	for (int i = 0; i <= TAGS_MAX; i++) {
		if (!head(c, h))
			return false;
		if (h->major != TAG)
			return true;
	}
	return false;
}

static inline double from_bits(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static double half(uint32_t bits)
{
	uint64_t sign = (uint64_t)(bits & 0x8000) << 48;
	uint64_t exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;

	if (exponent == 0) { /* zero and subnormals: mantissa * 2^-24, exact */
		double d = (double)mantissa * 0x1p-24;

		return sign ? -d : d;
	}
	exponent = exponent == 0x1f ? 0x7ff : exponent + 1023 - 15;
	return from_bits(sign | exponent << 52 | mantissa << 42);
}

static double single(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static bool plain_number(const struct head *h, double *ret)
{
	if (h->major == UNSIGNED)
		*ret = (double)h->arg;
	else if (h->major == NEGATIVE)
		*ret = h->arg == UINT64_MAX ? -0x1p64 : -(double)(h->arg + 1);
	else if (h->major != SIMPLE)
		return false;
	else if (h->info == INFO_DOUBLE)
		*ret = from_bits(h->arg);
	else if (h->info == INFO_SINGLE)
		*ret = single((uint32_t)h->arg);
	else if (h->info == INFO_HALF)
		*ret = half((uint32_t)h->arg);
	else
		return false;
	return true;
}

static char *decimal(char *end, uint64_t n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	return end;
}

/* By way of the text, since there is one routine that rounds decimals correctly. */
static bool scale(uint64_t mantissa, bool negative, int power, double *ret)
{
	char text[32], *at = text + sizeof(text); /* 20 digits, 'e', 5 digits, two signs */

	at = decimal(at, (uint64_t)(power < 0 ? -power : power));
	if (power < 0)
		*--at = '-';
	*--at = 'e';
	at = decimal(at, mantissa);
	if (negative)
		*--at = '-';
	return cv_decimal_parse(at, (size_t)(text + sizeof(text) - at), 0, ret) == 0;
}

/* RFC 8949 3.4.4, allowed for numbers by RFC 8428 6: [exponent, mantissa], of ten. */
static bool decimal_fraction(struct cbor *c, double *ret)
{
	struct head array, exponent, mantissa;

	if (!head(c, &array) || array.major != ARRAY || array.info != 2 || !head(c, &exponent) ||
	    !head(c, &mantissa) || exponent.major > NEGATIVE || mantissa.major > NEGATIVE)
		return false;
	if (exponent.arg > EXPONENT_MAX || mantissa.arg == UINT64_MAX)
		return false;
	return scale(mantissa.arg + (mantissa.major == NEGATIVE), mantissa.major == NEGATIVE,
		     exponent.major == NEGATIVE ? -1 - (int)exponent.arg : (int)exponent.arg, ret);
}

static inline bool number(struct cbor *c, double *ret)
{
	struct head h;

	for (int i = 0; i <= TAGS_MAX; i++) {
		if (!head(c, &h))
			return false;
		if (h.major != TAG)
			return plain_number(&h, ret);
		if (h.arg == TAG_DECIMAL_FRACTION)
			return decimal_fraction(c, ret);
	}
	return false;
}

/* Chunks up to the break (RFC 8949 3.2.3); t covers them with their heads. */
static bool chunks(struct cbor *c, uint8_t major, struct cv_senml_text *t)
{
	struct head h;

	t->data = c->at;
	t->form = CV_SENML_CHUNKS;
	while (c->at < c->end && *c->at != BREAK) {
		if (!head(c, &h) || h.major != major || h.info == INFO_INDEFINITE ||
		    h.arg > (size_t)(c->end - c->at))
			return false;
		c->at += h.arg;
	}
	if (c->at == c->end)
		return false;
	t->len = (uint32_t)(c->at++ - t->data);
	return true;
}

static inline bool string_body(struct cbor *c, const struct head *h, struct cv_senml_text *t)
{
	if (h->info == INFO_INDEFINITE) {
		if (!chunks(c, h->major, t))
			return false;
	} else {
		if (h->arg > (size_t)(c->end - c->at))
			return false;
		t->data = c->at;
		t->len = (uint32_t)h->arg;
		t->form = CV_SENML_PLAIN;
		c->at += h->arg;
	}
	return h->major == BYTES || cv_senml_text_valid(t);
}

/* How many items the parts of h make, 0 = no parts; false when malformed. */
static bool skip_one(struct cbor *c, const struct head *h, uint64_t *parts)
{
	struct cv_senml_text ignored;

	*parts = 0;
	switch (h->major) {
	case BYTES:
	case TEXT:
		return string_body(c, h, &ignored);
	case ARRAY:
		*parts = h->arg;
		break;
	case MAP:
		*parts = h->arg * 2;
		break;
	case TAG:
		*parts = 1;
		return true;
	default:
		return true;
	}
	/* Each part takes a byte at least; this also keeps the doubling from overflowing. */
	return h->info == INFO_INDEFINITE || h->arg <= (size_t)(c->end - c->at);
}

/* Any item, for fields that are not SenML's. */
static bool skip(struct cbor *c)
{
	uint64_t left[DEPTH_MAX + 1] = {1}; /* items to come per level */
	bool indefinite[DEPTH_MAX + 1] = {false}, map[DEPTH_MAX + 1] = {false};
	int depth = 0;

	while (depth >= 0) {
		uint64_t parts;
		struct head h;

		if (!indefinite[depth] && left[depth] == 0) {
			depth--;
			continue;
		}
		if (!head(c, &h))
			return false;
		if (h.major == SIMPLE && h.info == INFO_INDEFINITE) {
			/* A break ends an open item, a map only behind a value. */
			if (!indefinite[depth] || (map[depth] && left[depth] % 2 != 0))
				return false;
			depth--;
			continue;
		}
		left[depth] += indefinite[depth] ? 1 : (uint64_t)-1;
		if (!skip_one(c, &h, &parts))
			return false;
		if (parts == 0 && !(h.info == INFO_INDEFINITE && h.major >= ARRAY))
			continue;
		if (depth++ == DEPTH_MAX)
			return false;
		left[depth] = parts;
		indefinite[depth] = h.info == INFO_INDEFINITE && h.major >= ARRAY;
		map[depth] = h.major == MAP;
		if (indefinite[depth])
			left[depth] = 0;
	}
	return true;
}

static inline bool typed(struct cbor *c, struct cv_senml_reader *r, int field)
{
	struct head h;

	if (cv_senml_types[field] == CV_SENML_TYPE_NUMBER)
		return number(c, &r->number[field]);
	if (!untagged(c, &h))
		return false;
	switch (cv_senml_types[field]) {
	case CV_SENML_TYPE_TEXT:
		return h.major == TEXT && string_body(c, &h, &r->text[field]);
	case CV_SENML_TYPE_BOOLEAN:
		r->number[field] = h.info == INFO_TRUE;
		return h.major == SIMPLE && (h.info == INFO_TRUE || h.info == INFO_FALSE);
	default:
		return h.major == BYTES && string_body(c, &h, &r->text[field]);
	}
}

/* A label in text: a later extension's, or the JSON name of a field that has a number. */
static int text_label(struct cbor *c, const struct head *h)
{
	struct cv_senml_text t;
	uint8_t plain[64];
	bool cut = false;
	size_t len;

	if (!string_body(c, h, &t))
		return -EBADMSG;
	if (t.form == CV_SENML_PLAIN)
		return cv_senml_label(t.data, t.len);
	len = cv_senml_text_copy(&t, plain, sizeof(plain), &cut);
	return cut ? -EBADMSG : cv_senml_label(plain, len);
}

static inline int label(struct cbor *c)
{
	struct head h;

	if (!head(c, &h))
		return -EBADMSG;
	switch (h.major) {
	case UNSIGNED:
		return h.arg <= CV_SENML_FIELD_COUNT - 1 + CV_SENML_FIRST_LABEL
			       ? (int)h.arg - CV_SENML_FIRST_LABEL
			       : -ENOENT;
	case NEGATIVE: /* -1 - arg */
		return h.arg < -CV_SENML_FIRST_LABEL ? -1 - (int)h.arg - CV_SENML_FIRST_LABEL
						     : -ENOENT;
	case TEXT:
		return text_label(c, &h);
	default:
		return -EBADMSG;
	}
}

/* More items of a container? Takes the break of an open one. */
static inline bool more(struct cbor *c, const struct head *h, uint64_t done)
{
	if (h->info != INFO_INDEFINITE)
		return done < h->arg;
	if (c->at < c->end && *c->at == BREAK) {
		c->at++;
		return false;
	}
	return true;
}

static inline int record(struct cbor *c, struct cv_senml_reader *r)
{
	struct head h;

	r->seen = 0;
	if (!untagged(c, &h) || h.major != MAP)
		return -EBADMSG;
	for (uint64_t i = 0; more(c, &h, i); i++) {
		int field = label(c);

		if (field == -ENOENT) {
			if (!skip(c))
				return -EBADMSG;
			continue;
		}
		if (field < 0 || (r->seen & (uint32_t)1 << field))
			return -EBADMSG;
		r->seen |= (uint32_t)1 << field;
		if (!typed(c, r, field))
			return -EBADMSG;
	}
	return cv_senml_record(r);
}

int cv_senml_cbor(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream)
{
	struct cbor c = {.at = data, .end = data + len};
	struct cv_senml_reader r;
	struct head h;

	pack->count = 0;
	cv_senml_begin(&r, pack);
	if (!untagged(&c, &h) || h.major != ARRAY)
		return -EBADMSG;
	for (uint64_t i = 0; more(&c, &h, i); i++) {
		int err;

		if (stream && c.at == c.end)
			break;
		err = record(&c, &r);
		if (err)
			return err;
	}
	return c.at == c.end && pack->count != 0 ? 0 : -EBADMSG;
}
