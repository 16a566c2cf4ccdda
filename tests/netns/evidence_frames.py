#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames that a policy drops for known reasons, and a check that a capture has each of them.

    evidence_frames.py send IF LIST KIND...       send, and write what must become of each to LIST
    evidence_frames.py check LIST CAPTURE...      hold tshark's reading of the captures against it
"""
import collections
import json
import socket
import struct
import subprocess
import sys
import tempfile
import time

SRC, DST = "10.77.1.1", "10.77.2.1"
SRC6, DST6 = "fd77::1:1", "fd77::2:1"
ETH = bytes.fromhex("020000000002020000000001")
SNAP = 2048
PASSES = "passes"


def eth(kind, body, vlan=None):
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return ETH + tag + struct.pack("!H", kind) + body


def ip4(proto, body, version=4, length=None, frag=0, src=SRC):
    total = 20 + len(body) if length is None else length
    head = struct.pack("!BBHHHBBH", version << 4 | 5, 0, total, 1, frag, 64, proto, 0)
    return head + socket.inet_aton(src) + socket.inet_aton(DST) + body


def ip6(proto, body):
    return (struct.pack("!IHBB", 6 << 28, len(body), proto, 64)
            + socket.inet_pton(socket.AF_INET6, SRC6) + socket.inet_pton(socket.AF_INET6, DST6) + body)


def udp(port, size, mark, length=None):
    body = struct.pack("!I", mark) + b"x" * (size - 4)
    return struct.pack("!HHHH", 4000, port, 8 + len(body) if length is None else length, 0) + body


def coap(port, method, mark):
    message = struct.pack("!BBHB", 0x40, method, mark, 0xb1) + b"x"
    return struct.pack("!HHHH", 4000, port, 8 + len(message), 0) + message


def frames(kind):
    """(frame, reason, rule, judge); reason None: it may pass as well."""
    for i in range(30):
        yield from {
            "verdict": lambda: [
                (eth(0x0800, ip4(17, udp(7000 + i, 20, i))), "deny-default", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(7000 + i, 20, i)), vlan=100 + i), "deny-default", 0, "xdp"),
                (eth(0x86dd, ip6(17, udp(7000 + i, 20, i))), "deny-default", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(6666, 40 + i, i))), "deny-rule", 20, "xdp"),
                (eth(0x0800, ip4(17, udp(6666, 2700 + i, i))), "deny-rule", 20, "xdp"),
                (eth(0x88b5, struct.pack("!I", i) + b"y" * 50), "deny-non-ip", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(7000, 20, i), version=5)), "bad-ip", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(7000, 20, i), length=1000)), "bad-ip", 0, "xdp"),
                (eth(0x0800, ip4(6, udp(7000, 20, i), frag=1)), "bad-fragment", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(7000, 20, i, length=7))), "bad-l4", 0, "xdp"),
                (eth(0x86dd, ip6(43, struct.pack("!BBBBI", 17, 0, 0, 0, i) + udp(1, 20, i))),
                 "bad-ext-header", 0, "xdp"),
                (eth(0x0800, b"E" + struct.pack("!I", i)), "short", 0, "xdp"),
            ],
            "rate": lambda: [(eth(0x0800, ip4(17, udp(9999, 20, i))), None, 30, "xdp")],
            "worker": lambda: [(eth(0x0800, ip4(17, udp(9998, 1600, i))), "oversize", 40, "worker")],
            "place": lambda: [
                (eth(0x0800, ip4(17, udp(5683, 20, i), src="10.99.0.1")), "unknown-device", 0, "xdp"),
                (eth(0x0800, ip4(17, udp(5683, 20, i), src="10.77.1.9")), "spoof", 0, "worker"),
            ],
            "app": lambda: [(eth(0x0800, ip4(17, coap(5684, 1 + i % 4, i))), "app-denied" if i % 4 else PASSES,
                             50, "worker")],
            "swap": lambda: [(eth(0x0800, ip4(17, udp(6666, 40, i))), None, 20, "xdp")] * 40,
            "loss": lambda: [(eth(0x0800, ip4(17, udp(5683, 21, i))), "dataplane-loss", 10, "xdp")],
        }[kind]()


def send(interface, path, kinds):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    with open(path, "a") as out:
        for kind in kinds:
            for frame, reason, rule, judge in frames(kind):
                sock.send(frame)
                if reason != PASSES:
                    out.write(json.dumps([frame.hex(), reason, rule, judge]) + "\n")
                time.sleep(0.001)


def tshark(*args):
    return subprocess.run(["tshark", *args], check=True, capture_output=True).stdout


def bytes_of(path):
    """The frames as tshark writes them to a plain pcap, lengths on the wire beside them."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as plain:
        tshark("-r", path, "-F", "pcap", "-w", plain.name)
        data = plain.read()
    order = "<" if data[:4] in (bytes.fromhex("d4c3b2a1"), bytes.fromhex("4d3cb2a1")) else ">"
    at = 24
    while at < len(data):
        captured, length = struct.unpack_from(order + "8xII", data, at)
        yield data[at + 16:at + 16 + captured], length
        at += 16 + captured


def read(path):
    told = tshark("-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment")
    rows = told.decode().splitlines()
    for row, (frame, length) in zip(rows, bytes_of(path), strict=True):
        interface, comment = row.split("\t")
        assert comment.startswith("culvert: drop "), comment
        keys = dict(word.split("=", 1) for word in comment.split()[2:])
        assert keys["generation"] != "0", comment
        yield frame, length, interface, keys


def sender(frame):
    at = 18 if frame[12:14] == b"\x81\x00" else 14
    if frame[at - 2:at] == b"\x86\xdd":
        return socket.inet_ntop(socket.AF_INET6, frame[at + 8:at + 24])
    return socket.inet_ntoa(frame[at + 12:at + 16]) if len(frame) > at + 20 else None


def check(path, captures):
    wanted = collections.Counter()
    rated = set()
    with open(path) as lines:
        for line in lines:
            frame, reason, rule, judge = json.loads(line)
            key = (frame[:2 * SNAP], len(frame) // 2)
            if reason is None:
                rated.add(key)
            else:
                wanted[key + (reason, rule, judge)] += 1
    got = collections.Counter()
    over = others = 0
    for capture in captures:
        for frame, length, interface, keys in read(capture):
            key = (frame.hex(), length)
            if key in rated:
                assert (keys["reason"], keys["rule"]) == ("rate-device", "30"), keys
                over += 1
            elif any(key == k[:2] for k in wanted):
                assert interface == "devices", interface
                assert keys.get("device") in (sender(frame), "02:00:00:00:00:01"), keys
                got[key + (keys["reason"], int(keys["rule"]), keys["judge"])] += 1
            else:
                others += 1
    for key in wanted | got:
        if wanted[key] != got[key]:
            print("sent %d, captured %d of %s" % (wanted[key], got[key], (key[0][:120],) + key[1:]))
    print("%d dropped frames, each captured once; %d over the rate; %d of others"
          % (sum(got.values()), over, others))
    return wanted == got and sum(got.values()) > 0 and (not rated or over > 0)


def main():
    if sys.argv[1] == "send":
        send(sys.argv[2], sys.argv[3], sys.argv[4:])
        return 0
    return 0 if check(sys.argv[2], sys.argv[3:]) else 1


sys.exit(main())
