/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

struct builder {
	const char *path;
	struct cv_diagnostics *diag;
	struct cv_yaml *root;
	struct cv_yaml *open[CV_YAML_DEPTH_MAX]; /* maps and lists not ended yet */
	unsigned int depth;
	unsigned int skip; /* containers open inside a rejected key */
	unsigned int documents;
	size_t nodes;
	char *key; /* read, waits for its value */
	unsigned int key_line, key_column;
	bool key_bad; /* reported; its value is not looked at */
	bool broken; /* not YAML */
	int error;
};

static void wrong(struct builder *b, const struct fy_mark *mark, const char *hint, const char *text)
{
	struct cv_place at = {.file = b->path};

	if (mark) {
		at.line = (unsigned int)mark->line + 1;
		at.column = (unsigned int)mark->column + 1;
	}
	cv_diagnostics_add(b->diag, CV_SEVERITY_ERROR, at, hint, "%s", text);
	if (b->error == 0)
		b->error = -EINVAL;
}

/* Files are for people and travel through logs: no control characters but in block text. */
static bool printable(const char *text, size_t len, bool block)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && !(block && (c == '\n' || c == '\t'))) || c == 0x7f)
			return false;
	}
	return true;
}

static struct cv_yaml *add_node(struct builder *b, enum cv_yaml_kind kind,
				const struct fy_mark *mark)
{
	struct cv_yaml *parent = b->depth ? b->open[b->depth - 1] : NULL;
	struct cv_yaml *node;

	if (b->nodes++ >= CV_YAML_NODES_MAX) {
		wrong(b, mark, NULL, "too many values in one file");
		b->error = -E2BIG;
		return NULL;
	}
	node = calloc(1, sizeof(*node));
	if (!node) {
		b->error = -ENOMEM;
		return NULL;
	}
	node->kind = kind;
	if (mark) {
		node->line = (unsigned int)mark->line + 1;
		node->column = (unsigned int)mark->column + 1;
	}
	if (b->key) {
		node->key = b->key;
		node->key_line = b->key_line;
		node->key_column = b->key_column;
		node->bad = b->key_bad;
		b->key = NULL;
		b->key_bad = false;
	}
	if (!parent) {
		b->root = node;
		return node;
	}
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
	return node;
}

static bool wants_key(const struct builder *b)
{
	return b->depth && b->open[b->depth - 1]->kind == CV_YAML_MAP && !b->key;
}

/* libfyaml marks what stands behind a sigil or an opening quote; people look for that one. */
static const struct fy_mark *one_back(const struct fy_mark *mark, struct fy_mark *buffer)
{
	if (!mark || mark->column == 0)
		return mark;
	*buffer = *mark;
	buffer->column--;
	return buffer;
}

static void wrong_sigil(struct builder *b, const struct fy_mark *mark, const char *hint,
			const char *text)
{
	struct fy_mark sigil;

	wrong(b, one_back(mark, &sigil), hint, text);
}

static void reject_properties(struct builder *b, struct fy_token *anchor, struct fy_token *tag)
{
	if (anchor)
		wrong_sigil(b, fy_token_start_mark(anchor), "write the value out where it is used",
			    "anchors are not accepted");
	if (tag)
		wrong(b, fy_token_start_mark(tag), "remove the tag", "tags are not accepted");
}

static void reject_key(struct builder *b)
{
	b->key = strdup("");
	b->key_bad = true;
	if (!b->key)
		b->error = -ENOMEM;
}

static void on_scalar(struct builder *b, struct fy_event *ev)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	enum fy_scalar_style style = fy_token_scalar_style(ev->scalar.value);
	bool block = style == FYSS_LITERAL || style == FYSS_FOLDED;
	struct fy_mark quote;
	struct cv_yaml *node;
	size_t len = 0;
	bool bad = false;
	const char *text = fy_token_get_text(ev->scalar.value, &len);
	char *copy;

	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		mark = one_back(mark, &quote);
	reject_properties(b, ev->scalar.anchor, ev->scalar.tag);
	if (!text)
		len = 0;
	if (!printable(text, len, block)) {
		wrong(b, mark, NULL, "control character in a text");
		bad = true;
		len = 0;
	}
	copy = strndup(text ? text : "", len);
	if (!copy) {
		b->error = -ENOMEM;
		return;
	}
	if (wants_key(b)) {
		b->key = copy;
		b->key_bad = bad;
		b->key_line = mark ? (unsigned int)mark->line + 1 : 0;
		b->key_column = mark ? (unsigned int)mark->column + 1 : 0;
		return;
	}
	node = add_node(b, CV_YAML_SCALAR, mark);
	if (!node) {
		free(copy);
		return;
	}
	node->text = copy;
	node->bad |= bad;
	node->quoted = style != FYSS_PLAIN;
}

static void on_alias(struct builder *b, struct fy_event *ev)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	struct cv_yaml *node;

	wrong_sigil(b, mark, "write the value out", "aliases are not accepted");
	if (wants_key(b)) {
		reject_key(b);
		return;
	}
	node = add_node(b, CV_YAML_SCALAR, mark);
	if (!node)
		return;
	node->bad = true;
	node->text = strdup("");
	if (!node->text)
		b->error = -ENOMEM;
}

static void on_open(struct builder *b, enum cv_yaml_kind kind, struct fy_event *ev,
		    struct fy_token *anchor, struct fy_token *tag)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	struct cv_yaml *node;

	reject_properties(b, anchor, tag);
	if (!b->skip && b->depth == CV_YAML_DEPTH_MAX) {
		wrong(b, mark, NULL, "nested too deep");
		b->error = -E2BIG;
		return;
	}
	if (b->skip || wants_key(b)) {
		if (!b->skip)
			wrong(b, mark, NULL, "a key must be plain text");
		b->skip++;
		return;
	}
	node = add_node(b, kind, mark);
	if (node)
		b->open[b->depth++] = node;
}

static int by_key(const void *a, const void *b)
{
	const struct cv_yaml *x = *(const struct cv_yaml *const *)a;
	const struct cv_yaml *y = *(const struct cv_yaml *const *)b;
	int r = strcmp(x->key, y->key);

	if (r != 0)
		return r;
	if (x->key_line != y->key_line)
		return x->key_line < y->key_line ? -1 : 1;
	return x->key_column < y->key_column ? -1 : x->key_column > y->key_column;
}

static void check_duplicates(struct builder *b, const struct cv_yaml *map)
{
	const struct cv_yaml **sorted;
	size_t n = 0;

	if (map->kind != CV_YAML_MAP || map->n < 2)
		return;
	sorted = reallocarray(NULL, map->n, sizeof(struct cv_yaml *));
	if (!sorted) {
		b->error = -ENOMEM;
		return;
	}
	for (const struct cv_yaml *c = map->first; c; c = c->next) {
		if (c->key && !c->bad)
			sorted[n++] = c;
	}
	qsort(sorted, n, sizeof(struct cv_yaml *), by_key);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
			continue;
		cv_diagnostics_add(b->diag, CV_SEVERITY_ERROR,
				   cv_yaml_key_place(b->path, sorted[i]), NULL,
				   "\"%s\" is given twice, first at line %u", sorted[i]->key,
				   sorted[i - 1]->key_line);
		if (b->error == 0)
			b->error = -EINVAL;
	}
	free(sorted);
}

static void on_close(struct builder *b)
{
	if (!b->skip) {
		if (b->depth)
			check_duplicates(b, b->open[--b->depth]);
		return;
	}
	b->skip--;
	/* A rejected key still takes the value that follows it. */
	if (!b->skip && wants_key(b))
		reject_key(b);
}

static void on_event(struct builder *b, struct fy_event *ev)
{
	if (b->documents > 1 && ev->type != FYET_DOCUMENT_START)
		return;
	switch (ev->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++ == 1)
			wrong(b, fy_event_start_mark(ev), "keep one document per file",
			      "a second document is not accepted");
		break;
	case FYET_SCALAR:
		if (!b->skip)
			on_scalar(b, ev);
		break;
	case FYET_ALIAS:
		if (!b->skip)
			on_alias(b, ev);
		break;
	case FYET_MAPPING_START:
		on_open(b, CV_YAML_MAP, ev, ev->mapping_start.anchor, ev->mapping_start.tag);
		break;
	case FYET_SEQUENCE_START:
		on_open(b, CV_YAML_LIST, ev, ev->sequence_start.anchor, ev->sequence_start.tag);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		on_close(b);
		break;
	default:
		break;
	}
}

/* What libfyaml itself found wrong. It counts lines and columns of its errors from 1. */
static void take_library_errors(struct builder *b, struct fy_diag *fyd)
{
	struct fy_diag_error *e;
	void *iter = NULL;

	while ((e = fy_diag_errors_iterate(fyd, &iter))) {
		struct cv_place at = {.file = b->path};

		if (e->type < FYET_ERROR)
			continue;
		at.line = e->line > 0 ? (unsigned int)e->line : 1;
		at.column = e->column > 0 ? (unsigned int)e->column : 1;
		cv_diagnostics_add(b->diag, CV_SEVERITY_ERROR, at, NULL, "not valid YAML: %s",
				   e->msg ? e->msg : "syntax error");
		b->broken = true;
		b->error = -EINVAL;
	}
}

static int run_parser(struct builder *b, const char *text, size_t len)
{
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG};
	struct fy_parser *parser = NULL;
	struct fy_diag *fyd;
	struct fy_event *ev;
	int r = -ENOMEM;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	fyd = fy_diag_create(&diag_cfg);
	if (!fyd)
		return -ENOMEM;
	fy_diag_set_collect_errors(fyd, true);
	cfg.diag = fyd;
	parser = fy_parser_create(&cfg);
	if (!parser || fy_parser_set_string(parser, text, len) < 0)
		goto out;
	while (b->error != -ENOMEM && b->error != -E2BIG && (ev = fy_parser_parse(parser))) {
		on_event(b, ev);
		fy_parser_event_free(parser, ev);
	}
	take_library_errors(b, fyd);
	r = b->error;
	if (r == 0 && fy_parser_get_stream_error(parser)) {
		wrong(b, NULL, NULL, "not valid YAML");
		b->broken = true;
		r = b->error;
	}
out:
	if (parser)
		fy_parser_destroy(parser);
	fy_diag_destroy(fyd);
	return r;
}

int cv_yaml_parse(const char *path, const char *text, size_t len, struct cv_yaml **ret,
		  struct cv_diagnostics *diag)
{
	struct builder b = {.path = path, .diag = diag};
	int r;

	*ret = NULL;
	r = cv_yaml_check_encoding(path, text, len, diag);
	if (r < 0)
		return r;
	r = run_parser(&b, text, len);
	free(b.key);
	if (r == 0 && !b.root) {
		wrong(&b, NULL, NULL, "the file is empty");
		r = -EINVAL;
	}
	/* After a syntax error the rest of the file was not seen: nothing more can be said. */
	if (r < 0 && (b.broken || r != -EINVAL)) {
		cv_yaml_free(b.root);
		return r == -ENOMEM ? r : -EINVAL;
	}
	*ret = b.root;
	return r;
}
