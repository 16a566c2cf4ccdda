/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/gb_text.h"

#include <string.h>

#include "dataplane/normalize/gb18030.h"

size_t cv_gb_trim(const uint8_t *text, size_t len)
{
	const uint8_t *zero = len != 0 ? memchr(text, '\0', len) : NULL;

	len = zero ? (size_t)(zero - text) : len;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return len;
}

void cv_gb_text(struct cv_emit *e, struct cv_record *rec, const uint8_t *text, size_t len)
{
	uint8_t utf8[CV_GB18030_UTF8_MAX(CV_GB_TEXT_MAX)];
	bool clean;
	size_t n;

	len = cv_gb_trim(text, len);
	if (len == 0)
		return;
	if (len > CV_GB_TEXT_MAX) {
		len = CV_GB_TEXT_MAX;
		rec->flags |= CV_FLAG_TRUNCATED;
	}
	n = cv_gb18030_to_utf8(text, len, utf8, &clean);
	if (!clean && (rec->flags & CV_FLAG_TRUNCATED)) /* cut inside of a character? */
		n = cv_gb18030_to_utf8(text, --len, utf8, &clean);
	if (clean) {
		cv_emit_tlv(e, CV_TLV_TEXT, utf8, n);
		return;
	}
	rec->flags |= CV_FLAG_ENCODING;
	cv_emit_tlv(e, CV_TLV_BYTES, text, len);
}
