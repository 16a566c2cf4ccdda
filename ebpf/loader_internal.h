/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_LOADER_INTERNAL_H
#define CV_LOADER_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>

#include "dataplane/policy/device_table.h"
#include "ebpf/loader.h"
#include "ebpf/module_maps.h"

#define CV_PIN_DIR_MAX 160 /* characters, leaves room for a port and a map name */
#define CV_PIN_PATH_SIZE 256
/* So that no port can be named like a shared map. */
#define CV_PORT_FOLDER "port-"

/* Maps of the object: shared by all ports, and of each port. All are pinned. */
#define CV_SHARED_MAPS(X)                                                                          \
	X(policy_tops4)                                                                            \
	X(policy_blocks4)                                                                          \
	X(policy_hosts4)                                                                           \
	X(policy_prefix6)                                                                          \
	X(policy_macs)                                                                             \
	X(policy_bindings)                                                                         \
	X(policy_rules_flat)                                                                       \
	X(policy_meters)                                                                           \
	X(policy_hits)                                                                             \
	X(policy_head)                                                                             \
	X(policy_places)                                                                           \
	X(policy_epoch)                                                                            \
	X(quarantine)                                                                              \
	X(devices)                                                                                 \
	X(devices_shadow)                                                                          \
	X(shadow_diffs)                                                                            \
	X(module_programs)                                                                         \
	X(module_slots)                                                                            \
	X(module_counts)                                                                           \
	X(module_frame)                                                                            \
	X(module_held)
#define CV_PORT_MAPS(X)                                                                            \
	X(xsks_map)                                                                                \
	X(counters)                                                                                \
	X(port_config)                                                                             \
	X(peer_map)

struct bpf_map;
struct ingress_bpf;
struct cv_bpf_evidence;

struct cv_bpf_port {
	struct ingress_bpf *object; /* NULL = not an af_xdp port */
	char name[32];
	unsigned int ifindex;
	int link; /* fd, -1 = none */
	bool fresh; /* the link was made by this load */
	enum cv_xdp_mode mode;
	struct cv_bpf_evidence *evidence; /* reader of its copies, NULL = none yet */
	uint64_t evidence_read; /* copies taken out of its ring */
};

struct cv_bpf {
	char dir[CV_PIN_DIR_MAX + 1];
	struct cv_bpf_port ports[CV_PORTS_MAX];
	unsigned int count; /* ports of the generation, of any kind */
	const struct cv_bpf_port *first; /* whose object lends the policy's maps; NULL = none */
	uint64_t *epoch; /* policy_epoch, mapped */
	int wait_outer, wait_inner; /* see cv_bpf_wait_begin(), -1 = none */
	uint32_t reserved; /* slots prepared and not yet named by a switch, by bit */
	struct {
		bool staged; /* there is one for the next policy */
		int program; /* its fd */
		bool keep; /* the next policy has the module of the one in force */
		struct cv_module_slot slot;
	} module;
};

/** Set the sentence and hand @p err back. */
__attribute__((format(printf, 3, 4))) int cv_bpf_fail(struct cv_bpf_why *why, int err,
						      const char *format, ...);

/* ---- modules ------------------------------------------------------------------------------- */

/** Say where frames go on after a module; before any port judges by a policy with one. */
int cv_modules_begin(struct cv_bpf *b);

/** Give a slot that nobody looks at the module for it, or none. */
int cv_modules_build(struct cv_bpf *b, uint32_t slot);

/** Nobody looks at this slot any more: let go of its module. */
void cv_modules_clear(const struct cv_bpf *b, uint32_t slot);

/** The module for the next policy is not wanted any more. */
void cv_modules_forget(struct cv_bpf *b);

/** Give up the reader of a port's copies, if there is one. */
void cv_bpf_evidence_close(struct cv_bpf_port *port);

/* ---- pins ---------------------------------------------------------------------------------- */

/**
 * Make DIR where it is missing, see that it is on a BPF filesystem, lock it.
 *
 * @return the lock, to be closed; negative errno with @p why set.
 */
int cv_pins_lock(const char *dir, bool make, struct cv_bpf_why *why);

/** Path of a pin; @p port may be NULL for what is shared. @return 0 or -ENAMETOOLONG. */
int cv_pins_path(const char *dir, const char *port, const char *name, char *ret, size_t size);

/**
 * Before the object is loaded: use the map that is pinned, if it is of the same shape; one of
 * another shape (older version, other size) is unpinned and made anew.
 */
int cv_pins_adopt(struct bpf_map *map, const char *path);

/** Is the map that is pinned there, and of this shape? */
bool cv_pins_fit(const struct bpf_map *map, const char *path);

/** Is it the name of a map of policies, in this version or in another one? */
bool cv_pins_of_policy(const char *name);

/** After: pin what was made. A map that was adopted is pinned already. */
int cv_pins_keep(struct bpf_map *map, const char *path);

/** Detach and unpin a port. */
void cv_pins_remove_port(const char *dir, const char *port);
/** Remove the folders that a load made which then failed; those with something in them stay. */
void cv_pins_remove_empty(const char *dir, const char *port);

/** Detach and unpin all ports but those in @p keep (may be NULL: none). */
void cv_pins_remove_ports(const char *dir, const struct cv_bpf *keep);

/** Unpin the maps of policies, those of other versions too. */
void cv_pins_remove_policy(const char *dir);

/** Unpin what ports share. */
void cv_pins_remove_shared(const char *dir);

/* ---- what maps hold ------------------------------------------------------------------------- */

/* Names of the pins; those of policies go with them. */
#define CV_HELD_HITS "policy_hits"
#define CV_HELD_MODULE "policy_module"
#define CV_HELD_QUARANTINE "quarantine_in"

/** Pin a map or program that a slot holds, in the place of what was pinned before. @p dir "": no. */
int cv_held_put(const char *dir, const char *what, uint32_t slot, int fd);

/** The slot holds it no longer. */
void cv_held_drop(const char *dir, const char *what, uint32_t slot);

/**
 * What a slot holds.
 *
 * @param id by the map that holds it: a pin that is not of it is not taken.
 * @return fd, to be closed; -EPERM: it has no pin, and only CAP_SYS_ADMIN may ask; negative errno.
 */
int cv_held_get(const char *dir, const char *what, uint32_t slot, uint32_t id, bool program);

/* ---- devices ------------------------------------------------------------------------------- */

/** Before the object is loaded: room for so many. */
int cv_bpf_devices_size(struct ingress_bpf *o, uint32_t devices);

/**
 * After: make what is new a table without devices; what was pinned keeps its own.
 *
 * @param seed begin anew with this one; NULL: where it is new, with a random one.
 */
int cv_bpf_devices_begin(const struct ingress_bpf *o, const uint64_t *seed);

/** Forget all devices of a table that no program uses. */
void cv_bpf_devices_forget(const struct bpf_map *map);

/** Visit the devices of one of the two maps. @return 0 or negative errno. */
int cv_bpf_devices_each(const struct bpf_map *map, cv_device_visit *visit, void *owner);

/* ---- the maps of one policy ----------------------------------------------------------------- */

#define CV_INNER_MAPS(X)                                                                           \
	X(tops4)                                                                                   \
	X(blocks4) X(hosts4) X(prefix6) X(macs) X(bindings) X(rules_flat) X(meters) X(hits)

#define CV_INNER_ROW(name) CV_INNER_##name,
enum { CV_INNER_MAPS(CV_INNER_ROW) CV_INNER_COUNT };

struct cv_bpf_inner {
	int fd[CV_INNER_COUNT]; /* -1 = none */
	uint32_t rules_bits; /* of what is in rules_flat */
};

/** Make what waiting for the kernel's readers takes. @return 0 or negative errno. */
int cv_bpf_wait_begin(struct cv_bpf *b);

/** @return 0 or negative errno. */
int cv_bpf_update(int map, const void *key, const void *value);

/** Put a list into the outer map of the quarantine. @return 0 or negative errno. */
int cv_bpf_quarantine_put(const char *dir, int outer, const struct cv_quarantine_image *image);

/** Does this slot of an outer map hold one? */
bool cv_bpf_holds(const struct bpf_map *outer, __u32 slot, __u32 *ret_id);

/** Make and fill. @return 0 or negative errno; close @p m in any case. */
int cv_bpf_inner_create(const struct cv_generation *gen, struct cv_bpf_inner *m);
void cv_bpf_inner_close(struct cv_bpf_inner *m);

#endif
