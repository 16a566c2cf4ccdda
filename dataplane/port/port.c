/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/port/port.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <rte_dev.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_version.h>

#include "dataplane/port/pci.h"

/* net_af_xdp gives its socket back after a grace period: a restart finds the queue busy. */
#define OPEN_RETRY_MS 100
#define OPEN_RETRIES 50

#define RING_SIZE 2048

struct rte_mempool *cv_port_pool_create(unsigned int buffers, bool for_cards)
{
	struct rte_pktmbuf_pool_private priv = {.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE};
	unsigned int element = sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE;
	struct rte_mempool *pool;

	if (for_cards)
		return rte_pktmbuf_pool_create("frames", buffers, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					       SOCKET_ID_ANY);
	pool = rte_mempool_create_empty("frames", buffers, element, 256, sizeof(priv),
					SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (!pool)
		return NULL;
	rte_mempool_set_ops_byname(pool, "ring_mp_mc", NULL);
	rte_pktmbuf_pool_init(pool, &priv);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

static void devargs(const struct cv_gen_port *config, unsigned int index, const char *pin_dir,
		    char *name, size_t name_size, char *args, size_t args_size)
{
	if (config->kind == CV_PORT_PCAP) {
		snprintf(name, name_size, "net_pcap%u", index);
		/* Without tx_pcap the driver's transmit side counts and discards. */
		snprintf(args, args_size, "rx_pcap=%s%s", config->target,
			 config->repeat ? ",infinite_rx=1" : "");
		return;
	}
	snprintf(name, name_size, "net_af_xdp%u", index);
	/*
	 * busy_budget=0: the default of 64 costs a recvfrom() per empty poll. The XDP program is
	 * control's: up to 24.03 the driver adopts it by its name, later by the pinned map.
	 */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 7, 0, 0)
	snprintf(args, args_size,
		 "iface=%s,busy_budget=0,use_pinned_map=1,dp_path=%s/port-%s/xsks_map",
		 config->target, pin_dir, config->name);
#else
	(void)pin_dir;
	snprintf(args, args_size, "iface=%s,busy_budget=0", config->target);
#endif
}

static int configure(struct cv_port *port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	uint16_t rx = RING_SIZE, tx = RING_SIZE;
	int err;

	err = rte_eth_dev_configure(port->ethdev, 1, 1, &conf);
	if (err == 0)
		err = rte_eth_dev_adjust_nb_rx_tx_desc(port->ethdev, &rx, &tx);
	if (err == 0)
		err = rte_eth_rx_queue_setup(port->ethdev, 0, rx, SOCKET_ID_ANY, NULL, pool);
	if (err == 0)
		err = rte_eth_tx_queue_setup(port->ethdev, 0, tx, SOCKET_ID_ANY, NULL);
	if (err == 0)
		err = rte_eth_dev_start(port->ethdev);
	return err;
}

/* EAL has probed the card when it started. */
static int open_card(struct cv_port *port, struct rte_mempool *pool)
{
	int err = rte_eth_dev_get_port_by_name(port->config->target, &port->ethdev);

	if (err == 0)
		err = configure(port, pool);
	/* What crosses the node is addressed to others. */
	if (err == 0)
		err = rte_eth_promiscuous_enable(port->ethdev);
	return err;
}

static int create(struct cv_port *port, const char *name, const char *args,
		  struct rte_mempool *pool)
{
	int err = rte_eal_hotplug_add("vdev", name, args);

	if (err < 0)
		return err;
	err = rte_eth_dev_get_port_by_name(name, &port->ethdev);
	if (err == 0)
		err = configure(port, pool);
	if (err < 0)
		rte_eal_hotplug_remove("vdev", name);
	return err;
}

/* The driver repeats without end: how often the file was played is counted in frames. */
static int look_at_file(struct cv_port *port)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *head;
	const uint8_t *data;
	uint64_t frames = 0;
	pcap_t *pcap;

	if (access(port->config->target, R_OK) < 0)
		return -errno;
	if (port->config->repeat == 0)
		return 0;
	pcap = pcap_open_offline(port->config->target, error);
	if (!pcap)
		return -EINVAL;
	while (pcap_next_ex(pcap, &head, &data) == 1)
		frames++;
	pcap_close(pcap);
	if (frames == 0 || frames > CV_PORT_REPEAT_FRAMES)
		return -EFBIG;
	port->last = frames * (1 + (uint64_t)port->config->repeat);
	return 0;
}

static const char *driver_of(const struct cv_gen_port *config)
{
	static char driver[CV_PCI_DRIVER_SIZE];

	return cv_pci_driver("/sys", config->target, driver) < 0 || !*driver ? "none" : driver;
}

static int explain(const struct cv_gen_port *config, int err, char *why, size_t size)
{
	if (config->kind == CV_PORT_PCAP && err == -EFBIG)
		snprintf(why, size,
			 "port %s: %s cannot be repeated: it must have 1 to %d frames; cut it or "
			 "leave out repeat",
			 config->name, config->target, CV_PORT_REPEAT_FRAMES);
	else if (config->kind == CV_PORT_PCAP)
		snprintf(why, size, "port %s: cannot play %s (%s); it must be a readable pcap file",
			 config->name, config->target, strerror(-err));
	else if (config->kind == CV_PORT_PCI)
		snprintf(why, size,
			 "port %s: DPDK does not drive card %s (%s); it is with driver %s. Before "
			 "the dataplane starts, culvert-dataplane bind gives it to vfio-pci; the "
			 "package librte-net-* of its maker drives it",
			 config->name, config->target, strerror(-err), driver_of(config));
	else if (if_nametoindex(config->target) == 0)
		snprintf(why, size,
			 "port %s: no interface %s in this network namespace; check `ip link`",
			 config->name, config->target);
	else
		snprintf(why, size,
			 "port %s: cannot open an AF_XDP socket on %s (%s); it needs root or "
			 "CAP_NET_RAW+CAP_NET_ADMIN+CAP_IPC_LOCK, XDP attached by culvert-control, "
			 "and nobody else on the queue",
			 config->name, config->target, strerror(-err));
	return err;
}

/*
 * What crosses the node is addressed to others. The card goes on so when this process ends, for the
 * kernel's program then forwards. DPDK's own call is not there with a pinned map.
 */
static int hear_everything(const char *ifname)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ifreq request = {0};

	if (s < 0)
		return -errno;
	if (!if_indextoname(if_nametoindex(ifname), request.ifr_name) ||
	    ioctl(s, SIOCGIFFLAGS, &request) < 0)
		err = -errno;
	request.ifr_flags |= IFF_PROMISC;
	if (err == 0 && ioctl(s, SIOCSIFFLAGS, &request) < 0)
		err = -errno;
	close(s);
	return err;
}

static int open_device(struct cv_port *port, const char *name, const char *args,
		       struct rte_mempool *pool)
{
	const struct cv_gen_port *config = port->config;
	int err = -EBUSY;

	for (int i = 0; i < OPEN_RETRIES && err < 0; i++) {
		if (i > 0)
			usleep(OPEN_RETRY_MS * 1000);
		if (config->kind == CV_PORT_AF_XDP && if_nametoindex(config->target) == 0)
			return -ENODEV;
		err = create(port, name, args, pool);
		if (config->kind == CV_PORT_PCAP)
			break;
	}
	return err;
}

int cv_port_open(struct cv_port *port, const struct cv_gen_port *config, unsigned int index,
		 struct rte_mempool *pool, const char *pin_dir, char *why, size_t why_size)
{
	char name[32], args[512];
	uint16_t mtu = 0;
	int err;

	*port = (struct cv_port){.config = config, .index = (uint8_t)index, .last = UINT64_MAX};
	devargs(config, index, pin_dir, name, sizeof(name), args, sizeof(args));
	err = config->kind == CV_PORT_PCAP ? look_at_file(port) : 0;
	if (err == 0)
		err = config->kind == CV_PORT_PCI ? open_card(port, pool)
						  : open_device(port, name, args, pool);
	if (err == 0 && config->kind == CV_PORT_AF_XDP)
		err = hear_everything(config->target);
	if (err < 0)
		return explain(config, err, why, why_size);
	port->mtu = rte_eth_dev_get_mtu(port->ethdev, &mtu) == 0 ? mtu : RTE_ETHER_MTU;
	if (config->rate_pps)
		port->gap = rte_get_tsc_hz() / config->rate_pps;
	port->started = 1;
	return 0;
}

void cv_port_close(struct cv_port *port)
{
	if (!port->started)
		return;
	rte_eth_dev_stop(port->ethdev);
	rte_eth_dev_close(port->ethdev);
	port->started = 0;
}

void cv_port_counters(const struct cv_port *port, struct cv_port_counters *out)
{
	struct rte_eth_stats st;

	if (!port->started || rte_eth_stats_get(port->ethdev, &st) != 0)
		return;
	__atomic_store_n(&out->rx, st.ipackets, __ATOMIC_RELAXED);
	__atomic_store_n(&out->tx, st.opackets, __ATOMIC_RELAXED);
	__atomic_store_n(&out->rx_missed, st.imissed + st.rx_nombuf, __ATOMIC_RELAXED);
	__atomic_store_n(&out->tx_errors, st.oerrors, __ATOMIC_RELAXED);
}
