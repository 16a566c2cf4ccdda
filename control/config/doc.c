/* SPDX-License-Identifier: Apache-2.0 */
/* The page docs/operator/config.md, written from the schema. */
#include <string.h>

#include "control/config/schema.h"

static const char intro[] =
	"<!-- Written by `culvert-control config doc` from control/config/schema.c; do not edit. "
	"-->\n"
	"# Configuration file\n"
	"\n"
	"One YAML file describes a node. `culvert config check FILE` says whether it is right;\n"
	"`culvert config show FILE` prints it with every default filled in, in a form that reads\n"
	"back the same.\n"
	"\n"
	"Accepted is a subset of YAML 1.2: one document of maps, lists and values, in block or "
	"flow\n"
	"style, with comments. Anchors, aliases, tags, a second document, keys that are not plain\n"
	"text and the same key twice are errors. An unknown setting is an error.\n"
	"\n"
	"Sizes have a unit of 1000 (kB, MB, GB, TB) or 1024 (KiB, MiB, GiB, TiB); a bare number "
	"is\n"
	"bytes. Durations have one of ns, us, ms, s, min, h, d. Rates are written `1000/s`.\n";

static void write_row(const struct cv_field *f, FILE *out)
{
	char expected[160];

	cv_field_expect(f, expected, sizeof(expected));
	fprintf(out, "| `%s` | %s | ", f->name, f->takes ? f->takes : expected);
	if (!f->fallback)
		fputs("required", out);
	else if (*f->fallback)
		fprintf(out, "`%s`", f->fallback);
	fprintf(out, " | %s |\n", f->help ? f->help : "");
}

void cv_schema_write_doc(const struct cv_field *section, const char *name, FILE *out)
{
	bool table = false;

	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];

		if (f->n_fields)
			continue;
		if (!table)
			fputs("\n| setting | takes | default | meaning |\n|---|---|---|---|\n",
			      out);
		table = true;
		write_row(f, out);
	}
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		char dotted[128];

		if (!f->n_fields)
			continue;
		snprintf(dotted, sizeof(dotted), "%s%s%s", name, *name ? "." : "", f->name);
		fprintf(out, "\n## %s\n\n%s", dotted, f->help);
		if (f->type == CV_FIELD_LIST)
			fprintf(out, " A list of at most %llu maps:", (unsigned long long)f->max);
		fputc('\n', out);
		cv_schema_write_doc(f, dotted, out);
	}
}

static void write_costs(const struct cv_field *section, const char *name, FILE *out)
{
	for (size_t i = 0; i < section->n_fields; i++) {
		const struct cv_field *f = &section->fields[i];
		char dotted[128];

		snprintf(dotted, sizeof(dotted), "%s%s%s", name, *name ? "." : "", f->name);
		if (f->cost != CV_COST_NOTHING)
			fprintf(out, "| `%s` | %s |\n", dotted, cv_cost_name(f->cost));
		if (f->type == CV_FIELD_SECTION)
			write_costs(f, dotted, out);
	}
}

void cv_config_write_doc(FILE *out)
{
	fputs(intro, out);
	cv_schema_write_doc(&cv_schema, "", out);
	fputs("\n## What a change costs\n\n"
	      "`culvert config diff` says it of each change ([node.md](node.md)). `live`: "
	      "nothing;\n"
	      "`host`: nothing of Culvert restarts, the machine around it is set; "
	      "`control`: control\nstarts anew beside a dataplane that goes on, no frame and no "
	      "event "
	      "is lost, subscribers come back;\n`dataplane`: for the second its restart takes, "
	      "frames "
	      "go as `on_dataplane_loss` says. What is not\nnamed here costs `control`.\n\n"
	      "| setting, or all of a section | costs |\n|---|---|\n",
	      out);
	write_costs(&cv_schema, "", out);
}
