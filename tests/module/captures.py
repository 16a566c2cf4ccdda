# SPDX-License-Identifier: Apache-2.0
"""captures.py FOLDER: the captures that modules are tried on. burst.pcap beside this file is the
same, for the documentation."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "captures"))
import frames  # noqa: E402

METER, OTHER, PLATFORM = "10.1.0.1", "10.1.0.2", "10.2.0.1"


def coap(message_id, kind=0, sport=40001, src=METER, dst=PLATFORM, dport=5683):
    head = struct.pack(">BBH", 0x40 | kind << 4, 1, message_id)
    return frames.udp(src, dst, sport, dport, head + b"\xb1t")


def burst():
    """@return (packets, how many of them a limit of five copies in 45 s drops)."""
    out = [(i * 0.05, coap(0x0101)) for i in range(20)]  # a loop in a broken meter: 15 too many
    out += [(2 + i, coap(0x0200 + i)) for i in range(10)]  # as it should be
    # All retransmissions RFC 7252 allows: after 2, 6, 14 and 30 s.
    out += [(20 + t, coap(0x0300)) for t in (0, 2, 6, 14, 30)]
    out += [(1.5 + i * 0.01, coap(0x0101, src=OTHER)) for i in range(5)]  # the same id of another
    # Answers carry the id of the other side: not the meter's own.
    out += [(1.2 + i * 0.01, coap(0x0101, kind=2)) for i in range(5)]
    out += [(60, coap(0x0101))]  # long after: a new use of the id
    out += [(3, frames.icmp(METER, PLATFORM)), (3.1, frames.ARP)]
    out += [(3.2, frames.udp(METER, PLATFORM, 40001, 5683, b"\x41"))]  # shorter than a head
    return out, 15


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    packets, drops = burst()
    frames.write_pcap(folder / "burst.pcap", packets)
    print(len(packets), drops)
