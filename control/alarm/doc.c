/* SPDX-License-Identifier: Apache-2.0 */
/* The page docs/operator/alarm-language.md, written from the tables that the reader follows. */
#include "control/alarm/rules_read.h"

static const char intro[] =
	"<!-- Written by `culvert alarm doc` from the tables in control/alarm; do not edit. -->\n"
	"# Alarm rules: every key\n"
	"\n"
	"How the pieces work together is told in alarms.md. The file is YAML as the configuration\n"
	"is: no anchors, no tags, no key twice. Durations have one of ns, us, ms, s, min, h, d.\n";

void cv_alarm_rules_write_doc(FILE *out)
{
	fputs(intro, out);
	cv_schema_write_doc(&cv_alarm_file_schema, "", out);
	fputs("\n## rules.match\n\nEach key takes a word or a list of words, of which one must "
	      "match.\n",
	      out);
	cv_schema_write_doc(&cv_alarm_match_schema, "rules.match", out);
}
