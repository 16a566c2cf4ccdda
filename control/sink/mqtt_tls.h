/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_SINK_MQTT_TLS_H
#define CV_SINK_MQTT_TLS_H

#include <openssl/ssl.h>

#include "control/sink/secrets.h"

/**
 * TLS 1.2 or later, the server's certificate checked against @p host.
 *
 * @return 0, -ENOMEM, -EINVAL: a certificate or key is none, or they do not belong together.
 */
int cv_mqtt_tls_create(const struct cv_sink_secrets *secrets, const char *host, SSL_CTX **ret);

#endif
