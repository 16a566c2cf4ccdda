/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cards of pci: ports, on trees of files in the shape of sysfs: which are taken by which driver, and
 * for each that is not, why. That a real kernel does what is written there, tests/vm/test_pci.sh shows.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/pci_address.h"
#include "dataplane/port/pci.h"

#define CARD "0000:03:00.1"
#define DEVICE "sys/bus/pci/devices/" CARD

static const struct cv_pci_places places = {.sys = "sys", .kept = "kept"};
static const struct cv_gen_port port = {.name = "field", .target = CARD, .kind = CV_PORT_PCI};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

/* A folder with all that lead to it. */
static void folder(const char *path)
{
	char part[256];

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		(void)mkdir(part, 0755);
	}
	if (mkdir(path, 0755) < 0)
		assert_int_equal(errno, EEXIST);
}

static void file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect_file(const char *path, const char *text)
{
	char found[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	(void)fgets(found, sizeof(found), f);
	fclose(f);
	assert_string_equal(found, text);
}

static void link_to(const char *target, const char *path)
{
	(void)unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* An igb card in IOMMU group 7, its interface down. */
static int setup(void **state)
{
	char template[] = "/tmp/cv-pci-XXXXXX";
	char *dir = mkdtemp(template);

	if (!dir || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	folder(DEVICE "/net/cvnone0");
	folder("sys/bus/pci/drivers/igb");
	folder("sys/bus/pci/drivers/vfio-pci");
	folder("sys/bus/pci/drivers/uio_pci_generic");
	folder("sys/kernel/iommu_groups/7/devices/" CARD);
	file("sys/kernel/iommu_groups/7/type", "DMA\n");
	file(DEVICE "/class", "0x020000\n");
	file(DEVICE "/driver_override", "");
	file("sys/bus/pci/drivers_probe", "");
	file("sys/bus/pci/drivers/igb/unbind", "");
	link_to("../../drivers/igb", DEVICE "/driver");
	link_to("../../../../kernel/iommu_groups/7", DEVICE "/iommu_group");
	return 0;
}

static int teardown(void **state)
{
	int r = chdir("/") < 0 || nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0;

	free(*state);
	return r;
}

static void test_address(void **state)
{
	static const char *const wrong[] = {
		"",
		"0000:03:00",
		"0000:03:00.8",
		"0000:03:20.0",
		"0000:03:00.1x",
		"000g:03:00.1",
		"0000-03:00.1",
		"00000:03:00.1",
		":03:00.1",
		"3:0.1",
		"../../../etc",
		"0000:03:00.1,",
		"0000:03:00.",
		"0000:03:0/.1",
	};
	char ret[CV_PCI_ADDRESS_SIZE];

	(void)state;
	assert_int_equal(cv_pci_address("0000:03:00.1", ret), 0);
	assert_string_equal(ret, CARD);
	assert_int_equal(cv_pci_address("03:00.1", ret), 0);
	assert_string_equal(ret, CARD);
	assert_int_equal(cv_pci_address("AbCd:eF:1F.7", ret), 0);
	assert_string_equal(ret, "abcd:ef:1f.7");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(cv_pci_address(wrong[i], ret), -1);
		assert_string_equal(ret, "abcd:ef:1f.7");
	}
}

/* Only what sysfs itself would say stands in a generation. */
static void test_generation(void **state)
{
	static const char *const targets[] = {CARD, "03:00.1", "0000:03:00.1/..", "0000:0A:00.1"};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct cv_generation_build *b = NULL;
		struct cv_generation *g = NULL;
		struct cv_gen_port p = port;

		p.peer = CV_PEER_NONE;
		snprintf(p.target, sizeof(p.target), "%s", targets[i]);
		assert_int_equal(cv_generation_build_create(&b), 0);
		assert_int_equal(cv_generation_build_port(b, &p), 0);
		assert_int_equal(cv_generation_build_finish(b, &g) == 0, i == 0);
		cv_generation_build_destroy(b);
		free(g);
	}
}

static void plans(const struct cv_gen_port *p, const char *wanted, bool confined)
{
	char why[CV_PCI_WHY_SIZE] = "";
	struct cv_pci_plan plan;

	assert_int_equal(cv_pci_plan(&places, p, &plan, why), 0);
	assert_string_equal(plan.wanted, wanted);
	assert_int_equal(plan.confined, confined);
	assert_string_equal(why, "");
}

/* Refused with an error, a cause and a remedy. */
static void refuses(const struct cv_gen_port *p, int error, const char *cause, const char *remedy)
{
	char why[CV_PCI_WHY_SIZE] = "";
	struct cv_pci_plan plan;

	assert_int_equal(cv_pci_plan(&places, p, &plan, why), error);
	if (!strstr(why, "port field: ") || !strstr(why, cause) || !strstr(why, remedy))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", why, cause, remedy);
}

static void test_plan(void **state)
{
	(void)state;
	plans(&port, "vfio-pci", true);
	/* Bridges share groups; so do functions that are taken, too. */
	folder("sys/kernel/iommu_groups/7/devices/0000:03:00.0");
	folder("sys/bus/pci/devices/0000:03:00.0");
	plans(&port, "vfio-pci", true);
	link_to("../../drivers/pcieport", "sys/bus/pci/devices/0000:03:00.0/driver");
	plans(&port, "vfio-pci", true);
	link_to("../../drivers/vfio-pci", "sys/bus/pci/devices/0000:03:00.0/driver");
	plans(&port, "vfio-pci", true);
	link_to("../../drivers/snd_hda_intel", "sys/bus/pci/devices/0000:03:00.0/driver");
	refuses(&port, -EBUSY,
		"shares its IOMMU group with 0000:03:00.0, which driver snd_hda_intel",
		"another slot");
}

static void test_no_iommu(void **state)
{
	struct cv_gen_port any = port;

	(void)state;
	any.unconfined = 1;
	assert_int_equal(unlink(DEVICE "/iommu_group"), 0);
	refuses(&port, -EPERM, "no IOMMU confines card " CARD, "iommu: optional");
	plans(&any, "uio_pci_generic", false);
	folder("sys/module/vfio/parameters");
	file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	plans(&any, "uio_pci_generic", false);
	file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	plans(&any, "vfio-pci", false);
	/* The group that VFIO makes then is none. */
	link_to("../../../../kernel/iommu_groups/7", DEVICE "/iommu_group");
	file("sys/kernel/iommu_groups/7/name", "vfio-noiommu\n");
	plans(&any, "vfio-pci", false);
	refuses(&port, -EPERM, "no IOMMU", "firmware");
	folder("sys/kernel/security");
	file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	plans(&any, "vfio-pci", false);
	file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	refuses(&any, -EPERM, "the kernel is locked down", "firmware");
}

static void test_refused(void **state)
{
	struct cv_gen_port other = port;

	(void)state;
	snprintf(other.target, sizeof(other.target), "0000:09:00.0");
	refuses(&other, -ENODEV, "no PCI device 0000:09:00.0", "culvert doctor");
	file(DEVICE "/class", "0x030000\n");
	refuses(&port, -ENOTSUP, "no network card (class 0x030000)", "culvert doctor");
	file(DEVICE "/class", "0x020000\n");
	link_to("../../drivers/mlx5_core", DEVICE "/driver");
	refuses(&port, -ENOTSUP, "stays with its kernel driver mlx5_core", "af_xdp:");
	link_to("../../drivers/pci-stub", DEVICE "/driver");
	refuses(&port, -EBUSY, "pci-stub holds card", "unbind");
}

/* The interface by which this machine has an address; every machine has this one. */
static void test_management(void **state)
{
	(void)state;
	folder(DEVICE "/net/lo");
	refuses(&port, -EBUSY, "is lo, by which the node has its address 127.0.0.1",
		"another card");
	assert_int_equal(rmdir(DEVICE "/net/lo"), 0);
	plans(&port, "vfio-pci", true);
	folder(DEVICE "/virtio2/net/lo");
	refuses(&port, -EBUSY, "127.0.0.1", "another card");
	assert_int_equal(rmdir(DEVICE "/virtio2/net/lo"), 0);
	folder("sys/class/net/cvnone0");
	link_to("../br0", "sys/class/net/cvnone0/master");
	refuses(&port, -EBUSY, "is cvnone0, a part of br0", "take it out");
}

static char told[128];

static void tell(const char *address, const char *driver, int error)
{
	snprintf(told, sizeof(told), "%s %s %d", address, driver, error);
}

/* No kernel is behind these files: what is written to them, and that a card which does not move is put
 * back. */
static void test_take_refused(void **state)
{
	char why[CV_PCI_WHY_SIZE] = "";
	struct cv_pci_plan plan;

	(void)state;
	assert_int_equal(cv_pci_plan(&places, &port, &plan, why), 0);
	assert_string_equal(plan.now, "igb");
	assert_int_equal(cv_pci_take(&places, &port, &plan, why), -ENXIO);
	assert_non_null(strstr(why, "does not go from driver igb to vfio-pci"));
	expect_file("sys/bus/pci/drivers/igb/unbind", CARD);
	expect_file("sys/bus/pci/drivers_probe", CARD);
	assert_int_equal(access("kept/" CARD, F_OK), -1);
	/* A driver that the machine does not have: nothing is touched. */
	snprintf(plan.wanted, sizeof(plan.wanted), "cv-no-such-driver");
	assert_int_equal(cv_pci_take(&places, &port, &plan, why), -ENOENT);
	assert_non_null(strstr(why, "modprobe cv-no-such-driver"));
	assert_int_equal(access("kept/" CARD, F_OK), -1);
	/* A card that is there already stays as it is and is nobody's to give back. */
	link_to("../../drivers/vfio-pci", DEVICE "/driver");
	assert_int_equal(cv_pci_plan(&places, &port, &plan, why), 0);
	assert_int_equal(cv_pci_take(&places, &port, &plan, why), 0);
	assert_int_equal(access("kept/" CARD, F_OK), -1);
}

static void test_give_back(void **state)
{
	struct cv_generation_build *b = NULL;
	struct cv_generation *g = NULL;
	struct cv_gen_port p = port;

	(void)state;
	told[0] = '\0';
	cv_pci_give_back(&places, NULL, tell);
	assert_string_equal(told, "");
	/* By hand it got its driver back: nothing is written. */
	folder("kept");
	file("kept/" CARD, "igb");
	file("kept/garbage", "igb");
	cv_pci_give_back(&places, NULL, tell);
	assert_string_equal(told, CARD " igb 0");
	assert_int_equal(access("kept/" CARD, F_OK), -1);
	expect_file("sys/bus/pci/drivers_probe", "");
	/* A port of the generation in force keeps its card. */
	file("kept/" CARD, "igb");
	link_to("../../drivers/vfio-pci", DEVICE "/driver");
	file("sys/bus/pci/drivers/vfio-pci/unbind", "");
	p.peer = CV_PEER_NONE;
	assert_int_equal(cv_generation_build_create(&b), 0);
	assert_int_equal(cv_generation_build_port(b, &p), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	told[0] = '\0';
	cv_pci_give_back(&places, g, tell);
	assert_string_equal(told, "");
	/* It does not go: said, and known for the next time. */
	cv_pci_give_back(&places, NULL, tell);
	assert_string_equal(told, CARD " igb -6");
	expect_file("sys/bus/pci/drivers/vfio-pci/unbind", CARD);
	assert_int_equal(access("kept/" CARD, F_OK), 0);
	/* It was pulled out. */
	assert_int_equal(nftw(DEVICE, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	cv_pci_give_back(&places, NULL, tell);
	assert_int_equal(access("kept/" CARD, F_OK), -1);
	free(g);
	cv_generation_build_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_generation),
		cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_iommu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_management, setup, teardown),
		cmocka_unit_test_setup_teardown(test_take_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_give_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
