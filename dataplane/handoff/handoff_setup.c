/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/policy/generation.h"

#define CV_BLOCKS_MIN 4
#define CV_BLOCKS_MAX 4096
/* Nobody can pull the memory away from under the other process (SIGBUS). */
#define CV_HANDOFF_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Offsets in the mapping, bytes. */
struct layout {
	size_t counters, ports, channels, evidence, blocks, size;
};

#define LIST_TEXT(id, name) name ","
static const char layout_text[] =
	CV_LANES(LIST_TEXT) ";" CV_REASONS(LIST_TEXT) ";" CV_OUTCOMES(LIST_TEXT) ";" CV_FLOW_EVENTS(
		LIST_TEXT) ";" CV_PROTOS(LIST_TEXT) ";" CV_REJECTS(LIST_TEXT) ";"
	/* What cv_record_check() takes: an unknown number would cost a whole block. */
	CV_KINDS(LIST_TEXT) ";" CV_STAGES(LIST_TEXT) ";" CV_TLVS(LIST_TEXT) ";" CV_VALUE_TYPES(
		LIST_TEXT) ";" CV_QUALITIES(LIST_TEXT) ";" CV_TIME_QUALITIES(LIST_TEXT);

uint32_t cv_handoff_layout(void)
{
	static const uint32_t sizes[] = {
		sizeof(struct cv_handoff_header),
		sizeof(struct cv_counters),
		sizeof(struct cv_port_counters),
		sizeof(struct cv_channel),
		sizeof(struct cv_evidence),
		sizeof(struct cv_evidence_slot),
		CV_PORTS_MAX,
		CV_BLOCK_VERSION,
		CV_RECORD_VERSION,
	};

	return cv_crc32c(cv_crc32c(0, layout_text, sizeof(layout_text)), sizes, sizeof(sizes));
}

static size_t align_up(size_t n)
{
	return (n + CV_BLOCK_ALIGN - 1) & ~(size_t)(CV_BLOCK_ALIGN - 1);
}

static int plan(uint32_t workers, uint32_t blocks, struct layout *l)
{
	size_t channels = (size_t)workers * CV_LANE_COUNT;

	if (workers < 1 || workers > CV_WORKERS_MAX || blocks < CV_BLOCKS_MIN ||
	    blocks > CV_BLOCKS_MAX || (blocks & (blocks - 1)) != 0)
		return -EINVAL;
	l->counters = align_up(sizeof(struct cv_handoff_header));
	l->ports = l->counters + workers * sizeof(struct cv_counters);
	l->channels = l->ports + CV_PORTS_MAX * sizeof(struct cv_port_counters);
	l->evidence = align_up(l->channels + channels * sizeof(struct cv_channel));
	l->blocks = align_up(l->evidence + workers * sizeof(struct cv_evidence));
	l->size = l->blocks + channels * blocks * CV_BLOCK_SIZE;
	return 0;
}

static int map(int fd, uint32_t workers, uint32_t blocks, const struct layout *l,
	       struct cv_handoff *ret)
{
	uint8_t *base = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED)
		return -errno;
	*ret = (struct cv_handoff){
		.base = base,
		.size = l->size,
		.fd = fd,
		.worker_count = workers,
		.block_count = blocks,
		.header = (struct cv_handoff_header *)(void *)base,
		.counters = (struct cv_counters *)(void *)(base + l->counters),
		.ports = (struct cv_port_counters *)(void *)(base + l->ports),
		.channels = (struct cv_channel *)(void *)(base + l->channels),
		.evidence = (struct cv_evidence *)(void *)(base + l->evidence),
		.blocks = base + l->blocks,
	};
	return 0;
}

static int make_file(size_t size)
{
	int fd = memfd_create("culvert-handoff", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int res;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, CV_HANDOFF_SEALS) == 0)
		return fd;
	res = -errno;
	close(fd);
	return res;
}

int cv_handoff_create(unsigned int workers, unsigned int blocks, uint64_t incarnation,
		      struct cv_handoff *ret)
{
	struct timespec now;
	struct layout l;
	int fd, res = incarnation == 0 ? -EINVAL : plan(workers, blocks, &l);

	if (res < 0)
		return res;
	fd = make_file(l.size);
	if (fd < 0)
		return fd;
	res = map(fd, workers, blocks, &l, ret);
	if (res < 0) {
		close(fd);
		return res;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	*ret->header = (struct cv_handoff_header){
		.magic = CV_HANDOFF_MAGIC,
		.version = CV_HANDOFF_VERSION,
		.workers = workers,
		.blocks = blocks,
		.block_size = CV_BLOCK_SIZE,
		.layout = cv_handoff_layout(),
		.incarnation = incarnation,
		.size = l.size,
		.pid = (uint64_t)getpid(),
		.started_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
	};
	return 0;
}

static int check_file(int fd, struct cv_handoff_header *header, struct layout *l)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) < 0)
		return -EBADMSG;
	if (pread(fd, header, sizeof(*header), 0) != (ssize_t)sizeof(*header))
		return -EBADMSG;
	if (header->magic != CV_HANDOFF_MAGIC || header->version != CV_HANDOFF_VERSION ||
	    header->layout != cv_handoff_layout())
		return -EPROTO;
	if (header->block_size != CV_BLOCK_SIZE || header->incarnation == 0 ||
	    plan(header->workers, header->blocks, l) < 0 || header->size != l->size ||
	    (uint64_t)st.st_size < l->size)
		return -EBADMSG;
	return 0;
}

int cv_handoff_attach(int fd, struct cv_handoff *ret)
{
	struct cv_handoff_header header;
	struct layout l;
	int res = check_file(fd, &header, &l);

	return res < 0 ? res : map(fd, header.workers, header.blocks, &l, ret);
}

void cv_handoff_close(struct cv_handoff *h)
{
	if (h->base)
		munmap(h->base, h->size);
	if (h->fd >= 0)
		close(h->fd);
	*h = (struct cv_handoff){.fd = -1};
}
