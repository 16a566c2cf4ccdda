/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's log as one line. The log names instructions and, in between, the source line they
 * came from; the complaint is what follows the last instruction it looked at.
 */
#include "ebpf/module_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The verifier's words, and what they mean for the one who wrote the source. First match. */
static const struct {
	const char *says, *means;
} meanings[] = {
	{"infinite loop detected",
	 "this loop has no end that the kernel can prove. Count it with a "
	 "constant bound"},
	{"program is too large", "the kernel gave up following all paths; a loop here is too long "
				 "or unbounded. Bound it with a small constant"},
	{"jumps is too complex", "the kernel gave up following all paths; a loop here is too long "
				 "or unbounded. Bound it with a small constant"},
	{"back-edge", "this loop has no end that the kernel can prove. Count it with a constant "
		      "bound"},
	{"cannot write into packet", "a module must not change frames"},
	{"invalid access to packet", "this reads the frame without having compared with data_end. "
				     "Use cv_at()"},
	{"offset is outside of the packet", "this reads the frame without having compared with "
					    "data_end. Use cv_at()"},
	{"map_value_or_null", "the result of a map look-up is used without asking whether it is "
			      "null"},
	{"invalid access to map value", "this is outside of the map's value"},
	{"math between pkt pointer", "this offset into the frame has no bound. Use cv_at()"},
	{"unbounded memory access", "this index has no bound. Compare it with a constant before"},
	{"min value is negative", "this index may be negative. Use an unsigned type or compare it "
				  "with 0"},
	{"variable-offset", "this index into an array on the stack is not a constant or has no "
			    "bound"},
	{"variable stack", "this index into an array on the stack is not a constant or has no "
			   "bound"},
	{"stack depth",
	 "the module needs more than its share of the 512 bytes of stack. Keep large "
	 "data in a map"},
	{"invalid read from stack", "this reads memory that was never written"},
	{"invalid indirect read from stack", "this hands over memory that was never written, "
					     "padding maybe. Clear the whole struct"},
	{"misaligned", "this access is not aligned"},
	{"cannot use helper", "this helper may not be called in a module"},
	{"unknown func", "this helper may not be called in a module"},
	{"invalid mem access", "this does not point to memory that the module may use"},
	{"type=scalar expected", "a number is used as a pointer here"},
	{"unreachable insn", "this code is never reached"},
};

struct view {
	const char *source; /* last source line that was shown, in the log */
	size_t source_len;
	const char *complaint;
	size_t complaint_len;
	long insn; /* last instruction that was looked at, -1 = none */
	bool fresh; /* no complaint since that instruction */
};

/* "12: (71) r1 = ..." */
static bool is_instruction(const char *line, size_t len, long *insn)
{
	char *end;
	long n;

	if (!len || !isdigit((unsigned char)*line))
		return false;
	n = strtol(line, &end, 10);
	if ((size_t)(end - line) + 3 > len || end[0] != ':' || end[1] != ' ' || end[2] != '(')
		return false;
	*insn = n;
	return true;
}

static bool starts(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

/* Lines of state and of statistics, which are not about what is wrong. */
static bool is_noise(const char *line, size_t len)
{
	static const char *const noise[] = {"from ",
					    "last_idx",
					    "regs=",
					    "parent ",
					    "processed ",
					    "func#",
					    "mark_",
					    "caller:",
					    "cur state:",
					    "old state:",
					    "callee:",
					    "propagating",
					    "verification time",
					    "stack depth "};
	char *end;

	for (size_t i = 0; i < COUNT(noise); i++) {
		if (starts(line, len, noise[i]))
			return true;
	}
	if (isdigit((unsigned char)*line)) { /* "12: R0=..." */
		strtol(line, &end, 10);
		return end[0] == ':';
	}
	return *line == ' ' || starts(line, len, "R0=") || starts(line, len, "R1=") ||
	       starts(line, len, "frame");
}

static void look(struct view *v, const char *line, size_t len)
{
	if (!len)
		return;
	if (starts(line, len, "; ")) {
		v->source = line + 2;
		v->source_len = len - 2;
	} else if (is_instruction(line, len, &v->insn)) {
		v->fresh = true;
	} else if (v->fresh && !is_noise(line, len)) {
		v->complaint = line;
		v->complaint_len = len;
		v->fresh = false;
	}
}

/* Newer kernels add " @ FILE:LINE" to a source line. */
static void cut_place(struct view *v)
{
	for (size_t i = v->source_len; i > 3; i--) {
		if (!memcmp(v->source + i - 3, " @ ", 3)) {
			v->source_len = i - 3;
			return;
		}
	}
}

static const char *meaning(const struct view *v)
{
	char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)v->complaint_len, v->complaint);
	for (size_t i = 0; i < COUNT(meanings); i++) {
		if (strstr(text, meanings[i].says))
			return meanings[i].means;
	}
	return NULL;
}

void cv_module_explain(const struct cv_module_object *o, const char *log, struct cv_bpf_why *why)
{
	struct view v = {.insn = -1, .fresh = true};
	struct cv_module_place place = {.file = ""};
	const char *means;

	for (const char *line = log; line && *line;) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);

		look(&v, line, len);
		line = end ? end + 1 : NULL;
	}
	if (!v.complaint) {
		cv_module_refuse(why, NULL, "The kernel refuses the module and does not say why.");
		return;
	}
	cut_place(&v);
	if (!v.source || !cv_module_line_like(o, v.source, v.source_len, &place)) {
		if (v.insn >= 0)
			cv_module_line_of(o, CV_MODULE_ENTRY_SECTION, (uint32_t)v.insn, &place);
	}
	means = meaning(&v);
	cv_module_refuse(why, &place, "%s%s%.*s%s", means ? means : "", means ? " (verifier: " : "",
			 (int)(v.complaint_len < 100 ? v.complaint_len : 100), v.complaint,
			 means ? ")." : ".");
}
