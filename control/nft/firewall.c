/* SPDX-License-Identifier: Apache-2.0 */
#include "control/nft/firewall.h"
#include "control/text/ifname.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/loader.h"

static int wrong(struct cv_diagnostics *diag, const char *file, int error, const char *text)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, NULL, "%s",
			   text);
	return error;
}

/* Wrong with the list's file; the folder's absence is the usual cause. */
static int list_wrong(struct cv_diagnostics *diag, const char *path, int error)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
			   error == -ENOENT   ? "start culvert-control once, or check log.dir"
			   : error == -EACCES ? "run as the user culvert-control runs as"
					      : "check the folder, its rights and the space left",
			   "cannot change the list of devices: %s", strerror(-error));
	return error;
}

int cv_firewall_list_path(const struct cv_config *config, char *ret)
{
	int n = snprintf(ret, PATH_MAX, "%s/quarantine", config->log_dir);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int cv_firewall_list(const struct cv_config *config, struct cv_quarantine *ret,
		     struct cv_diagnostics *diag)
{
	char path[PATH_MAX];
	int r = cv_firewall_list_path(config, path);

	*ret = (struct cv_quarantine){0};
	if (r < 0)
		return wrong(diag, config->log_dir, r, "the path is too long");
	r = cv_quarantine_load(path, ret, diag);
	return r == -ENOENT ? 0 : r;
}

/* ---- the table ------------------------------------------------------------------------------ */

static int apply(const struct cv_config *config, const struct cv_quarantine *list,
		 struct cv_diagnostics *diag)
{
	char names[CV_PORTS_MAX][IF_NAMESIZE];
	const char *ports[CV_PORTS_MAX];
	struct cv_nft_rules rules = {
		.management = config->management,
		.n_management = config->n_management,
		.sensor_ports = ports,
		.drop_others = config->firewall_others == CV_OTHERS_DROP,
	};
	struct cv_nft_why why = {""};
	struct cv_nft *nft = NULL;
	int r = cv_nft_open(&nft, &why);

	for (size_t i = 0; i < config->n_ports; i++) {
		if (config->ports[i].target.kind != CV_PORT_AF_XDP)
			continue;
		cv_kernel_ifname(config->ports[i].target.text, names[i]);
		ports[rules.n_sensor_ports++] = names[i];
	}
	if (r == 0)
		r = cv_nft_apply(nft, &rules, list, &why);
	cv_nft_close(nft);
	return r < 0 ? wrong(diag, config->path, r, why.text) : 0;
}

int cv_firewall_apply(const struct cv_config *config, struct cv_diagnostics *diag)
{
	struct cv_quarantine list = {0};
	char path[PATH_MAX];
	int lock, r;

	if (!config->firewall)
		return 0;
	r = cv_firewall_list_path(config, path);
	if (r < 0)
		return wrong(diag, config->log_dir, r, "the path is too long");
	/* A folder that is not there has no list, and nobody changes it. */
	lock = cv_quarantine_lock(path);
	if (lock < 0 && lock != -ENOENT)
		return list_wrong(diag, path, lock);
	r = cv_firewall_list(config, &list, diag);
	if (r == 0)
		r = apply(config, &list, diag);
	cv_quarantine_free(&list);
	if (lock >= 0)
		close(lock);
	return r;
}

/* ---- the list and the sets ------------------------------------------------------------------ */

static int edit(struct cv_quarantine *list, enum cv_firewall_verb verb,
		const struct cv_quarantine *devices, size_t *changed)
{
	for (size_t i = 0; i < devices->n; i++) {
		int r = verb == CV_FIREWALL_REMOVE
				? cv_quarantine_remove(list, &devices->entries[i])
				: cv_quarantine_add(list, &devices->entries[i]);

		if (r < 0)
			return r;
		*changed += (size_t)r;
	}
	return 0;
}

/* Both lists are in order: what is in one of them only. */
static size_t difference(const struct cv_quarantine *a, const struct cv_quarantine *b)
{
	size_t i = 0, k = 0, both = 0;

	while (i < a->n && k < b->n) {
		int order = memcmp(&a->entries[i], &b->entries[k], sizeof(a->entries[i]));

		both += order == 0;
		i += order <= 0;
		k += order >= 0;
	}
	return a->n + b->n - 2 * both;
}

/* Sets of a table of ours, if there is one. */
static int replace_elements(const struct cv_quarantine *list, bool *in_force,
			    struct cv_nft_why *why)
{
	struct cv_nft *nft = NULL;
	enum cv_nft_owner owner = CV_NFT_ABSENT;
	int r = cv_nft_open(&nft, why);

	if (r == 0)
		r = cv_nft_owner(nft, &owner, why);
	*in_force = owner == CV_NFT_OURS;
	if (r == 0 && *in_force)
		r = cv_nft_replace_quarantine(nft, list, why);
	cv_nft_close(nft);
	return r;
}

/* XDP's set, where a program is loaded. */
static int replace_crossing(const struct cv_config *config, const struct cv_quarantine *list,
			    bool *crossing, struct cv_diagnostics *diag)
{
	struct cv_quarantine_image *image = cv_quarantine_image_of(list);
	struct cv_bpf_why why = {"out of memory"};
	int r = image ? cv_bpf_quarantine(config->pin_dir, image, &why) : -ENOMEM;

	free(image);
	*crossing = r == 0;
	return r < 0 && r != -ENOENT ? wrong(diag, config->path, r, why.text) : 0;
}

/* The list is not in its place yet: who has taken it already gets the one before back. */
static void take_back(const struct cv_config *config)
{
	struct cv_diagnostics diag = {0};
	struct cv_quarantine list = {0};
	struct cv_nft_why why;
	bool in_force;

	if (cv_firewall_list(config, &list, &diag) == 0)
		(void)replace_elements(&list, &in_force, &why);
	cv_quarantine_free(&list);
	cv_diagnostics_free(&diag);
}

static int put(const struct cv_config *config, const char *path, const struct cv_quarantine *list,
	       struct cv_firewall_changed *ret, struct cv_diagnostics *diag)
{
	struct cv_nft_why why = {""};
	int r = cv_quarantine_write(path, list);

	if (r < 0)
		return list_wrong(diag, path, r);
	/* Who keeps no firewall needs no privilege to keep a list. */
	r = config->firewall ? replace_elements(list, &ret->in_force, &why) : 0;
	if (r < 0) {
		cv_quarantine_discard(path);
		return wrong(diag, config->path, r, why.text);
	}
	r = replace_crossing(config, list, &ret->crossing, diag);
	if (r < 0) {
		cv_quarantine_discard(path);
		if (ret->in_force)
			take_back(config);
		return r;
	}
	r = cv_quarantine_keep(path);
	return r < 0 ? list_wrong(diag, path, r) : 0;
}

static int change(const struct cv_config *config, const char *path, enum cv_firewall_verb verb,
		  const struct cv_quarantine *devices, struct cv_firewall_changed *ret,
		  struct cv_diagnostics *diag)
{
	struct cv_firewall_changed done = {0};
	struct cv_quarantine list = {0};
	int r = cv_quarantine_load(path, &list, diag);

	if (r == -ENOENT)
		r = 0;
	if (r == 0 && verb == CV_FIREWALL_REPLACE)
		done.changed = difference(&list, devices);
	else if (r == 0)
		r = edit(&list, verb, devices, &done.changed);
	if (r == -E2BIG)
		r = wrong(diag, path, r, "the list is full: remove devices from it");
	if (r == 0) {
		const struct cv_quarantine *whole = verb == CV_FIREWALL_REPLACE ? devices : &list;

		done.n = whole->n;
		r = put(config, path, whole, &done, diag);
	}
	cv_quarantine_free(&list);
	if (r == 0)
		*ret = done;
	return r;
}

int cv_firewall_change(const struct cv_config *config, enum cv_firewall_verb verb,
		       const struct cv_quarantine *devices, struct cv_firewall_changed *ret,
		       struct cv_diagnostics *diag)
{
	size_t errors = diag->errors;
	char path[PATH_MAX];
	int r = cv_firewall_list_path(config, path), lock;

	if (r < 0)
		return wrong(diag, config->log_dir, r, "the path is too long");
	lock = cv_quarantine_lock(path);
	if (lock < 0)
		return list_wrong(diag, path, lock);
	r = change(config, path, verb, devices, ret, diag);
	close(lock);
	if (r < 0 && diag->errors == errors)
		return list_wrong(diag, path, r);
	return r;
}

/* ---- what is there -------------------------------------------------------------------------- */

json_t *cv_quarantine_json(const struct cv_quarantine *list)
{
	json_t *devices = json_array();
	char text[CV_QUARANTINE_TEXT_MAX];

	for (size_t i = 0; i < list->n; i++) {
		cv_quarantine_entry_show(&list->entries[i], text);
		json_array_append_new(devices, json_string(text));
	}
	return json_pack("{s:o}", "devices", devices);
}

json_t *cv_firewall_changed_json(const struct cv_firewall_changed *done)
{
	return json_pack("{s:I, s:I, s:b, s:b}", "changed", (json_int_t)done->changed, "devices",
			 (json_int_t)done->n, "in_force", done->in_force, "crossing",
			 done->crossing);
}

static json_t *chain_document(const struct cv_nft_count *counts, enum cv_nft_chain chain)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < CV_NFT_COUNTER_COUNT; i++) {
		enum cv_nft_counter counter = (enum cv_nft_counter)i;

		if (cv_nft_counter_chain(counter) != chain)
			continue;
		json_object_set_new(object, cv_nft_counter_name(counter),
				    json_pack("{s:I, s:I}", "packets",
					      (json_int_t)counts[i].packets, "bytes",
					      (json_int_t)counts[i].bytes));
	}
	return object;
}

static json_t *elements_document(struct cv_nft *nft, struct cv_nft_why *why)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < CV_QUARANTINE_KIND_COUNT; i++) {
		enum cv_quarantine_kind kind = (enum cv_quarantine_kind)i;
		size_t n;

		if (cv_nft_elements(nft, kind, &n, why) < 0) {
			json_decref(object);
			return NULL;
		}
		json_object_set_new(object, cv_quarantine_kind_name(kind),
				    json_integer((json_int_t)n));
	}
	return object;
}

json_t *cv_firewall_document(struct cv_nft *nft, bool elements, struct cv_nft_why *why)
{
	static const char *const owners[] = {"absent", "ours", "foreign"};
	struct cv_nft_count counts[CV_NFT_COUNTER_COUNT];
	json_t *doc, *sets = NULL;
	enum cv_nft_owner owner;

	if (cv_nft_owner(nft, &owner, why) < 0)
		return NULL;
	if (owner != CV_NFT_OURS)
		return json_pack("{s:s}", "table", owners[owner]);
	if (cv_nft_counters(nft, counts, why) < 0)
		return NULL;
	if (elements) {
		sets = elements_document(nft, why);
		if (!sets)
			return NULL;
	}
	doc = json_pack("{s:s, s:o, s:o}", "table", owners[owner], "input",
			chain_document(counts, CV_NFT_INPUT), "forward",
			chain_document(counts, CV_NFT_FORWARD));
	if (sets)
		json_object_set_new(doc, "quarantined", sets);
	return doc;
}
