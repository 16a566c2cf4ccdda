/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/sink.h"

/* Each is there where its library was; see meson.build. */
#define CONNECTOR_FILE &cv_sink_file_ops
#if CV_HAVE_NATS
#define CONNECTOR_NATS &cv_sink_nats_ops
#else
#define CONNECTOR_NATS NULL
#endif
#if CV_HAVE_MQTT
#define CONNECTOR_MQTT &cv_sink_mqtt_ops
#else
#define CONNECTOR_MQTT NULL
#endif
#if CV_HAVE_KAFKA
#define CONNECTOR_KAFKA &cv_sink_kafka_ops
#else
#define CONNECTOR_KAFKA NULL
#endif

#define ROW(id, name, what, library) [CV_SINK_##id] = CONNECTOR_##id,
const struct cv_sink_ops *const cv_sink_connectors[CV_SINK_TYPE_COUNT] = {CV_SINK_TYPES(ROW)};
