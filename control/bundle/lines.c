/* SPDX-License-Identifier: Apache-2.0 */
#include "control/bundle/lines.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include "control/bundle/sign.h"
#include "control/config/yaml.h"

int cv_lines_wrong(struct cv_lines *l, const char *hint, const char *fmt, ...)
{
	char text[256];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	cv_diagnostics_add(l->diag, CV_SEVERITY_ERROR, (struct cv_place){l->file, l->line, 1}, hint,
			   "%s", text);
	return -EINVAL;
}

/* Control characters could steer the terminal a comment is shown on: C0, DEL, C1 (U+0080-009F). */
static const char *find_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f ||
		    (c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0))
			return text + i;
	}
	return NULL;
}

int cv_lines_start(const char *file, const char *text, size_t len, struct cv_diagnostics *diag,
		   struct cv_lines *ret)
{
	const char *control;
	int r;

	*ret = (struct cv_lines){.file = file, .at = text, .end = text + len, .diag = diag};
	if (len > CV_SIGN_FILE_MAX) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, NULL,
				   "larger than %u KiB: neither keys nor signatures",
				   CV_SIGN_FILE_MAX >> 10);
		return -EINVAL;
	}
	r = cv_yaml_check_encoding(file, text, len, diag);
	if (r < 0)
		return r;
	control = find_control(text, len);
	if (!control)
		return 0;
	ret->line = 1;
	for (const char *p = text; p < control; p++)
		ret->line += *p == '\n';
	return cv_lines_wrong(ret, NULL, "a control character, expected text");
}

bool cv_lines_more(struct cv_lines *l)
{
	while (l->at < l->end && (*l->at == '\n' || *l->at == '\r')) {
		l->line += *l->at == '\n';
		l->at++;
	}
	return l->at < l->end;
}

static int next(struct cv_lines *l, const char *what, const char **ret, size_t *ret_len)
{
	const char *end;

	l->line++;
	if (l->at >= l->end)
		return cv_lines_wrong(l, "the file is cut short", "%s is missing", what);
	end = memchr(l->at, '\n', (size_t)(l->end - l->at));
	*ret = l->at;
	*ret_len = (size_t)((end ? end : l->end) - l->at);
	l->at = end ? end + 1 : l->end;
	if (*ret_len && (*ret)[*ret_len - 1] == '\r')
		(*ret_len)--;
	if (memchr(*ret, '\r', *ret_len))
		return cv_lines_wrong(l, NULL, "a carriage return within the line");
	return 0;
}

int cv_lines_comment(struct cv_lines *l, const char *prefix, const char **ret_text, size_t *ret_len)
{
	size_t len = strlen(prefix), got;
	const char *text;
	int r = next(l, prefix, &text, &got);

	if (r < 0)
		return r;
	if (got < len || memcmp(text, prefix, len) != 0)
		return cv_lines_wrong(l, "is this a file of minisign?",
				      "expected a line that begins with \"%.*s\"", (int)len - 1,
				      prefix);
	if (ret_text) {
		*ret_text = text + len;
		*ret_len = got - len;
	}
	return 0;
}

int cv_lines_base64(struct cv_lines *l, const char *what, void *ret, size_t size)
{
	const char *text, *end;
	size_t len, got;
	int r = next(l, what, &text, &len);

	if (r < 0)
		return r;
	if (len != sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL) - 1 ||
	    sodium_base642bin(ret, size, text, len, NULL, &got, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    got != size || end != text + len)
		return cv_lines_wrong(l, NULL, "not %s: expected %zu bytes in base64", what, size);
	return 0;
}
