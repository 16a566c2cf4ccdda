/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of test_senml_oracle: a pack as a library's tree has it, and what we make of the same. */
#ifndef SENML_ORACLE_H
#define SENML_ORACLE_H

#include "dataplane/decode/senml.h"

#define RECORDS_MAX 5
#define TEXT_MAX 64

extern uint64_t seed; /* of next_random(); printed when something differs */
uint64_t next_random(void);
unsigned int below(unsigned int n);

/* One record as the library's tree has it; NAN and "" where a field is missing. */
struct model {
	double number[CV_SENML_FIELD_COUNT];
	bool has[CV_SENML_FIELD_COUNT];
	char text[CV_SENML_FIELD_COUNT][1024];
	size_t len[CV_SENML_FIELD_COUNT];
};

extern const char *const labels[CV_SENML_FIELD_COUNT];
/** Field with this label, -1 when it is none of SenML's. */
int field_of(const char *label, size_t len);
void set_text(struct model *m, int field, const void *text, size_t len);
void set_number(struct model *m, int field, double value);
/** Compare the next entry of @p pack, *@p at, with the tree's next record; base fields add up. */
void same_next(const struct cv_senml_pack *pack, uint32_t *at, const struct model *m,
	       struct model *base);

/** Finite, of any size. */
double random_number(void);
/** @p room has TEXT_MAX bytes. */
const char *random_text(char *room);
/** Bit per field: what a valid record may have; the first one names the others. */
uint32_t random_fields(bool first);

/** A valid pack written by the library. */
char *random_json(void);
size_t random_cbor(uint8_t *room, size_t size);
/** Fail unless the library reads from the same bytes what we read into @p pack. */
void same_json(const struct cv_senml_pack *pack, const char *text, size_t len);
void same_cbor(const struct cv_senml_pack *pack, const uint8_t *data, size_t len);

#endif
