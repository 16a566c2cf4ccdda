# SPDX-License-Identifier: Apache-2.0
"""Captures with every well-known port exchanged for one that nobody knows: then content alone decides."""
import struct
import subprocess

SWAP = 0x5000  # a port p and p ^ SWAP change places: none of the two of a pair is lost
NULL, ETHER, RAW, SLL, SLL2 = (0,), (1,), (12, 101, 228, 229), (113,), (276,)
VLANS = (0x8100, 0x88a8, 0x9100)
EXTENSIONS = (0, 43, 60)


def exchange(well_known):
    """@return {port: port} of both sides of each exchange."""
    swapped = {p: p ^ SWAP for p in well_known}
    if any(other in swapped for other in swapped.values()):
        raise ValueError("two well-known ports would change places with each other")
    return {**swapped, **{other: p for p, other in swapped.items()}}


def network_layer(link, frame):
    """Where the IP header begins; None where there is none that we know."""
    if link in ETHER:
        at = 12
        while at + 2 <= len(frame) and struct.unpack_from(">H", frame, at)[0] in VLANS:
            at += 4
        return at + 2
    return 0 if link in RAW else 4 if link in NULL else 16 if link in SLL else 20 if link in SLL2 else None


def transport_layer(frame, at):
    """Where TCP or UDP begins in the IP packet at @p at: (number, offset), or None."""
    if at is None or at + 20 > len(frame):
        return None
    if frame[at] >> 4 == 4:
        if struct.unpack_from(">H", frame, at + 6)[0] & 0x1fff:
            return None
        return frame[at + 9], at + 4 * (frame[at] & 15)
    if frame[at] >> 4 != 6 or at + 48 > len(frame):
        return None
    kind, at = frame[at + 6], at + 40
    while kind in EXTENSIONS and at + 8 <= len(frame):
        kind, at = frame[at], at + 8 * (frame[at + 1] + 1)
    return kind, at


def remapped(link, frame, ports):
    found = transport_layer(frame, network_layer(link, frame))
    if found is None or found[0] not in (6, 17) or found[1] + 4 > len(frame):
        return frame
    at, table = found[1], ports[found[0]]
    pair = struct.unpack_from(">HH", frame, at)
    return frame[:at] + struct.pack(">HH", *(table.get(p, p) for p in pair)) + frame[at + 4:]


def remap(source, target, ports):
    """
    Write @p source with other ports to @p target, as pcap.

    @param ports {6: exchange, 17: exchange}.
    @return False when no pcap can be made of the source (several link layers in a pcapng, damage).
    """
    done = subprocess.run(["editcap", "-F", "pcap", source, target], capture_output=True)
    with open(target, "rb") as f:
        data = f.read()
    if done.returncode != 0 and len(data) <= 24:
        return False
    out, link, at = [data[:24]], struct.unpack_from("<I", data, 20)[0] & 0xfffffff, 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        out += [data[at:at + 16], remapped(link, data[at + 16:at + 16 + size], ports)]
        at += 16 + size
    with open(target, "wb") as f:
        f.write(b"".join(out))
    return True
