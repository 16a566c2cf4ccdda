#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads events, one per line, until they end; tells how many there were and what was missing.

A number that is missing in a lane is a hole unless the event behind it is a gap that tells of it.
"""
import json
import sys


def main():
    following, kinds, holes, told = {}, {}, 0, 0
    for line in sys.stdin:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the last one, cut off
        lane, number = event["lane"], int(event["sequence"])
        gap = event["type"].endswith(".gap.v1")
        want = following.get(lane, number)
        if number < want or (number > want and not gap):
            holes += 1
        told += gap
        following[lane] = event["data"].get("to", number + 1) if gap else number + 1
        kinds[lane] = kinds.get(lane, 0) + 1
    print(json.dumps({"events": sum(kinds.values()), "holes": holes, "gaps": told, "lanes": kinds, "next": following}))


if __name__ == "__main__":
    main()
