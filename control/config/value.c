/* SPDX-License-Identifier: Apache-2.0 */
/* One value of each type: read from text, described for errors. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/address.h"
#include "control/config/schema.h"
#include "control/config/units.h"
#include "control/text/nearest.h"
#include "dataplane/policy/pci_address.h"

static void store_integer(const struct cv_field *field, uint64_t value, void *dest)
{
	switch (field->size) {
	case 1:
		*(uint8_t *)dest = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)dest = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)dest = (uint32_t)value;
		break;
	default:
		*(uint64_t *)dest = value;
		break;
	}
}

static int read_integer(const struct cv_field *field, const char *text, void *dest)
{
	struct cv_rate rate;
	uint64_t value = 0;
	int r = -EINVAL;

	if (field->word && strcmp(text, field->word) == 0) {
		store_integer(field, field->word_value, dest);
		return 0;
	}
	if (field->type == CV_FIELD_UINT)
		r = cv_units_integer(text, &value);
	else if (field->type == CV_FIELD_SIZE)
		r = cv_units_size(text, &value);
	else if (field->type == CV_FIELD_DURATION)
		r = cv_units_duration(text, &value);
	else if (cv_units_rate(text, &rate) == 0) {
		uint64_t seconds = rate.period_ns / 1000000000ull;

		value = rate.amount / seconds;
		r = rate.amount % seconds ? -ERANGE : 0;
	}
	if (r < 0)
		return -EINVAL;
	if (value < field->min || value > field->max)
		return -EINVAL;
	if (field->power_of_two && (value & (value - 1)))
		return -EINVAL;
	store_integer(field, value, dest);
	return 0;
}

static int read_choice(const struct cv_field *field, const char *text, void *dest,
		       const char **near)
{
	struct cv_nearest nearest = cv_nearest_start(text);

	for (unsigned int i = 0; field->choices[i]; i++) {
		if (strcmp(field->choices[i], text) == 0) {
			*(uint8_t *)dest = (uint8_t)i;
			return 0;
		}
		cv_nearest_offer(&nearest, field->choices[i]);
	}
	*near = nearest.best;
	return -EINVAL;
}

static int read_text(const struct cv_field *field, const char *text, void *dest)
{
	size_t len = strlen(text);

	if (len >= field->size || (len == 0 && !field->fallback))
		return -EINVAL;
	if (strchr(text, '\n') || strchr(text, '\t'))
		return -EINVAL;
	if (field->type == CV_FIELD_NAME &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
		    len)
		return -EINVAL;
	if (field->type == CV_FIELD_PATH && len == 0)
		return -EINVAL;
	memset(dest, 0, field->size);
	memcpy(dest, text, len);
	return 0;
}

/* What is not encrypted does not leave the node: 127.0.0.0/8 or ::1. */
static int read_listen(const struct cv_field *field, const char *text, void *dest)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	struct in_addr v4;
	struct in6_addr v6;
	uint64_t port;
	size_t len;

	if (strcmp(text, "off") == 0) {
		memset(dest, 0, field->size);
		return 0;
	}
	if (!colon || cv_units_integer(colon + 1, &port) < 0 || port > 65535)
		return -EINVAL;
	len = (size_t)(colon - text);
	if (len >= sizeof(host) || strlen(text) >= field->size)
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = 0;
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = 0;
		if (inet_pton(AF_INET6, host + 1, &v6) != 1 ||
		    (!field->anywhere && !IN6_IS_ADDR_LOOPBACK(&v6)))
			return -EINVAL;
	} else if (inet_pton(AF_INET, host, &v4) != 1 ||
		   (!field->anywhere && (ntohl(v4.s_addr) >> 24) != 127)) {
		return -EINVAL;
	}
	memset(dest, 0, field->size);
	memcpy(dest, text, strlen(text));
	return 0;
}

static int read_bool(const char *text, void *dest)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return -EINVAL;
	*(bool *)dest = text[0] == 't';
	return 0;
}

static int read_target(const char *text, void *dest)
{
	struct cv_config_target target = {0};
	char address[CV_PCI_ADDRESS_SIZE];

	if (strncmp(text, "af_xdp:", 7) == 0) {
		target.kind = CV_PORT_AF_XDP;
		text += 7;
		if (strlen(text) >= IFNAMSIZ || strpbrk(text, "/ \t\n:") || !strcmp(text, ".") ||
		    !strcmp(text, ".."))
			return -EINVAL;
	} else if (strncmp(text, "pcap:", 5) == 0) {
		target.kind = CV_PORT_PCAP;
		text += 5;
	} else if (strncmp(text, "pci:", 4) == 0) {
		target.kind = CV_PORT_PCI;
		if (cv_pci_address(text + 4, address) < 0)
			return -EINVAL;
		text = address;
	} else {
		return -EINVAL;
	}
	if (!*text || strlen(text) >= sizeof(target.text) || strpbrk(text, "\n\t"))
		return -EINVAL;
	memcpy(target.text, text, strlen(text));
	memcpy(dest, &target, sizeof(target));
	return 0;
}

static int read_service(const char *text, void *dest)
{
	struct cv_config_service service;
	uint64_t port;

	if (strncmp(text, "tcp/", 4) == 0)
		service.ip_proto = IPPROTO_TCP;
	else if (strncmp(text, "udp/", 4) == 0)
		service.ip_proto = IPPROTO_UDP;
	else
		return -EINVAL;
	if (cv_units_integer(text + 4, &port) < 0 || port < 1 || port > 65535)
		return -EINVAL;
	service.port = (uint16_t)port;
	memcpy(dest, &service, sizeof(service));
	return 0;
}

static int read_prefix(const struct cv_field *field, const char *text, void *dest)
{
	struct cv_prefix p = {0};

	if (strcmp(text, field->word ? field->word : "any") != 0 &&
	    (cv_prefix_parse(text, &p) < 0 || cv_prefix_has_host_bits(&p) ||
	     (field->type == CV_FIELD_ADDRESS && strchr(text, '/'))))
		return -EINVAL;
	memcpy(dest, &p, sizeof(p));
	return 0;
}

static int read_host_address(const char *text, void *dest)
{
	struct cv_prefix p = {0};

	if (!strchr(text, '/') || cv_prefix_parse(text, &p) < 0 || p.len == 0)
		return -EINVAL;
	memcpy(dest, &p, sizeof(p));
	return 0;
}

/* "02:00", four digits. @return minutes, -EINVAL. */
static int minute_of(const char *text)
{
	static const char form[] = "dd:dd";
	int minutes;

	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return -EINVAL;
	minutes =
		(text[0] - '0') * 600 + (text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
	return text[3] > '5' || minutes >= 24 * 60 ? -EINVAL : minutes;
}

static int read_window(const char *text, void *dest)
{
	struct cv_config_window w = {0};
	int from, to;

	if (strcmp(text, "any") != 0) {
		if (strlen(text) != 11 || text[5] != '-')
			return -EINVAL;
		from = minute_of(text);
		to = minute_of(text + 6);
		if (from < 0 || to < 0 || from == to)
			return -EINVAL;
		w = (struct cv_config_window){(uint16_t)from, (uint16_t)to};
	}
	memcpy(dest, &w, sizeof(w));
	return 0;
}

int cv_field_read(const struct cv_field *field, const char *text, void *dest, char *expected,
		  size_t expected_size, const char **near)
{
	int r = -EINVAL;

	*near = NULL;
	switch (field->type) {
	case CV_FIELD_TEXT:
	case CV_FIELD_NAME:
	case CV_FIELD_PATH:
		r = read_text(field, text, dest);
		break;
	case CV_FIELD_LISTEN:
		r = read_listen(field, text, dest);
		break;
	case CV_FIELD_BOOL:
		r = read_bool(text, dest);
		break;
	case CV_FIELD_CHOICE:
		r = read_choice(field, text, dest, near);
		break;
	case CV_FIELD_UINT:
	case CV_FIELD_SIZE:
	case CV_FIELD_DURATION:
	case CV_FIELD_RATE:
		r = read_integer(field, text, dest);
		break;
	case CV_FIELD_REAL:
		r = cv_units_real(text, dest);
		break;
	case CV_FIELD_TARGET:
		r = read_target(text, dest);
		break;
	case CV_FIELD_SERVICE:
		r = read_service(text, dest);
		break;
	case CV_FIELD_ADDRESS:
	case CV_FIELD_PREFIX:
		r = read_prefix(field, text, dest);
		break;
	case CV_FIELD_HOST_ADDRESS:
		r = read_host_address(text, dest);
		break;
	case CV_FIELD_WINDOW:
		r = read_window(text, dest);
		break;
	case CV_FIELD_PACKET_RATE:
		r = cv_units_rate(text, dest);
		break;
	case CV_FIELD_BYTE_RATE:
		r = cv_units_byte_rate(text, dest);
		break;
	default:
		break;
	}
	if (r < 0)
		cv_field_expect(field, expected, expected_size);
	return r < 0 ? -EINVAL : 0;
}

static void expect_integer(const struct cv_field *field, char *text, size_t size)
{
	char low[CV_UNITS_TEXT_MAX], high[CV_UNITS_TEXT_MAX];
	const char *what = "a whole number";

	snprintf(low, sizeof(low), "%" PRIu64, field->min);
	snprintf(high, sizeof(high), "%" PRIu64, field->max);
	if (field->type == CV_FIELD_SIZE) {
		what = "a size";
		cv_units_show_size(field->min, low);
		cv_units_show_size(field->max, high);
	} else if (field->type == CV_FIELD_DURATION) {
		what = "a duration";
		cv_units_show_duration(field->min, low);
		cv_units_show_duration(field->max, high);
	} else if (field->type == CV_FIELD_RATE) {
		what = "a rate";
		snprintf(low, sizeof(low), "%" PRIu64 "/s", field->min);
		snprintf(high, sizeof(high), "%" PRIu64 "/s", field->max);
	}
	snprintf(text, size, "%s%s from %s to %s%s%s%s", what,
		 field->power_of_two ? ", a power of two," : "", low, high,
		 field->word ? ", or \"" : "", field->word ? field->word : "",
		 field->word ? "\"" : "");
}

static void expect_choice(const struct cv_field *field, char *text, size_t size)
{
	int used = 0;

	for (unsigned int i = 0; field->choices[i] && (size_t)used < size; i++)
		used += snprintf(text + used, size - (size_t)used, "%s%s",
				 i == 0			 ? ""
				 : field->choices[i + 1] ? ", "
							 : " or ",
				 field->choices[i]);
}

void cv_field_expect(const struct cv_field *field, char *text, size_t size)
{
	static const char *const fixed[] = {
		[CV_FIELD_SECTION] = "a map",
		[CV_FIELD_LISTEN] =
			"a loopback address and port such as 127.0.0.1:8480 or [::1]:8480, or off",
		[CV_FIELD_BOOL] = "true or false",
		[CV_FIELD_REAL] = "a number",
		[CV_FIELD_TARGET] =
			"af_xdp:INTERFACE, pci:ADDRESS such as pci:0000:03:00.0, or pcap:FILE",
		[CV_FIELD_SERVICE] = "tcp/PORT or udp/PORT, port 1 to 65535",
		[CV_FIELD_ADDRESS] = "an address such as 10.1.0.7 or \"fd00:1::7\", or any",
		[CV_FIELD_PREFIX] =
			"a prefix such as 10.1.0.0/16 or \"fd00:1::/64\", the bits behind its "
			"length zero, or any",
		[CV_FIELD_HOST_ADDRESS] = "an address and the length of its network, such as "
					  "10.9.0.2/24 or \"fd00:9::2/64\"",
		[CV_FIELD_WINDOW] = "hours such as 01:30-04:00, or any",
		[CV_FIELD_PACKET_RATE] = "a rate such as 1000/s, 10k/s or 60/min",
		[CV_FIELD_BYTE_RATE] = "a rate such as 64kB/s or 1MiB/s",
		[CV_FIELD_ELSEWHERE] = "a name or a list of names",
	};

	if (field->type == CV_FIELD_LISTEN && field->anywhere) {
		snprintf(text, size,
			 "an address and port such as 0.0.0.0:8443 or [::]:8443, or off");
		return;
	}
	if (field->type == CV_FIELD_ADDRESS && field->word) {
		snprintf(text, size, "an address such as 10.1.0.1 or \"fd00:1::1\", or %s",
			 field->word);
		return;
	}
	if (field->type < sizeof(fixed) / sizeof(fixed[0]) && fixed[field->type]) {
		snprintf(text, size, "%s", fixed[field->type]);
		return;
	}
	switch (field->type) {
	case CV_FIELD_TEXT:
		snprintf(text, size, "a text of at most %zu bytes", field->size - 1);
		break;
	case CV_FIELD_NAME:
		snprintf(text, size, "a name of letters, digits, '.', '_' and '-', at most %zu",
			 field->size - 1);
		break;
	case CV_FIELD_PATH:
		snprintf(text, size, "a path of at most %zu bytes", field->size - 1);
		break;
	case CV_FIELD_CHOICE:
		expect_choice(field, text, size);
		break;
	case CV_FIELD_LIST:
		snprintf(text, size, "a list of at most %" PRIu64 " maps", field->max);
		break;
	default:
		expect_integer(field, text, size);
		break;
	}
}
