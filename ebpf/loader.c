/* SPDX-License-Identifier: Apache-2.0 */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "ingress.skel.h"

/* libbpf's own words are for its developers; callers get a sentence instead. */
static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

/* ---- maps ---------------------------------------------------------------------------------- */

struct pinned {
	struct bpf_map *map;
	bool shared;
};

#define SHARED_ROW(name) {o->maps.name, true},
#define PORT_ROW(name) {o->maps.name, false},
#define COUNT_ROW(name) PIN_##name,
enum { CV_SHARED_MAPS(COUNT_ROW) CV_PORT_MAPS(COUNT_ROW) PINNED };

static void pinned_maps(const struct ingress_bpf *o, struct pinned maps[PINNED])
{
	const struct pinned all[PINNED] = {CV_SHARED_MAPS(SHARED_ROW) CV_PORT_MAPS(PORT_ROW)};

	memcpy(maps, all, sizeof(all));
}

static int each_pin(const struct cv_bpf *b, const struct cv_bpf_port *port,
		    int (*act)(struct bpf_map *, const char *))
{
	struct pinned maps[PINNED];
	int err = 0;

	pinned_maps(port->object, maps);
	for (unsigned int i = 0; i < PINNED && !err; i++) {
		char path[CV_PIN_PATH_SIZE];

		err = cv_pins_path(b->dir, maps[i].shared ? NULL : port->name,
				   bpf_map__name(maps[i].map), path, sizeof(path));
		if (!err)
			err = act(maps[i].map, path);
	}
	return err;
}

/*
 * Policies lie in slots that one pinned word names. What another version pinned may lack a map that
 * this one has, or have it in another shape: then no slot is whole, and all of them begin anew.
 * The program that is still attached keeps its own maps until this one takes its place.
 */
static int adopt_pins(const struct cv_bpf *b, const struct cv_bpf_port *port)
{
	struct pinned maps[PINNED];
	char path[CV_PIN_PATH_SIZE];
	bool whole = true;

	pinned_maps(port->object, maps);
	for (unsigned int i = 0; i < PINNED && whole; i++) {
		const char *name = bpf_map__name(maps[i].map);

		if (maps[i].shared && cv_pins_of_policy(name))
			whole = !cv_pins_path(b->dir, NULL, name, path, sizeof(path)) &&
				cv_pins_fit(maps[i].map, path);
	}
	if (!whole)
		cv_pins_remove_policy(b->dir);
	return each_pin(b, port, cv_pins_adopt);
}

static int load_failed(struct cv_bpf_why *why, int err, const char *port)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return cv_bpf_fail(why, err,
				   "No right to load BPF programs for port %s. Run as root, or "
				   "with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.",
				   port);
	case ENOMEM:
		return cv_bpf_fail(why, err,
				   "Not enough kernel memory for port %s. Lower "
				   "device_capacity, or raise the memory limit.",
				   port);
	default:
		return cv_bpf_fail(why, err,
				   "The kernel refuses the program of port %s (%s). Linux 5.18 "
				   "or later with CONFIG_XDP_SOCKETS is needed.",
				   port, strerror(-err));
	}
}

static int load_port(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_port *port,
		     struct cv_bpf_why *why)
{
	char path[CV_PIN_PATH_SIZE];
	int err;

	port->object = ingress_bpf__open();
	if (!port->object)
		return load_failed(why, -errno, port->name);
	bpf_program__set_autoload(port->object->progs.verdict_test, false);
	bpf_program__set_autoload(port->object->progs.module_finish_test, false);
	err = cv_bpf_devices_size(port->object, gen->device_capacity);
	if (!err)
		err = cv_pins_path(b->dir, port->name, "", path, sizeof(path));
	if (!err && mkdir(path, 0700) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = adopt_pins(b, port);
	if (!err)
		err = ingress_bpf__load(port->object);
	if (!err)
		err = cv_bpf_devices_begin(port->object, NULL);
	if (!err)
		err = each_pin(b, port, cv_pins_keep);
	return err ? load_failed(why, err, port->name) : 0;
}

/* ---- attaching ----------------------------------------------------------------------------- */

static int query_mode(struct cv_bpf_port *port)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)port->ifindex, 0, &query))
		return -errno;
	port->mode =
		query.attach_mode == XDP_ATTACHED_SKB ? CV_XDP_MODE_GENERIC : CV_XDP_MODE_NATIVE;
	return 0;
}

/* The link of an earlier run, with this run's program in it. -ENOENT: there is none. */
static int adopt_link(struct cv_bpf_port *port, int program, const char *path)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	int err = 0, fd = bpf_obj_get(path);

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		err = -errno;
	else if (info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex != port->ifindex)
		err = -ENOENT; /* the interface went away or another one is configured now */
	else if (bpf_link_update(fd, program, NULL))
		err = -errno;
	if (err) {
		close(fd);
		if (err == -ENOENT)
			(void)unlink(path);
		return err;
	}
	port->link = fd;
	return 0;
}

static int create_link(struct cv_bpf_port *port, int program, const char *path)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(program, (int)port->ifindex, BPF_XDP, &opts);

	/* No native XDP in the driver, or not with this MTU or these offloads. */
	if (fd < 0 && errno != EBUSY && errno != EEXIST && errno != EPERM) {
		opts.flags = XDP_FLAGS_SKB_MODE;
		fd = bpf_link_create(program, (int)port->ifindex, BPF_XDP, &opts);
	}
	if (fd < 0)
		return -errno;
	port->link = fd;
	port->fresh = true;
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

static int attach_port(struct cv_bpf *b, struct cv_bpf_port *port, const char *target,
		       struct cv_bpf_why *why)
{
	int program = bpf_program__fd(port->object->progs.xsk_def_prog);
	char path[CV_PIN_PATH_SIZE];
	int err = cv_pins_path(b->dir, port->name, "link", path, sizeof(path));

	if (!err)
		err = adopt_link(port, program, path);
	if (err == -ENOENT)
		err = create_link(port, program, path);
	if (!err)
		err = query_mode(port);
	if (err == -EBUSY || err == -EEXIST)
		return cv_bpf_fail(why, err,
				   "Another XDP program is attached to %s (port %s). Remove it: "
				   "ip link set dev %s xdp off.",
				   target, port->name, target);
	if (err == -EPERM)
		return cv_bpf_fail(why, err,
				   "No right to attach to %s (port %s). Run as root, or with "
				   "CAP_NET_ADMIN.",
				   target, port->name);
	if (err)
		return cv_bpf_fail(why, err,
				   "Cannot attach XDP to %s (port %s): %s. Its MTU must be at "
				   "most 3498 bytes, and LRO must be off.",
				   target, port->name, strerror(-err));
	return 0;
}

static int configure_port(const struct cv_bpf *b, const struct cv_generation *gen, unsigned int i)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);
	const struct ingress_bpf *o = b->ports[i].object;
	unsigned int peer = ports[i].peer;
	struct cv_xdp_port config = {.index = i};
	__u32 zero = 0;

	if (ports[i].on_loss == CV_LOSS_FORWARD && peer < b->count && b->ports[peer].ifindex) {
		__u32 ifindex = b->ports[peer].ifindex;

		if (bpf_map_update_elem(bpf_map__fd(o->maps.peer_map), &zero, &ifindex, BPF_ANY))
			return -errno;
		config.bypass = 1;
	}
	return bpf_map_update_elem(bpf_map__fd(o->maps.port_config), &zero, &config, BPF_ANY)
		       ? -errno
		       : 0;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int find_interfaces(struct cv_bpf *b, const struct cv_generation *gen,
			   struct cv_bpf_why *why)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);

	for (unsigned int i = 0; i < b->count; i++) {
		struct cv_bpf_port *port = &b->ports[i];

		if (ports[i].kind != CV_PORT_AF_XDP)
			continue;
		memcpy(port->name, ports[i].name, sizeof(port->name));
		if (strchr(port->name, '/') || port->name[0] == '.')
			return cv_bpf_fail(why, -EINVAL,
					   "Port name %s cannot name a folder. Use letters, "
					   "digits, - and _.",
					   port->name);
		port->ifindex = if_nametoindex(ports[i].target);
		if (!port->ifindex)
			return cv_bpf_fail(why, -ENODEV,
					   "There is no interface %s for port %s in this network "
					   "namespace. See: ip link.",
					   ports[i].target, port->name);
		if (!b->first)
			b->first = port;
	}
	return 0;
}

static int map_epoch(struct cv_bpf *b)
{
	int fd = bpf_map__fd(b->first->object->maps.policy_epoch);
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);

	if (page == MAP_FAILED)
		return -errno;
	b->epoch = page;
	return 0;
}

/* In this order: a program that judges by nothing yet is never attached. */
static int load_all(struct cv_bpf *b, const struct cv_generation *gen,
		    const struct cv_quarantine_image *quarantine, struct cv_bpf_why *why)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);
	int err = 0;

	for (unsigned int i = 0; i < b->count && !err; i++) {
		if (b->ports[i].ifindex)
			err = load_port(b, gen, &b->ports[i], why);
	}
	if (err)
		return err;
	err = map_epoch(b);
	if (!err)
		err = cv_bpf_wait_begin(b);
	if (err)
		return cv_bpf_fail(why, err, "Cannot map the epoch of the policy: %s.",
				   strerror(-err));
	err = cv_modules_begin(b);
	if (err)
		return cv_bpf_fail(why, err, "Cannot prepare for modules: %s.", strerror(-err));
	if (quarantine)
		err = cv_bpf_quarantine_put(b->dir, bpf_map__fd(b->first->object->maps.quarantine),
					    quarantine);
	if (err)
		return cv_bpf_fail(why, err, "The kernel does not take the quarantine: %s.",
				   strerror(-err));
	err = cv_bpf_install(b, gen, why);
	for (unsigned int i = 0; i < b->count && !err; i++) {
		if (!b->ports[i].object)
			continue;
		err = configure_port(b, gen, i);
		if (err)
			return cv_bpf_fail(why, err, "Cannot configure port %s: %s.", ports[i].name,
					   strerror(-err));
		err = attach_port(b, &b->ports[i], ports[i].target, why);
	}
	return err;
}

static void undo_fresh(const struct cv_bpf *b)
{
	for (unsigned int i = 0; i < b->count; i++) {
		if (b->ports[i].fresh)
			cv_pins_remove_port(b->dir, b->ports[i].name);
		else if (b->ports[i].ifindex)
			cv_pins_remove_empty(b->dir, b->ports[i].name);
	}
}

int cv_bpf_load(const struct cv_generation *gen, const char *dir,
		const struct cv_quarantine_image *quarantine, struct cv_bpf **ret,
		struct cv_bpf_why *why)
{
	struct cv_bpf *b = calloc(1, sizeof(*b));
	int err, lock = -1;

	if (!b)
		return cv_bpf_fail(why, -ENOMEM, "Not enough memory.");
	libbpf_set_print(be_silent);
	strncpy(b->dir, dir, CV_PIN_DIR_MAX);
	b->count = gen->ports.count;
	b->wait_outer = b->wait_inner = -1;
	for (unsigned int i = 0; i < b->count; i++)
		b->ports[i].link = -1;
	err = find_interfaces(b, gen, why);
	if (!err && (b->first || !access(dir, F_OK))) {
		lock = cv_pins_lock(dir, b->first != NULL, why);
		err = lock < 0 ? lock : 0;
	}
	if (!err && b->first)
		err = load_all(b, gen, quarantine, why);
	if (err) {
		undo_fresh(b);
		cv_bpf_close(b);
	} else {
		if (lock >= 0)
			cv_pins_remove_ports(dir, b);
		*ret = b;
	}
	if (lock >= 0)
		close(lock);
	return err;
}

void cv_bpf_close(struct cv_bpf *b)
{
	if (!b)
		return;
	cv_modules_forget(b);
	if (b->epoch)
		munmap(b->epoch, (size_t)sysconf(_SC_PAGESIZE));
	(void)close(b->wait_outer);
	(void)close(b->wait_inner);
	for (unsigned int i = 0; i < b->count; i++) {
		cv_bpf_evidence_close(&b->ports[i]);
		if (b->ports[i].link >= 0)
			close(b->ports[i].link);
		ingress_bpf__destroy(b->ports[i].object);
	}
	free(b);
}

int cv_bpf_detach(const char *dir, struct cv_bpf_why *why)
{
	int lock;

	if (access(dir, F_OK) && errno == ENOENT)
		return 0;
	lock = cv_pins_lock(dir, false, why);
	if (lock < 0)
		return lock;
	cv_pins_remove_ports(dir, NULL);
	cv_pins_remove_shared(dir);
	close(lock);
	return 0;
}
