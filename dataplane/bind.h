/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert-dataplane bind` and `release`: the cards of `pci:` ports before and after the dataplane.
 * Privileged and short, so that the dataplane need not write to sysfs.
 */
#ifndef CV_BIND_H
#define CV_BIND_H

/** @param argv argv[0] is "bind" or "release". @return exit code: 0 fine, 1 not. */
int cv_bind_main(int argc, char **argv);

#endif
