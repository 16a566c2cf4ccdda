/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Own eBPF code in Culvert's packet path: what a module may use. A module is one source file:
 *
 *     #include <culvert_module.h>
 *
 *     static int no_telnet(const struct cv_module_ctx *c)
 *     {
 *             return c->ip_proto == 6 && c->dport == 23 ? cv_drop(0) : cv_continue();
 *     }
 *
 *     CV_MODULE(no_telnet, .budget_ns = 100, .codes = {"telnet"});
 *
 *     $ culvert policy module build no_telnet.bpf.c -o no_telnet.o
 *
 * It runs in the kernel for each frame that the policy lets pass, but for those of the guard
 * (management of the node), and can only take away: a module never lets pass what the policy
 * drops, and never changes a frame. See docs/security/modules.md.
 *
 * Stable: what is here keeps its meaning as long as CULVERT_MODULE_ABI is the same.
 */
#ifndef CULVERT_MODULE_H
#define CULVERT_MODULE_H

#include <linux/types.h>

/** A node refuses modules that were built against another number. */
#define CULVERT_MODULE_ABI 1

/** cv_drop() takes 0 to CV_MODULE_CODES - 1; each code has a counter. */
#define CV_MODULE_CODES 16

#define CV_MODULE_NAME_SIZE 32
#define CV_MODULE_CODE_SIZE 24

/** What a module says of itself; CV_MODULE() fills it in. */
struct cv_module_info {
	__u32 magic; /* CV_MODULE_MAGIC */
	__u32 abi; /* CULVERT_MODULE_ABI */
	char name[CV_MODULE_NAME_SIZE];
	__u32 budget_ns; /* longest mean run time that is well, 0 = CV_MODULE_BUDGET_NS */
	__u32 pad;
	char codes[CV_MODULE_CODES][CV_MODULE_CODE_SIZE]; /* what drop codes mean; may be empty */
};
_Static_assert(sizeof(struct cv_module_info) == 432, "read from the object file");

#define CV_MODULE_MAGIC 0x646d7643u /* "Cvmd" */
#define CV_MODULE_SECTION "culvert_module"
#define CV_MODULE_BUDGET_NS 500u

/*
 * The frame as it travels from ingress to the module and back, one per CPU. Not for modules, which
 * have struct cv_module_ctx instead.
 */
struct cv_module_frame {
	__u64 now_ns;
	__u64 src[2], dst[2];
	__u64 generation;
	__u32 rule;
	__u32 l3_end;
	__u16 l3_off, l4_off;
	__u16 sport, dport;
	__u16 vlan, vlan_inner;
	__u16 ethertype;
	__u8 family, ip_proto;
	__u8 fragment, vlans;
	__u8 port, context;
	__u8 zone_in, zone_out;
	__u8 to_host, pad;
	__u32 next; /* which program goes on after the module */
	__u32 result; /* what the module returned */
};
_Static_assert(sizeof(struct cv_module_frame) == 88, "shared by ingress and module");

/* What a module returns; anything else is counted as invalid and the frame goes on. */
#define CV_MODULE_CONTINUE 0u
#define CV_MODULE_DROP 0x100u /* + code */

/* ---- for modules --------------------------------------------------------------------------- */

#if defined(__bpf__) && !defined(CV_MODULE_LAYOUTS_ONLY)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/** The frame and what the policy's parser and verdict know of it. Numbers are in host order. */
struct cv_module_ctx {
	const __u8 *data, *data_end; /* from the Ethernet header on; see cv_at() */
	__u64 now_ns; /* monotonic; in `policy module test` the time in the capture */
	__u64 src[2], dst[2]; /* addresses in network order; IPv4: low 32 bits of [0], rest zero */
	__u64 generation; /* number of the policy in force */
	__u32 rule; /* number of the rule that lets the frame pass, 0 = the zone's default */
	__u32 l3_end; /* end of the IP packet, offset in the frame */
	__u16 l3_off, l4_off; /* offsets of the IP header, and behind it and its extensions */
	__u16 sport, dport; /* of TCP and UDP; 0 in others and in later fragments */
	__u16 vlan, vlan_inner; /* 0 = none */
	__u16 ethertype; /* behind the VLAN tags */
	__u8 family; /* 4, 6, 0 = not IP: then only ethertype, VLANs and l3_off say something */
	__u8 ip_proto; /* upper protocol, behind extension headers */
	__u8 fragment; /* 0 = whole packet, 1 = first fragment, 2 = later fragment */
	__u8 vlans; /* number of tags, 0-2 */
	__u8 port; /* ingress port, in the order of the configuration */
	__u8 context; /* of the policy: one per pair of zones */
	__u8 zone_in, zone_out; /* numbers of the zones, 0 = none */
	__u8 to_host; /* 1 = for this node's own stack, 0 = to the peer port */
};

/** Let the frame go on. */
static __always_inline int cv_continue(void)
{
	return CV_MODULE_CONTINUE;
}

/** Drop the frame: reason `module`, counted under @p code, 0 to 15. */
static __always_inline int cv_drop(__u32 code)
{
	return CV_MODULE_DROP | (code & (CV_MODULE_CODES - 1));
}

/** Frames are shorter; it also bounds offsets for the verifier. */
#define CV_MODULE_OFFSET_MAX 0x3fffu

/**
 * @p len bytes of the frame at offset @p off.
 *
 * @param len a constant.
 * @return null: the frame ends before.
 */
static __always_inline const __u8 *cv_at(const struct cv_module_ctx *c, __u32 off, __u32 len)
{
	const __u8 *at;

	if (off > CV_MODULE_OFFSET_MAX)
		return 0;
	/* The compiler knows the bound and would leave the mask out; the verifier needs it. */
	asm volatile("%0 &= %1" : "+r"(off) : "i"(CV_MODULE_OFFSET_MAX));
	at = c->data + off;
	return at + len > c->data_end ? 0 : at;
}

/** 16 bits in network order at @p at, which need not be aligned. */
static __always_inline __u16 cv_load16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

/** 32 bits likewise. */
static __always_inline __u32 cv_load32(const __u8 *at)
{
	return (__u32)at[0] << 24 | (__u32)at[1] << 16 | (__u32)at[2] << 8 | at[3];
}

/* Given by the node. Modules do not name them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_module_frame);
} cv_module_frame SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cv_module_next SEC(".maps");

/* Everything the module may see is copied: it has no way to the frame's state itself. */
static __always_inline int cv_module_ask(int (*module)(const struct cv_module_ctx *),
					 const struct cv_module_frame *f, const __u8 *data,
					 const __u8 *data_end)
{
	struct cv_module_ctx c = {
		.data = data,
		.data_end = data_end,
		.now_ns = f->now_ns,
		.src = {f->src[0], f->src[1]},
		.dst = {f->dst[0], f->dst[1]},
		.generation = f->generation,
		.rule = f->rule,
		.l3_end = f->l3_end,
		.l3_off = f->l3_off,
		.l4_off = f->l4_off,
		.sport = f->sport,
		.dport = f->dport,
		.vlan = f->vlan,
		.vlan_inner = f->vlan_inner,
		.ethertype = f->ethertype,
		.family = f->family,
		.ip_proto = f->ip_proto,
		.fragment = f->fragment,
		.vlans = f->vlans,
		.port = f->port,
		.context = f->context,
		.zone_in = f->zone_in,
		.zone_out = f->zone_out,
		.to_host = f->to_host,
	};

	return module(&c);
}

/**
 * Make a module of `static int FUNCTION(const struct cv_module_ctx *)`; once per object, behind the
 * function. Settings, all optional: .budget_ns = NS, .codes = {"what", "codes", "mean"}.
 *
 * The entry belongs to this macro, so that a module always hands the frame back. The second program
 * is never run: loaded as a kind of program that may read frames only, it has the verifier prove
 * that the module does not write to them.
 */
#define CV_MODULE(function, ...)                                                                   \
	const struct cv_module_info cv_module_info SEC(CV_MODULE_SECTION)                          \
		__attribute__((used)) = {.magic = CV_MODULE_MAGIC,                                 \
					 .abi = CULVERT_MODULE_ABI,                                \
					 .name = #function,                                        \
					 ##__VA_ARGS__};                                           \
                                                                                                   \
	SEC("xdp")                                                                                 \
	int cv_module_entry(struct xdp_md *md)                                                     \
	{                                                                                          \
		__u32 zero = 0;                                                                    \
		struct cv_module_frame *f = bpf_map_lookup_elem(&cv_module_frame, &zero);          \
                                                                                                   \
		if (!f)                                                                            \
			return XDP_ABORTED;                                                        \
		f->result = (__u32)cv_module_ask(function, f, (const __u8 *)(long)md->data,        \
						 (const __u8 *)(long)md->data_end);                \
		bpf_tail_call(md, &cv_module_next, f->next);                                       \
		return XDP_ABORTED;                                                                \
	}                                                                                          \
                                                                                                   \
	SEC("flow_dissector")                                                                      \
	int cv_module_readonly(struct __sk_buff *skb)                                              \
	{                                                                                          \
		__u32 zero = 0;                                                                    \
		struct cv_module_frame *f = bpf_map_lookup_elem(&cv_module_frame, &zero);          \
                                                                                                   \
		if (f)                                                                             \
			f->result =                                                                \
				(__u32)cv_module_ask(function, f, (const __u8 *)(long)skb->data,   \
						     (const __u8 *)(long)skb->data_end);           \
		return 0;                                                                          \
	}                                                                                          \
	_Static_assert(1, "takes the semicolon")

#endif

#endif
