/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/explain/explain_axdr.h"

#define NESTED_MAX (CV_EXPLAIN_DEPTH_MAX - 1)

static const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[AXDR_NULL] = "null",
		[AXDR_ARRAY] = "array",
		[AXDR_STRUCTURE] = "structure",
		[AXDR_BOOL] = "boolean",
		[AXDR_BITS] = "bits",
		[AXDR_INT32] = "integer of 32 bits",
		[AXDR_UINT32] = "unsigned of 32 bits",
		[AXDR_OCTETS] = "octets",
		[AXDR_VISIBLE] = "text",
		[AXDR_UTF8] = "text",
		[AXDR_INT8] = "integer of 8 bits",
		[AXDR_INT16] = "integer of 16 bits",
		[AXDR_UINT8] = "unsigned of 8 bits",
		[AXDR_UINT16] = "unsigned of 16 bits",
		[AXDR_INT64] = "integer of 64 bits",
		[AXDR_UINT64] = "unsigned of 64 bits",
		[AXDR_ENUM] = "enumeration",
		[AXDR_FLOAT32] = "float of 32 bits",
		[AXDR_FLOAT64] = "float of 64 bits",
		[25] = "date and time",
		[26] = "date",
		[27] = "time",
		[28] = "date and time",
		[80] = "object",
		[81] = "attribute",
		[83] = "method",
		[85] = "address",
		[86] = "check code",
	};

	return CV_EXPLAIN_NAME(names, type, "of its own kind");
}

uint32_t cv_explain_axdr_length(struct cv_explain *x, const char *name)
{
	uint8_t first = cv_explain_peek(x, 0);
	size_t len = first == 0x81 ? 2 : first == 0x82 ? 3 : 1;
	const uint8_t *at = cv_explain_take(x, len, name);
	uint32_t n = 0;

	if (at == NULL)
		return 0;
	for (size_t i = len > 1; i < len; i++)
		n = n << 8 | at[i];
	cv_explain_value(x, "%u", n);
	return n;
}

void cv_explain_axdr_octets(struct cv_explain *x, const char *name)
{
	uint32_t len;

	cv_explain_begin(x, name);
	len = cv_explain_axdr_length(x, "length");
	if (len != 0)
		cv_explain_take(x, len, "bytes");
	cv_explain_end(x);
}

static void leaf(struct cv_explain *x, const struct cv_axdr *v)
{
	bool negative;
	uint64_t n;
	double real;

	if (v->len == 0)
		return;
	if (v->type == AXDR_VISIBLE || v->type == AXDR_UTF8 || v->type == AXDR_OCTETS) {
		cv_explain_text(x, v->len, "value");
		return;
	}
	cv_explain_take(x, v->len, "value");
	if (cv_axdr_integer(v, &negative, &n))
		cv_explain_value(x, "%s%llu", negative ? "-" : "", (unsigned long long)n);
	else if (cv_axdr_float(v, &real))
		cv_explain_value(x, "%.9g", real);
}

bool cv_explain_axdr(struct cv_explain *x, bool (*read)(struct cv_reader *r, struct cv_axdr *ret),
		     const char *name)
{
	struct cv_reader r = cv_reader(x->data + x->at, cv_explain_left(x));
	struct cv_axdr v;
	bool nested;
	size_t head;

	if (x->failed || !read(&r, &v))
		return false;
	nested = (v.type == AXDR_ARRAY || v.type == AXDR_STRUCTURE) && x->depth < NESTED_MAX;
	head = (size_t)(v.at - v.whole);
	cv_explain_begin(x, name);
	cv_explain_u8(x, "type");
	cv_explain_meaning(x, "%s", type_name(v.type));
	if (head > 1)
		cv_explain_axdr_length(x, nested ? "count" : "length");
	for (uint32_t i = 0; nested && i < v.count; i++)
		if (!cv_explain_axdr(x, read, "element"))
			break;
	if (!nested)
		leaf(x, &v);
	cv_explain_end(x);
	return true;
}
