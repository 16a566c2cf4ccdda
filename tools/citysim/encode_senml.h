/* SPDX-License-Identifier: Apache-2.0 */
/* SenML packs (RFC 8428): the device's URN as base name, a point's code as
 * name. */
#ifndef SIM_ENCODE_SENML_H
#define SIM_ENCODE_SENML_H

#include "tools/citysim/encode.h"

void sim_senml_json(struct sim_message *m, const struct sim_input *in);
void sim_senml_cbor(struct sim_message *m, const struct sim_input *in);
/** One record per reading. */
void sim_senml_expect(struct sim_message *m, const struct sim_input *in);

#endif
