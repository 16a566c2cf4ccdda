/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CayenneLPP (myDevices, Low Power Payload): channel, type, value, as small sensors pack them. Read as
 * a whole before anything is emitted; used by decoders whose payloads may carry it in clear.
 */
#ifndef CV_CAYENNE_H
#define CV_CAYENNE_H

#include "dataplane/normalize/emit.h"

/** What a record of a value gets from the message around it. */
struct cv_cayenne_origin {
	/** Set head fields and append the TLVs that all records of the message share, but for the name. */
	void (*complete)(void *arg, struct cv_record *rec);
	void *arg;
};

/**
 * Is this a payload of it? Every type is known, every value whole, and something is in it.
 *
 * @return 0; -EBADMSG a value is cut or a type not known; -ENODATA empty.
 */
int cv_cayenne_check(const uint8_t *data, size_t len);

/** Emit a payload that cv_cayenne_check() accepted: a record per value, a position being one. */
void cv_cayenne_emit(struct cv_emit *e, const uint8_t *data, size_t len,
		     const struct cv_cayenne_origin *o);

#endif
