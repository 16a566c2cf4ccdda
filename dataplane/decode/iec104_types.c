/* SPDX-License-Identifier: Apache-2.0 */
/* Types, forms and causes of the standard, and the length that follows from them. */
#include "dataplane/decode/iec104.h"

#define SEQUENCE 0x80u

const struct iec104_type *iec104_type(uint8_t id)
{
#define FORM_SIZE(form, size) SIZE_##form = (size),
	enum form_size { IEC104_FORMS(FORM_SIZE) };
#undef FORM_SIZE
	static const struct iec104_type types[256] = {
#define TYPE(number, text, object, time)                                                           \
	[number] = {.label = #text,                                                                \
		    .form = IEC104_##object,                                                       \
		    .tag = IEC104_##time,                                                          \
		    .size = (uint8_t)SIZE_##object + (uint8_t)IEC104_##time},
#include "dataplane/decode/iec104_type_list.h"
	};

	return &types[id];
}

const char *iec104_cause_name(uint8_t cause)
{
	static const char *const names[IEC104_CAUSE_LAST + 1] = {
		[1] = "periodic",
		[2] = "background",
		[3] = "spontaneous",
		[4] = "initialized",
		[5] = "request",
		[6] = "activation",
		[7] = "activation-confirmation",
		[8] = "deactivation",
		[9] = "deactivation-confirmation",
		[10] = "activation-termination",
		[11] = "remote-command",
		[12] = "local-command",
		[13] = "file-transfer",
		[14] = "authentication",
		[15] = "session-key",
		[16] = "user-role",
		[20] = "interrogated",
		[21] = "interrogated-group-1",
		[22] = "interrogated-group-2",
		[23] = "interrogated-group-3",
		[24] = "interrogated-group-4",
		[25] = "interrogated-group-5",
		[26] = "interrogated-group-6",
		[27] = "interrogated-group-7",
		[28] = "interrogated-group-8",
		[29] = "interrogated-group-9",
		[30] = "interrogated-group-10",
		[31] = "interrogated-group-11",
		[32] = "interrogated-group-12",
		[33] = "interrogated-group-13",
		[34] = "interrogated-group-14",
		[35] = "interrogated-group-15",
		[36] = "interrogated-group-16",
		[37] = "counters",
		[38] = "counters-group-1",
		[39] = "counters-group-2",
		[40] = "counters-group-3",
		[41] = "counters-group-4",
		[44] = "unknown-type",
		[45] = "unknown-cause",
		[46] = "unknown-common-address",
		[47] = "unknown-object-address",
	};

	return cause <= IEC104_CAUSE_LAST ? names[cause] : NULL;
}

bool iec104_fits(uint8_t id, uint8_t qualifier, size_t len)
{
	const struct iec104_type *type = iec104_type(id);
	size_t count = qualifier & ~SEQUENCE;

	if (count == 0)
		return false;
	if (type->form == IEC104_FILE_SEGMENT) /* the one object ends with a segment */
		return count == 1 && len >= IEC104_IOA + (size_t)type->size;
	if (qualifier & SEQUENCE)
		return len == IEC104_IOA + count * type->size;
	return len == count * (IEC104_IOA + (size_t)type->size);
}
