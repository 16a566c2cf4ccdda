#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write one C file: a source of the worker's verdict with its own headers pulled in and one thing
wrong. The differential test must notice each of them, or it does not test what it says.

usage: mutate.py list | mutate.py NAME SOURCE-ROOT
"""
import re
import sys

POLICY = "dataplane/policy/"
TABLE, SETUP = POLICY + "policy_table.c", POLICY + "policy_table_setup.c"
PARSE, VERDICT = POLICY + "verdict_parse.h", POLICY + "verdict.h"

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
        TABLE, VERDICT, "p->fragment == CV_FRAG_LATER", "p->fragment == CV_FRAG_FIRST"),
    "burst-edge": (TABLE, VERDICT, "next - now > r->burst", "next - now >= r->burst"),
    "byte-cost": (TABLE, VERDICT, "r->cost_byte16) >> 10", "r->cost_byte16) >> 11"),
    "quarantine-ignored": (
        TABLE, VERDICT, "dev->flags & CV_DEVICE_QUARANTINED", "dev->flags & 0x80"),
    "device-without-vlan": (TABLE, VERDICT, "k->vlan = p->vlan", "k->vlan = 0"),
    "flow-without-port": (TABLE, TABLE, "(uint64_t)p->ports << 32", "(uint64_t)p->sport << 32"),
    "flow-without-fragment": (
        TABLE, TABLE, "(uint64_t)(p->fragment == CV_FRAG_LATER) << 7 |", ""),
    "prefix4-middle": (TABLE, TABLE, "(a >> 8) & 0xff", "(a >> 9) & 0xff"),
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
        if name not in (VERDICT, PARSE, POLICY + "policy_table_internal.h"):
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
