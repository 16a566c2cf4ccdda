/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen_capture: writes a pcap of sensor traffic made from the protocol texts: CoAP with SenML CBOR,
 * MQTT, Modbus/TCP and HJ 212, or 64-byte UDP frames for the benches. The same arguments always
 * give the same file.
 */
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_GAP_US 100
#define MAX_FRAME 1514

struct writer {
	pcap_dumper_t *out;
	uint64_t frames;
	uint64_t time_us;
};

/* One TCP connection; seq[0] counts the client's bytes, seq[1] the server's. */
struct flow {
	uint32_t client, server; /* host order */
	uint16_t cport, sport;
	uint32_t seq[2];
};

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += (uint32_t)p[len - 1] << 8;
	return sum;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Ethernet and IPv4 around an L4 packet of l4_len bytes at frame + 34; checksums completed. */
static void send_ip(struct writer *w, uint8_t *frame, uint32_t src, uint32_t dst, uint8_t proto,
		    size_t l4_len, size_t check_at)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	size_t len = 34 + l4_len;
	struct pcap_pkthdr h = {.caplen = (uint32_t)(len < 60 ? 60 : len)};
	uint8_t *ip = frame + 14;

	memcpy(frame, macs, 12);
	put16(frame + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + l4_len));
	put16(ip + 4, (uint32_t)w->frames & 0xffff);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, fold(sum16(ip, 20, 0)));
	put16(ip + 20 + check_at, 0);
	put16(ip + 20 + check_at,
	      fold(sum16(ip + 20, l4_len, sum16(ip + 12, 8, proto + (uint32_t)l4_len))));
	if (len < 60)
		memset(frame + len, 0, 60 - len);
	h.len = h.caplen;
	w->time_us += FRAME_GAP_US;
	h.ts.tv_sec = 1700000000 + (time_t)(w->time_us / 1000000);
	h.ts.tv_usec = (suseconds_t)(w->time_us % 1000000);
	pcap_dump((u_char *)w->out, &h, frame);
	w->frames++;
}

static void send_udp(struct writer *w, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
		     const void *data, size_t len)
{
	uint8_t frame[MAX_FRAME];
	uint8_t *udp = frame + 34;

	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, (uint32_t)(8 + len));
	memcpy(udp + 8, data, len);
	send_ip(w, frame, src, dst, 17, 8 + len, 6);
}

#define FIN 1
#define SYN 2
#define PSH 8
#define ACK 16

static void send_tcp(struct writer *w, struct flow *f, bool from_server, unsigned int flags,
		     const void *data, size_t len)
{
	uint8_t frame[MAX_FRAME];
	uint8_t *tcp = frame + 34;

	memset(tcp, 0, 20);
	put16(tcp, from_server ? f->sport : f->cport);
	put16(tcp + 2, from_server ? f->cport : f->sport);
	put32(tcp + 4, f->seq[from_server]);
	put32(tcp + 8, flags & ACK ? f->seq[!from_server] : 0);
	tcp[12] = 5 << 4;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, 65535);
	if (len)
		memcpy(tcp + 20, data, len);
	send_ip(w, frame, from_server ? f->server : f->client, from_server ? f->client : f->server,
		6, 20 + len, 16);
	f->seq[from_server] += (uint32_t)len + (flags & (SYN | FIN) ? 1 : 0);
}

static void open_flow(struct writer *w, struct flow *f)
{
	send_tcp(w, f, false, SYN, NULL, 0);
	send_tcp(w, f, true, SYN | ACK, NULL, 0);
	send_tcp(w, f, false, ACK, NULL, 0);
}

static void close_flow(struct writer *w, struct flow *f)
{
	send_tcp(w, f, false, FIN | ACK, NULL, 0);
	send_tcp(w, f, true, FIN | ACK, NULL, 0);
	send_tcp(w, f, false, ACK, NULL, 0);
}

/* RFC 7252 and RFC 8428: NON POST /senml, one pack of temperature and humidity. */
static void coap_message(struct writer *w, uint32_t device, uint32_t platform, unsigned int i)
{
	uint8_t m[128] = {0x50, 0x02};
	size_t n = 4;

	put16(m + 2, i & 0xffff);
	m[n++] = 0xb5; /* Uri-Path "senml" */
	memcpy(m + n, "senml", 5);
	n += 5;
	m[n++] = 0x11; /* Content-Format 112 */
	m[n++] = 112;
	m[n++] = 0xff;
	/* [{-2: "urn:dev:mac:0024befffe80xxxx:", 0: "t", 1: "Cel", 2: n/10}, {0: "h", 1: "%RH", 2: 55}] */
	n += (size_t)snprintf((char *)m + n, 40,
			      "\x82\xa4\x21\x78\x1d"
			      "urn:dev:mac:0024befffe80%04x:",
			      device & 0xffff);
	memcpy(m + n,
	       "\x00\x61t\x01\x63"
	       "Cel\x02\xfb",
	       10);
	n += 10;
	{
		double value = 15.0 + (i % 200) / 10.0;
		uint64_t bits;

		memcpy(&bits, &value, 8);
		put32(m + n, (uint32_t)(bits >> 32));
		put32(m + n + 4, (uint32_t)bits);
	}
	n += 8;
	memcpy(m + n, "\xa3\x00\x61h\x01\x63%RH\x02\x18\x37", 12);
	n += 12;
	send_udp(w, device, platform, 40000, 5683, m, n);
}

/* MQTT 3.1.1: CONNECT, CONNACK, two PUBLISH at QoS 0 in one segment, DISCONNECT. */
static void mqtt_session(struct writer *w, uint32_t device, uint32_t platform, unsigned int i)
{
	struct flow f = {
		device, platform, (uint16_t)(20000 + i % 20000), 1883, {i * 7919, i * 104729}};
	uint8_t m[256];
	size_t n, start;

	open_flow(w, &f);
	memcpy(m, "\x10\x17\x00\x04MQTT\x04\x02\x00\x3c", 12);
	put16(m + 12, 11);
	n = 14 + (size_t)snprintf((char *)m + 14, 32, "meter-%05u", device & 0xffff);
	m[1] = (uint8_t)(n - 2);
	send_tcp(w, &f, false, PSH | ACK, m, n);
	send_tcp(w, &f, true, PSH | ACK, "\x20\x02\x00\x00", 4);
	n = 0;
	for (int k = 0; k < 2; k++) {
		start = n;
		n += 2;
		put16(m + n, 14);
		memcpy(m + n + 2, k ? "site/1/current" : "site/1/voltage", 14);
		n += 16;
		n += (size_t)snprintf((char *)m + n, 32, "%u.%u", 220 + i % 10, i % 10);
		m[start] = 0x30;
		m[start + 1] = (uint8_t)(n - start - 2);
	}
	send_tcp(w, &f, false, PSH | ACK, m, n);
	send_tcp(w, &f, false, PSH | ACK, "\xe0\x00", 2);
	close_flow(w, &f);
}

/* Modbus/TCP: the platform reads two holding registers of unit 1. */
static void modbus_session(struct writer *w, uint32_t device, uint32_t platform, unsigned int i)
{
	struct flow f = {
		platform, device, (uint16_t)(20000 + i % 20000), 502, {i * 6007, i * 31337}};
	uint8_t ask[12] = {0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2};
	uint8_t answer[13] = {0, 0, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0, 0};

	open_flow(w, &f);
	put16(ask, i & 0xffff);
	put16(answer, i & 0xffff);
	put16(answer + 9, 200 + i % 100);
	put16(answer + 11, 500 + i % 100);
	send_tcp(w, &f, false, PSH | ACK, ask, sizeof(ask));
	send_tcp(w, &f, true, PSH | ACK, answer, sizeof(answer));
	close_flow(w, &f);
}

/* HJ 212-2017 annex A; not Modbus' CRC. */
static unsigned int hj212_crc(const char *p, size_t len)
{
	unsigned int crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc = (crc >> 8) ^ (uint8_t)p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
	}
	return crc;
}

static void hj212_session(struct writer *w, uint32_t device, uint32_t platform, unsigned int i)
{
	struct flow f = {
		device, platform, (uint16_t)(20000 + i % 20000), 9212, {i * 4001, i * 5003}};
	char data[512], frame[640];
	int n, total;

	n = snprintf(
		data, sizeof(data),
		"QN=20231115061320%03u;ST=22;CN=2011;PW=123456;MN=CULVERTDEMO%05u;Flag=4;CP=&&"
		"DataTime=20231115061320;a34004-Rtd=%u,a34004-Flag=N;a34002-Rtd=%u.5,a34002-Flag=N;"
		"a01001-Rtd=%u.%u,a01001-Flag=N&&",
		i % 1000, device & 0xffff, 10 + i % 90, 20 + i % 90, 15 + i % 15, i % 10);
	total = snprintf(frame, sizeof(frame), "##%04d%s%04X\r\n", n, data,
			 hj212_crc(data, (size_t)n));
	open_flow(w, &f);
	send_tcp(w, &f, false, PSH | ACK, frame, (size_t)total);
	close_flow(w, &f);
}

static void make_mix(struct writer *w, uint64_t frames, unsigned int devices)
{
	const uint32_t platform = 0x0a4d0201; /* 10.77.2.1 */

	for (unsigned int i = 0; w->frames < frames; i++) {
		uint32_t device = 0x0a4d0101 + i % devices;

		for (unsigned int k = 0; k < 8; k++)
			coap_message(w, device, platform, i * 8 + k);
		mqtt_session(w, device, platform, i);
		modbus_session(w, device, platform, i);
		hj212_session(w, device, platform, i);
	}
}

/* 64-byte frames on the wire (60 without FCS), one source address per device. */
static void make_plain(struct writer *w, uint64_t frames, unsigned int devices)
{
	static const uint8_t payload[18];

	while (w->frames < frames) {
		uint32_t device = 0x0a4d0000 + (uint32_t)(w->frames % devices);

		send_udp(w, device, 0x0a4e0201, 40000, 9999, payload, sizeof(payload));
	}
}

static int usage(void)
{
	fputs("usage: gen_capture mix|plain FRAMES DEVICES FILE\n", stderr);
	return 1;
}

int main(int argc, char **argv)
{
	struct writer w = {0};
	pcap_t *pcap;
	uint64_t frames;
	unsigned int devices;

	if (argc != 5)
		return usage();
	frames = strtoull(argv[2], NULL, 10);
	devices = (unsigned int)strtoul(argv[3], NULL, 10);
	if (devices == 0)
		return usage();
	pcap = pcap_open_dead(DLT_EN10MB, 65535);
	w.out = pcap ? pcap_dump_open(pcap, argv[4]) : NULL;
	if (!w.out) {
		fprintf(stderr, "gen_capture: %s: %s\n", argv[4],
			pcap ? pcap_geterr(pcap) : "no memory");
		return 1;
	}
	if (strcmp(argv[1], "mix") == 0)
		make_mix(&w, frames, devices);
	else if (strcmp(argv[1], "plain") == 0)
		make_plain(&w, frames, devices);
	else
		return usage();
	pcap_dump_close(w.out);
	pcap_close(pcap);
	return 0;
}
