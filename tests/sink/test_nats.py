# SPDX-License-Identifier: Apache-2.0
"""Sinks of type nats against real JetStream servers."""
import json
import os
import random
import time

from nats_cluster import Cluster, NATS_SERVER
from node import LANES, Node, process_status, run, wait_for


def events(messages):
    return [json.loads(body) for _, _, body in messages]


def check_stream(node, cluster, name, overtaking=0, **client):
    """The stream holds every event once, in the order of its lane but for what a cluster may overtake."""
    total = sum(node.added.values())
    messages = cluster.read(name, total, **client)
    ids = [e["id"] for e in events(messages)]
    assert len(set(ids)) == total, f"{total - len(set(ids))} events are twice in the stream"
    assert cluster.stream(name)["state"]["messages"] == total
    assert node.check_events(events(messages), overtaking=overtaking) == 0
    return messages


def leader(cluster):
    found = []
    wait_for("a leader", lambda: (found.append(cluster.leader("CITY")) or found[-1] is not None))
    return found[-1]


def test_delivery(programs):
    cluster = Cluster(1)
    node = Node(programs, [
        {"name": "city", "type": "nats", "servers": cluster.urls(), "stream": "CITY"},
        {"name": "bin", "type": "nats", "servers": cluster.urls(), "topic": "bin.{node}.{type}",
         "format": "cloudevents-binary", "lanes": "alarm"},
    ])
    node.start()
    node.add("alarm", 300)
    # No stream takes them: told, nothing lost.
    s = wait_for("the error", lambda: "no stream" in node.sink("city").get("error", "") and node.sink("city"))
    assert s["delivered"] == 0 and s["state"] == "connecting", s
    cluster.make_stream("CITY", ["culvert.>"])
    cluster.make_stream("BIN", ["bin.>"])
    for lane in LANES:
        node.add(lane, 5000)
    s = node.all_acknowledged("city")
    assert s["state"] == "connected" and s["delivered"] == 20300, s
    messages = check_stream(node, cluster, "CITY")
    subject, headers, body = messages[0]
    event = json.loads(body)
    assert headers["Nats-Msg-Id"] == event["id"] and event["id"].startswith("node-7/"), headers
    assert subject == f"culvert.{event['lane']}.{event['subject'].replace('.', '_')}", subject
    assert headers["Content-Type"] == "application/cloudevents+json"
    node.all_acknowledged("bin")
    subject, headers, body = cluster.read("BIN", 1)[0]
    assert subject.startswith("bin.node-7."), subject
    assert headers["ce-id"] == "node-7/alarm/1" and headers["ce-specversion"] == "1.0", headers
    assert "value" in json.loads(body) and headers["Content-Type"] == "application/json"
    node.stop()
    cluster.stop()
    node.remove()


def test_refused(programs):
    """What the stream never takes is counted and told; the others go on."""
    cluster = Cluster(1)
    cluster.make_stream("CITY", ["culvert.>"], max_msg_size=900)
    node = Node(programs, [{"name": "city", "type": "nats", "servers": cluster.urls()}])
    node.start()
    node.add("alarm", 50)
    node.add("alarm", 7, 500)
    node.add("alarm", 50)
    s = node.all_acknowledged("city")
    assert s["refused"] == {"too-large": 7} and s["delivered"] == 100, s
    assert "refused for good" in s["error"], s
    node.stop()
    cluster.stop()
    node.remove()


def test_failures(programs):
    """Servers die and freeze, sink and node are killed, while events go on coming."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}", flush=True)
    rnd = random.Random(seed)
    cluster = Cluster(3)
    cluster.make_stream("CITY", ["culvert.>"], duplicate_window=600 * 10**9)
    node = Node(programs, [{"name": "city", "type": "nats", "servers": cluster.urls(), "window": 512}])
    node.start()

    def flow():
        for _ in range(10):
            node.add(rnd.choice(LANES), 400)
            time.sleep(0.02)

    flow()
    victim = leader(cluster)
    cluster.kill(victim)
    flow()
    cluster.start(victim)
    flow()
    wait_for("delivery after a server died", lambda: node.sink("city").get("lag") == 0, 120)
    frozen = leader(cluster)
    cluster.pause(frozen)
    flow()
    time.sleep(3)
    cluster.pause(frozen, False)
    flow()
    node.end_sink("city")
    flow()
    node.kill()
    node.start()
    flow()
    s = node.all_acknowledged("city", 120)
    assert s["gaps"] == 0, s
    # A leader that goes may take later events and lose earlier ones without an answer (sinks.md, Order):
    # those of a window, and those that were let in behind the acknowledged ones of it.
    check_stream(node, cluster, "CITY", overtaking=2 * 512)
    node.stop()
    cluster.stop()
    node.remove()


def memory_kib(pid):
    return int(process_status(pid)["VmRSS"].split()[0])


def test_outage(programs):
    """The far side is away while far more comes than is under way: memory stays, order stays."""
    cluster = Cluster(1)
    cluster.make_stream("CITY", ["culvert.>"])
    node = Node(programs, [{"name": "city", "type": "nats", "servers": cluster.urls(), "window": 1024}]).start()
    node.add("measurement", 2000)
    s = node.all_acknowledged("city")
    before = memory_kib(s["pid"])
    cluster.kill(0)
    for _ in range(30):
        node.add("measurement", 2000)
        node.add("alarm", 200)
    s = node.check_ledger("city")
    assert s["under_way"] <= 1024 and s["state"] == "connecting", s
    cluster.start(0)
    s = node.all_acknowledged("city", 120)
    assert s["starts"] == 1, "it was started again"
    growth = memory_kib(s["pid"]) - before
    assert growth < 8192, f"{growth} KiB more than before the outage"
    check_stream(node, cluster, "CITY")
    node.stop()
    cluster.stop()
    node.remove()


def test_two_nodes(programs):
    """Two nodes into one cluster: one consumer sees both, each event once (scale-out.md)."""
    cluster = Cluster(3)
    cluster.make_stream("CITY", ["culvert.>"])
    nodes = [Node(programs, [{"name": "city", "type": "nats", "servers": cluster.urls(),
                              "topic": "culvert.{node}.{lane}.{device}"}], name).start()
             for name in ("north", "south")]
    for _ in range(5):
        for node in nodes:
            node.add("measurement", 500)
            node.add("alarm", 20)
    nodes[0].end_sink("city")  # what it sends again is not there twice
    for node in nodes:
        node.all_acknowledged("city", 120)
    all_events = events(cluster.read("CITY", 5200))
    assert cluster.stream("CITY")["state"]["messages"] == 5200
    assert len({e["id"] for e in all_events}) == 5200
    for node in nodes:
        own = [e for e in all_events if e["id"].startswith(node.name + "/")]
        assert node.check_events(own) == 0
        node.stop()
        node.remove()
    cluster.stop()


if __name__ == "__main__":
    if not NATS_SERVER:
        raise SystemExit(77)
    run([test_delivery, test_refused, test_outage, test_two_nodes, test_failures])
