/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a module without the kernel: its shape and the helpers it calls. */
#include "ebpf/module_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What a module may call: its own maps, time, randomness, the lock in its own map values. Nothing
 * that sends, redirects, changes the frame, reads memory of the kernel or runs for long.
 */
static const uint32_t allowed_helpers[] = {
	BPF_FUNC_map_lookup_elem,	 BPF_FUNC_map_update_elem, BPF_FUNC_map_delete_elem,
	BPF_FUNC_ktime_get_ns,		 BPF_FUNC_get_prandom_u32, BPF_FUNC_get_smp_processor_id,
	BPF_FUNC_ktime_get_boot_ns,	 BPF_FUNC_spin_lock,	   BPF_FUNC_spin_unlock,
	BPF_FUNC_map_lookup_percpu_elem,
};

#define HELPER_ROW(name) #name
static const char *const helper_names[] = {__BPF_FUNC_MAPPER(HELPER_ROW)};

const char *cv_module_helper_name(uint32_t id)
{
	return id < COUNT(helper_names) ? helper_names[id] : NULL;
}

int cv_module_refuse(struct cv_bpf_why *why, const struct cv_module_place *place,
		     const char *format, ...)
{
	const char *file = place ? place->file : "";
	int n = 0;
	va_list args;

	while (!strncmp(file, "./", 2))
		file += 2;
	if (place && place->line && place->column)
		n = snprintf(why->text, sizeof(why->text), "%.100s:%u:%u: ", file, place->line,
			     place->column);
	else if (place && place->line) /* of a macro no column is known */
		n = snprintf(why->text, sizeof(why->text), "%.100s:%u: ", file, place->line);
	va_start(args, format);
	vsnprintf(why->text + n, sizeof(why->text) - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- calls --------------------------------------------------------------------------------- */

static bool is_allowed(uint32_t helper, bool entry)
{
	for (size_t i = 0; i < COUNT(allowed_helpers); i++) {
		if (allowed_helpers[i] == helper)
			return true;
	}
	return entry && helper == BPF_FUNC_tail_call; /* of CV_MODULE() */
}

static int refuse_helper(const struct cv_module_object *o, const char *section, uint32_t at,
			 uint32_t helper, struct cv_bpf_why *why)
{
	const char *name = cv_module_helper_name(helper);
	struct cv_module_place place = {.file = ""};

	cv_module_line_of(o, section, at, &place);
	return cv_module_refuse(why, &place,
				"bpf_%s (helper %u) may not be called in a module. Allowed are "
				"map look-up, update and delete, time, random numbers, spin locks.",
				name ? name : "unknown", helper);
}

static int check_calls(const struct cv_module_object *o, const char *section,
		       struct cv_bpf_why *why)
{
	struct cv_bytes code = cv_module_section_bytes(o, section);
	bool entry = !strcmp(section, CV_MODULE_ENTRY_SECTION);
	uint32_t count = (uint32_t)(code.size / sizeof(struct bpf_insn));

	for (uint32_t i = 0; i < count; i++) {
		struct cv_module_place place = {.file = ""};
		struct bpf_insn insn;

		memcpy(&insn, code.at + i * sizeof(insn), sizeof(insn));
		if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++; /* its second half is no instruction */
			continue;
		}
		if (insn.code != (BPF_JMP | BPF_CALL) || insn.src_reg == BPF_PSEUDO_CALL)
			continue;
		if (insn.src_reg == 0 && is_allowed((uint32_t)insn.imm, entry))
			continue;
		if (insn.src_reg == 0)
			return refuse_helper(o, section, i, (uint32_t)insn.imm, why);
		cv_module_line_of(o, section, i, &place);
		return cv_module_refuse(why, &place,
					"Functions of the kernel may not be called in a module.");
	}
	return 0;
}

/* ---- sections and names -------------------------------------------------------------------- */

static int check_sections(const struct cv_module_object *o, struct cv_bpf_why *why)
{
	static const char *const needed[] = {CV_MODULE_ENTRY_SECTION, CV_MODULE_PROOF_SECTION,
					     CV_MODULE_SECTION, ".BTF", ".maps"};

	for (size_t i = 0; i < COUNT(needed); i++) {
		if (!cv_module_section_bytes(o, needed[i]).size)
			return cv_bpf_fail(why, -EINVAL,
					   "The object is no module: it has no section %s. End the "
					   "source with CV_MODULE(function), and build it with: "
					   "culvert policy module build.",
					   needed[i]);
	}
	for (unsigned int i = 1; i < o->count; i++) {
		const char *name;
		Elf64_Shdr s;

		if (!cv_module_section(o, i, &s) || !(s.sh_flags & SHF_EXECINSTR) || !s.sh_size)
			continue;
		name = cv_module_section_name(o, &s);
		if (strcmp(name, CV_MODULE_ENTRY_SECTION) &&
		    strcmp(name, CV_MODULE_PROOF_SECTION) && strcmp(name, ".text"))
			return cv_bpf_fail(why, -EINVAL,
					   "The object has a program in section %.40s. A module is "
					   "one function; CV_MODULE() makes the programs.",
					   name);
	}
	return 0;
}

/* Programs are told by name: one of each, and where it belongs. */
static bool is_stray_function(const struct cv_module_object *o, const Elf64_Sym *symbol,
			      const char *name)
{
	Elf64_Shdr section;
	const char *in;

	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
	    !cv_module_section(o, symbol->st_shndx, &section))
		return false;
	in = cv_module_section_name(o, &section);
	if (!strcmp(in, CV_MODULE_ENTRY_SECTION))
		return strcmp(name, CV_MODULE_ENTRY) != 0;
	if (!strcmp(in, CV_MODULE_PROOF_SECTION))
		return strcmp(name, CV_MODULE_PROOF) != 0;
	return false;
}

static int check_symbols(const struct cv_module_object *o, struct cv_bpf_why *why)
{
	struct cv_bytes table = cv_module_section_bytes(o, ".symtab");
	struct cv_bytes names = cv_module_section_bytes(o, ".strtab");
	Elf64_Sym symbol;

	for (uint64_t at = sizeof(symbol); cv_bytes_copy(table, at, &symbol, sizeof(symbol));
	     at += sizeof(symbol)) {
		const char *name = cv_bytes_string(names, symbol.st_name);

		struct cv_module_place place = {.file = ""};

		if (symbol.st_shndx == SHN_UNDEF && *name) {
			cv_module_line_using(o, name, &place);
			return cv_module_refuse(why, &place,
						"%.60s is not in the module. A module is one "
						"source file; it cannot use symbols of the kernel.",
						name);
		}
		if (is_stray_function(o, &symbol, name)) {
			Elf64_Shdr s;

			if (cv_module_section(o, symbol.st_shndx, &s))
				cv_module_line_of(
					o, cv_module_section_name(o, &s),
					(uint32_t)(symbol.st_value / sizeof(struct bpf_insn)),
					&place);
			return cv_module_refuse(why, &place,
						"The program %.60s stands beside those of "
						"CV_MODULE(). A module has none of its own.",
						name);
		}
	}
	return 0;
}

/* ---- what it says of itself ---------------------------------------------------------------- */

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static int read_info(const struct cv_module_object *o, struct cv_module_info *ret,
		     struct cv_bpf_why *why)
{
	struct cv_bytes bytes = cv_module_section_bytes(o, CV_MODULE_SECTION);
	struct cv_module_place place = {.file = ""};
	struct cv_module_info info;
	bool ok;

	/* The number comes first, so that it can be read of every version there will be. */
	if (!cv_bytes_copy(bytes, 0, &info, 8) || info.magic != CV_MODULE_MAGIC)
		return cv_bpf_fail(why, -EINVAL,
				   "Section %s of the object is not from CV_MODULE(). Build the "
				   "module again.",
				   CV_MODULE_SECTION);
	if (info.abi != CULVERT_MODULE_ABI) {
		/* The entry's first line is where CV_MODULE() stands. */
		cv_module_line_of(o, CV_MODULE_ENTRY_SECTION, 0, &place);
		return cv_module_refuse(why, &place,
					"The module was built against ABI %u of "
					"culvert_module.h, here it is %u. Build it again with the "
					"header of this version.",
					info.abi, CULVERT_MODULE_ABI);
	}
	if (!cv_bytes_copy(bytes, 0, &info, sizeof(info)))
		return cv_bpf_fail(why, -EINVAL, "Section %s of the object is cut short.",
				   CV_MODULE_SECTION);
	info.name[sizeof(info.name) - 1] = '\0';
	ok = info.name[0] && is_printable(info.name);
	for (size_t i = 0; i < CV_MODULE_CODES; i++) {
		info.codes[i][sizeof(info.codes[i]) - 1] = '\0';
		ok = ok && is_printable(info.codes[i]);
	}
	if (!ok)
		return cv_bpf_fail(why, -EINVAL,
				   "Names and codes in CV_MODULE() are printable ASCII.");
	if (!info.budget_ns)
		info.budget_ns = CV_MODULE_BUDGET_NS;
	*ret = info;
	return 0;
}

int cv_module_check(const void *object, size_t size, struct cv_module_info *ret,
		    struct cv_bpf_why *why)
{
	struct cv_module_object o;
	struct cv_module_info info;
	int err = cv_module_object_read(object, size, &o, why);

	if (!err)
		err = check_sections(&o, why);
	if (!err)
		err = read_info(&o, &info, why);
	if (!err)
		err = check_symbols(&o, why);
	/* Without the entry first: what is wrong there is then the module's own. */
	if (!err)
		err = check_calls(&o, CV_MODULE_PROOF_SECTION, why);
	if (!err)
		err = check_calls(&o, ".text", why);
	if (!err)
		err = check_calls(&o, CV_MODULE_ENTRY_SECTION, why);
	if (!err)
		*ret = info;
	return err;
}
