/* SPDX-License-Identifier: Apache-2.0 */
/* The table while control runs. */
#include <errno.h>
#include <stdlib.h>

#include "control/nft/firewall.h"

struct cv_firewall {
	const struct cv_config *config;
	struct cv_nft *nft;
	struct cv_nft_print print; /* of our table as we put it */
	bool in_place;
};

/* Whoever may not look cannot be told; nor does it matter to a node without a firewall. */
static void look_for_remains(const struct cv_config *config, struct cv_diagnostics *diag)
{
	enum cv_nft_owner owner = CV_NFT_ABSENT;
	struct cv_nft *nft = NULL;
	struct cv_nft_why why;

	if (cv_nft_open(&nft, &why) == 0 && cv_nft_owner(nft, &owner, &why) == 0 &&
	    owner == CV_NFT_OURS)
		cv_diagnostics_add(diag, CV_SEVERITY_WARNING,
				   (struct cv_place){.file = config->path},
				   "to remove it: culvert firewall remove",
				   "firewall.enabled is false, but a table inet " CV_NFT_TABLE
				   " is still in force");
	cv_nft_close(nft);
}

static int put_in_place(struct cv_firewall *f, struct cv_diagnostics *diag)
{
	struct cv_nft_why why;
	int r = cv_firewall_apply(f->config, diag);

	f->in_place = r == 0;
	f->print = (struct cv_nft_print){0};
	if (r == 0)
		r = cv_nft_print(f->nft, &f->print, &why);
	return r;
}

int cv_firewall_start(const struct cv_config *config, struct cv_firewall **ret,
		      struct cv_diagnostics *diag)
{
	struct cv_firewall *f;
	struct cv_nft_why why;
	int r;

	*ret = NULL;
	if (!config->firewall) {
		look_for_remains(config, diag);
		return 0;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->config = config;
	r = cv_nft_open(&f->nft, &why);
	if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = config->path},
				   NULL, "%s", why.text);
	else
		r = put_in_place(f, diag);
	if (r < 0) {
		cv_firewall_stop(f);
		return r;
	}
	*ret = f;
	return 0;
}

int cv_firewall_watch(struct cv_firewall *f, struct cv_diagnostics *diag)
{
	struct cv_nft_print now = f->print;
	struct cv_nft_why why;
	int r = cv_nft_print(f->nft, &now, &why);

	if (r < 0)
		return r;
	if (f->in_place && now.rules == f->print.rules) {
		f->print = now;
		return 0;
	}
	r = put_in_place(f, diag);
	if (r < 0)
		return r;
	cv_diagnostics_add(diag, CV_SEVERITY_WARNING, (struct cv_place){.file = f->config->path},
			   "find it: nft monitor",
			   "something removed or changed the table inet " CV_NFT_TABLE
			   "; it is back in place");
	return 1;
}

bool cv_firewall_in_place(const struct cv_firewall *f)
{
	return f->in_place;
}

json_t *cv_firewall_status(struct cv_firewall *f)
{
	struct cv_nft_why why;

	return cv_firewall_document(f->nft, false, &why);
}

void cv_firewall_stop(struct cv_firewall *f)
{
	if (f)
		cv_nft_close(f->nft);
	free(f);
}
