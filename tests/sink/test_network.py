# SPDX-License-Identifier: Apache-2.0
"""Sinks over TLS, and a network that is cut: node and servers are in two namespaces with one cable
between them, which is pulled while events come, and put back.

usage: test_network.py SINK_NODE CULVERT_SINK [KAFKA_PEER]
"""
import atexit
import os
import ssl
import subprocess
import sys
import time

from nats_cluster import Cluster, NATS_SERVER, free_ports
from node import LANES, Node, run, wait_for
from test_kafka import Peer
from test_mqtt import MOSQUITTO, Broker, arrived
from test_nats import check_stream

HERE, THERE = "198.51.100.1", "198.51.100.2"  # RFC 5737
LAB = "CV_SINK_LAB"  # set where this runs beside the servers: name of the node's namespace


def sh(*words, **more):
    return subprocess.run(words, check=True, **more)


class DistantNode(Node):
    """In the namespace at the other end of the cable."""

    def start(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", os.environ[LAB], self.dir + "/sink_node", self.config],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        assert self.process.stdout.readline() == "ready\n", "the node does not start"
        return self


def pull_cable(pulled):
    sh("ip", "-n", os.environ[LAB], "link", "set", "cable", "down" if pulled else "up")


def certificate(folder, name, address=THERE):
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
       "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}", "-keyout", f"{folder}/{name}.key",
       "-out", f"{folder}/{name}.pem", stderr=subprocess.DEVNULL)


def refused(node, sinks):
    """A server that cannot show the right certificate gets nothing."""
    node.start()
    for lane in LANES:
        node.add(lane, 5)
    for sink in sinks:
        wait_for("the refusal by " + sink["name"], lambda: "ca_file" in node.sink(sink["name"]).get("error", ""))
        assert node.sink(sink["name"])["delivered"] == 0
    node.stop()


def flow_and_cut(node, sinks, seconds):
    """Cut in the middle of a flow."""
    for step in range(30):
        node.add(LANES[step % 4], 50)
        if step == 10:
            pull_cable(True)
            cut = time.monotonic()
        time.sleep(0.02)
    held = [node.sink(sink["name"])["lag"] for sink in sinks]
    assert all(lag > 0 for lag in held), held
    time.sleep(max(0, cut + seconds - time.monotonic()))
    pull_cable(False)
    back = time.monotonic()
    for sink in sinks:
        s = node.all_acknowledged(sink["name"], 120)
        assert s["gaps"] == 0, s
    print(f"cut for {seconds} s: {held} events held back, all delivered {time.monotonic() - back:.1f} s after",
          flush=True)


def test_cut(programs):
    port = free_ports(1)[0]
    broker = Broker(f"listener {port} {THERE}\ncertfile {{dir}}/server.pem\nkeyfile {{dir}}/server.key")
    for name in ("server", "other"):
        certificate(broker.dir, name)
        os.chmod(f"{broker.dir}/{name}.key", 0o644)  # servers that are not root
    os.chmod(broker.dir, 0o755)
    broker.start()
    path = broker.subscribe("culvert/#", "brain")
    trusting = ssl.create_default_context(cafile=broker.dir + "/server.pem")
    cluster = Cluster(1, extra=f'tls {{ cert_file: "{broker.dir}/server.pem", key_file: "{broker.dir}/server.key" }}',
                      host="0.0.0.0", wrap=lambda sock: trusting.wrap_socket(sock, server_hostname=THERE))
    cluster.make_stream("CITY", ["culvert.>"], duplicate_window=600 * 10**9)
    sinks = [{"name": "city", "type": "nats", "servers": cluster.urls(scheme="tls", host=THERE), "tls": True},
             {"name": "brain", "type": "mqtt", "servers": f"{THERE}:{port}", "tls": True}]

    node = DistantNode(programs, [{**sink, "ca_file": broker.dir + "/other.pem"} for sink in sinks])
    refused(node, sinks)
    node.configure([{**sink, "ca_file": broker.dir + "/server.pem"} for sink in sinks])
    node.start()
    for sink in sinks:
        node.all_acknowledged(sink["name"])
    for seconds in (1, 4, 15):  # the last is longer than anybody waits for an answer
        flow_and_cut(node, sinks, seconds)
    check_stream(node, cluster, "CITY")
    node.check_events(arrived(path, sum(node.added.values())))
    node.stop()
    cluster.stop()
    broker.remove()
    node.remove()


def relays(brokers, folder):
    """
    The mock cluster knows no TLS and says that its brokers are at 127.0.0.1: there, on the node, a
    relay to the other end of the cable, where another has the certificates and asks for the node's.
    """
    commands = []
    for broker in brokers.split(","):
        port = broker.rsplit(":", 1)[1]
        commands += [
            ["socat", f"OPENSSL-LISTEN:{port},bind={THERE},fork,reuseaddr,cert={folder}/server.pem,key={folder}/server.key,"
             f"verify=1,cafile={folder}/client.pem", f"TCP:127.0.0.1:{port}"],
            ["ip", "netns", "exec", os.environ[LAB], "socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr",
             f"TCP:{THERE}:{port}"]]
    for command in commands:
        atexit.register(subprocess.Popen(command, stderr=subprocess.DEVNULL).kill)


def test_kafka_cut(programs):
    peer = Peer(programs[2], "culvert-cut")
    sinks = [{"name": "city", "type": "kafka", "servers": peer.brokers, "topic": peer.topic, "tls": True}]
    node = DistantNode(programs, sinks)
    for name in ("server", "other", "client"):
        certificate(node.dir, name, "127.0.0.1")
    relays(peer.brokers, node.dir)
    files = {name + "_file": f"{node.dir}/{file}" for name, file in
             (("ca", "server.pem"), ("cert", "client.pem"), ("key", "client.key"))}

    node.configure([{**sinks[0], **files, "ca_file": node.dir + "/other.pem"}])
    refused(node, sinks)
    # Nor does a node without a certificate of its own give it anything.
    node.configure([{**sinks[0], "ca_file": files["ca_file"]}])
    node.start()
    wait_for("the refusal", lambda: node.sink("city").get("error"))
    assert node.sink("city")["delivered"] == 0
    node.stop()

    node.configure([{**sinks[0], **files}])
    node.start()
    node.all_acknowledged("city")
    flow_and_cut(node, sinks, 4)
    node.check_events([event for _, _, event in peer.read(node.sink("city")["delivered"])])
    node.stop()
    peer.stop()
    node.remove()


def in_lab():
    """Two namespaces and a cable; this program again in the servers' one. They go in the end."""
    lab = f"cvs{os.getpid()}"
    node, servers = lab + "-node", lab + "-hub"
    try:
        for name, cable, address in ((node, "cable", HERE), (servers, "plug", THERE)):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
            if name == servers:
                sh("ip", "-n", node, "link", "add", "cable", "type", "veth", "peer", "name", "plug", "netns", servers)
        for name, cable, address in ((node, "cable", HERE), (servers, "plug", THERE)):
            sh("ip", "-n", name, "address", "add", address + "/30", "dev", cable)
            sh("ip", "-n", name, "link", "set", cable, "up")
        return subprocess.run(["ip", "netns", "exec", servers, sys.executable, *sys.argv],
                              env={**os.environ, LAB: node}, check=False).returncode
    finally:
        for name in (node, servers):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    if not MOSQUITTO or not NATS_SERVER or os.geteuid() != 0:
        raise SystemExit(77)
    if LAB not in os.environ:
        raise SystemExit(in_lab())
    run([test_cut] + ([test_kafka_cut] if sys.argv[3:] else []))
