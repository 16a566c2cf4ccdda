/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules go with the policies they came with, run on the ports they are for, and are kept when
 * control starts again.
 *
 * usage: test_module_policy COAP_BURST.o CODES.o REFUSED.o
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/module/module_node.h"

static void switch_to(struct cv_bpf *b, uint64_t number)
{
	struct cv_generation *g = node_generation(number, false);
	struct cv_bpf_why why = {""};

	if (cv_bpf_install(b, g, &why))
		fail_msg("%s", why.text);
	free(g);
}

static void stage(struct cv_bpf *b, const struct node_object *o)
{
	struct cv_bpf_why why = {""};

	if (cv_bpf_module_stage(b, CV_MODULE_ALL_PORTS, o->bytes, o->size, &why))
		fail_msg("%s", why.text);
}

static void test_goes_with_its_policy(void **state)
{
	struct cv_generation *g = node_generation(4, false);
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_why why = {""};

	assert_false(node_has_module(b));
	stage(b, &node_burst);
	assert_false(node_has_module(b)); /* not before its policy */
	switch_to(b, 2);
	assert_string_equal(node_module(b).slot.info.name, "coap_burst");
	switch_to(b, 3);
	assert_false(node_has_module(b));
	assert_int_equal(cv_bpf_revert(b), 0);
	assert_string_equal(node_module(b).slot.info.name, "coap_burst");
	assert_int_equal(cv_bpf_revert(b), 0);
	assert_false(node_has_module(b));

	/* A shadow's module does not run before it is promoted. */
	stage(b, &node_codes);
	assert_int_equal(cv_bpf_shadow(b, g, &why), 0);
	node_send_coap(7003, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets, 0);
	assert_int_equal(cv_bpf_promote(b), 0);
	node_send_coap(7003, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 20).reason[CV_REASON_MODULE].packets, 10);

	/* One that is refused leaves everything as it is. */
	assert_int_equal(cv_bpf_module_install(b, CV_MODULE_ALL_PORTS, node_refused.bytes,
					       node_refused.size, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, ".bpf.c:"));
	assert_int_equal(cv_bpf_module_stage(b, CV_MODULE_ALL_PORTS, node_refused.bytes,
					     node_refused.size, &why),
			 -EINVAL);
	assert_string_equal(node_module(b).slot.info.name, "codes");
	free(g);
	node_stop(b);
}

static void test_ports(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_why why = {""};

	/* For the second port only. */
	assert_int_equal(cv_bpf_module_install(b, 1u << 1, node_codes.bytes, node_codes.size, &why),
			 0);
	node_send_coap(7000, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets, 0);
	assert_int_equal(node_module(b).counts.runs, 0);
	node_stop(b);
}

/* A control that starts again leaves the module in force, with what it remembers. */
static void test_start_again(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_why why = {""};
	uint64_t base;

	node_install(b, &node_burst);
	node_send_coap(40001, 7, 5);
	cv_lab_counts_after(b, 0, 5);
	cv_bpf_close(b);
	node_send_coap(40001, 7, 5); /* nobody is there, and it judges */
	b = node_start(2);
	base = cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets;
	assert_int_equal(base, 5);
	assert_string_equal(node_module(b).slot.info.name, "coap_burst");
	node_send_coap(40001, 7, 5);
	assert_int_equal(cv_lab_counts_after(b, 0, 15).reason[CV_REASON_MODULE].packets, 10);
	/* Control says which it should be: that very one stays, another takes its place. */
	assert_int_equal(cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, node_burst.bytes,
					      node_burst.size, &why),
			 0);
	assert_int_equal(node_module(b).counts.runs, 5);
	assert_int_equal(cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, node_codes.bytes,
					      node_codes.size, &why),
			 0);
	assert_string_equal(node_module(b).slot.info.name, "codes");
	switch_to(b, 3); /* but the next policy has one only when it brings one */
	assert_false(node_has_module(b));
	assert_int_equal(cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, node_burst.bytes,
					      node_burst.size, &why),
			 0);
	assert_int_equal(cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, NULL, 0, &why), 0);
	assert_false(node_has_module(b));
	node_stop(b);
}

/* The ports have other numbers than before: a frame must not go on by another port's program, so
 * no module runs before control says which. */
static void test_ports_renumbered(void **state)
{
	struct cv_generation *g = node_generation(2, true);
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_why why = {""};
	struct cv_xdp_counts c;

	node_install(b, &node_codes);
	cv_bpf_close(b);
	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	assert_false(node_has_module(b));
	node_install(b, &node_codes);
	node_send_coap(7004, 1, 10);
	c = cv_lab_counts_after(b, 1, 10);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 10);
	assert_int_equal(node_saw().port, 1);
	node_send_coap(7777, 1, 10);
	c = cv_lab_counts_after(b, 1, 20);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(node_judged(b), 0); /* nothing by the other port */
	free(g);
	node_stop(b);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_goes_with_its_policy),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_ports_renumbered),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	return node_run_tests(argc, argv, tests);
}
