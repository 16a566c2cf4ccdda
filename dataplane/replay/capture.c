/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/replay/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCAPNG_MAGIC 0x0a0d0d0au /* the same in both byte orders */
#define LINKTYPE_RAW 101u
/* Times beyond year 2100 are somebody's mistake; arithmetic on them must not overflow. */
#define SECONDS_MAX 4102444800ll

struct cv_capture {
	pcap_t *pcap; /* one of the two */
	struct cv_pcapng *pcapng;
	FILE *file; /* until one of the two owns it */
	uint32_t link;
};

__attribute__((format(printf, 3, 4))) static int fail(struct cv_capture_error *error, int err,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

static int open_file(const char *path, FILE **ret, struct cv_capture_error *error)
{
	struct stat st;
	FILE *f = strcmp(path, "-") == 0 ? fdopen(dup(STDIN_FILENO), "rb") : fopen(path, "rb");

	if (f == NULL)
		return fail(error, -errno, "%s", strerror(errno));
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		return fail(error, -EISDIR, "is a directory; give it capture files");
	}
	*ret = f;
	return 0;
}

/* The first four bytes, put back. */
static int peek(FILE *f, uint32_t *magic, struct cv_capture_error *error)
{
	uint8_t b[4];
	size_t n = fread(b, 1, sizeof(b), f);

	if (n == 0)
		return ferror(f) ? fail(error, -errno, "%s", strerror(errno))
				 : fail(error, -ENODATA, "is empty");
	for (size_t i = n; i > 0; i--)
		ungetc(b[i - 1], f);
	if (n < sizeof(b))
		return fail(error, -EPROTO, "is not a capture: %zu bytes long", n);
	memcpy(magic, b, sizeof(*magic));
	return 0;
}

/* libpcap's DLT_* are the registry's LINKTYPE_* but for a few that differ per system. */
static uint32_t link_of(pcap_t *p)
{
	int dlt = pcap_datalink(p);

	return dlt == DLT_RAW ? LINKTYPE_RAW : (uint32_t)dlt;
}

static int open_reader(struct cv_capture *c, struct cv_capture_error *error)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	uint32_t magic = 0;
	int err = peek(c->file, &magic, error);

	if (err != 0)
		return err;
	if (magic == PCAPNG_MAGIC) {
		err = cv_pcapng_open(c->file, &c->pcapng, error);
		if (err == 0)
			c->file = NULL;
		return err;
	}
	c->pcap =
		pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (c->pcap == NULL)
		return fail(error, -EPROTO, "is not a pcap or pcapng capture (%s)", text);
	c->file = NULL;
	c->link = link_of(c->pcap);
	return 0;
}

int cv_capture_open(const char *path, struct cv_capture **ret, struct cv_capture_error *error)
{
	struct cv_capture *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return fail(error, -ENOMEM, "out of memory");
	err = open_file(path, &c->file, error);
	if (err == 0)
		err = open_reader(c, error);
	if (err != 0) {
		cv_capture_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

static int64_t time_of(const struct timeval *tv)
{
	if (tv->tv_sec < 0 || tv->tv_sec > SECONDS_MAX || tv->tv_usec < 0 ||
	    tv->tv_usec > 999999999)
		return 0;
	return (int64_t)tv->tv_sec * 1000000000 + tv->tv_usec; /* opened for nanoseconds */
}

int cv_capture_next(struct cv_capture *c, struct cv_captured *packet,
		    struct cv_capture_error *error)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int n;

	if (c->pcapng != NULL)
		return cv_pcapng_next(c->pcapng, packet, error);
	n = pcap_next_ex(c->pcap, &head, &data);
	if (n == PCAP_ERROR_BREAK)
		return 0;
	if (n != 1)
		return fail(error, -EBADMSG, "%s", pcap_geterr(c->pcap));
	*packet = (struct cv_captured){
		.data = data,
		.len = head->caplen,
		.wire_len = head->len,
		.ts_ns = time_of(&head->ts),
		.link = c->link,
		.interface = "",
	};
	return 1;
}

void cv_capture_close(struct cv_capture *c)
{
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	cv_pcapng_close(c->pcapng);
	if (c->file != NULL)
		fclose(c->file);
	free(c);
}
