#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile clients against a running node, on loopback, while traffic comes in and honest subscribers read.

usage: hostile.py CULVERT CONTROL DATAPLANE CAPTURE
"""
import json
import os
import resource
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from tls import CERTIFICATES

CULVERT, CONTROL, DATAPLANE, CAPTURE = map(os.path.abspath, sys.argv[1:5])
CONFIG = """
node: hostile-test
ports: [ {{ name: rec, target: "pcap:{capture}", side: device }} ]
policy: policy.yaml
log:
  dir: {dir}/log
  segment_size: 1MiB
  retain: {{ alarm: {{ size: 8MiB }}, measurement: {{ size: 8MiB }}, status: {{ size: 8MiB }}, security: {{ size: 8MiB }} }}
api:
  socket: {dir}/control.sock
  listen: "127.0.0.1:0"
  login: token
  connections: 800
  peer: {{ connections: 300, requests: 1000 }}
  tls: {{ listen: "127.0.0.1:0", cert: {dir}/cert.pem, key: {dir}/key.pem, client_ca: {dir}/ca.pem }}
link: {{ socket: {dir}/dataplane.sock }}
bpf: {{ pin_dir: /sys/fs/bpf/hostile-test-{pid} }}
"""
REQUEST_S = 10  # in which a request and a handshake must be done; looked at once a second
LATE_S = REQUEST_S + 4


def wait_for(what, is_so, seconds=30):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.05)


class Node:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="culvert-hostile-")
        self.dir = self.folder.name
        for name in ("cert", "key", "ca"):
            with open(CERTIFICATES.path(name), encoding="ascii") as source:
                with open(f"{self.dir}/{name}.pem", "w", encoding="ascii") as copy:
                    os.fchmod(copy.fileno(), 0o600)
                    copy.write(source.read())
        with open(self.dir + "/culvert.yaml", "w", encoding="ascii") as out:
            out.write(CONFIG.format(capture=CAPTURE, dir=self.dir, pid=os.getpid()))
        with open(self.dir + "/policy.yaml", "w", encoding="ascii") as out:
            out.write("default: { ip: allow }\n")
        self.errors = open(self.dir + "/control.out", "w+", encoding="utf-8")
        self.control = subprocess.Popen([CONTROL, "--config", self.dir + "/culvert.yaml"], stderr=self.errors,
                                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192)))
        self.played = 0
        wait_for("control", lambda: self.culvert("status", "--json", code=None).returncode == 0)
        api = json.loads(self.culvert("status", "--json").stdout)["api"]
        self.port, self.tls_port = api["tcp_port"], api["tls_port"]
        self.files = len(os.listdir(f"/proc/{self.control.pid}/fd"))

    def culvert(self, *args, code=0):
        run = subprocess.run([CULVERT, *args, "--socket", self.dir + "/control.sock"], capture_output=True, text=True,
                             timeout=60, check=False)
        assert code is None or run.returncode == code, (args, run.returncode, run.stdout, run.stderr)
        return run

    def token(self, name, *more):
        return self.culvert("token", "create", name, *more).stdout.strip()

    def play(self):
        """The whole capture, by a dataplane of its own."""
        before = len(self.ids())
        dataplane = subprocess.Popen([DATAPLANE, "--link", self.dir + "/dataplane.sock", "--no-huge"],
                                     stderr=subprocess.DEVNULL)
        wait_for("traffic", lambda: len(self.ids()) > before)
        dataplane.terminate()
        dataplane.wait(30)
        self.played += 1

    def ids(self):
        run = self.culvert("events", "--from", "earliest", "--no-follow", "--json")
        return sorted(json.loads(line)["id"] for line in run.stdout.splitlines())

    def refusals(self):
        return json.loads(self.culvert("token", "list", "--json").stdout)["refusals"]

    def stop(self):
        self.control.terminate()
        assert self.control.wait(30) == 0, "control did not stop in order"
        self.folder.cleanup()


class Honest:
    """curl, from before all attacks to their end."""

    def __init__(self, node, name, url, *args):
        self.name = name
        self.out = open(f"{node.dir}/{name}.ndjson", "w+b")
        self.process = subprocess.Popen(["curl", "-sSN", *args, url], stdout=self.out)

    def ids(self):
        with open(self.out.name, encoding="utf-8") as lines:
            return sorted(json.loads(line)["id"] for line in lines if line.endswith("\n"))

    def check(self, node):
        wait_for(f"every event at {self.name}", lambda: self.ids() == node.ids())
        assert self.process.poll() is None, self.name + " was disconnected"


def connect(port, source="127.0.0.1", timeout=LATE_S):
    return socket.create_connection(("127.0.0.1", port), timeout, (source, 0))


def read_all(sock, seconds=LATE_S):
    """What comes until the peer closes; it must."""
    data, end = b"", time.monotonic() + seconds
    while True:
        sock.settimeout(max(end - time.monotonic(), 0.01))
        try:
            piece = sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return data
        if not piece:
            return data
        data += piece


def answer(port, data, source="127.0.0.2"):
    with connect(port, source) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_all(sock)


# ---- attacks: each from an address of its own, so that what one does is not the other's excuse --------


def slow_loris(node):
    """Headers byte by byte: given up on after 10 s, however busy they look."""
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 4000
    socks = [connect(node.port, "127.0.0.3") for _ in range(100)]
    start, at, said = time.monotonic(), 0, {}
    while len(said) < len(socks) and time.monotonic() - start < LATE_S:
        for sock in socks:
            if sock in said:
                continue
            if select.select([sock], [], [], 0)[0]:
                said[sock] = read_all(sock, 5)
                continue
            try:
                sock.send(head[at:at + 1])
            except OSError:
                said[sock] = read_all(sock, 5)
        at += 1
        time.sleep(0.1)
    assert len(said) == len(socks), f"{len(socks) - len(said)} of them are still served"
    assert all(b"HTTP/1.1 408 " in text for text in said.values()), set(said.values())
    for sock in socks:
        sock.close()


def slow_loris_tls(node):
    context = ssl.create_default_context(cafile=CERTIFICATES.path("ca"))
    socks = [context.wrap_socket(connect(node.tls_port, "127.0.0.4"), server_hostname="localhost") for _ in range(30)]
    for sock in socks:
        sock.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    assert all(b"HTTP/1.1 408 " in read_all(sock) for sock in socks)
    for sock in socks:
        sock.close()


def half_handshakes(node):
    """A ClientHello and silence; a part of one; nothing at all."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    socks = [connect(node.tls_port, "127.0.0.5") for _ in range(150)]
    for number, sock in enumerate(socks):
        sock.sendall((hello, hello[:100], b"")[number % 3])
    for sock in socks:
        read_all(sock)
        sock.close()


def idle_connections(node):
    """3,000 that say nothing, of 30 addresses: bounded in number and in time; the operator gets in."""
    socks = []
    for number in range(3000):
        try:
            socks.append(connect((node.port, node.tls_port)[number % 2], f"127.0.1.{number % 30 + 1}", 30))
        except OSError:
            pass
    open_now = json.loads(node.culvert("status", "--json").stdout)["api"]["connections"]
    assert open_now <= 800, open_now
    for sock in socks:
        read_all(sock)
        sock.close()


def many_of_one(node):
    """An address has its share; four more are told so, the others closed."""
    socks = [connect(node.port, "127.0.0.6") for _ in range(320)]
    for sock in socks:
        try:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        except OSError:
            pass
    texts = [read_all(sock) for sock in socks]
    told = [text for text in texts if b"HTTP/1.1 429 " in text]
    assert told and all(b"Retry-After: 1\r\n" in text for text in told), set(texts)
    for sock in socks:
        sock.close()


def guessing(node):
    """Tokens by the thousand: each costs, and after a second's worth nothing is even looked at."""
    guess = (b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer culvert_" +
             b"0123456789abcdef_" + b"A" * 43 + b"\r\n\r\n")
    texts = []
    for _ in range(1500):
        try:
            texts.append(answer(node.port, guess, "127.0.0.7"))
        except OSError:
            texts.append(b"")
    codes = {text.split(b" ")[1] for text in texts if text}
    assert codes <= {b"401", b"429"} and b"401" in codes, codes


def oversized(node):
    for head, code in ((b"X: " + b"a" * 20000, b"431"), (b"Authorization: Bearer " + b"a" * 300, b"431"),
                       (b"\r\n".join(b"X-%d: 1" % i for i in range(3000)), b"431")):
        text = answer(node.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
        assert text.startswith(b"HTTP/1.1 " + code), (head[:40], text[:100])
    text = answer(node.port, b"GET /" + b"a" * 4000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert text.startswith(b"HTTP/1.1 414 "), text[:100]


SMUGGLED = (  # behind the request line; each with a second request in what one of two readers takes for the body
    b"Host: localhost\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    b"Host: localhost\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
    b"Host: localhost\r\nContent-Length: 40\r\nContent-Length: 0\r\n\r\n",
    b"Host: localhost\r\nContent-Length: 0, 40\r\n\r\n",
    b"Host: localhost\r\nContent-Length: +40\r\n\r\n",
    b"Host: localhost\r\nContent-Length: -1\r\n\r\n",
    b"Host: localhost\r\nContent-Length: 0x28\r\n\r\n",
    b"Host: localhost\r\nContent-Length: 18446744073709551656\r\n\r\n",
    b"Host: localhost\r\nX: 1\r\n Content-Length: 40\r\n\r\n",
    b"Host: localhost\r\nX: 1\r\n\tfolded\r\n\r\n",
    b"Host: localhost\nContent-Length: 40\n\n",
    b"Host: localhost\r\nX: 1\n\r\n",
    b"Host: localhost\r\nX: 1\r\n\n",
    b"Host: localhost\r\nX: a\rContent-Length: 40\r\n\r\n",
    b"Host: localhost\r\nX: a\x00b\r\n\r\n",
    b"Host: localhost\r\nX y: 1\r\n\r\n",
    b"Host: localhost\r\n: 1\r\n\r\n",
    b"Host: localhost\r\nHost: evil.example\r\n\r\n",
    b"\r\n",
)


def smuggling(node):
    """Whatever two readers could take apart differently is refused, and ends the connection."""
    second = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for method in (b"GET", b"POST"):
        for head in SMUGGLED:
            text = answer(node.port, method + b" / HTTP/1.1\r\n" + head + second)
            assert text.startswith(b"HTTP/1.1 4"), (method, head, text[:200])
            assert text.count(b"HTTP/1.1 ") == 1, (method, head, text)
            assert b"Connection: close" in text, (method, head, text)
    for line in (b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1 \r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                 b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"):
        text = answer(node.port, line)
        assert text == b"" or text.startswith(b"HTTP/1.1 4") or text.startswith(b"HTTP/1.1 505 "), (line, text)
        assert text.count(b"HTTP/1.1 ") <= 1, (line, text)


def strangers(node):
    """Certificates that are over or of another CA, no TLS, and what is no longer to be done: by curl and openssl."""
    url = f"https://localhost:{node.tls_port}/"
    for name in ("late", "wrong"):
        run = subprocess.run(["curl", "-sS", "--cacert", CERTIFICATES.path("ca"), "--cert", CERTIFICATES.path(name),
                              "--key", CERTIFICATES.path(name + "-key"), url], capture_output=True, timeout=60,
                             check=False)
        assert run.returncode != 0 and b"alert" in run.stderr, (name, run)
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.tls_port}", "-tls1_2", "-cert",
                              CERTIFICATES.path(name), "-key", CERTIFICATES.path(name + "-key")], input=b"",
                             capture_output=True, timeout=60, check=False)
        assert run.returncode != 0 and b"alert" in run.stderr, (name, run)
    run = subprocess.run(["curl", "-sS", f"http://127.0.0.1:{node.tls_port}/"], capture_output=True, timeout=60,
                         check=False)
    assert run.returncode != 0 and run.stdout == b"", run
    run = subprocess.run(["curl", "-sS", f"https://127.0.0.1:{node.port}/"], capture_output=True, timeout=60, check=False)
    assert run.returncode != 0, run
    for version in ("-tls1", "-tls1_1"):
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.tls_port}", version, "-cipher",
                              "ALL@SECLEVEL=0"], input=b"", capture_output=True, timeout=60, check=False)
        assert run.returncode != 0, (version, run)
    for _ in range(5):
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.tls_port}", "-tls1_2"], input=b"R\n",
                             capture_output=True, timeout=60, check=False)
        assert b"no renegotiation" in run.stdout + run.stderr or run.returncode != 0, run


def served(node, token):
    """Somebody new, with a credential, from an address that did nothing."""
    run = subprocess.run(["curl", "-sS", "--interface", "127.0.2.1", "--cacert", CERTIFICATES.path("ca"), "-H",
                          "Authorization: Bearer " + token, "-o", "/dev/null", "-w", "%{http_code}",
                          f"https://localhost:{node.tls_port}/"], capture_output=True, text=True, timeout=30, check=False)
    return run.stdout == "200"


def together(*attacks):
    """All at once; the first that fails is told."""
    failed = []

    def one(attack):
        try:
            attack()
        except BaseException as why:  # told by the main thread
            failed.append(why)

    threads = [threading.Thread(target=one, args=(attack,)) for attack in attacks]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def attack_all(node, honest):
    token, bearer = node.token("brain"), ["-H"]
    bearer.append("Authorization: Bearer " + token)
    node.culvert("token", "create", "by certificate", "--certificate", "dns:brain.example")
    tls_url = f"https://localhost:{node.tls_port}/v1/events?from=earliest"
    honest += [
        Honest(node, "plain", f"http://127.0.0.1:{node.port}/v1/events?from=earliest", *bearer),
        Honest(node, "tls", tls_url, "--cacert", CERTIFICATES.path("ca"), *bearer),
        Honest(node, "certificate", tls_url, "--cacert", CERTIFICATES.path("ca"), "--cert", CERTIFICATES.path("brain"),
               "--key", CERTIFICATES.path("brain-key")),
    ]
    node.play()
    for round_ in ((slow_loris, slow_loris_tls, half_handshakes, oversized, smuggling, strangers),
                   (many_of_one, guessing, oversized), (idle_connections,)):
        together(node.play, *(lambda attack=attack: attack(node) for attack in round_))
        wait_for("service for somebody new", lambda: served(node, token))
        print(", ".join(attack.__name__ for attack in round_) + ": refused", flush=True)
    for one in honest:
        one.check(node)
    refusals = node.refusals()
    for reason in ("no-credential", "unknown", "tls", "peer-connections"):
        assert refusals[reason] > 0, refusals
    node.culvert("ledger", "--settle", "5000")
    for one in honest:
        one.process.terminate()
        one.process.wait(30)
    wait_for("the end of all connections", lambda: len(os.listdir(f"/proc/{node.control.pid}/fd")) <= node.files + 1)
    with open(node.dir + "/control.out", encoding="utf-8") as out:
        text = out.read()
    assert "error" not in text, text
    print(f"{len(node.ids())} events to each of {len(honest)}, played {node.played} times; refused: "
          + json.dumps({k: v for k, v in refusals.items() if v}))
    node.stop()


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    node, honest = Node(), []
    try:
        attack_all(node, honest)
    finally:
        for process in [one.process for one in honest] + [node.control]:
            process.kill()


if __name__ == "__main__":
    main()
