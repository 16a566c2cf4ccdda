# SPDX-License-Identifier: Apache-2.0
"""Sinks of type mqtt against a real mosquitto."""
import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile

from nats_cluster import free_ports
from node import LANES, Node, alive, run, wait_for

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
MOSQUITTO = shutil.which("mosquitto", path=PATH)
SECRET = "q7-sehr-geheim"


class Broker:
    def __init__(self, more="", login=()):
        self.dir = tempfile.mkdtemp(prefix="mqtt-", dir="/tmp")
        self.port = free_ports(1)[0]
        self.login = list(login)
        with open(self.dir + "/conf", "w", encoding="utf-8") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
                       f"persistence_location {self.dir}/\nuser root\nmax_queued_messages 0\n"
                       f"max_inflight_messages 0\n{more.format(dir=self.dir)}\n")
        self.subscribers = []

    def start(self):
        with open(self.dir + "/log", "ab") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", self.dir + "/conf"], stdout=log, stderr=log)
        atexit.register(self.process.kill)
        wait_for("the broker", lambda: subprocess.run(
            ["mosquitto_pub", "-p", str(self.port), "-t", "t", "-m", "m", *self.login],
            stderr=subprocess.DEVNULL).returncode == 0)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def subscribe(self, topic, name):
        """A session that lives on: what comes while the broker is away is delivered later."""
        path = f"{self.dir}/{name}.out"
        with open(path, "wb") as out:
            process = subprocess.Popen(
                ["mosquitto_sub", "-p", str(self.port), "-V", "mqttv5", "-q", "1", "-c", "-x", "3600",
                 "-i", name, "-t", topic, "-F", "%j", *self.login], stdout=out, stderr=subprocess.DEVNULL)
        atexit.register(process.kill)
        self.subscribers.append(process)
        wait_for("the subscription", lambda: subprocess.run(
            ["grep", "-q", f"as {name} ", self.dir + "/log"]).returncode == 0)
        return path

    def remove(self):
        for process in self.subscribers:
            process.kill()
            process.wait()
        self.stop()
        shutil.rmtree(self.dir)


def messages(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def bodies(path):
    return [m["payload"] if isinstance(m["payload"], dict) else json.loads(m["payload"])
            for m in messages(path)]


def arrived(path, count):
    wait_for(f"{count} messages", lambda: len({b["id"] for b in bodies(path)}) >= count)
    return bodies(path)


def settings(broker, **more):
    return {"name": "city", "type": "mqtt", "servers": f"127.0.0.1:{broker.port}", **more}


def test_delivery(programs):
    """Everything in order, through a restart of the broker."""
    broker = Broker().start()
    path = broker.subscribe("culvert/#", "brain")
    node = Node(programs, [settings(broker)]).start()
    for lane in LANES:
        node.add(lane, 1500)
    node.all_acknowledged("city")
    broker.stop()
    node.add("measurement", 2000)
    wait_for("the loss", lambda: node.sink("city")["state"] == "connecting" and node.sink("city").get("error"))
    broker.start()
    node.all_acknowledged("city")
    total = sum(node.added.values())
    node.check_events(arrived(path, total))
    first = messages(path)[0]
    assert first["qos"] == 1 and first["topic"].startswith("culvert/"), first
    assert first["properties"]["content-type"] == "application/cloudevents+json", first
    node.stop()
    broker.remove()
    node.remove()


def test_shared(programs):
    """A shared subscription downstream: each event to one of its members."""
    broker = Broker().start()
    shared = [broker.subscribe("$share/g/culvert/#", f"worker{i}") for i in range(2)]
    node = Node(programs, [settings(broker)]).start()
    node.add("measurement", 1500)
    node.all_acknowledged("city")
    wait_for("the group's messages", lambda: sum(len(bodies(p)) for p in shared) == 1500)
    one, two = ({b["id"] for b in bodies(p)} for p in shared)
    assert one and two and len(one | two) == 1500, (len(one), len(two))
    node.stop()
    broker.remove()
    node.remove()


def test_binary(programs):
    broker = Broker().start()
    path = broker.subscribe("t/#", "brain")
    node = Node(programs, [settings(broker, topic="t/{node}/{type}", format="cloudevents-binary")]).start()
    node.add("alarm", 3)
    node.all_acknowledged("city")
    wait_for("3 messages", lambda: len(messages(path)) == 3)
    first = messages(path)[0]
    properties = {k: v for p in [first["properties"]["user-properties"]]
                  for k, v in (p.items() if isinstance(p, dict) else [tuple(x.items())[0] for x in p])}
    assert properties["id"] == "node-7/alarm/1" and properties["specversion"] == "1.0", first
    node.stop()
    broker.remove()
    node.remove()


def test_names(programs):
    """Whatever a device calls its quantity, the event arrives, and those behind it."""
    names = {
        "plain": "plain",
        "a" * 126 + "é": "a" * 126,  # longer than is taken, by half a character
        "Zähler-度-\U0001f600": "Zähler-度-\U0001f600",
        "a\x01b\x7fc\u0085d": "a_b_c_d",
        "a\ufffeb\ufdd0c\U0010ffffd": "a_b_c_d",  # no characters (MQTT 5, 1.5.4)
        "a\udcc3": "a_",
        "a\udced\udca0\udc80b": "a___b",  # a surrogate
        "a/+#": "a___",
        "$SYS": "$SYS",
    }
    broker = Broker().start()
    path = broker.subscribe("t/#", "brain")
    first = broker.subscribe("+/first", "first")
    node = Node(programs, [settings(broker, topic="t/{name}"),
                           settings(broker, name="own", topic="{name}/first")]).start()
    for name in names:
        node.add_named("measurement", name)
    node.add("measurement", 5)
    for name in ("city", "own"):
        s = node.all_acknowledged(name)
        assert s["refused"] == {} and s["failures"] == 0 and s["delivered"] == len(names) + 5, s
    node.check_events(arrived(path, len(names) + 5))
    topics = [m["topic"] for m in messages(path)]
    assert topics == ["t/" + n for n in names.values()] + ["t/none"] * 5, topics
    arrived(first, len(names) + 5)
    topics = [m["topic"] for m in messages(first)]  # where "$" would make it the broker's own
    assert topics == [n.replace("$", "_") + "/first" for n in names.values()] + ["none/first"] * 5, topics
    node.stop()
    broker.remove()
    node.remove()


def test_login(programs):
    """The password comes from a file that nobody else may read, and shows nowhere."""
    broker = Broker("allow_anonymous false\npassword_file {dir}/users", ["-u", "city", "-P", SECRET])
    subprocess.run(["mosquitto_passwd", "-b", "-c", broker.dir + "/users", "city", SECRET], check=True)
    broker.start()
    node = Node(programs, [settings(broker, user="city", password_file="secret")])
    with open(node.dir + "/secret", "w", encoding="utf-8") as file:
        file.write("wrong\n")
    os.chmod(node.dir + "/secret", 0o644)
    node.start()
    node.add("alarm", 5)
    s = wait_for("the refusal", lambda: node.sink("city")["state"] == "refused" and node.sink("city"))
    assert "chmod 600" in s["error"], s
    os.chmod(node.dir + "/secret", 0o600)
    wait_for("a wrong password", lambda: "password_file" in node.sink("city").get("error", ""))
    with open(node.dir + "/secret", "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    node.end_sink("city", signal.SIGTERM)  # it reads the file when it starts
    s = node.all_acknowledged("city")
    for name in ("cmdline", "environ"):
        with open(f"/proc/{s['pid']}/{name}", "rb") as file:
            assert SECRET.encode() not in file.read(), name
    assert SECRET not in json.dumps(node.sinks())
    shown = subprocess.run([programs[2], "config", "show", node.config], capture_output=True, text=True)
    assert "password_file" in shown.stdout and SECRET not in shown.stdout, shown
    node.stop()
    assert not alive(s["pid"])
    broker.remove()
    node.remove()


def certificate(folder, name, *signed_by):
    """A key and a certificate for 127.0.0.1."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                   check=True, stderr=subprocess.DEVNULL)


def test_tls(programs):
    """Certificates are checked: nothing goes to a server that cannot show the right one."""
    broker = Broker("listener {tls} 127.0.0.1\ncertfile {{dir}}/server.pem\nkeyfile {{dir}}/server.key"
                    .format(tls=free_ports(1)[0]))
    certificate(broker.dir, "server")
    certificate(broker.dir, "other")
    os.chmod(broker.dir, 0o755)
    with open(broker.dir + "/conf", encoding="utf-8") as file:
        port = [line for line in file if line.startswith("listener")][1].split()[1]
    broker.start()
    path = broker.subscribe("culvert/#", "brain")
    sink = {"name": "city", "type": "mqtt", "servers": f"127.0.0.1:{port}", "tls": True,
            "ca_file": broker.dir + "/other.pem"}
    node = Node(programs, [sink]).start()
    node.add("alarm", 5)
    wait_for("the refusal", lambda: "ca_file" in node.sink("city").get("error", ""))
    assert node.sink("city")["delivered"] == 0 and not messages(path)
    node.stop()
    node.configure([{**sink, "ca_file": broker.dir + "/server.pem"}])
    node.start()
    node.all_acknowledged("city")
    node.check_events(arrived(path, 5))
    node.stop()
    broker.remove()
    node.remove()


if __name__ == "__main__":
    if not MOSQUITTO:
        raise SystemExit(77)
    run([test_delivery, test_shared, test_binary, test_names, test_login, test_tls])
