/* SPDX-License-Identifier: Apache-2.0 */
/* What one address may take of the API. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/http_peers.h"

#define SECOND UINT64_C(1000000000)

static struct cv_peers *peers;

static struct sockaddr_storage at(const char *text)
{
	struct sockaddr_storage from = {0};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&from;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&from;

	from.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (from.ss_family == AF_INET)
		assert_int_equal(inet_pton(AF_INET, text, &in4->sin_addr), 1);
	else
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	return from;
}

/* @return the verdict, -1 = nothing is told. */
static int join(const char *text, uint64_t now, struct cv_peer **ret)
{
	struct sockaddr_storage from = at(text);
	enum cv_peer_verdict verdict;

	*ret = cv_peers_join(peers, &from, now, &verdict);
	return *ret ? (int)verdict : -1;
}

static void test_connections(void **state)
{
	struct cv_peer_limits limits = {.connections = 2};
	struct cv_peer *held[2 + CV_PEER_TOLD], *other;

	cv_peers_limit(peers, &limits);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(join("192.0.2.1", 1, &held[i]), CV_PEER_FINE);
	for (unsigned int i = 2; i < 2 + CV_PEER_TOLD; i++)
		assert_int_equal(join("192.0.2.1", 1, &held[i]), CV_PEER_CONNECTIONS);
	assert_int_equal(join("192.0.2.1", 1, &other), -1);
	assert_int_equal(join("::ffff:192.0.2.1", 1, &other), -1); /* the same */
	assert_int_equal(join("192.0.2.2", 1, &other), CV_PEER_FINE);
	assert_int_equal(cv_peers_count(peers), 2);
	cv_peers_leave(other);
	for (unsigned int i = 0; i < 2 + CV_PEER_TOLD; i++)
		cv_peers_leave(held[i]);
	cv_peers_leave(NULL);
	assert_int_equal(cv_peers_count(peers), 0);
	assert_int_equal(join("192.0.2.1", 1, &other), CV_PEER_FINE);
	cv_peers_leave(other);
}

/* One place of IPv6 has as many addresses as it likes. */
static void test_networks(void **state)
{
	struct cv_peer_limits limits = {.connections = 1};
	struct cv_peer *one, *two;

	cv_peers_limit(peers, &limits);
	assert_int_equal(join("2001:db8:0:1::1", 1, &one), CV_PEER_FINE);
	assert_int_equal(join("2001:db8:0:1:ffff::2", 1, &two), CV_PEER_CONNECTIONS);
	cv_peers_leave(two);
	assert_int_equal(join("2001:db8:0:2::1", 1, &two), CV_PEER_FINE);
	cv_peers_leave(two);
	cv_peers_leave(one);
}

static void test_requests(void **state)
{
	struct cv_peer_limits limits = {.requests = 10};
	struct cv_peer *peer, *told[CV_PEER_TOLD];
	uint64_t now = 5 * SECOND;

	cv_peers_limit(peers, &limits);
	assert_int_equal(join("192.0.2.1", now, &peer), CV_PEER_FINE);
	for (int i = 0; i < 9; i++)
		assert_true(cv_peers_request(peers, peer, now));
	assert_false(cv_peers_request(peers, peer, now));
	for (int i = 0; i < CV_PEER_TOLD - 1; i++)
		assert_int_equal(join("192.0.2.1", now, &told[i]), CV_PEER_REQUESTS);
	assert_int_equal(join("192.0.2.1", now, &told[CV_PEER_TOLD - 1]), -1);
	for (int i = 0; i < CV_PEER_TOLD - 1; i++)
		cv_peers_leave(told[i]);
	assert_true(cv_peers_request(peers, peer, now + SECOND / 10));
	assert_false(cv_peers_request(peers, peer, now + SECOND / 10));
	/* Debts outlive the connection. */
	cv_peers_leave(peer);
	assert_int_equal(join("192.0.2.1", now + SECOND / 10, &peer), CV_PEER_REQUESTS);
	cv_peers_leave(peer);
	assert_int_equal(join("192.0.2.1", now + 9 * SECOND, &peer), CV_PEER_FINE);
	cv_peers_leave(peer);
	assert_true(cv_peers_request(peers, NULL, now));
}

/* More addresses than places: no memory, and none of them is let off its limits. */
static void test_more_addresses_than_places(void **state)
{
	const unsigned int count = 200000;
	struct cv_peer_limits limits = {.connections = 100};
	struct cv_peer **held = calloc(count, sizeof(*held));
	unsigned int fine = 0, told = 0;

	assert_non_null(held);
	cv_peers_limit(peers, &limits);
	for (unsigned int i = 0; i < count; i++) {
		char text[32];
		int res;

		snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		res = join(text, 1, &held[i]);
		fine += res == CV_PEER_FINE;
		told += res == CV_PEER_CONNECTIONS;
	}
	assert_in_range(fine, 10000, 16384 + 100);
	assert_int_equal(told, CV_PEER_TOLD);
	for (unsigned int i = 0; i < count; i++)
		cv_peers_leave(held[i]);
	assert_int_equal(cv_peers_count(peers), 0);
	free(held);
}

static int set_up(void **state)
{
	const struct cv_peer_limits none = {0};

	return cv_peers_create(&none, &peers);
}

static int tear_down(void **state)
{
	cv_peers_destroy(peers);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connections),
		TEST(networks),
		TEST(requests),
		TEST(more_addresses_than_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
