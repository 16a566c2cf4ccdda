/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Control maps the same pages; it must find them at the size it was told. */
static int share_hits(struct cv_loaded *l, uint32_t n_rules)
{
	void *at;

	l->hits_size = ((size_t)n_rules + 1) * sizeof(struct cv_rule_hits);
	l->hits_fd = memfd_create("culvert-hits", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (l->hits_fd < 0)
		return -errno;
	if (ftruncate(l->hits_fd, (off_t)l->hits_size) < 0 ||
	    fcntl(l->hits_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return -errno;
	at = mmap(NULL, l->hits_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, l->hits_fd,
		  0);
	if (at == MAP_FAILED)
		return -errno;
	l->hits = at;
	return 0;
}

int cv_loaded_create(const struct cv_generation *gen, bool shared, struct cv_loaded **ret)
{
	struct cv_loaded *l = calloc(1, sizeof(*l));
	int err = 0;

	if (!l)
		return -ENOMEM;
	l->gen = gen;
	l->hits_fd = -1;
	if (shared)
		err = share_hits(l, gen->policy.n_rules);
	if (err == 0)
		err = cv_policy_table_create(gen, l->hits, &l->policy);
	if (err < 0) {
		cv_loaded_destroy(l);
		return err;
	}
	*ret = l;
	return 0;
}

int cv_loaded_make_shadow(struct cv_loaded *l)
{
	if (l->shadow_devices)
		return 0;
	return cv_device_table_create(l->gen->device_capacity, cv_generation_seed(l->gen),
				      &l->shadow_devices);
}

void cv_loaded_destroy(struct cv_loaded *l)
{
	if (!l)
		return;
	cv_policy_table_destroy(l->policy);
	cv_device_table_destroy(l->shadow_devices);
	if (l->hits)
		munmap(l->hits, l->hits_size);
	if (l->hits_fd >= 0)
		close(l->hits_fd);
	free(l->owned);
	free(l);
}

static bool same(const struct cv_generation *a, struct cv_gen_section x,
		 const struct cv_generation *b, struct cv_gen_section y, size_t element)
{
	return x.count == y.count &&
	       memcmp(cv_generation_at(a, x), cv_generation_at(b, y), x.count * element) == 0;
}

bool cv_loaded_fits(const struct cv_generation *running, const struct cv_generation *next)
{
	return same(running, running->ports, next, next->ports, sizeof(struct cv_gen_port)) &&
	       same(running, running->hints, next, next->hints, sizeof(struct cv_gen_hint)) &&
	       same(running, running->registers, next, next->registers,
		    sizeof(struct cv_gen_register)) &&
	       same(running, running->json_maps, next, next->json_maps,
		    sizeof(struct cv_gen_json_map)) &&
	       same(running, running->json_values, next, next->json_values,
		    sizeof(struct cv_gen_json_value)) &&
	       same(running, running->vendors, next, next->vendors, sizeof(struct cv_gen_vendor)) &&
	       same(running, running->vendor_fields, next, next->vendor_fields,
		    sizeof(struct cv_gen_vendor_field)) &&
	       same(running, running->vendor_texts, next, next->vendor_texts,
		    sizeof(struct cv_gen_vendor_text)) &&
	       running->blocks_per_lane == next->blocks_per_lane &&
	       running->device_capacity == next->device_capacity &&
	       running->flow_capacity == next->flow_capacity &&
	       running->flush_us == next->flush_us && running->decode == next->decode &&
	       running->mtu == next->mtu &&
	       memcmp(&running->cleaning, &next->cleaning, sizeof(running->cleaning)) == 0 &&
	       memcmp(running->node, next->node, sizeof(running->node)) == 0;
}
