/* SPDX-License-Identifier: Apache-2.0 */
#include "ebpf/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ebpf/loader_internal.h"

#include "ingress.skel.h"

#define FRAME_ROOM 4096 /* the kernel wants room for what comes out, too */

struct cv_bpf_offline {
	struct cv_bpf bpf;
	uint8_t out[FRAME_ROOM];
};

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int cv_bpf_offline_start(struct cv_bpf *b, uint32_t devices)
{
	struct cv_bpf_port *port = &b->ports[0];
	void *page;
	int err;

	libbpf_set_print(be_silent);
	b->wait_outer = b->wait_inner = -1; /* who runs the program here is this thread */
	port->object = ingress_bpf__open();
	if (!port->object)
		return -errno;
	err = cv_bpf_devices_size(port->object, devices);
	if (!err)
		err = ingress_bpf__load(port->object);
	if (!err)
		err = cv_bpf_devices_begin(port->object, NULL);
	if (err)
		return err;
	page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
		    bpf_map__fd(port->object->maps.policy_epoch), 0);
	if (page == MAP_FAILED)
		return -errno;
	b->count = 1;
	b->first = port;
	b->epoch = page;
	return 0;
}

void cv_bpf_offline_stop(struct cv_bpf *b)
{
	if (b->epoch)
		munmap(b->epoch, (size_t)sysconf(_SC_PAGESIZE));
	ingress_bpf__destroy(b->ports[0].object);
}

static int fail_load(struct cv_bpf_why *why, int err)
{
	if (err == -EPERM || err == -EACCES)
		return cv_bpf_fail(why, -EPERM,
				   "Loading the XDP program needs root (CAP_BPF and "
				   "CAP_NET_ADMIN). Run it as root, or judge by the worker's "
				   "tables alone.");
	return cv_bpf_fail(why, err, "The kernel does not load the XDP program: %s.",
			   strerror(-err));
}

int cv_bpf_offline_open(const struct cv_generation *gen, struct cv_bpf_offline **ret,
			struct cv_bpf_why *why)
{
	/* The worker's, so that both forget the same devices where there are too many. */
	uint64_t seed = cv_generation_seed(gen);
	struct cv_bpf_offline *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return cv_bpf_fail(why, -ENOMEM, "Out of memory.");
	err = cv_bpf_offline_start(&o->bpf, gen->device_capacity);
	if (!err)
		err = cv_bpf_devices_begin(o->bpf.first->object, &seed);
	if (err)
		err = fail_load(why, err);
	else
		err = cv_bpf_install(&o->bpf, gen, why);
	if (err)
		cv_bpf_offline_close(o);
	else
		*ret = o;
	return err;
}

int cv_bpf_offline_judge(struct cv_bpf_offline *o, const uint8_t *data, uint32_t len, uint32_t port,
			 uint64_t now_ns, struct cv_bpf_judged *ret)
{
	const struct ingress_bpf *object = o->bpf.first->object;
	volatile struct cv_xdp_test *io = &object->bss->test_io;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = data, .data_size_in = len,
		    .data_out = o->out, .data_size_out = sizeof(o->out));

	io->now_ns = now_ns;
	io->port = port;
	if (bpf_prog_test_run_opts(bpf_program__fd(object->progs.verdict_test), &run))
		return -errno;
	*ret = (struct cv_bpf_judged){
		.verdict = run.retval,
		.rule = io->rule,
		.index = io->index,
		.app = io->app,
		.inspect = io->inspect,
		.shadow = io->shadow,
		.module = io->module,
	};
	return 0;
}

int cv_bpf_offline_module(struct cv_bpf_offline *o, const void *object, size_t size,
			  struct cv_bpf_why *why)
{
	const struct ingress_bpf *loaded = o->bpf.first->object;
	int finish = bpf_program__fd(loaded->progs.module_finish_test);

	for (__u32 port = 0; port < CV_PORTS_MAX; port++) {
		__u32 at = CV_MODULE_FINISH(port);

		if (bpf_map_update_elem(bpf_map__fd(loaded->maps.module_programs), &at, &finish,
					BPF_ANY))
			return cv_bpf_fail(why, -errno, "The kernel does not take the module: %s.",
					   strerror(errno));
	}
	return cv_bpf_module_install(&o->bpf, CV_MODULE_ALL_PORTS, object, size, why);
}

int cv_bpf_offline_shadow(struct cv_bpf_offline *o, const struct cv_generation *gen,
			  struct cv_bpf_why *why)
{
	/* The seed is the other one's already: both tables have one. */
	return cv_bpf_shadow(&o->bpf, gen, why);
}

int cv_bpf_offline_module_counters(const struct cv_bpf_offline *o, struct cv_bpf_module *ret)
{
	return cv_bpf_module_counters(&o->bpf, cv_bpf_epoch(&o->bpf).live, ret);
}

void cv_bpf_offline_close(struct cv_bpf_offline *o)
{
	if (!o)
		return;
	cv_bpf_offline_stop(&o->bpf);
	free(o);
}
