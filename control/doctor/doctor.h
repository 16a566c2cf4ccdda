/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert doctor`: what the machine has and lacks. Each check reads proc, sys or the kernel and
 * adds findings; one that is not "ok" says what to do. One thread, changes nothing.
 */
#ifndef CV_DOCTOR_H
#define CV_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "control/config/config.h"
#include "control/policy/command.h"

#define CV_DOCTOR_FINDINGS_MAX 160

/** Ascending: the worst counts. */
#define CV_DOCTOR_STATES(X)                                                                        \
	X(OK, "ok")                                                                                \
	X(NOTE, "note")                                                                            \
	X(WARNING, "warning")                                                                      \
	X(PROBLEM, "problem")
#define CV_DOCTOR_STATE_ROW(id, name) CV_DOCTOR_##id,
enum cv_doctor_state { CV_DOCTOR_STATES(CV_DOCTOR_STATE_ROW) CV_DOCTOR_STATE_COUNT };

struct cv_doctor_finding {
	char check[48]; /* "hugepages", "port devices" */
	enum cv_doctor_state state;
	char text[256];
	char remedy[320]; /* "" = there is nothing to do */
};

struct cv_doctor {
	const char *root; /* "" = this machine */
	const struct cv_config *config; /* NULL = there is none */
	struct cv_doctor_finding findings[CV_DOCTOR_FINDINGS_MAX];
	size_t n;
	int worker_cpu; /* the CPU the worker will take, -1 = unknown */
};

/** Add a finding. @param remedy a sentence without a full stop, "" = none. */
void cv_doctor_add(struct cv_doctor *d, const char *check, enum cv_doctor_state state,
		   const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/** As cv_doctor_add() with a remedy made of parts: it is the finding added last that gets it. */
void cv_doctor_remedy(struct cv_doctor *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** What the findings say, worst first of the states. */
enum cv_doctor_state cv_doctor_worst(const struct cv_doctor *d);

/** {"state", "findings": [{"check", "state", "text", "remedy"}]}; a new reference. */
json_t *cv_doctor_json(const struct cv_doctor *d);

/** All checks. */
void cv_doctor_run(struct cv_doctor *d);

/** @param argv argv[0] is "doctor". @return exit code. */
int cv_doctor_command(int argc, char **argv);

/* ---- probe.c: reading ------------------------------------------------------------------------ */

/** First line of a file below the root, without its end. @return 0 or negative errno. */
int cv_probe_line(const struct cv_doctor *d, char *ret, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** Number in a file. @return 0 or negative errno. */
int cv_probe_number(const struct cv_doctor *d, long *ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Open a file below the root, NULL = there is none. */
FILE *cv_probe_open(const struct cv_doctor *d, const char *path);

/** Entries of a folder below the root whose names begin so. @return count or negative errno. */
int cv_probe_count(const struct cv_doctor *d, const char *path, const char *prefix);

/** Last part of what a link points to. @return 0 or negative errno. */
int cv_probe_link(const struct cv_doctor *d, const char *path, char *ret, size_t size);

/** Call @p each with every entry of a folder below the root, which may not be there. */
void cv_probe_each(const struct cv_doctor *d, const char *path,
		   void (*each)(void *arg, const char *name), void *arg);

/** Is the number in a list as the kernel writes it, "0-3,8"? */
bool cv_probe_in_list(const char *list, long number);

/** Value behind "KEY:" in a file of proc, kB or plain. @return 0 or -ENOENT. */
int cv_probe_key(const struct cv_doctor *d, const char *path, const char *key, long *ret);

/* ---- checks, in their order ------------------------------------------------------------------ */

void cv_doctor_processor(struct cv_doctor *d);
void cv_doctor_kernel(struct cv_doctor *d);
void cv_doctor_bpf(struct cv_doctor *d);
void cv_doctor_hugepages(struct cv_doctor *d);
void cv_doctor_isolation(struct cv_doctor *d);
void cv_doctor_clock(struct cv_doctor *d);
void cv_doctor_disk(struct cv_doctor *d);
void cv_doctor_watchdog(struct cv_doctor *d);
void cv_doctor_ports(struct cv_doctor *d);

/** cards.c: of one pci port. */
void cv_doctor_card(struct cv_doctor *d, const struct cv_config_port *port);

/** Is a device of the port's at the memory of the worker's CPU? @param device path in sys. */
void cv_doctor_node(struct cv_doctor *d, const char *check, const char *name, const char *device);

/* ---- xdp.c: what only the kernel knows of an interface --------------------------------------- */

enum cv_answer_of_kernel { CV_KERNEL_NO, CV_KERNEL_YES, CV_KERNEL_SILENT };

/** Can the driver do AF_XDP without copying (netdev netlink, kernel 6.3 and later)? */
enum cv_answer_of_kernel cv_xdp_can_zero_copy(unsigned int ifindex);

/** Does an AF_XDP socket of this interface run without copying? SILENT: there is none to be seen. */
enum cv_answer_of_kernel cv_xdp_runs_zero_copy(unsigned int ifindex);

/** "native", "generic", "none" or "unknown". */
const char *cv_xdp_attached(unsigned int ifindex);

#endif
