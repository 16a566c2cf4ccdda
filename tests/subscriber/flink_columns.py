#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""flink_columns.py FLINK.md SCHEMA.json: every column of the table in the document is in the schema of
events, with a type that holds what the schema allows."""
import json
import re
import sys

KINDS = {"DOUBLE": {"number", "integer"}, "STRING": None, "TIMESTAMP_LTZ(9)": {"time"}}


def split(text):
    """At commas outside brackets."""
    parts, depth, part = [], 0, ""
    for c in text:
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    return [p.strip() for p in parts + [part] if p.strip()]


def check(columns, schema, path):
    names = 0
    for column in columns:
        name, kind = re.match(r"`?(\w+)`?\s+(.*)", column, re.S).groups()
        if kind.startswith("AS ") or name == "WATERMARK":
            continue
        what = schema["properties"].get(name)
        if what is None:
            sys.exit(f"{path}{name}: events have no such member")
        names += 1
        if kind.startswith("ROW<"):
            names += check(split(kind[4:-1]), what, f"{path}{name}.")
        elif kind not in KINDS:
            sys.exit(f"{path}{name}: {kind}: a type this test does not know")
        elif KINDS[kind] and not KINDS[kind] & {what.get("type"), what.get("$ref", "").rpartition("/")[2]}:
            sys.exit(f"{path}{name}: {kind} does not hold {what}")
    return names


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    table = re.search(r"CREATE TABLE \w+ \((.*?)\n\) WITH", text, re.S)
    count = check(split(table.group(1)), json.load(open(sys.argv[2], encoding="utf-8")), "")
    if count < 10:
        sys.exit(f"only {count} columns were found")
    print(f"{count} columns are members of events")


main()
