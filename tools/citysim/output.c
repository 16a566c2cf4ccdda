/* SPDX-License-Identifier: Apache-2.0 */
/* Capture file and interface. */
#include "tools/citysim/output.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define FILE_BUFFER (1u << 20)
#define PCAP_NS 0xa1b23c4du

struct sim_output {
	FILE *file;
	int fd;
	bool real;
	uint64_t rate;
	uint64_t sent;
	int64_t first_ns, began_ns; /* time of the first frame, and when it was sent */
	unsigned int held;
	struct mmsghdr message[BATCH];
	struct iovec piece[BATCH];
	uint8_t frame[BATCH][SIM_FRAME_MAX];
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static struct sim_output *new_output(void)
{
	struct sim_output *o = calloc(1, sizeof(*o));

	if (o != NULL)
		o->fd = -1;
	return o;
}

int sim_output_pcap(const char *path, struct sim_output **ret)
{
	const uint32_t head[] = {PCAP_NS, 4u << 16 | 2, 0, 0, 65535, 1};
	struct sim_output *o = new_output();
	int err;

	if (o == NULL)
		return -ENOMEM;
	o->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
	if (o->file == NULL) {
		err = -errno;
		free(o);
		return err;
	}
	setvbuf(o->file, NULL, _IOFBF, FILE_BUFFER);
	if (fwrite(head, sizeof(head), 1, o->file) != 1) {
		err = -EIO;
		sim_output_close(o);
		return err;
	}
	*ret = o;
	return 0;
}

int sim_output_live(const char *interface, uint64_t rate, bool real, struct sim_output **ret)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct sim_output *o = new_output();
	int err = 0;

	if (o == NULL)
		return -ENOMEM;
	o->rate = rate;
	o->real = real;
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (at.sll_ifindex == 0)
		err = -ENODEV;
	if (err == 0) {
		o->fd = socket(AF_PACKET, SOCK_RAW, 0);
		err = o->fd < 0 ? -errno : 0;
	}
	if (err == 0 && bind(o->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		err = -errno;
	if (err != 0) {
		sim_output_close(o);
		return err;
	}
	for (unsigned int i = 0; i < BATCH; i++) {
		o->piece[i].iov_base = o->frame[i];
		o->message[i].msg_hdr.msg_iov = &o->piece[i];
		o->message[i].msg_hdr.msg_iovlen = 1;
	}
	*ret = o;
	return 0;
}

static int flush(struct sim_output *o)
{
	unsigned int done = 0;

	while (done < o->held) {
		int n = sendmmsg(o->fd, o->message + done, o->held - done, 0);

		if (n > 0) {
			done += (unsigned int)n;
		} else if (errno == ENOBUFS || errno == EAGAIN) {
			usleep(50); /* the interface's queue is full */
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	o->held = 0;
	return 0;
}

/* Wait until the frame is due; what is held back goes out before. */
static int pace(struct sim_output *o, int64_t time_ns)
{
	int64_t due, wait;
	int err;

	if (o->sent == 0) {
		o->first_ns = time_ns;
		o->began_ns = now_ns();
	}
	if (!o->real && o->rate == 0)
		return 0;
	due = o->real ? time_ns - o->first_ns : (int64_t)((double)o->sent * 1e9 / (double)o->rate);
	wait = o->began_ns + due - now_ns();
	if (wait < 20000) /* less than a sleep costs */
		return 0;
	err = flush(o);
	if (err == 0)
		nanosleep(&(struct timespec){wait / 1000000000, wait % 1000000000}, NULL);
	return err;
}

static int live_frame(struct sim_output *o, int64_t time_ns, const uint8_t *frame, size_t len)
{
	int err = pace(o, time_ns);

	if (err != 0)
		return err;
	memcpy(o->frame[o->held], frame, len);
	o->piece[o->held].iov_len = len;
	o->held++;
	o->sent++;
	return o->held == BATCH ? flush(o) : 0;
}

int sim_output_frame(struct sim_output *o, int64_t time_ns, const uint8_t *frame, size_t len)
{
	const uint32_t head[] = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000),
				 (uint32_t)len, (uint32_t)len};

	if (len > SIM_FRAME_MAX)
		return -EMSGSIZE;
	if (o == NULL)
		return 0;
	if (o->file == NULL)
		return live_frame(o, time_ns, frame, len);
	if (fwrite(head, sizeof(head), 1, o->file) != 1 || fwrite(frame, len, 1, o->file) != 1)
		return errno ? -errno : -EIO;
	return 0;
}

int sim_output_close(struct sim_output *o)
{
	int err = 0;

	if (o == NULL)
		return 0;
	if (o->fd >= 0) {
		err = flush(o);
		close(o->fd);
	}
	if (o->file != NULL && (o->file == stdout ? fflush(o->file) : fclose(o->file)) != 0)
		err = -errno;
	free(o);
	return err;
}
