/* SPDX-License-Identifier: Apache-2.0 */
/* What the CoAP tests share; include after cmocka.h. */
#ifndef COAP_TEST_H
#define COAP_TEST_H

#include <string.h>

#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_coap;

static inline int coap_setup(void **state)
{
	*state = decode_run_new(&cv_decoder_coap, NULL);
	return 0;
}

static inline int coap_teardown(void **state)
{
	decode_run_free(*state);
	return 0;
}

/* The one record that all input so far made. */
static inline const struct cv_record *only(struct decode_run *r)
{
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

#define COAP_TEST(name) cmocka_unit_test_setup_teardown(name, coap_setup, coap_teardown)

#endif
