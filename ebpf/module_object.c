/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded reading of a module's ELF object: sections, and the source lines in .BTF.ext. */
#include "ebpf/module_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/btf.h>

#define SECTIONS_MAX 256

/* Head of .BTF.ext; the kernel's headers do not have it. */
struct btf_ext_head {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 func_info_off;
	__u32 func_info_len;
	__u32 line_info_off;
	__u32 line_info_len;
};

bool cv_bytes_copy(struct cv_bytes b, uint64_t off, void *to, size_t len)
{
	if (off > b.size || len > b.size - off)
		return false;
	memcpy(to, b.at + off, len);
	return true;
}

const char *cv_bytes_string(struct cv_bytes b, uint64_t off)
{
	if (off >= b.size || !memchr(b.at + off, 0, b.size - off))
		return "";
	return (const char *)b.at + off;
}

static struct cv_bytes part(struct cv_bytes b, uint64_t off, uint64_t len)
{
	if (off > b.size || len > b.size - off)
		return (struct cv_bytes){0};
	return (struct cv_bytes){b.at + off, len};
}

/* ---- ELF ----------------------------------------------------------------------------------- */

int cv_module_object_read(const void *object, size_t size, struct cv_module_object *ret,
			  struct cv_bpf_why *why)
{
	struct cv_module_object o = {.whole = {object, size}};
	Elf64_Shdr names;
	Elf64_Ehdr head;

	if (size > CV_MODULE_SIZE_MAX)
		return cv_bpf_fail(why, -EINVAL,
				   "The object has %zu bytes, more than the %u of a module. "
				   "Build it with: culvert policy module build.",
				   size, CV_MODULE_SIZE_MAX);
	if (!cv_bytes_copy(o.whole, 0, &head, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_machine != EM_BPF ||
	    head.e_type != ET_REL)
		return cv_bpf_fail(why, -EINVAL,
				   "This is no eBPF object. Build one from source with: culvert "
				   "policy module build FILE.bpf.c -o FILE.o.");
	o.sections = head.e_shoff;
	o.count = head.e_shnum;
	if (head.e_shentsize != sizeof(Elf64_Shdr) || o.count == 0 || o.count > SECTIONS_MAX ||
	    !cv_module_section(&o, o.count - 1, &names) ||
	    !cv_module_section(&o, head.e_shstrndx, &names) || names.sh_type != SHT_STRTAB)
		return cv_bpf_fail(why, -EINVAL,
				   "The object is cut short or damaged: its table of sections is "
				   "not whole. Build or copy it again.");
	o.names = part(o.whole, names.sh_offset, names.sh_size);
	for (unsigned int i = 0; i < o.count; i++) {
		Elf64_Shdr s;

		if (!cv_module_section(&o, i, &s) || (s.sh_type != SHT_NOBITS && s.sh_size &&
						      !part(o.whole, s.sh_offset, s.sh_size).at))
			return cv_bpf_fail(why, -EINVAL,
					   "The object is cut short or damaged: section %u lies "
					   "outside of it. Build or copy it again.",
					   i);
	}
	*ret = o;
	return 0;
}

bool cv_module_section(const struct cv_module_object *o, unsigned int i, Elf64_Shdr *ret)
{
	return i < o->count && o->sections <= o->whole.size &&
	       cv_bytes_copy(o->whole, o->sections + (uint64_t)i * sizeof(*ret), ret, sizeof(*ret));
}

const char *cv_module_section_name(const struct cv_module_object *o, const Elf64_Shdr *s)
{
	return cv_bytes_string(o->names, s->sh_name);
}

struct cv_bytes cv_module_section_bytes(const struct cv_module_object *o, const char *name)
{
	for (unsigned int i = 1; i < o->count; i++) {
		Elf64_Shdr s;

		if (cv_module_section(o, i, &s) && s.sh_type != SHT_NOBITS &&
		    !strcmp(cv_module_section_name(o, &s), name))
			return part(o->whole, s.sh_offset, s.sh_size);
	}
	return (struct cv_bytes){0};
}

/* ---- source lines -------------------------------------------------------------------------- */

/* A walk over .BTF.ext; @p line is valid after each step that says true. */
struct lines {
	struct cv_bytes strings, info; /* info: line records of all sections */
	uint64_t at;
	uint32_t record_size, left; /* left: records of this section to come */
	const char *section;
	struct bpf_line_info line;
};

static bool lines_begin(const struct cv_module_object *o, struct lines *l)
{
	struct cv_bytes btf = cv_module_section_bytes(o, ".BTF");
	struct cv_bytes ext = cv_module_section_bytes(o, ".BTF.ext");
	struct btf_header types;
	struct btf_ext_head head;

	*l = (struct lines){0};
	if (!cv_bytes_copy(btf, 0, &types, sizeof(types)) || types.magic != BTF_MAGIC ||
	    !cv_bytes_copy(ext, 0, &head, sizeof(head)) || head.magic != BTF_MAGIC)
		return false;
	l->strings = part(btf, (uint64_t)types.hdr_len + types.str_off, types.str_len);
	l->info = part(ext, (uint64_t)head.hdr_len + head.line_info_off, head.line_info_len);
	l->at = sizeof(l->record_size);
	return cv_bytes_copy(l->info, 0, &l->record_size, sizeof(l->record_size)) &&
	       l->record_size >= sizeof(l->line);
}

static bool lines_next(struct lines *l)
{
	while (!l->left) {
		struct {
			__u32 name, count;
		} head;

		if (!cv_bytes_copy(l->info, l->at, &head, sizeof(head)))
			return false;
		l->at += sizeof(head);
		l->left = head.count;
		l->section = cv_bytes_string(l->strings, head.name);
	}
	if (!cv_bytes_copy(l->info, l->at, &l->line, sizeof(l->line)))
		return false;
	l->at += l->record_size;
	l->left--;
	return true;
}

static void lines_place(const struct lines *l, struct cv_module_place *ret)
{
	ret->file = cv_bytes_string(l->strings, l->line.file_name_off);
	ret->line = BPF_LINE_INFO_LINE_NUM(l->line.line_col);
	ret->column = BPF_LINE_INFO_LINE_COL(l->line.line_col);
}

bool cv_module_line_of(const struct cv_module_object *o, const char *section, uint32_t insn,
		       struct cv_module_place *ret)
{
	uint64_t offset = (uint64_t)insn * sizeof(struct bpf_insn), best = 0;
	bool found = false;
	struct lines l;

	if (!lines_begin(o, &l))
		return false;
	while (lines_next(&l)) {
		if (strcmp(l.section, section) || l.line.insn_off > offset ||
		    (found && l.line.insn_off < best))
			continue;
		best = l.line.insn_off;
		found = true;
		lines_place(&l, ret);
	}
	return found;
}

static void trim(const char **text, size_t *len)
{
	while (*len && isspace((unsigned char)**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len && isspace((unsigned char)(*text)[*len - 1]))
		(*len)--;
}

bool cv_module_line_like(const struct cv_module_object *o, const char *text, size_t len,
			 struct cv_module_place *ret)
{
	struct lines l;

	trim(&text, &len);
	if (!len || !lines_begin(o, &l))
		return false;
	while (lines_next(&l)) {
		const char *line = cv_bytes_string(l.strings, l.line.line_off);
		size_t line_len = strlen(line);

		trim(&line, &line_len);
		if (line_len == len && !memcmp(line, text, len)) {
			lines_place(&l, ret);
			return true;
		}
	}
	return false;
}

/* Number of a symbol in the table, 0 = none. */
static uint32_t find_symbol(const struct cv_module_object *o, const char *name)
{
	struct cv_bytes table = cv_module_section_bytes(o, ".symtab");
	struct cv_bytes names = cv_module_section_bytes(o, ".strtab");
	Elf64_Sym symbol;

	for (uint32_t i = 1; cv_bytes_copy(table, i * sizeof(symbol), &symbol, sizeof(symbol));
	     i++) {
		if (!strcmp(cv_bytes_string(names, symbol.st_name), name))
			return i;
	}
	return 0;
}

bool cv_module_line_using(const struct cv_module_object *o, const char *name,
			  struct cv_module_place *ret)
{
	static const char *const sections[] = {CV_MODULE_ENTRY_SECTION, ".text"};
	uint32_t symbol = find_symbol(o, name);
	char relocations[32];
	Elf64_Rel r;

	for (size_t s = 0; symbol && s < sizeof(sections) / sizeof(sections[0]); s++) {
		struct cv_bytes table;

		snprintf(relocations, sizeof(relocations), ".rel%s", sections[s]);
		table = cv_module_section_bytes(o, relocations);
		for (uint64_t at = 0; cv_bytes_copy(table, at, &r, sizeof(r)); at += sizeof(r)) {
			uint64_t insn = r.r_offset / sizeof(struct bpf_insn);

			if (ELF64_R_SYM(r.r_info) == symbol && insn <= UINT32_MAX)
				return cv_module_line_of(o, sections[s], (uint32_t)insn, ret);
		}
	}
	return false;
}
