/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of MQTT, for the encoders of what is published by it. */
#ifndef SIM_ENCODE_MQTT_H
#define SIM_ENCODE_MQTT_H

#include "tools/citysim/encode.h"

/** Type and flags, and room for the remaining length, which sim_mqtt_end() fills in. @return the body */
unsigned int sim_mqtt_begin(struct sim_message *m, bool from_device, unsigned int first);
void sim_mqtt_end(struct sim_message *m, unsigned int body);
/** A string with its length, 1.5.4. */
void sim_mqtt_text(struct sim_message *m, const char *s);

#endif
