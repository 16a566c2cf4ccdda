#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write one C file: a source of one of the judges with its own headers pulled in and one thing
wrong. The differential test must notice each of them, or it does not test what it says.

usage: mutate.py list | mutate.py NAME SOURCE-ROOT
"""
import re
import sys

POLICY = "dataplane/policy/"
TABLE, SETUP = POLICY + "policy_table.c", POLICY + "policy_table_setup.c"
PARSE, VERDICT = POLICY + "verdict_parse.h", POLICY + "verdict.h"

LOOKUP, DEVICES = POLICY + "policy_lookup.h", POLICY + "device_abi.h"
FLOW = POLICY + "policy_flow.h"
XDP, REFERENCE = "ebpf/ingress.bpf.c", "tests/verdict/reference.c"
REFERENCE_PARSE = "tests/verdict/reference_parse.c"
JUDGE = "ebpf/judge.bpf.h"
QUARANTINE = POLICY + "quarantine_lookup.h"
RULES = POLICY + "rules.h"
HEADERS = (
    VERDICT, PARSE, LOOKUP, FLOW, DEVICES, JUDGE, QUARANTINE, RULES,
    POLICY + "policy_table_internal.h", POLICY + "policy_step.h",
    POLICY + "device_table_internal.h", POLICY + "device_burst.h", "ebpf/devices.bpf.h",
    "ebpf/classes.bpf.h", "ebpf/clock.bpf.h")

# name: (compiled source, mutated file, text, replacement); the text occurs exactly once
MUTATIONS = {
    "one-vlan-tag": (TABLE, PARSE, "CV_VLANS_MAX = 2", "CV_VLANS_MAX = 1"),
    "first-fragment-unseen": (TABLE, PARSE, "frag & 0x3fff", "frag & 0x1fff"),
    "five-extensions": (TABLE, PARSE, "CV_EXT_MAX = 6", "CV_EXT_MAX = 5"),
    "ah-in-eights": (TABLE, PARSE, "(at[1] + 2u) * 4", "(at[1] + 1u) * 8"),
    "total-equals-head": (TABLE, PARSE, "total < head", "total <= head"),
    "udp-length-unchecked": (TABLE, PARSE, "if (len > room)", "if (len > room + 1)"),
    "pair-order": (TABLE, VERDICT, "k->src_class = bit & 2", "k->src_class = bit & 1"),
    "later-fragment-rules": (
        TABLE, VERDICT, "if (p->fragment == CV_FRAG_LATER)\n\t\tkinds",
        "if (p->fragment == CV_FRAG_FIRST)\n\t\tkinds"),
    "burst-edge": (TABLE, VERDICT, "next - now > l->burst", "next - now >= l->burst"),
    "byte-cost": (TABLE, VERDICT, "l->cost_byte16) >> 10", "l->cost_byte16) >> 11"),
    "quarantine-reach": (TABLE, QUARANTINE, "step <= s->reach", "step < s->reach"),
    "quarantine-without-macs": (TABLE, QUARANTINE, "if (!s->macs)", "if (s)"),
    "quarantine-without-arp": (
        TABLE, VERDICT, "p->ethertype != CV_ETHERTYPE_ARP ||", "p->ethertype ||"),
    "xdp-quarantine-ignored": (
        XDP, JUDGE, "if (cv_quarantine_key_addr(frame, p, &key) &&", "if (0 &&"),
    "xdp-quarantine-not-in-shadow": (
        XDP, JUDGE, "if (ask->shadow && CV_VERDICT_REASON", "if (0 && CV_VERDICT_REASON"),
    "drops-not-counted": (TABLE, VERDICT, "add += CV_DEVICE_DROP;", "add += 0;"),
    "xdp-bytes-uncounted": (XDP, VERDICT, "CV_ADD64(&dev->bytes, len);", ""),
    "device-without-vlan": (TABLE, VERDICT, "k->vlan = p->vlan", "k->vlan = 0"),
    "flow-without-port": (TABLE, FLOW, "(uint64_t)p->ports << 32", "(uint64_t)p->sport << 32"),
    "flow-without-fragment": (
        TABLE, FLOW, "(uint64_t)(p->fragment == CV_FRAG_LATER) << 6 |", ""),
    "prefix4-middle": (TABLE, LOOKUP, "e = *more4(p, e, a >> 8)", "e = *more4(p, e, a >> 9)"),
    "prefix4-last": (TABLE, LOOKUP, "p, e, __builtin_bswap32(addr))", "p, e, addr)"),
    "one-rule-key": (TABLE, TABLE, "if (s->rule || !mask)", "if (1)"),
    "flow-without-entry-port": (TABLE, FLOW, "f->port % CV_PORTS_MAX | 0x80", "0x80"),
    "context-by-port-only": (TABLE, TABLE, "* CV_VLANS + p->vlan]", "* CV_VLANS]"),
    "guard-any-port": (TABLE, VERDICT, "|| g->port == p->dport", "|| g->port"),
    "binding-without-vlan": (TABLE, VERDICT, "b->vlan != p->vlan", "b->vlan > 4095"),
    "mac-class-last": (TABLE, LOOKUP, "if (c)\n\t\treturn c;", "if (c > 999)\n\t\treturn c;"),
    "exempt-ignored": (TABLE, VERDICT, "r->flags & CV_RULE_EXEMPT", "r->flags & 0x80"),
    "port-limit-first": (TABLE, TABLE, "if (s->rule && s->rule->meter)", "if (0)"),
    "unknown-by-rule": (
        TABLE, VERDICT, "c->unknown == CV_UNKNOWN_LIMIT && !src_class", "0 && !src_class"),
    "xdp-pair-order": (XDP, VERDICT, "k->src_class = bit & 2", "k->src_class = bit & 1"),
    "xdp-burst-edge": (XDP, VERDICT, "next - now > l->burst", "next - now >= l->burst"),
    "xdp-context-by-port": (XDP, JUDGE, "place[f->packet.vlan & (CV_VLANS - 1)]", "place[0]"),
    "xdp-drops-uncounted": (XDP, JUDGE, "h->drops += drop;", ""),
    "xdp-rule-ways": (XDP, RULES, "i < CV_RULES_WAYS", "i < CV_RULES_WAYS - 2"),
    "xdp-rule-chain": (XDP, JUDGE, "if (!at)\n\t\t\tbreak;", "break;"),
    "xdp-shadow-is-live": (XDP, XDP, "ask->slot = slot;", ""),
    "reference-shortest-prefix": (
        REFERENCE, REFERENCE, "p[i].len > longest", "(longest < 0 || p[i].len < longest)"),
    "reference-no-answers": (REFERENCE, REFERENCE, "CV_MATCH_SPORT", "CV_MATCH_DPORT"),
    "reference-tiny-fragments": (
        REFERENCE_PARSE, REFERENCE_PARSE, "ip->more && bytes % 8 != 0", "0"),
    "prefix6-shortest-first": (
        SETUP, SETUP, "memmove(p->len + 1, p->len, p->lengths);\n\t\tp->len[0] = prefix->len;",
        "p->len[p->lengths] = prefix->len;"),
}


def expand(root, path, mutated, old, new, seen):
    with open(f"{root}/{path}", encoding="utf-8") as f:
        text = f.read()
    if path == mutated:
        if text.count(old) != 1:
            sys.exit(f"{path}: '{old}' occurs {text.count(old)} times, must be once")
        text = text.replace(old, new)

    def include(match):
        name = match.group(1)
        if name not in HEADERS:
            return match.group(0)
        if name in seen:
            return ""
        seen.add(name)
        return expand(root, name, mutated, old, new, seen)

    return re.sub(r'^#include "([^"]+)"$', include, text, flags=re.M)


def main():
    if sys.argv[1] == "list":
        print("\n".join(f"{name} {m[0]}" for name, m in MUTATIONS.items()))
        return
    source, mutated, old, new = MUTATIONS[sys.argv[1]]
    text = expand(sys.argv[2], source, mutated, old, new, set())
    if new and new not in text:
        sys.exit(f"{mutated} is not part of {source}")
    print(text)


main()
