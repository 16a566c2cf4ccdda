/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_BOOT_ID_H
#define CV_BOOT_ID_H

#define CV_BOOT_ID_SIZE 40

/** Id of this start of the machine (/proc/sys/kernel/random/boot_id); empty where there is none. */
void cv_boot_id(char ret[CV_BOOT_ID_SIZE]);

#endif
