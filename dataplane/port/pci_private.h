/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of port/pci.h. */
#ifndef CV_PCI_PRIVATE_H
#define CV_PCI_PRIVATE_H

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "dataplane/port/pci.h"

/** Drivers that pass a card to user space. */
#define CV_PCI_VFIO "vfio-pci"
#define CV_PCI_UIO "uio_pci_generic"

/** @return 0 or -ENAMETOOLONG. */
__attribute__((format(printf, 2, 3))) int cv_pci_path(char ret[PATH_MAX], const char *format, ...);

/** Fill @p why. @return @p error. */
__attribute__((format(printf, 3, 4))) static inline int cv_pci_wrong(char *why, int error,
								     const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why, CV_PCI_WHY_SIZE, format, list);
	va_end(list);
	return error;
}

#endif
