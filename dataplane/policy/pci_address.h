/* SPDX-License-Identifier: Apache-2.0 */
/* Address of a PCI function as people write it: 0000:03:00.1, or 03:00.1 in the first domain. */
#ifndef CV_PCI_ADDRESS_H
#define CV_PCI_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** "0000:03:00.1" with its zero. */
#define CV_PCI_ADDRESS_SIZE 13

static inline int cv_pci_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly n digits, then the end character. @return value or -1. */
static inline int cv_pci_hex(const char **text, unsigned int n, char end)
{
	int value = 0;

	for (unsigned int i = 0; i < n; i++) {
		int digit = cv_pci_hex_digit(**text);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
		(*text)++;
	}
	if (**text != end)
		return -1;
	if (end)
		(*text)++;
	return value;
}

/**
 * Bring an address into the form that sysfs has: domain, lower case.
 *
 * @param ret set on success only.
 * @return 0, or -1: it is no address.
 */
static inline int cv_pci_address(const char *text, char ret[CV_PCI_ADDRESS_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	int domain = 0, bus, device, function;

	if (strlen(text) == CV_PCI_ADDRESS_SIZE - 1 && (domain = cv_pci_hex(&text, 4, ':')) < 0)
		return -1;
	if ((bus = cv_pci_hex(&text, 2, ':')) < 0 || (device = cv_pci_hex(&text, 2, '.')) < 0 ||
	    (function = cv_pci_hex(&text, 1, '\0')) < 0 || device > 0x1f || function > 7)
		return -1;
	for (unsigned int i = 0; i < 4; i++)
		ret[i] = digits[domain >> (12 - 4 * i) & 15];
	ret[4] = ret[7] = ':';
	ret[5] = digits[bus >> 4];
	ret[6] = digits[bus & 15];
	ret[8] = digits[device >> 4];
	ret[9] = digits[device & 15];
	ret[10] = '.';
	ret[11] = digits[function];
	ret[12] = '\0';
	return 0;
}

#endif
