/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Modbus/TCP server on libmodbus, with contents that a test can predict:
 *
 *     coil a               a % 3 == 0
 *     discrete input a     a % 2 == 1
 *     holding register a   1000 + a
 *     input register a     2000 + a
 *     input 100-101        21.5 as IEEE 754, high word first
 *     input 102-103        21.5 as IEEE 754, low word first
 *
 * 128 of each from address 0; beyond that it answers with exception 2. Any unit id is answered.
 *
 * usage: modbus_server PORT
 */
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PLACES 128
#define CLIENTS 16

static void fill(modbus_mapping_t *m)
{
	for (int a = 0; a < PLACES; a++) {
		m->tab_bits[a] = a % 3 == 0;
		m->tab_input_bits[a] = a % 2 == 1;
		m->tab_registers[a] = (uint16_t)(1000 + a);
		m->tab_input_registers[a] = (uint16_t)(2000 + a);
	}
	modbus_set_float_abcd(21.5f, &m->tab_input_registers[100]);
	modbus_set_float_cdab(21.5f, &m->tab_input_registers[102]);
}

/* One request of a client. @return false when it has gone. */
static int answer(modbus_t *ctx, modbus_mapping_t *m, int client)
{
	uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
	int n;

	modbus_set_socket(ctx, client);
	n = modbus_receive(ctx, request);
	if (n < 0)
		return 0;
	return n == 0 || modbus_reply(ctx, request, n, m) >= 0;
}

static int serve(modbus_t *ctx, modbus_mapping_t *m, int listener)
{
	struct pollfd fds[1 + CLIENTS] = {{.fd = listener, .events = POLLIN}};
	nfds_t count = 1;

	for (;;) {
		if (poll(fds, count, -1) < 0)
			return errno == EINTR ? 0 : -1;
		for (nfds_t i = count - 1; i >= 1; i--) {
			if (fds[i].revents == 0 || answer(ctx, m, fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--count];
		}
		if (fds[0].revents && count <= CLIENTS) {
			int client = modbus_tcp_accept(ctx, &listener);

			if (client >= 0)
				fds[count++] = (struct pollfd){.fd = client, .events = POLLIN};
		}
	}
}

int main(int argc, char **argv)
{
	int port = argc == 2 ? atoi(argv[1]) : 0, listener, r;
	modbus_t *ctx;
	modbus_mapping_t *m;

	if (port < 1 || port > 65535) {
		fprintf(stderr, "usage: modbus_server PORT\n");
		return 2;
	}
	ctx = modbus_new_tcp("0.0.0.0", port);
	m = modbus_mapping_new(PLACES, PLACES, PLACES, PLACES);
	if (ctx == NULL || m == NULL) {
		fprintf(stderr, "modbus_server: %s\n", modbus_strerror(errno));
		return 1;
	}
	fill(m);
	listener = modbus_tcp_listen(ctx, CLIENTS);
	if (listener < 0) {
		fprintf(stderr, "modbus_server: port %d: %s\n", port, modbus_strerror(errno));
		return 1;
	}
	printf("listening on %d\n", port);
	fflush(stdout);
	r = serve(ctx, m, listener);
	close(listener);
	modbus_mapping_free(m);
	modbus_free(ctx);
	return r < 0;
}
