/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_MODULE_INTERNAL_H
#define CV_MODULE_INTERNAL_H

#include <elf.h>
#include <stdint.h>

#include <linux/bpf.h>

#include "ebpf/loader_internal.h"
#include "ebpf/module.h"

#define CV_MODULE_ENTRY_SECTION "xdp"
#define CV_MODULE_PROOF_SECTION "flow_dissector"
#define CV_MODULE_ENTRY "cv_module_entry"
#define CV_MODULE_PROOF "cv_module_readonly"
#define CV_MODULE_FRAME_MAP "cv_module_frame"
#define CV_MODULE_NEXT_MAP "cv_module_next"

/* A part of the object, within its bounds. */
struct cv_bytes {
	const uint8_t *at;
	size_t size;
};

/* An object whose ELF headers and names are in bounds. */
struct cv_module_object {
	struct cv_bytes whole;
	struct cv_bytes names; /* of sections */
	uint64_t sections; /* offset of the section headers */
	unsigned int count;
};

/* Where in the source. */
struct cv_module_place {
	const char *file; /* in the object */
	unsigned int line, column; /* line 0 = unknown */
};

/** Read the ELF header. @return 0; -EINVAL with @p why set. */
int cv_module_object_read(const void *object, size_t size, struct cv_module_object *ret,
			  struct cv_bpf_why *why);

/** Header of section @p i. @return false: out of bounds. */
bool cv_module_section(const struct cv_module_object *o, unsigned int i, Elf64_Shdr *ret);

/** Name of a section, "" where there is none. */
const char *cv_module_section_name(const struct cv_module_object *o, const Elf64_Shdr *s);

/** Bytes of a section by name; size 0: not there or empty. */
struct cv_bytes cv_module_section_bytes(const struct cv_module_object *o, const char *name);

/** @p len bytes at @p off of @p b into @p to. @return false: out of bounds. */
bool cv_bytes_copy(struct cv_bytes b, uint64_t off, void *to, size_t len);

/** The string at @p off, "" where it is out of bounds or has no end. */
const char *cv_bytes_string(struct cv_bytes b, uint64_t off);

/**
 * Source line of an instruction, from .BTF.ext.
 *
 * @param insn index in the section; the last line that begins at or before it is meant.
 */
bool cv_module_line_of(const struct cv_module_object *o, const char *section, uint32_t insn,
		       struct cv_module_place *ret);

/**
 * Where the program first uses a map or another symbol.
 *
 * @return false: nowhere, or the object does not say.
 */
bool cv_module_line_using(const struct cv_module_object *o, const char *symbol,
			  struct cv_module_place *ret);

/** Place of a line that reads @p text, blanks around it aside; the first there is. */
bool cv_module_line_like(const struct cv_module_object *o, const char *text, size_t len,
			 struct cv_module_place *ret);

/** Name of a helper of the kernel, without bpf_. NULL: this build does not know it. */
const char *cv_module_helper_name(uint32_t id);

/** Refusal at a place: "FILE:LINE:COLUMN: REASON". */
__attribute__((format(printf, 3, 4))) int cv_module_refuse(struct cv_bpf_why *why,
							   const struct cv_module_place *place,
							   const char *format, ...);

/** Turn the verifier's log into one line: where, and why in plain words. */
void cv_module_explain(const struct cv_module_object *o, const char *log, struct cv_bpf_why *why);

#endif
