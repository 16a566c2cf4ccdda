/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of modules: the document of /v1/policy/module and the status' warnings. */
#ifndef CV_MODULE_DOCUMENT_H
#define CV_MODULE_DOCUMENT_H

#include <jansson.h>

#include "dataplane/policy/generation.h"
#include "ebpf/loader.h"

/** @param bpf NULL: no port runs modules. @return a new reference; NULL: no memory. */
json_t *cv_module_document(const struct cv_bpf *bpf, const struct cv_generation *gen);

/** Add a sentence for each thing about the module in force that somebody should look at. */
void cv_module_warn(const struct cv_bpf *bpf, const struct cv_generation *gen, json_t *list);

#endif
