/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for who runs the node. Those of the list carry an id that stays whatever becomes of the
 * words (systemd's MESSAGE_ID): journalctl MESSAGE_ID=..., and what watches nodes, go by that.
 */
#ifndef CV_JOURNAL_H
#define CV_JOURNAL_H

#include <stdarg.h>

/* name, id, level, when; docs/operator/messages.md is made of it. An id is never used again. */
#define CV_MESSAGES(X)                                                                             \
	X(READY, "492db6227f2f4d1ba755f211fd81eb0e", "note",                                       \
	  "a start of control is over, or of the dataplane: it serves")                            \
	X(START_FAILED, "291c521d4e4545289f1fb7120df5f1fc", "error",                               \
	  "control cannot start; the messages before it say why")                                  \
	X(DATAPLANE_ATTACHED, "1a5ffb68e759477691a2329f856d3b65", "note",                          \
	  "a dataplane has attached itself")                                                       \
	X(DATAPLANE_GONE, "8e46d8b269fc4df68b9cb3b918520cb0", "note",                              \
	  "a dataplane has ended and all that it handed over is in the log")                       \
	X(DATAPLANE_REFUSED, "aa5b1ef04c46445da0e7efd890db67c7", "warning",                        \
	  "a dataplane was refused: another one is attached, or it is of another version")         \
	X(LEDGER_OPEN, "31cea4b426ae4c75b878d0bcfce0e3a2", "warning",                              \
	  "an equation of the ledger does not hold: something was lost or counted twice")          \
	X(LOG_TROUBLE, "a85b36f39cff4ceaaced677f970bab66", "error",                                \
	  "the disk does not take a lane's events: alarms wait, other records are refused and "    \
	  "told as gaps")                                                                          \
	X(LOG_WELL, "2eacef3ad4aa4de1a36df1eb1da1f0b6", "note",                                    \
	  "the disk takes a lane's events again")                                                  \
	X(POLICY_REVERTED, "b34cf12541f943458bddb7edf08f469f", "warning",                          \
	  "a policy was not confirmed in time, or has words that this version does not "           \
	  "know after a system went back: the one before is in force again")                       \
	X(POLICY_BROKEN, "93fc3fdb5d74417f988ac48ab21b99b8", "error",                              \
	  "a policy that was in force cannot be loaded any more")                                  \
	X(CONFIG_REVERTED, "472e77e63d5c4a6f8cfc153443f37db1", "warning",                          \
	  "a configuration was not confirmed, or control did not start with it: the one before "   \
	  "is in force again")                                                                     \
	X(CONFIG_UNWRITTEN, "9101817f2931459c8785cbbc9ae0eb13", "error",                           \
	  "the configuration in force is not the one in the file, which cannot be written")        \
	X(SINK_TROUBLE, "c5237dcc99af47b68467c171af6fabac", "warning",                             \
	  "a sink does not deliver; the message says why")                                         \
	X(CERTIFICATE_NEW, "d52ee742f9b440969b2b23e76134a7f8", "note",                             \
	  "the API shows a new certificate")                                                       \
	X(CERTIFICATE_BAD, "d8d5eb533bb44874b97fd829566c567c", "warning",                          \
	  "a new certificate for the API cannot be used; the one before stays")                    \
	X(QUARANTINE, "bc1fc10401da44aebdd9fa7570b8c603", "note",                                  \
	  "how many devices are in quarantine")                                                    \
	X(QUARANTINE_FAILED, "a47aa05e96d6449aab81b8a5193d0ed8", "warning",                        \
	  "the quarantine could not be changed")                                                   \
	X(CARD_BACK, "8551e8f143914e21a3e7a8e1b4d76a36", "note",                                   \
	  "the card of a pci port is with its kernel driver again")                                \
	X(CARD_KEPT, "7b9c4cda5de1463985e12544dd09e623", "warning",                                \
	  "the card of a pci port could not be given back to its kernel driver")                   \
	X(UPDATE_GOOD, "9022f9d068854a6faab1415afd975082", "note", "an upgrade is well and stays") \
	X(UPDATE_LEFT, "b7a2649deed2434e80d6f7a59e7304b1", "warning",                              \
	  "an upgrade was not well and was left: the version before runs again")                   \
	X(UPDATE_UNWELL, "efabf2b177184afd9581374c5036df0e", "error",                              \
	  "the node is not well after a start, with a version that was good before: it stays")
#define CV_MESSAGE_ROW(id, uuid, level, text) CV_MESSAGE_##id,
enum cv_message { CV_MESSAGES(CV_MESSAGE_ROW) CV_MESSAGE_COUNT };

struct cv_message_row {
	const char *name, *id, *level, *text;
};
extern const struct cv_message_row cv_messages[CV_MESSAGE_COUNT];

/**
 * Tell one line, of at most 1023 bytes: to the journal with its level and id where standard error goes there, else to
 * standard error as "PROGRAM: LEVEL: LINE". Any thread but an lcore.
 *
 * @param id 32 hex digits, NULL = none.
 * @param level error, warning or note.
 */
void cv_journal(const char *program, const char *id, const char *level, const char *format,
		va_list args) __attribute__((format(printf, 4, 0)));

#endif
