/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_TLS_PRIVATE_H
#define CV_TLS_PRIVATE_H

#include <openssl/ssl.h>
#include <time.h>

#include "control/access/tls.h"

/** With the certificate in use. @return NULL: no memory. */
SSL *cv_tls_new_ssl(struct cv_tls *tls);

#endif
