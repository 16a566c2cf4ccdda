#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Subscribe with curl and raw sockets to the real server over a real event log.

usage: end_to_end.py SERVE-PROGRAM SCHEMA [timeouts]
"""
import http.client
import json
import os
import re
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

SERVE, SCHEMA = sys.argv[1], sys.argv[2]
LANES = ["alarm", "measurement", "status", "security"]


class Server:
    """One serve process; ends orderly in stop(), which fails on a leak."""

    def __init__(self, tcp="127.0.0.1:0", most=200):
        self.dir = tempfile.TemporaryDirectory(prefix="culvert-sub-")
        self.unix = os.path.join(self.dir.name, "http.sock")
        self.process = subprocess.Popen(
            [SERVE, self.unix, tcp, str(most)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        self.port = int(first.split()[1]) if first else 0
        self.tls_port = int(first.split()[3]) if first else 0
        self.url = f"http://127.0.0.1:{self.port}"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def add(self, lane, count, text=0):
        answer = self.tell(f"add {lane} {count} {text}")
        assert answer == "added\n", answer

    def stats(self):
        return json.loads(self.tell("stats"))

    def stop(self):
        _, err = self.process.communicate(timeout=30)
        self.dir.cleanup()
        return self.process.returncode, err

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


def curl(*args, timeout=60):
    run = subprocess.run(["curl", "-sS", "-N", *args], stdout=subprocess.PIPE, timeout=timeout,
                         stderr=subprocess.PIPE, check=False)
    return run.stdout.decode("utf-8")


def ndjson(text):
    return [json.loads(line) for line in text.splitlines()]


def sse(text):
    """[(id, type, event)] of an event stream, comments and retry left out."""
    events = []
    for block in text.split("\n\n"):
        field = dict(l.split(": ", 1) for l in block.split("\n") if ": " in l)
        if "data" in field:
            events.append((field["id"], field["event"], json.loads(field["data"])))
    return events


def ids(events):
    return sorted((e["lane"], int(e["id"].rsplit("/", 1)[1])) for e in events)


def read_all(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data.decode("utf-8")


class Base(unittest.TestCase):
    most = 200

    def setUp(self):
        self.server = Server(most=self.most)
        self.assertTrue(self.server.port, "serve did not start")

    def tearDown(self):
        code, err = self.server.stop()
        self.assertEqual((code, err), (0, ""))

    def status_of(self, *args):
        text = curl("-o", "-", "-w", "\n%{http_code}", *args)
        body, _, code = text.rpartition("\n")
        return int(code), json.loads(body)


class Stream(Base):
    def test_whole_log(self):
        for lane, count in zip(LANES, (3, 2500, 40, 1)):
            self.server.add(lane, count, 100)
        events = ndjson(curl(f"{self.server.url}/v1/events?follow=0"))
        want = [(lane, n) for lane, count in zip(LANES, (3, 2500, 40, 1)) for n in range(count)]
        first = {lane: min(n for l, n in ids(events) if l == lane) for lane in LANES}
        self.assertEqual([(l, n - first[l]) for l, n in ids(events)], sorted(want))
        for lane in LANES:  # in order within each lane
            numbers = [n for l, n in ((e["lane"], e["sequence"]) for e in events) if l == lane]
            self.assertEqual(numbers, sorted(numbers))
        if jsonschema is None:
            print("SKIP: schema check, python3-jsonschema is not installed")
        else:
            with open(SCHEMA, encoding="utf-8") as f:
                validator = jsonschema.Draft202012Validator(json.load(f))
            for event in events[:200]:
                validator.validate(event)

    def test_sse_resumes_at_any_event(self):
        for lane in LANES:
            self.server.add(lane, 25)
        url = f"{self.server.url}/v1/events?follow=0"
        whole = sse(curl("-H", "Accept: text/event-stream", url))
        self.assertEqual(len(whole), 100)
        self.assertEqual(whole[0][1], f"city.culvert.{whole[0][2]['type'].split('.')[2]}.v1")
        for cut in (0, 1, 24, 50, 99):
            rest = sse(curl("-H", "Accept: text/event-stream", "-H",
                            f"Last-Event-ID: {whole[cut][0]}", url))
            seen = [e["id"] for _, _, e in whole[:cut + 1]] + [e["id"] for _, _, e in rest]
            self.assertEqual(sorted(seen), sorted(e["id"] for _, _, e in whole))

    def test_filters(self):
        self.server.add("measurement", 1000)
        self.server.add("alarm", 10)
        url = f"{self.server.url}/v1/events?follow=0"
        self.assertEqual(len(ndjson(curl(url + "&lane=alarm"))), 10)
        self.assertEqual(len(ndjson(curl(url + "&limit=7"))), 7)
        self.assertEqual(len(ndjson(curl(url + "&type=session"))), 0)
        self.assertEqual(len(ndjson(curl(url + "&lane=measurement&"
                                         "from=time:2026-05-04T03:02:01.000900Z"))), 100)
        last = ndjson(curl(url + "&lane=measurement"))[-1]
        tail = ndjson(curl(url + f"&lane=measurement&from={int(last['sequence'])}"))
        self.assertEqual(tail, [last])
        self.assertEqual(len(ndjson(curl(url + "&from=latest"))), 0)

    def test_live(self):
        """Both formats get what is added later, soon."""
        subscribers = [
            subprocess.Popen(["curl", "-sS", "-N", f"{self.server.url}/v1/events?limit=40&"
                              + format_], stdout=subprocess.PIPE, text=True)
            for format_ in ("format=sse", "format=ndjson")]
        while len(self.server.stats()["subscribers"]) < 2:
            time.sleep(0.01)
        delays = []
        for _ in range(40):
            before = time.monotonic()
            self.server.add("status", 1)
            line = subscribers[1].stdout.readline()
            delays.append(time.monotonic() - before)
            self.assertEqual(json.loads(line)["lane"], "status")
        for subscriber in subscribers:
            out, _ = subscriber.communicate(timeout=20)
        delays.sort()
        print(f"append to curl's line: median {delays[20] * 1e3:.2f} ms, most "
              f"{delays[-1] * 1e3:.2f} ms")
        self.assertLess(delays[20], 0.5)
        self.assertEqual(subscribers[0].returncode, 0)

    def test_who_never_reads_costs_nobody(self):
        deaf = self.server.connect()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        deaf.sendall(b"GET /v1/events?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not self.server.stats()["subscribers"]:
            time.sleep(0.01)
        total = 30000
        hears = subprocess.Popen(["curl", "-sS", "-N", f"{self.server.url}/v1/events?"
                                  f"from=earliest&limit={total}"], stdout=subprocess.PIPE)
        for _ in range(10):
            self.server.add("measurement", total // 10, 200)
        out, _ = hears.communicate(timeout=60)
        events = ndjson(out.decode("utf-8"))
        self.assertEqual(len({e["id"] for e in events}), total)
        lagging = self.server.stats()["subscribers"]
        self.assertEqual(len(lagging), 1)
        self.assertGreater(lagging[0]["lag"], 0)
        # And it has missed nothing when it reads after all.
        count, rest = 0, b""
        while count < total:
            piece = deaf.recv(1 << 20)
            self.assertTrue(piece)
            count += (rest + piece).count(b'"specversion"')
            rest = (rest + piece)[-12:]  # one byte less than the word
        deaf.close()

    def test_churn(self):
        self.server.add("measurement", 5000, 100)
        for i in range(100):
            sock = self.server.connect()
            sock.sendall(b"GET /v1/events?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n"
                         [:None if i % 4 else 20])
            if i % 4 and i % 3:
                sock.recv(100)
            if i % 5 == 0:  # reset instead of an orderly end
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if i % 7 == 0:
                self.server.add("alarm", 1)
            sock.close()
        for _ in range(200):
            if self.server.stats()["connections"] == 0:
                break
            time.sleep(0.02)
        self.assertEqual(self.server.stats()["connections"], 0)
        self.assertEqual(self.server.stats()["accepted"], 100)

    def test_stop_ends_streams(self):
        self.server.add("measurement", 20000, 200)
        self.waiting = [self.server.connect() for _ in range(10)]
        for sock in self.waiting:
            sock.sendall(b"GET /v1/events?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # tearDown stops the server with all of them open
        self.addCleanup(lambda: [sock.close() for sock in self.waiting])


class Slow(Base):
    """Who does not read: what it costs the others, and what becomes of it."""
    most = 1500

    def deaf(self, query):
        sock = self.server.connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.sendall(f"GET /v1/events?{query} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        self.addCleanup(sock.close)
        return sock

    def wait_for(self, what):
        for _ in range(1500):
            if what(self.server.stats()):
                return
            time.sleep(0.02)
        self.fail(self.server.stats())

    def deliveries(self, stalled):
        """Events that ten who read receive of 6,000, beside so many who do not."""
        deaf = [self.deaf("from=latest") for _ in range(stalled)]
        readers = [subprocess.Popen(["curl", "-sS", "-N", f"{self.server.url}/v1/events?from=latest"
                                     "&limit=6000"], stdout=subprocess.PIPE) for _ in range(10)]
        self.wait_for(lambda s: len(s["subscribers"]) == 10 + stalled)
        for _ in range(6):
            self.server.add("measurement", 1000, 200)
        total = sum(len(r.communicate(timeout=90)[0].splitlines()) for r in readers)
        for sock in deaf:
            sock.close()
        self.wait_for(lambda s: s["connections"] == 0)
        return total

    def test_costs_nobody(self):
        alone = self.deliveries(0)
        beside = self.deliveries(10)
        self.assertEqual(alone, 60000)
        self.assertGreaterEqual(beside, 0.95 * alone)

    def test_disconnected(self):
        """Only the one who asked for it; it comes back to where it was and misses nothing."""
        waits = self.deaf("from=latest&slow=wait")
        leaves = self.deaf("from=latest&slow=disconnect&max_lag=2000")
        self.wait_for(lambda s: len(s["subscribers"]) == 2)
        self.server.add("measurement", 30000, 200)
        self.wait_for(lambda s: s["too_slow"] == 1)
        self.assertEqual(len(self.server.stats()["subscribers"]), 1)
        text = read_all(leaves).partition("\r\n\r\n")[2]
        got = ndjson(text[:text.rindex("\n") + 1])
        self.assertLess(len(got), 28000)
        rest = ndjson(curl(f"{self.server.url}/v1/events?follow=0&lane=measurement&from="
                           f"{int(got[-1]['sequence']) + 1}"))
        numbers = [int(e["sequence"]) for e in got + rest]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 30000)))
        waits.close()

    def test_who_reads_history_is_not_slow(self):
        self.server.add("measurement", 20000, 200)
        events = curl(f"{self.server.url}/v1/events?from=earliest&max_lag=10&limit=20000")
        self.assertEqual(len(ndjson(events)), 20000)
        stuck = self.deaf("from=earliest&max_lag=1s")
        self.wait_for(lambda s: s["too_slow"] == 1)
        stuck.close()

    def test_memory_of_who_waits(self):
        """A thousand who wait for events, also after each of them got some."""
        def resident():
            with open(f"/proc/{self.server.process.pid}/statm", encoding="ascii") as f:
                return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        before = resident()
        socks = [self.server.connect() for _ in range(1000)]
        for sock in socks:
            sock.sendall(b"GET /v1/events?format=sse&name=air.* HTTP/1.1\r\n"
                         b"Host: localhost\r\n\r\n")
        self.wait_for(lambda s: len(s["subscribers"]) == 1000)
        idle = (resident() - before) / 1000
        self.server.add("alarm", 50)
        self.wait_for(lambda s: s["subscribers"] and all(x["lag"] == 0 for x in s["subscribers"]))
        after = (resident() - before) / 1000
        print(f"memory of a subscriber who waits: {idle:.0f} bytes, {after:.0f} after events")
        with open(f"/proc/{self.server.process.pid}/maps", encoding="utf-8") as f:
            if "asan" not in f.read():
                self.assertLess(max(idle, after), 24 << 10)
        for sock in socks:
            sock.close()


class Batch(Base):
    """Long poll: events as soon as there are some, and the place to go on from."""

    def setUp(self):
        super().setUp()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)

    def tearDown(self):
        self.connection.close()
        super().tearDown()

    def poll(self, query, **headers):
        self.connection.request("GET", "/v1/events/batch?" + query, headers=headers)
        answer = self.connection.getresponse()
        self.assertEqual(answer.status, 200)
        return answer.getheader("Culvert-Cursor"), answer, answer.read()

    def test_whole_log(self):
        """All on one connection, by the cursor; then nothing, in time."""
        self.server.add("measurement", 3000, 50)
        self.server.add("alarm", 20)
        seen, place, polls = [], "earliest", 0
        while len(seen) < 3020:
            cursor, answer, body = self.poll(f"from={place}&max=700")
            self.assertEqual(answer.getheader("Content-Type"),
                             "application/cloudevents-batch+json")
            seen += [e["id"] for e in json.loads(body)]
            place, polls = "seq:" + cursor, polls + 1
        self.assertEqual(len(set(seen)), 3020)
        self.assertGreater(polls, 4)
        begin = time.monotonic()
        cursor, _, body = self.poll(f"from={place}&wait=300")
        self.assertEqual((json.loads(body), "seq:" + cursor), ([], place))
        self.assertGreater(time.monotonic() - begin, 0.29)
        self.assertEqual(self.server.stats()["accepted"], 1)

    def test_comes_at_once(self):
        waits = threading.Thread(target=lambda: answers.append(self.poll("wait=20000")))
        answers, begin = [], time.monotonic()
        waits.start()
        while not self.server.stats()["requests"]:
            time.sleep(0.01)
        self.server.add("status", 1)
        waits.join(timeout=30)
        self.assertLess(time.monotonic() - begin, 15)
        self.assertEqual(len(json.loads(answers[0][2])), 1)

    def test_looks_through_everything(self):
        """Much that does not match, in more blocks than one go looks through."""
        for _ in range(100):
            self.server.add("status", 1)
        cursor, _, body = self.poll("from=earliest&quality=good&wait=2000")
        self.assertEqual(json.loads(body), [])
        self.assertEqual(cursor.split(".")[2], "101")

    def test_sent_ahead(self):
        """The next request is there before the answer to the first: none is lost."""
        self.server.add("alarm", 2)
        one = b"GET /v1/events/batch?from=%s&wait=%d&max=1 HTTP/1.1\r\nHost: localhost\r\n"
        with self.server.connect() as sock:
            sock.sendall(one % (b"earliest", 0) + b"\r\n" + one % (b"latest", 300) + b"\r\n")
            time.sleep(0.1)
            sock.sendall(one % (b"earliest", 0) + b"Connection: close\r\n\r\n")
            text = read_all(sock)
        self.assertEqual(text.count("HTTP/1.1 200 OK"), 3)
        self.assertEqual(text.count('"specversion"'), 2)

    def test_who_goes_while_it_waits(self):
        for _ in range(20):
            sock = self.server.connect()
            sock.sendall(b"GET /v1/events/batch HTTP/1.1\r\nHost: localhost\r\n\r\n")
            sock.close()
        for _ in range(200):
            if self.server.stats()["connections"] == 0:
                break
            time.sleep(0.02)
        self.assertEqual(self.server.stats()["connections"], 0)

    def test_formats(self):
        self.server.add("measurement", 10)
        for type_, first in (("application/senml+json", b"["), ("application/senml+cbor", b"\x9f"),
                             ("application/ld+json", b"["), ("application/x-ndjson", b"{")):
            _, answer, body = self.poll("from=earliest", Accept=type_)
            self.assertEqual(answer.getheader("Content-Type"), type_)
            self.assertEqual(body[:1], first)
        pack = json.loads(self.poll("from=earliest&format=senml")[2])
        self.assertEqual([r["v"] for r in pack], sorted(r["v"] for r in pack))
        self.assertEqual({r["t"] for r in pack}, {1777863721 + i / 1e6 for i in range(10)})
        entities = json.loads(self.poll("from=earliest&format=ngsi-ld&max=3")[2])
        self.assertEqual([e["type"] for e in entities], ["Device"] * 3)
        head = curl("-I", "-H", "Accept: application/senml+json",
                    f"{self.server.url}/v1/events?from=earliest")
        self.assertIn("Content-Type: application/sensml+json\r\n", head)

    def test_refusals(self):
        url = self.server.url + "/v1/events/batch?"
        for query, hint in (("max=0", "from 1 to 10000"), ("wait=300001", "from 0 to 300000"),
                            ("format=sse", "/v1/events"), ("follow=1", "allowed: from"),
                            ("member=-", "letters")):
            status, body = self.status_of(url + query)
            self.assertEqual(status, 400)
            self.assertIn(hint, body["hint"])


class Requests(Base):
    def test_refusals(self):
        url = self.server.url
        for code, error, args in (
                (400, "unknown parameter 'lan', did you mean 'lane'?", [url + "/v1/events?lan=x"]),
                (400, "unknown lane 'alram', did you mean 'alarm'?",
                 [url + "/v1/events?lane=alram"]),
                (400, "bad value '12' for from", [url + "/v1/events?from=12"]),
                (400, "malformed query", [url + "/v1/events?x=%zz"]),
                (400, "unknown lane '??', did", [url + "/v1/events?lane=%ff%fe"]),
                (404, "no resource '/v1/evnts'", [url + "/v1/evnts"]),
                (405, "this resource does not take that method", ["-X", "DELETE", url + "/v1/events"]),
                (405, "this resource does not take that method", ["-d", "x=1", url + "/v1/events"]),
                (413, "a request with a body", ["-X", "GET", "-d", "x=1", url + "/v1/events"]),
                (414, "the request target is too long", [url + "/" + "x" * 3000]),
                (421, "this host name is not served here",
                 ["-H", "Host: rebound.example", url + "/v1/events"]),
                (431, "the request header is too long", ["-H", "X-Big: " + "x" * 20000, url]),
                (500, "the document could not be made", [url + "/v1/fails"])):
            status, body = self.status_of(*args)
            self.assertEqual(status, code, args)
            self.assertTrue(body["error"].startswith(error.split(", did")[0]), body)
            self.assertTrue(body["hint"])

    def test_documents(self):
        status, body = self.status_of(f"{self.server.url}/")
        self.assertEqual(status, 200)
        self.assertEqual([r["path"] for r in body["resources"]],
                         ["/v1/events", "/v1/events/batch", "/v1/status", "/v1/fails", "/v1/waits", "/v1/change",
                          "/v1/groups", "/v1/groups/*", "/v1/openapi.yaml",
                          "/v1/asyncapi.yaml", "/v1/event.schema.json"])
        status, body = self.status_of(f"{self.server.url}/v1/status?a=1&b=2")
        self.assertEqual(body, {"owner": "me", "parameters": 2})
        head = curl("-I", f"{self.server.url}/v1/events")
        self.assertIn("HTTP/1.1 200 OK\r\n", head)
        self.assertIn("Content-Type: application/x-ndjson\r\n", head)
        plain = curl("-0", "-i", f"{self.server.url}/v1/events?follow=0")
        self.assertNotIn("chunked", plain)

    def test_held_back(self):
        gone = [self.server.connect() for _ in range(20)]
        for sock in gone:
            sock.sendall(b"GET /v1/waits HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begin = time.monotonic()
        for sock in gone[:10]:  # who goes while it waits
            sock.close()
        self.assertEqual(self.status_of(f"{self.server.url}/v1/waits")[0], 200)
        self.assertGreater(time.monotonic() - begin, 0.29)
        for sock in gone[10:15]:
            self.assertIn(b"200 OK", sock.recv(4096))
        self.addCleanup(lambda: [sock.close() for sock in gone])

    def test_changes(self):
        """Only the Unix socket takes them; the kernel says who asks; bodies arrive whole."""
        unix = ["--unix-socket", self.server.unix]
        path = os.path.join(self.server.dir.name, "body")
        for size in (0, 1, 70000, 5000000):  # the last makes curl wait for "100 Continue"
            with open(path, "wb") as f:
                f.write(b"\x07" * size)
            begin = time.monotonic()
            status, body = self.status_of(*unix, "--expect100-timeout", "40", "--data-binary",
                                          "@" + path, "http://culvert/v1/change?wait=1")
            self.assertEqual((status, body["len"], body["sum"]), (200, size, 7 * size))
            self.assertIn(f"uid {os.getuid()}", body["who"])
            self.assertEqual(body["uid"], os.getuid())
            self.assertLess(time.monotonic() - begin, 30)  # curl goes on unasked after 40 s
        status, body = self.status_of(*unix, "-X", "DELETE", "-H", 'If-Match: "9"',
                                      "http://culvert/v1/change?status=409")
        self.assertEqual((status, body["if_match"]), (409, '"9"'))
        for code, allow, args in (
                (405, "GET, HEAD", ["-d", "x", self.server.url + "/v1/change"]),
                (405, "GET, HEAD", [*unix, "-d", "x", "http://culvert/v1/status"]),
                (405, "GET, HEAD", [*unix, "-d", "x", "http://culvert/v1/events"]),
                (405, "POST", [*unix, "http://culvert/v1/change"]),
                (404, None, [*unix, "-d", "x", "http://culvert/v1/changes"])):
            head = curl("-o", "/dev/null", "-D", "-", *args)
            self.assertIn(f" {code} ", head.splitlines()[0], args)
            if allow:
                self.assertIn(f"Allow: {allow}\r\n", head)

    def test_body_too_large(self):
        """It is refused before it is sent, and in the middle where its size was not told."""
        unix = ["--unix-socket", self.server.unix]
        path = os.path.join(self.server.dir.name, "body")
        with open(path, "wb") as f:
            f.truncate((128 << 20) + 1)
        for extra in ([], ["-H", "Transfer-Encoding: chunked"]):
            status, body = self.status_of(*unix, *extra, "--data-binary", "@" + path,
                                          "http://culvert/v1/change")
            self.assertEqual(status, 413)
        status, body = self.status_of(*unix, "-d", "x", "http://culvert/v1/change")
        self.assertEqual((status, body["len"]), (200, 1))

    def test_unix_socket(self):
        mode = stat.S_IMODE(os.stat(self.server.unix).st_mode)
        self.assertEqual(mode, 0o660)
        self.server.add("security", 2)
        text = curl("--unix-socket", self.server.unix, "http://culvert/v1/events?follow=0")
        self.assertEqual(len(ndjson(text)), 2)

    def test_frames(self):
        """Read without our reader: heads and payloads by their layout."""
        self.server.add("measurement", 3000, 33)
        self.server.add("alarm", 2)
        url = "/v1/events?follow=0&format=frames"
        run = subprocess.run(["curl", "-sS", "-N", "--unix-socket", self.server.unix,
                              "http://culvert" + url], stdout=subprocess.PIPE, check=True)
        seen, at, cursor = {}, 0, None
        while at < len(run.stdout):
            length, kind, lane, seq = struct.unpack_from("<IHHQ", run.stdout, at)
            payload = run.stdout[at + 16:at + 16 + length]
            at += 16 + length
            if kind == 0:
                self.assertEqual(struct.unpack_from("<HBB", payload), (length, 1, lane))
                self.assertEqual(seq, seen.get(lane, seq - 1) + 1)
                seen[lane] = seq
            elif kind == 2:
                cursor = struct.unpack("<4QQII", payload)
        self.assertEqual(at, len(run.stdout))
        self.assertEqual((cursor[0], cursor[1]), (seen[0] + 1, seen[1] + 1))
        self.assertEqual(cursor[4:], (0, 0, 0))
        status, body = self.status_of(self.server.url + url)
        self.assertEqual(status, 403)
        self.assertIn("Unix socket", body["hint"])

    def test_keep_alive_and_pipeline(self):
        with self.server.connect() as sock:
            one = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"
            sock.sendall((one + b"\r\n") * 20 + one + b"Connection: close\r\n\r\n")
            text = read_all(sock)
        self.assertEqual(text.count("HTTP/1.1 200 OK"), 21)
        self.assertEqual(len(re.findall(r'"owner": "me"', text)), 21)

    def test_byte_by_byte(self):
        with self.server.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"GET http://localhost/v1/status HTTP/1.0\r\n\r\n":
                sock.sendall(bytes([byte]))
            self.assertIn('"owner"', read_all(sock))

    def test_port_in_use(self):
        second = Server(tcp=f"127.0.0.1:{self.server.port}")
        self.assertEqual(second.port, 0)
        code, err = second.stop()
        self.assertEqual(code, 1)
        self.assertIn("is in use by another process: 'ss -ltnp' shows which", err)

    def test_not_loopback(self):
        code, err = Server(tcp="0.0.0.0:0").stop()
        self.assertEqual(code, 1)
        self.assertIn("is not loopback", err)


class Docs(Base):
    def test_commands_of_the_readme(self):
        self.server.add("measurement", 5)
        with open(os.path.join(os.path.dirname(SCHEMA), "README.md"), encoding="utf-8") as f:
            commands = re.findall(r"^```sh\n(.*?)^```", f.read(), re.M | re.S)
        self.assertGreater(len(commands), 4)
        for command in commands:
            live = "curl -N 'http://127.0.0.1:8480/v1/events'" in command
            run = command.replace("127.0.0.1:8480", f"127.0.0.1:{self.server.port}")
            run = run.replace("/run/culvert/control.sock", self.server.unix)
            if live:  # it never ends by itself: give it an event and a second
                run = run.replace("curl -N", "curl -sS -N --max-time 1")
            with subprocess.Popen(["sh", "-c", run], cwd=self.server.dir.name, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as process:
                if live:
                    while not self.server.stats()["subscribers"]:
                        time.sleep(0.01)
                    self.server.add("alarm", 1)
                out, _ = process.communicate(timeout=20)
            # 28: the second is over
            self.assertEqual(process.returncode, 28 if live else 0, command)
            if "device=" not in command:  # these events are about no device
                self.assertTrue(out, command)


class Limit(Base):
    most = 3

    def test_too_many(self):
        held = [self.server.connect() for _ in range(3)]
        while self.server.stats()["connections"] < 3:
            time.sleep(0.01)
        status, body = self.status_of(f"{self.server.url}/v1/status")
        self.assertEqual((status, body["error"]), (503, "too many connections"))
        for sock in held:
            sock.close()
        while self.server.stats()["connections"] > 0:
            time.sleep(0.01)
        self.assertEqual(self.status_of(f"{self.server.url}/v1/status")[0], 200)


class Timeouts(Base):
    def test_slow_request(self):
        with self.server.connect() as slow, self.server.connect() as mute:
            begin = time.monotonic()
            slow.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
            for _ in range(4):  # a byte now and then does not help
                time.sleep(2)
                slow.sendall(b"T")
            self.assertIn("408 Request Timeout", read_all(slow))
            self.assertLess(time.monotonic() - begin, 15)
            self.assertEqual(read_all(mute), "")

    def test_heartbeat(self):
        with self.server.connect() as sock:
            sock.sendall(b"GET /v1/events?format=sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = ""
            while ":\n\n" not in text.replace("retry: 1000\n\n", ""):
                piece = sock.recv(4096)
                self.assertTrue(piece)
                text += piece.decode()


if __name__ == "__main__":
    chosen = [Timeouts] if "timeouts" in sys.argv[3:] else [Stream, Slow, Batch, Requests,
                                                               Docs, Limit]
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    result = unittest.TextTestRunner(verbosity=2).run(
        unittest.TestSuite(load(case) for case in chosen))
    sys.exit(not result.wasSuccessful())
