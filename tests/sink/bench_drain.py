# SPDX-License-Identifier: Apache-2.0
"""
How fast a sink catches up: a JetStream server is away while events come at a live rate, then it is
back while they go on coming. Prints both rates, their ratio and the memory of the sink's process.

usage: bench_drain.py sink_node culvert-sink [events a second] [seconds away]
"""
import sys
import time

from nats_cluster import Cluster
from node import Node, process_status, wait_for


def main():
    rate = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    away = int(sys.argv[4]) if len(sys.argv) > 4 else 30
    cluster = Cluster(1)
    cluster.make_stream("CITY", ["culvert.>"])
    node = Node(sys.argv[1:3], [{"name": "city", "type": "nats", "servers": cluster.urls()}]).start()

    def live(until):
        """Events at the live rate, 50 times a second."""
        next_at = time.monotonic()
        while not until():
            node.add("measurement", rate // 50)
            next_at += 0.02
            time.sleep(max(0, next_at - time.monotonic()))

    start = time.monotonic()
    live(lambda: time.monotonic() - start > 3)
    before = process_status(node.sink("city")["pid"])["VmRSS"]
    cluster.kill(0)
    start = time.monotonic()
    live(lambda: time.monotonic() - start > away)
    backlog = node.sink("city")["lag"]
    cluster.start(0)
    wait_for("the connection", lambda: node.sink("city")["state"] == "connected")
    delivered, start = node.sink("city")["delivered"], time.monotonic()
    live(lambda: node.added["measurement"] - node.sink("city")["delivered"] < rate // 10)
    took = time.monotonic() - start
    s = node.sink("city")
    drain = (s["delivered"] - delivered) / took
    print(f"backlog {backlog} events; caught up in {took:.2f} s at {drain:.0f}/s, live {rate}/s: "
          f"{drain / rate:.1f} times; memory {before} before, {process_status(s['pid'])['VmRSS']} after")
    node.stop()
    cluster.stop()
    node.remove()


if __name__ == "__main__":
    main()
