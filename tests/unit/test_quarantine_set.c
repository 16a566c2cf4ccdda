/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in quarantine, and where the verdict says so. */
#include "tests/unit/verdict_help.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/policy/quarantine_lookup.h"

#define DEVICE(addr) ((struct cv_binding_key){.id = {CV_ADDR4(addr)}, .kind = 4})
#define MAC(mac) ((struct cv_binding_key){.id = {mac}, .kind = CV_BINDING_OF_MAC})

static int by_order(const void *a, const void *b)
{
	return cv_quarantine_order(a, b);
}

static struct cv_quarantine_image *image_of(const struct cv_binding_key *list, uint32_t n)
{
	struct cv_quarantine_image *image = calloc(1, cv_quarantine_image_size(n));

	assert_non_null(image);
	image->count = n;
	if (n) {
		memcpy(image->devices, list, n * sizeof(*list));
		qsort(image->devices, n, sizeof(*list), by_order);
	}
	cv_quarantine_image_seal(image);
	return image;
}

static struct cv_quarantine_set *set_of(const struct cv_binding_key *list, uint32_t n)
{
	struct cv_quarantine_image *image = image_of(list, n);
	struct cv_quarantine_set *s = NULL;

	assert_int_equal(cv_quarantine_image_check(image, cv_quarantine_image_size(n)), 0);
	assert_int_equal(cv_quarantine_set_create(image, &s), 0);
	assert_int_equal(s->count, n);
	free(image);
	return s;
}

/* So many that homes collide; whoever is not on the list is not found. */
static void test_many(void **state)
{
	enum { MANY = 5000 };
	struct cv_binding_key *list = calloc(MANY, sizeof(*list));
	struct cv_quarantine_set *s;

	assert_non_null(list);
	for (uint32_t i = 0; i < MANY; i++)
		list[i] = i % 3 ? DEVICE(htonl(0x0a000000 + i)) : MAC(0x020000000000ull + i);
	s = set_of(list, MANY);
	assert_true(s->reach > 0);
	for (uint32_t i = 0; i < MANY; i++) {
		struct cv_binding_key other = DEVICE(htonl(0x0b000000 + i));

		assert_true(quarantine_has(s, &list[i]));
		assert_false(quarantine_has(s, &other));
	}
	cv_quarantine_set_destroy(s);
	free(list);
}

/* What is not a list, or not in order, or has more than an identity in it, is refused. */
static void test_refused(void **state)
{
	const struct cv_binding_key list[] = {MAC(0x0202), DEVICE(htonl(0x0a000001)),
					      DEVICE(htonl(0x0a000002))};
	const size_t size = cv_quarantine_image_size(3);
	struct cv_quarantine_image *image = image_of(list, 3);
	struct cv_binding_key first = image->devices[0];

	assert_int_equal(cv_quarantine_image_check(image, size), 0);
	assert_int_equal(cv_quarantine_image_check(image, size - 1), -EBADMSG);
	assert_int_equal(cv_quarantine_image_check(image, 8), -EBADMSG);
	image->devices[2] = image->devices[1]; /* twice */
	cv_quarantine_image_seal(image);
	assert_int_equal(cv_quarantine_image_check(image, size), -EBADMSG);
	image->devices[2] = DEVICE(htonl(0x0a000000)); /* out of order */
	cv_quarantine_image_seal(image);
	assert_int_equal(cv_quarantine_image_check(image, size), -EBADMSG);
	image->devices[2] = DEVICE(htonl(0x0a000003));
	image->devices[0].pad = 1;
	cv_quarantine_image_seal(image);
	assert_int_equal(cv_quarantine_image_check(image, size), -EBADMSG);
	image->devices[0] = first;
	image->devices[0].id[0] |= 1ull << 48;
	cv_quarantine_image_seal(image);
	assert_int_equal(cv_quarantine_image_check(image, size), -EBADMSG);
	image->devices[0] = first;
	cv_quarantine_image_seal(image);
	assert_int_equal(cv_quarantine_image_check(image, size), 0);
	image->crc32c ^= 1;
	assert_int_equal(cv_quarantine_image_check(image, size), -EBADMSG);
	free(image);
}

static void test_read(void **state)
{
	const struct cv_binding_key device = DEVICE(htonl(0x0a000001));
	struct cv_quarantine_image *image = image_of(&device, 1), *got = NULL;
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(cv_quarantine_image_read(fd, &got), -EBADMSG); /* empty */
	assert_int_equal(write(fd, image, cv_quarantine_image_size(1)),
			 cv_quarantine_image_size(1));
	assert_int_equal(cv_quarantine_image_read(fd, &got), 0);
	assert_memory_equal(got, image, cv_quarantine_image_size(1));
	free(got);
	assert_int_equal(ftruncate(fd, 30), 0);
	assert_int_equal(cv_quarantine_image_read(fd, &got), -EBADMSG);
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	assert_int_equal(cv_quarantine_image_read(fd, &got), -EBADMSG);
	close(fd);
	free(image);
}

static void arp_from(struct bytes *f, uint32_t host)
{
	uint32_t addr = htonl(host);

	ethernet(f, 0x0806);
	memset(f->b + f->len, 0, 46);
	memcpy(f->b + f->len + CV_ARP_SENDER, &addr, sizeof(addr));
	f->len += 46;
}

/* By address, by MAC, by what ARP says; each frame in one place, and only while it lasts. */
static void test_verdict(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	const struct cv_binding_key bad = DEVICE(htonl(0x0a010203));
	struct cv_quarantine_set *by_addr = set_of(&bad, 1), *by_mac, *nobody = set_of(NULL, 0);
	struct cv_binding_key mac;
	struct bytes f;

	udp_from(&f, 0x0a010203);
	cv_binding_key_mac(cv_load_mac(f.b + CV_ETH_SOURCE), &mac);
	by_mac = set_of(&mac, 1);
	assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_quarantine(t, nobody);
	assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_quarantine(t, by_addr);
	assert_int_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	assert_int_equal(judge(t, &f).inspect, 0);
	udp_from(&f, 0x0a010204);
	assert_int_equal(judge(t, &f).verdict, FORWARD(ALLOW_DEFAULT));
	cv_policy_quarantine(t, by_mac);
	assert_int_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	arp_from(&f, 0x0a010209);
	assert_int_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	cv_policy_quarantine(t, by_addr);
	assert_int_not_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	arp_from(&f, 0x0a010203);
	assert_int_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	cv_policy_quarantine(t, NULL);
	assert_int_not_equal(judge(t, &f).verdict, DROP(QUARANTINE));
	cv_policy_table_destroy(t);
	cv_quarantine_set_destroy(by_addr);
	cv_quarantine_set_destroy(by_mac);
	cv_quarantine_set_destroy(nobody);
}

/* A shadow that would let everything pass does not differ on who is put away. */
static void test_shadow(void **state)
{
	struct cv_policy_table *t = table(policy(CV_ACTION_FORWARD));
	struct cv_policy_table *beside = table(policy(CV_ACTION_FORWARD));
	const struct cv_binding_key bad = DEVICE(htonl(0x0a010203));
	struct cv_quarantine_set *s = set_of(&bad, 1);
	struct cv_judgement said;
	struct cv_frame frame = {0};
	struct bytes f;

	udp_from(&f, 0x0a010203);
	frame.data = f.b;
	frame.len = f.len;
	cv_policy_quarantine(t, s);
	cv_policy_judge(t, NULL, &frame, 1, 1);
	cv_policy_judge_shadow(beside, NULL, &frame, 1, 1, &said);
	assert_int_equal(frame.verdict, DROP(QUARANTINE));
	assert_int_equal(said.verdict, frame.verdict);
	cv_policy_table_destroy(t);
	cv_policy_table_destroy(beside);
	cv_quarantine_set_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read),   cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_shadow),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	cv_device_table_destroy(devices);
	return failed;
}
