/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages with ids: the list against its rules. `test_journal doc` prints docs/operator/messages.md,
 * `test_journal TEXT` tells it (tests/units holds what the journal has of it against that).
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/journal.h"

static void print_page(void)
{
	puts("<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
	     "# Messages\n\n"
	     "What the node's programs have to say is in the journal with its level: `journalctl "
	     "-b -p warning` are "
	     "errors\nand warnings. These messages have an id besides, which stays whatever "
	     "becomes of the words; "
	     "others have none.\n"
	     "`journalctl MESSAGE_ID=...` finds them, and so does what watches many nodes. What "
	     "the metrics and alert "
	     "rules\nsay of the same is in [metrics.md](metrics.md).\n\n"
	     "| name | level | MESSAGE_ID | when |\n|---|---|---|---|");
	for (int i = 0; i < CV_MESSAGE_COUNT; i++)
		printf("| %s | %s | `%s` | %s |\n", cv_messages[i].name, cv_messages[i].level,
		       cv_messages[i].id, cv_messages[i].text);
}

static void check_list(void)
{
	for (int i = 0; i < CV_MESSAGE_COUNT; i++) {
		const struct cv_message_row *row = &cv_messages[i];

		assert(strlen(row->id) == 32);
		for (const char *c = row->id; *c; c++)
			assert(isdigit((unsigned char)*c) || (*c >= 'a' && *c <= 'f'));
		assert(strcmp(row->level, "error") == 0 || strcmp(row->level, "warning") == 0 ||
		       strcmp(row->level, "note") == 0);
		for (int k = 0; k < i; k++)
			assert(strcmp(row->id, cv_messages[k].id) != 0);
	}
}

__attribute__((format(printf, 3, 4))) static void tell(const char *id, const char *level,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cv_journal("test-journal", id, level, format, args);
	va_end(args);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "doc") == 0) {
		print_page();
		return 0;
	}
	if (argc > 1) { /* tell WORD: for the test with a journal */
		tell(cv_messages[CV_MESSAGE_LOG_TROUBLE].id, "error", "%s", argv[1]);
		tell(NULL, "warning", "without an id");
		return 0;
	}
	check_list();
	return 0;
}
