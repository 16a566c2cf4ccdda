# SPDX-License-Identifier: Apache-2.0
"""Sinks of type kafka against the library's mock cluster, or the brokers in CULVERT_KAFKA_BROKERS."""
import atexit
import json
import os
import subprocess

from node import Node, run, wait_for

REAL = os.environ.get("CULVERT_KAFKA_BROKERS")


class Peer:
    def __init__(self, program, topic):
        self.topic = topic
        self.process = subprocess.Popen([program, topic] + ([REAL] if REAL else []), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.process.kill)
        self.brokers = self.process.stdout.readline().strip()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self, count):
        """(key, headers, event) in the order of the partition."""
        self.tell(f"read {self.topic} {count}")
        rows = []
        while (line := self.process.stdout.readline()) not in ("end\n", ""):
            key, headers, value = line.rstrip("\n").split("\t")
            rows.append((key, dict(h.split("=", 1) for h in headers.split(";") if h), json.loads(value)))
        return rows

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def sink(peer, **more):
    return {"name": "city", "type": "kafka", "servers": peer.brokers, "topic": peer.topic, **more}


def test_delivery(programs):
    peer = Peer(programs[2], f"culvert-test-{os.getpid()}")
    node = Node(programs, [sink(peer)], f"node-{os.getpid()}").start()
    node.add("measurement", 3000)
    node.add("alarm", 200)
    s = node.all_acknowledged("city")
    assert s["delivered"] == 3200 and s["state"] == "connected", s
    rows = peer.read(3200)
    assert node.check_events([event for _, _, event in rows]) == 0
    key, headers, event = rows[0]
    assert key == event["subject"] and headers["ce_id"] == event["id"], rows[0]
    assert headers["content-type"] == "application/cloudevents+json", headers
    node.stop()
    peer.stop()
    node.remove()


def test_failures(programs):
    """All brokers go and come back, and the process is killed: nothing is lost, order stays."""
    peer = Peer(programs[2], f"culvert-fail-{os.getpid()}")
    node = Node(programs, [sink(peer, window=256)]).start()
    node.add("measurement", 1000)
    for i in (1, 2, 3):
        peer.tell(f"down {i}")
    node.add("measurement", 1000)
    wait_for("the error", lambda: REAL or "brokers" in node.sink("city").get("error", ""))
    node.check_ledger("city")
    for i in (1, 2, 3):
        peer.tell(f"up {i}")
    node.add("measurement", 1000)
    node.all_acknowledged("city", 120)
    node.add("alarm", 1000)
    node.end_sink("city")
    s = node.all_acknowledged("city", 120)
    rows = peer.read(s["delivered"] + s["put_back"])  # some of those put back had arrived
    repeats = node.check_events([event for _, _, event in rows])
    assert repeats <= 256 + 1000, repeats
    node.stop()
    peer.stop()
    node.remove()


def test_binary(programs):
    peer = Peer(programs[2], f"culvert-binary-{os.getpid()}")
    node = Node(programs, [sink(peer, format="cloudevents-binary", key="{node}/{lane}")]).start()
    node.add("alarm", 3)
    node.all_acknowledged("city")
    key, headers, data = peer.read(3)[0]
    assert key == "node-7/alarm" and headers["ce_id"] == "node-7/alarm/1" and "value" in data
    assert headers["ce_type"] == "city.culvert.measurement.v1", headers
    node.stop()
    peer.stop()
    node.remove()


if __name__ == "__main__":
    run([test_delivery, test_failures, test_binary])
