/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/explain_quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "control/nft/firewall.h"

/* Nothing is updated here. */
#define CV_CAS64(p, o, n) (*(p) == (o) ? (*(p) = (n), (o)) : *(p))
#define CV_ADD64(p, n) (*(p) += (n))
#include "dataplane/policy/verdict.h"

static int by_order(const void *a, const void *b)
{
	return cv_quarantine_order(a, b);
}

static int has(const struct cv_quarantine_image *image, const struct cv_binding_key *key)
{
	return bsearch(key, image->devices, image->count, sizeof(*key), by_order) != NULL;
}

static int asks(const struct cv_quarantine_image *image, const uint8_t *frame, uint32_t len)
{
	struct cv_span span = {frame, frame + len};
	struct cv_packet packet = {0};
	struct cv_binding_key key;

	if (cv_parse(span, &packet)) /* dropped before anybody asks who sent it */
		return 0;
	if (cv_quarantine_key_addr(span, &packet, &key) && has(image, &key))
		return 1;
	cv_binding_key_mac(cv_load_mac(frame + CV_ETH_SOURCE), &key);
	return has(image, &key);
}

int cv_explain_quarantined(const char *config, const uint8_t *frame, uint32_t len)
{
	struct cv_quarantine_image *image = NULL;
	struct cv_quarantine list = {0};
	struct cv_diagnostics diag = {0};
	struct cv_config *c = NULL;
	int res = 0;

	if (config && cv_config_load(config, &c, &diag) == 0 &&
	    cv_firewall_list(c, &list, &diag) == 0)
		image = cv_quarantine_image_of(&list);
	if (image)
		res = asks(image, frame, len);
	free(image);
	cv_quarantine_free(&list);
	cv_config_free(c);
	cv_diagnostics_free(&diag);
	return res;
}
