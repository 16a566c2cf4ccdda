# SPDX-License-Identifier: Apache-2.0
"""Ethernet frames and pcap files for tests, from nothing but the standard library."""
import ipaddress
import struct

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
ARP = (b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" +
       b"\x02\0\0\0\0\1" + bytes((10, 1, 0, 1)) + b"\0" * 6 + bytes((10, 2, 0, 5)))

# GET coap://.../t, confirmable; and 2.05 Content "21.5" to it (RFC 7252 section 3).
COAP_GET = bytes.fromhex("40011234") + b"\xb1t"
COAP_CONTENT = bytes.fromhex("60451234") + b"\xff21.5"
# Read holding registers 0-1 of unit 1, and the answer 17, 34.
MODBUS_READ = bytes.fromhex("000100000006" "010300000002")
MODBUS_VALUE = bytes.fromhex("000100000007" "01030400110022")


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(src, dst, proto, payload, vlan=0, src_mac=b"\x02\0\0\0\0\1", ident=1):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 4:
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0x4000, 64, proto, 0,
                           a.packed, b.packed)
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        ethertype = b"\x08\x00"
    else:
        head = struct.pack(">IHBB16s16s", 6 << 28, len(payload), proto, 64, a.packed, b.packed)
        ethertype = b"\x86\xdd"
    tag = b"\x81\x00" + struct.pack(">H", vlan) if vlan else b""
    return b"\x02\0\0\0\0\2" + src_mac + tag + ethertype + head + payload


def udp(src, dst, sport, dport, payload, **more):
    return ip(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload,
              **more)


def tcp(src, dst, sport, dport, flags, payload=b"", seq=1, ack=1, **more):
    return ip(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0,
                                       0) + payload, **more)


def icmp(src, dst, kind=8, **more):
    return ip(src, dst, 1, bytes((kind, 0, 0, 0, 0, 1, 0, 1)) + b"ping", **more)


def tcp_talk(client, server, sport, dport, request, answer, start=0.0, step=0.001, **more):
    """A connection with one request and one answer; @return (time, frame) pairs."""
    up = (client, server, sport, dport)
    down = (server, client, dport, sport)
    steps = [
        tcp(*up, SYN, seq=100, ack=0, **more),
        tcp(*down, SYN | ACK, seq=500, ack=101, **more),
        tcp(*up, ACK, seq=101, ack=501, **more),
        tcp(*up, ACK, request, seq=101, ack=501, **more),
        tcp(*down, ACK, answer, seq=501, ack=101 + len(request), **more),
        tcp(*up, FIN | ACK, seq=101 + len(request), ack=501 + len(answer), **more),
        tcp(*down, FIN | ACK, seq=501 + len(answer), ack=102 + len(request), **more),
        tcp(*up, ACK, seq=102 + len(request), ack=502 + len(answer), **more),
    ]
    return [(start + i * step, frame) for i, frame in enumerate(steps)]


def write_pcap(path, packets, start=1_700_000_000):
    """@param packets (seconds from the start, frame), written in the order of their times."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for at, frame in sorted(packets, key=lambda p: p[0]):
            ns = round(at * 1e9)
            f.write(struct.pack("<IIII", start + ns // 10**9, ns % 10**9, len(frame), len(frame)))
            f.write(frame)
