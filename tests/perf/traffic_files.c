/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The traffic of the policy benches as files, for programs of others: a capture with a frame of
 * each device in the order they come in, and as many rules as ours for DPDK's l3fwd.
 *
 *     traffic_files DIR FRAMES DEVICES hosts|nets      writes frames.pcap, rules4, rules6
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "tests/perf/traffic.h"

static int write_frames(const char *path, uint32_t frames, uint32_t devices, enum traffic_kind kind)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	pcap_dumper_t *out = pcap ? pcap_dump_open(pcap, path) : NULL;
	struct pcap_pkthdr head = {.caplen = TRAFFIC_LEN, .len = TRAFFIC_LEN};
	uint8_t frame[TRAFFIC_LEN];
	int err = out ? 0 : -EIO;

	traffic_frame(frame);
	for (uint32_t i = 0; !err && i < frames; i++) {
		traffic_set_device(frame, traffic_device(i, devices - 1), kind);
		pcap_dump((u_char *)out, &head, frame);
	}
	if (out && pcap_dump_flush(out))
		err = -EIO;
	if (out)
		pcap_dump_close(out);
	if (pcap)
		pcap_close(pcap);
	return err;
}

static int finish(FILE *f)
{
	int bad = ferror(f);

	return fclose(f) || bad ? -EIO : 0;
}

/* What matches goes out of port 1, which l3fwd calls a route (R). */
static int write_rules(const char *path, enum traffic_kind kind)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	for (uint32_t i = 0; i < TRAFFIC_RULES; i++) {
		uint32_t port = TRAFFIC_FIRST_PORT + i % TRAFFIC_PORTS, len;
		struct in_addr net = {htonl(traffic_net(i / TRAFFIC_PORTS, kind, &len))};
		char text[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &net, text, sizeof(text));
		fprintf(f, "R%s/%u 192.168.0.0/24 0 : 65535 %u : %u 0x11/0xff 1\n", text, len, port,
			port);
	}
	return finish(f);
}

/* l3fwd does not start without one. */
static int write_rule6(const char *path)
{
	static const char net[] = "2001:0db8:0000:0000:0000:0000:0000:0000/32";
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fprintf(f, "R%s %s 0 : 65535 0 : 65535 0x00/0x00 1\n", net, net);
	return finish(f);
}

static int write_files(const char *dir, uint32_t frames, uint32_t devices, enum traffic_kind kind)
{
	char path[512];
	int err;

	snprintf(path, sizeof(path), "%s/frames.pcap", dir);
	err = write_frames(path, frames, devices, kind);
	snprintf(path, sizeof(path), "%s/rules4", dir);
	if (!err)
		err = write_rules(path, kind);
	snprintf(path, sizeof(path), "%s/rules6", dir);
	return err ? err : write_rule6(path);
}

int main(int argc, char **argv)
{
	uint32_t frames, devices;
	int err;

	if (argc != 5) {
		fputs("usage: traffic_files DIR FRAMES DEVICES hosts|nets\n", stderr);
		return 1;
	}
	frames = (uint32_t)strtoul(argv[2], NULL, 0);
	devices = (uint32_t)strtoul(argv[3], NULL, 0);
	if (!frames || !devices || devices & (devices - 1)) {
		fputs("traffic_files: FRAMES is at least 1, DEVICES a power of two\n", stderr);
		return 1;
	}
	err = write_files(argv[1], frames, devices,
			  strcmp(argv[4], "nets") ? TRAFFIC_HOSTS : TRAFFIC_NETS);
	if (err)
		fprintf(stderr, "traffic_files: %s: %s\n", argv[1], strerror(-err));
	return err ? 1 : 0;
}
