/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that fail: an ext4 on a loop device over a tmpfs, in a mount namespace of its own. A device
 * that has become smaller fails with EIO; one whose tmpfs has no page left is full although ext4
 * believes to have room; ext4 goes read-only when it is told of an error; a frozen file system takes
 * no writes until it is thawed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/eventlog/log_fixture.h"

#define SEGMENT (4u * CV_BLOCK_SIZE)

static char base[300];
static uint64_t given[CV_LANE_COUNT]; /* events, by lane */
static unsigned int pending; /* appends that are under way in the background */
static int last_res;

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static void must_run(const char *what, int res)
{
	if (res != 0)
		fail_msg("%s: %d", what, res);
}

static int append(struct fixture *fx, enum cv_lane lane)
{
	given[lane] += fx_block(fx, 0, lane, 1, 1 + given[lane], 100, 200);
	return fx_append(fx, lane, 1);
}

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	pending--;
	last_res = res;
}

/* Without waiting for it, nor for one under way before it. */
static void start_append(struct fixture *fx, enum cv_lane lane)
{
	struct cv_block *b =
		(struct cv_block *)((uint8_t *)fx->blocks + (size_t)pending * CV_BLOCK_SIZE);

	given[lane] += fx_block(fx, pending, lane, 1, 1 + given[lane], 100, 200);
	pending++;
	assert_int_equal(cv_eventlog_append(fx->log, lane, b, 1, appended, NULL), 0);
}

static void wait_for(struct fixture *fx, bool (*ready)(struct fixture *fx), const char *what)
{
	for (int i = 0; i < 100 && !ready(fx); i++)
		fx_wait(fx, 100000000);
	if (!ready(fx))
		fail_msg("in ten seconds not: %s", what);
}

static bool nothing_pending(struct fixture *fx)
{
	return pending == 0;
}

static bool is_well(struct fixture *fx)
{
	for (int i = 0; i < CV_LANE_COUNT; i++)
		if (cv_eventlog_trouble(fx->log, (enum cv_lane)i) != CV_LOG_TROUBLE_NONE)
			return false;
	return true;
}

static uint64_t refused(const struct fixture *fx, enum cv_lane lane)
{
	uint64_t sum = 0;

	for (int i = 0; i < CV_REFUSAL_COUNT; i++)
		sum += cv_eventlog_counters(fx->log)->refused[lane][i];
	return sum;
}

/*
 * Every event given is there, in order and once, or told of by a gap record. A gap record that could
 * not be written is one of what the next one tells of.
 */
static void account(struct fixture *fx, enum cv_lane lane)
{
	uint64_t seq = cv_eventlog_begin(fx->log, lane), events = 0, told = 0, value = 0;
	uint64_t holes = seq - 1; /* a lane that needed the room may have taken the first segment */

	while (seq < cv_eventlog_end(fx->log, lane)) {
		const struct cv_record *rec;

		if (fx_read(fx, lane, seq) != 0) {
			assert_int_equal(fx->read_res, -EBADMSG);
			assert_true(fx->read.told);
			holes += fx->read.skip_to - seq;
			seq = fx->read.skip_to;
			continue;
		}
		rec = (const struct cv_record *)(const void *)(fx->copy + 1);
		if (rec->kind == CV_KIND_GAP) {
			told += rec->value.u64;
		} else {
			assert_true(rec->value.u64 > value);
			value = rec->value.u64;
			events += fx->copy->count;
		}
		seq = fx->copy->first_seq + fx->copy->count;
	}
	assert_int_equal(events + refused(fx, lane), given[lane]);
	assert_int_equal(told, holes);
	assert_in_range(told, refused(fx, lane), refused(fx, lane) + 2);
}

/* A device that ends before the file system does: what lies behind fails with EIO. */
static void limit_disk(uint64_t bytes)
{
	struct loop_info64 info;
	char name[64] = "", command[400];
	FILE *out;
	int fd;

	snprintf(command, sizeof(command), "findmnt -no SOURCE %s/mnt", base);
	out = popen(command, "re");
	assert_non_null(out);
	assert_non_null(fgets(name, sizeof(name), out));
	pclose(out);
	name[strcspn(name, "\n")] = '\0';
	fd = open(name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
	info.lo_sizelimit = bytes;
	assert_int_equal(ioctl(fd, LOOP_SET_STATUS64, &info), 0);
	close(fd);
}

static void break_disk(void)
{
	run("sync -f %s/mnt", base);
	limit_disk(1 << 20);
}

static void mend_disk(void)
{
	limit_disk(0);
}

static void io_errors_cost_no_alarm(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(append(fx, CV_LANE_ALARM), 0);
	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), 0);
	break_disk();
	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), -EIO);
	assert_true(refused(fx, CV_LANE_MEASUREMENT) > 0);
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_MEASUREMENT),
			 CV_LOG_TROUBLE_IO_ERROR);
	start_append(fx, CV_LANE_ALARM);
	fx_wait(fx, 700000000);
	assert_int_equal(pending, 1);
	assert_true(cv_eventlog_held(fx->log, CV_LANE_ALARM));
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_ALARM), CV_LOG_TROUBLE_IO_ERROR);
	mend_disk();
	wait_for(fx, nothing_pending, "the alarms are logged");
	assert_int_equal(last_res, 0);
	assert_int_equal(refused(fx, CV_LANE_ALARM), 0);
	wait_for(fx, is_well, "the log is well by itself");
	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), 0);
	account(fx, CV_LANE_ALARM);
	account(fx, CV_LANE_MEASUREMENT);
}

/* A thin disk that has no more room behind it than it says. */
static void a_thin_disk_is_full(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(append(fx, CV_LANE_ALARM), 0);
	/* What is still zero takes no page of the tmpfs, and then there is none left. */
	assert_int_equal(run("sync -f %s/mnt; fallocate --dig-holes %s/back/disk", base, base), 0);
	run("yes 2>/dev/null | head -c 200m >%s/back/ballast 2>/dev/null", base);
	assert_true(append(fx, CV_LANE_MEASUREMENT) < 0);
	start_append(fx, CV_LANE_ALARM);
	fx_wait(fx, 500000000);
	assert_true(cv_eventlog_held(fx->log, CV_LANE_ALARM));
	assert_int_equal(run("rm %s/back/ballast", base), 0);
	wait_for(fx, nothing_pending, "the alarms are logged");
	assert_int_equal(last_res, 0);
	wait_for(fx, is_well, "the log is well by itself");
	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), 0);
	account(fx, CV_LANE_ALARM);
	account(fx, CV_LANE_MEASUREMENT);
}

/* One append is logged, the next ones find a broken disk. @return the lane's end before them. */
static uint64_t append_to_a_broken_disk(struct fixture *fx, enum cv_lane lane, unsigned int appends)
{
	uint64_t end;

	assert_int_equal(append(fx, lane), 0);
	end = cv_eventlog_end(fx->log, lane);
	break_disk();
	for (unsigned int i = 0; i < appends; i++)
		start_append(fx, lane);
	return end;
}

/* Owners that go do not wait for the disk; what was held has not used any number. */
static void let_go(struct fixture *fx, unsigned int held)
{
	uint64_t end = append_to_a_broken_disk(fx, CV_LANE_ALARM, held);

	fx_wait(fx, 500000000);
	assert_true(cv_eventlog_held(fx->log, CV_LANE_ALARM));
	cv_eventlog_let_go(fx->log);
	assert_int_equal(pending, 0);
	assert_int_equal(last_res, -ECANCELED);
	given[CV_LANE_ALARM] -= 100 * held; /* their owner has them still */
	mend_disk();
	assert_int_equal(append(fx, CV_LANE_ALARM), 0);
	assert_int_equal(fx_read(fx, CV_LANE_ALARM, end), 0);
	account(fx, CV_LANE_ALARM);
}

static void held_alarms_can_be_let_go(void **state)
{
	let_go(*state, 1);
}

static void two_held_alarms_can_be_let_go(void **state)
{
	let_go(*state, 2);
}

/*
 * What was made ready behind a write that fails has taken numbers, and so has what was refused after
 * it: all are told of, once.
 */
static void what_waits_behind_a_failure_is_told(void **state)
{
	struct fixture *fx = *state;

	append_to_a_broken_disk(fx, CV_LANE_MEASUREMENT, 2);
	cv_eventlog_refuse(fx->log, CV_LANE_MEASUREMENT, CV_REFUSAL_BAD_BLOCK, 7);
	given[CV_LANE_MEASUREMENT] += 7;
	wait_for(fx, nothing_pending, "both are refused");
	assert_int_equal(last_res, -EIO);
	assert_int_equal(refused(fx, CV_LANE_MEASUREMENT), 207);
	mend_disk();
	wait_for(fx, is_well, "the log is well by itself");
	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), 0);
	account(fx, CV_LANE_MEASUREMENT);
}

/* The first write fails, the disk is well again before the second goes out. */
static void what_waits_behind_a_failure_may_yet_be_logged(void **state)
{
	struct fixture *fx = *state;

	append_to_a_broken_disk(fx, CV_LANE_MEASUREMENT, 2);
	cv_loop_submit(fx->loop);
	mend_disk(); /* the first has failed, which nobody has heard of yet */
	wait_for(fx, nothing_pending, "both are done with");
	assert_int_equal(last_res, 0);
	assert_int_equal(refused(fx, CV_LANE_MEASUREMENT), 100);
	wait_for(fx, is_well, "the log is well by itself");
	account(fx, CV_LANE_MEASUREMENT);
}

static void two_held_alarms_are_logged_in_order(void **state)
{
	struct fixture *fx = *state;

	append_to_a_broken_disk(fx, CV_LANE_ALARM, 2);
	fx_wait(fx, 500000000);
	assert_int_equal(pending, 2);
	mend_disk();
	wait_for(fx, nothing_pending, "the alarms are logged");
	assert_int_equal(last_res, 0);
	assert_int_equal(refused(fx, CV_LANE_ALARM), 0);
	account(fx, CV_LANE_ALARM);
}

/* A place that never works again is left behind after a while, and that is told. */
static void a_bad_place_is_left(void **state)
{
	struct fixture *fx = *state;

	append_to_a_broken_disk(fx, CV_LANE_ALARM, 1);
	for (int i = 0; i < 70 && pending; i++)
		fx_wait(fx, 100000000);
	assert_int_equal(pending, 0);
	assert_int_equal(last_res, -EIO);
	assert_int_equal(refused(fx, CV_LANE_ALARM), 100);
	mend_disk();
	wait_for(fx, is_well, "the log is well by itself");
	assert_int_equal(append(fx, CV_LANE_ALARM), 0);
	account(fx, CV_LANE_ALARM);
}

static void a_read_only_file_system_is_told(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(append(fx, CV_LANE_ALARM), 0);
	assert_int_equal(append(fx, CV_LANE_STATUS), 0);
	if (run("mount -o remount,errors=remount-ro %s/mnt && d=$(findmnt -no SOURCE %s/mnt) && "
		"echo test >/sys/fs/ext4/${d##*/}/trigger_fs_error",
		base, base) != 0)
		skip();
	assert_true(append(fx, CV_LANE_STATUS) < 0);
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_STATUS), CV_LOG_TROUBLE_READ_ONLY);
	assert_int_equal(
		cv_eventlog_counters(fx->log)->refused[CV_LANE_STATUS][CV_REFUSAL_READ_ONLY], 100);
	start_append(fx, CV_LANE_ALARM);
	fx_wait(fx, 500000000);
	assert_true(cv_eventlog_held(fx->log, CV_LANE_ALARM));
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_ALARM), CV_LOG_TROUBLE_READ_ONLY);
	cv_eventlog_let_go(fx->log);
	assert_int_equal(last_res, -ECANCELED);
}

static int freeze(unsigned long what)
{
	char path[320];
	int fd, res;

	snprintf(path, sizeof(path), "%s/mnt", base);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	res = ioctl(fd, what, 0);
	close(fd);
	return res;
}

static void a_disk_that_hangs_is_waited_for(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(append(fx, CV_LANE_MEASUREMENT), 0);
	if (freeze(FIFREEZE) < 0)
		skip();
	start_append(fx, CV_LANE_MEASUREMENT);
	fx_wait(fx, 1500000000);
	assert_int_equal(pending, 1);
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_MEASUREMENT), CV_LOG_TROUBLE_SLOW);
	assert_int_equal(cv_eventlog_trouble(fx->log, CV_LANE_ALARM), CV_LOG_TROUBLE_NONE);
	assert_int_equal(freeze(FITHAW), 0);
	wait_for(fx, nothing_pending, "the write is done");
	assert_int_equal(last_res, 0);
	assert_int_equal(refused(fx, CV_LANE_MEASUREMENT), 0);
	account(fx, CV_LANE_MEASUREMENT);
}

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));
	const char *why = "";

	memset(given, 0, sizeof(given));
	pending = 0;
	must_run("disk",
		 run("mkdir -p %s/back %s/mnt && mount -t tmpfs -o size=96m tmpfs %s/back && "
		     "truncate -s 200m %s/back/disk && "
		     "mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 %s/back/disk && "
		     "mount -o loop,noatime %s/back/disk %s/mnt",
		     base, base, base, base, base, base, base));
	fx_init(fx, SEGMENT);
	fx_remove_tree(fx->dir);
	snprintf(fx->dir, sizeof(fx->dir), "%.240s/mnt/log", base);
	if (fx_open(fx, &why) < 0)
		fail_msg("%s", why);
	fx_wait(fx, 200000000); /* the spare segments are made */
	*state = fx;
	return 0;
}

static int teardown(void **state)
{
	freeze(FITHAW);
	mend_disk();
	fx_destroy(*state);
	free(*state);
	return run("umount %s/mnt && umount %s/back", base, base);
}

/* @return whether a disk can be made here. */
static bool can_mount(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(base, sizeof(base), "%s/culvert-fault-XXXXXX", tmp ? tmp : "/tmp");
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mkdtemp(base) &&
	       run("mkdir %s/mnt && truncate -s 8m %s/disk && mkfs.ext4 -q %s/disk && "
		   "mount -o loop %s/disk %s/mnt && umount %s/mnt && rm %s/disk",
		   base, base, base, base, base, base, base) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(io_errors_cost_no_alarm, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thin_disk_is_full, setup, teardown),
		cmocka_unit_test_setup_teardown(held_alarms_can_be_let_go, setup, teardown),
		cmocka_unit_test_setup_teardown(what_waits_behind_a_failure_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_waits_behind_a_failure_may_yet_be_logged,
						setup, teardown),
		cmocka_unit_test_setup_teardown(two_held_alarms_are_logged_in_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(two_held_alarms_can_be_let_go, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_place_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_read_only_file_system_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_hangs_is_waited_for, setup, teardown),
	};
	int res;

	if (!can_mount()) {
		fprintf(stderr, "test_disk_fault: SKIP: no loop mounts here (needs root, "
				"/dev/loop-control and mkfs.ext4)\n");
		return 77;
	}
	res = cmocka_run_group_tests(tests, NULL, NULL);
	run("rmdir %s/* %s", base, base);
	return res;
}
