/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_HTTP_REFUSAL_H
#define CV_HTTP_REFUSAL_H

/** Why a request was refused, as the two members of the answer. */
struct cv_http_refusal {
	char error[320];
	char hint[320];
};

#endif
