/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/harness.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int cv_harness_start(struct cv_bpf *b, uint32_t devices)
{
	struct cv_bpf_port *port = &b->ports[0];
	void *page;
	int err;

	libbpf_set_print(be_silent);
	port->object = ingress_bpf__open();
	if (!port->object)
		return -errno;
	err = bpf_map__set_max_entries(port->object->maps.devices, devices);
	if (!err)
		err = bpf_map__set_max_entries(port->object->maps.devices_shadow, devices);
	if (!err)
		err = ingress_bpf__load(port->object);
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

void cv_harness_stop(struct cv_bpf *b)
{
	if (b->epoch)
		munmap(b->epoch, (size_t)sysconf(_SC_PAGESIZE));
	ingress_bpf__destroy(b->ports[0].object);
}
