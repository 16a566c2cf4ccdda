/* SPDX-License-Identifier: Apache-2.0 */
/* The page docs/security/language.md, written from the tables that the reader follows. */
#include "control/policy/parse.h"

static const char intro[] =
	"<!-- Written by `culvert policy doc` from the tables in control/policy; do not edit. -->\n"
	"# Policy file: every key\n"
	"\n"
	"How the pieces work together is told in README.md. The file is YAML as the configuration\n"
	"is: no anchors, no tags, no key twice. A name has letters, digits, `.`, `_` and `-`, at\n"
	"most 31 of them; zones and groups share one set of names.\n";

static const struct {
	const char *title;
	const char *path; /* what chapters below begin with */
	const struct cv_field *section;
} chapters[] = {
	{"A zone: zones.NAME", "zones.NAME", &cv_policy_zone_schema},
	{"A rule: rules[]", "rules[]", &cv_policy_rule_schema},
};

void cv_policy_write_doc(FILE *out)
{
	static const struct cv_field rate = {.type = CV_FIELD_SECTION,
					     .fields = cv_policy_limit_fields,
					     .n_fields = CV_POLICY_LIMIT_FIELDS};

	fputs(intro, out);
	cv_schema_write_doc(&cv_policy_file_schema, "", out);
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++) {
		fprintf(out, "\n## %s\n", chapters[i].title);
		cv_schema_write_doc(chapters[i].section, chapters[i].path, out);
	}
	fputs("\n## A rate of a rule: rules[].rate\n", out);
	cv_schema_write_doc(&rate, "", out);
}
