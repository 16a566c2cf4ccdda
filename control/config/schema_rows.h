/* SPDX-License-Identifier: Apache-2.0 */
/* How the rows of a schema table are written; for the files that hold such tables. */
#ifndef CV_SCHEMA_ROWS_H
#define CV_SCHEMA_ROWS_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIZEOF(type, member) sizeof(((type *)0)->member)
#define AT(type, member) .offset = offsetof(type, member), .size = SIZEOF(type, member)
#define CONFIG(member) AT(struct cv_config, member)
#define FIELDS(list) .fields = (list), .n_fields = COUNT(list)
#define LIST_OF(owner, element, member, number)                                                    \
	.type = CV_FIELD_LIST, .offset = offsetof(owner, member), .size = sizeof(element),         \
	.count_offset = offsetof(owner, number)

#endif
