# SPDX-License-Identifier: Apache-2.0
"""Published vectors as captures: each good frame a flow of its own, so that each is recognised by itself."""
import os

from frames import ACK, FIN, SYN, tcp, udp, write_pcap

PORT = 29000  # nobody's
CLIENT, SERVER = "192.0.2.1", "198.51.100.1"


def rows(folder, protocol):
    """@return [(good, frame)] of vectors/PROTOCOL.tsv."""
    found = []
    with open(os.path.join(folder, protocol + ".tsv"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("#"):
                continue
            cells = line.rstrip("\n").split("\t")
            if protocol == "hj212":
                found.append((cells[0] == "(True, True)", cells[2].encode() + b"\r\n"))
            elif protocol == "mqtt_mosquitto":
                if cells[6].startswith("10"):  # CONNECT: all else needs one in front
                    found.append((cells[2] == "accepted", bytes.fromhex(cells[6])))
            else:
                found.append((cells[0] == "True", bytes.fromhex(cells[2])))
    return found


def ports_of(i):
    """A flow's client and port: no two vectors share one."""
    return f"192.0.{2 + i // 250}.{1 + i % 250}", 40000 + i % 250


def datagrams(path, vectors):
    write_pcap(path, [(i * 0.001, udp(*ports_of(i)[:1], SERVER, ports_of(i)[1], PORT, frame))
                      for i, frame in enumerate(vectors)])


def connections(path, vectors):
    packets = []
    for i, frame in enumerate(vectors):
        client, port = ports_of(i)
        up, down, at = (client, SERVER, port, PORT), (SERVER, client, PORT, port), i * 0.01
        packets += [(at, tcp(*up, SYN, seq=100, ack=0)), (at + .001, tcp(*down, SYN | ACK, seq=500, ack=101)),
                    (at + .002, tcp(*up, ACK, seq=101, ack=501)), (at + .003, tcp(*up, ACK, frame, seq=101, ack=501)),
                    (at + .004, tcp(*up, FIN | ACK, seq=101 + len(frame), ack=501))]
    write_pcap(path, packets)
