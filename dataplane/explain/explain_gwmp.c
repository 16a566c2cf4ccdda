/* SPDX-License-Identifier: Apache-2.0 */
/* Semtech's UDP protocol between LoRaWAN gateways and their server: PROTOCOL.TXT, section 3 and 5. */
#include "dataplane/explain/explain.h"

void cv_explain_gwmp(struct cv_explain *x);

void cv_explain_gwmp(struct cv_explain *x)
{
	static const char *const identifiers[] = {"push-data", "push-ack", "pull-data",
						  "pull-resp", "pull-ack", "tx-ack"};
	const uint8_t *at;
	unsigned int id;

	cv_explain_u8(x, "version");
	cv_explain_be16(x, "token");
	id = cv_explain_u8(x, "identifier");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(identifiers, id, "none"));
	if (id == 0 || id == 2 || id == 5) {
		at = cv_explain_take(x, 8, "gateway");
		if (at != NULL)
			cv_explain_value(x, "%02x%02x%02x%02x%02x%02x%02x%02x", at[0], at[1], at[2],
					 at[3], at[4], at[5], at[6], at[7]);
	}
	if (cv_explain_left(x) != 0)
		cv_explain_text(x, cv_explain_left(x), "JSON");
}
