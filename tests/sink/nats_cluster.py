# SPDX-License-Identifier: Apache-2.0
"""Real nats-servers in a JetStream cluster on loopback, and a client of the text protocol."""
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from node import wait_for

NATS_SERVER = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Client:
    """https://docs.nats.io/reference/reference-protocols/nats-protocol, as much as tests need."""

    def __init__(self, port, options=None, wrap=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.socket.makefile("rb")
        self.info = json.loads(self.file.readline().split(b" ", 1)[1])
        if wrap:
            self.socket = wrap(self.socket)
            self.file = self.socket.makefile("rb")
        self.send("CONNECT " + json.dumps({"verbose": False, "headers": True, "no_responders": True,
                                           "lang": "test", "version": "1", **(options or {})}))
        self.sid = 0

    def send(self, line, body=None):
        self.socket.sendall(line.encode() + b"\r\n" + (b"" if body is None else body + b"\r\n"))

    def subscribe(self, subject):
        self.sid += 1
        self.send(f"SUB {subject} {self.sid}")
        return self.sid

    def message(self):
        """Subject, headers, body of the next message."""
        while True:
            words = self.file.readline().split()
            if not words:
                raise EOFError
            if words[0] == b"PING":
                self.send("PONG")
            elif words[0] == b"-ERR":
                raise AssertionError(words)
            elif words[0] == b"MSG":
                body = self.file.read(int(words[-1]) + 2)[:-2]
                return words[1].decode(), {}, body
            elif words[0] == b"HMSG":
                whole = self.file.read(int(words[-1]) + 2)[:-2]
                size = int(words[-2])
                lines = whole[:size].decode().split("\r\n")
                headers = {"": lines[0]}
                for line in lines[1:]:
                    if line:
                        name, value = line.split(":", 1)
                        headers[name] = value.strip()
                return words[1].decode(), headers, whole[size:]

    def ask(self, subject, request):
        inbox = f"_INBOX.test.{os.getpid()}.{self.sid}"
        sid = self.subscribe(inbox)
        body = json.dumps(request).encode()
        self.send(f"PUB {subject} {inbox} {len(body)}", body)
        _, headers, reply = self.message()
        self.send(f"UNSUB {sid}")
        if "503" in headers.get("", ""):
            return {"error": "no responders"}
        return json.loads(reply)

    def close(self):
        self.socket.close()


class Cluster:
    def __init__(self, size=3, extra="", server_options="", host="127.0.0.1", wrap=None):
        self.dir = tempfile.mkdtemp(prefix="nats-", dir="/tmp")
        ports = free_ports(2 * size)
        self.ports, self.routes = ports[:size], ports[size:]
        self.size, self.extra, self.options, self.host = size, extra, server_options, host
        self.wrap = wrap  # of a client's socket, where servers ask for TLS
        self.processes = [None] * size
        for i in range(size):
            self.start(i)
        wait_for("a leader of the cluster", self.has_leader)

    def start(self, i):
        path = f"{self.dir}/{i}.conf"
        routes = ", ".join(f'"nats://127.0.0.1:{p}"' for p in self.routes)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'server_name: "s{i}"\nlisten: "{self.host}:{self.ports[i]}"\n'
                       f'jetstream {{ store_dir: "{self.dir}/store{i}" }}\n{self.extra}\n')
            if self.size > 1:
                file.write(f'cluster {{ name: "test", listen: "127.0.0.1:{self.routes[i]}", '
                           f'routes: [{routes}] }}\n')
        with open(f"{self.dir}/{i}.log", "ab") as log:
            self.processes[i] = subprocess.Popen([NATS_SERVER, "-c", path], stdout=log, stderr=log)
        atexit.register(self.processes[i].kill)

    def client(self, i=None, options=None, wrap=None):
        for k in range(self.size) if i is None else [i]:
            if self.processes[k]:
                return Client(self.ports[k], options, wrap or self.wrap)
        raise AssertionError("no server runs")

    def has_leader(self):
        try:
            c = self.client()
            try:
                return "error" not in c.ask("$JS.API.INFO", {})
            finally:
                c.close()
        except (OSError, EOFError):
            return False

    def kill(self, i):
        self.processes[i].kill()
        self.processes[i].wait()
        self.processes[i] = None

    def urls(self, scheme="nats", host="127.0.0.1"):
        return ", ".join(f"{scheme}://{host}:{p}" for p in self.ports)

    def make_stream(self, name, subjects, **more):
        request = {"name": name, "subjects": subjects, "num_replicas": self.size,
                   "storage": "file", "retention": "limits", **more}

        def make():
            c = self.client()
            reply = c.ask(f"$JS.API.STREAM.CREATE.{name}", request)
            c.close()
            return "error" not in reply
        wait_for(f"stream {name}", make)

    def stream(self, name):
        c = self.client()
        try:
            return c.ask(f"$JS.API.STREAM.INFO.{name}", {})
        finally:
            c.close()

    def leader(self, name):
        leader = self.stream(name).get("cluster", {}).get("leader", "")
        return int(leader[1:]) if leader else None

    def read(self, name, expected, **client):
        """All messages of a stream in its order, by a consumer of its own."""
        c = self.client(**client)
        c.subscribe("deliver.here")
        body = json.dumps({"stream_name": name, "config": {
            "deliver_subject": "deliver.here", "deliver_policy": "all", "ack_policy": "none",
            "replay_policy": "instant"}}).encode()
        c.send(f"PUB $JS.API.CONSUMER.CREATE.{name} {len(body)}", body)
        c.socket.settimeout(20)
        messages = [c.message() for _ in range(expected)]
        c.close()
        return messages

    def pause(self, i, paused=True):
        os.kill(self.processes[i].pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def stop(self):
        for i, process in enumerate(self.processes):
            if process:
                self.pause(i, False)
                self.kill(i)
        shutil.rmtree(self.dir)
