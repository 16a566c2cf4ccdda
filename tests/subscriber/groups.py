#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Consumer groups of the real server over a real event log, which is killed again and again.

usage: groups.py SERVE-PROGRAM CULVERT [kills]
"""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

SERVE, CULVERT = sys.argv[1], sys.argv[2]
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 12
LANES = ["alarm", "measurement", "status", "security"]


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """A serve process whose log outlives it."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="culvert-groups-")
        self.unix = os.path.join(self.dir.name, "http.sock")
        self.log = os.path.join(self.dir.name, "log")
        os.mkdir(self.log)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [SERVE, self.unix, "127.0.0.1:0", "200", self.log], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        assert first.startswith("port "), self.process.communicate()
        self.port = int(first.split()[1])

    def add(self, lane, count, text=0):
        self.process.stdin.write(f"add {lane} {count} {text}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "added\n", answer

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self):
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err

    def ask(self, method, path):
        connection = Connection(self.unix)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def ack(self, group, cursor):
        return self.ask("POST", f"/v1/groups/{group}/ack?cursor={urllib.parse.quote(cursor)}")

    def groups(self):
        return {g["name"]: g for g in self.ask("GET", "/v1/groups")[1]["groups"]}


class Member:
    """A stream of a group; events as they come. http.client gives up after its first timeout."""

    def __init__(self, server, query):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(server.unix)
        self.sock.sendall(f"GET /v1/events?{query} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        self.data = b""
        self.sock.settimeout(30)
        while b"\r\n\r\n" not in self.data:
            piece = self.sock.recv(65536)
            if not piece:
                raise ConnectionError("no answer")
            self.data += piece
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def take(self, count, timeout=30):
        """At most count events; fewer when the stream ends or nothing comes for so long."""
        self.sock.settimeout(timeout)
        events = []
        while len(events) < count:
            line, end, rest = self.data.partition(b"\n")
            if end:
                self.data = rest
                events.append(json.loads(line))
                continue
            try:
                piece = self.sock.recv(1 << 20)
            except (TimeoutError, OSError):
                break
            if not piece:
                break
            self.data += piece
        return events

    def body(self):
        while piece := self.sock.recv(65536):
            self.data += piece
        return json.loads(self.data)

    def close(self):
        self.sock.close()


def place(event):
    return event["lane"], int(event["sequence"])


class Base(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        if self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), (0, ""))
        self.server.dir.cleanup()

    def member(self, query):
        member = Member(self.server, query)
        self.addCleanup(member.close)
        self.assertEqual(member.status, 200)
        return member


class Groups(Base):
    def test_resume(self):
        for lane in LANES:
            self.server.add(lane, 50)
        member = self.member("group=one&from=earliest")
        first = member.take(200)
        self.assertEqual(len({place(e) for e in first}), 200)
        member.close()
        member = self.member("group=one&from=latest")  # of a group that is there: no matter
        again = member.take(200)
        self.assertEqual([place(e) for e in again], [place(e) for e in first])
        status, body = self.server.ack("one", again[119]["cursor"])
        self.assertEqual(status, 200, body)
        self.assertEqual(body["cursor"], again[119]["cursor"].split("-")[0])
        self.server.kill()  # answered means stored
        self.server.start()
        rest = self.member("group=one").take(80)
        self.assertEqual([place(e) for e in rest], [place(e) for e in first[120:]])
        self.assertEqual(self.server.ack("one", rest[-1]["cursor"])[0], 200)
        self.assertEqual(self.server.stop(), (0, ""))
        self.server.start()
        self.assertEqual(self.server.groups()["one"]["lag"], 0)
        self.server.add("alarm", 1)
        self.assertEqual(self.server.groups()["one"]["lag"], 1)
        self.assertEqual(place(self.member("group=one").take(1)[0]), ("alarm", place(
            max((e for e in first if e["lane"] == "alarm"), key=place))[1] + 1))

    def test_refusals(self):
        self.server.add("alarm", 10)
        member = self.member("group=g&from=earliest")
        events = member.take(10)
        cursor = events[4]["cursor"]
        lanes, epoch, slot = cursor.split("-")
        ahead = ".".join(str(int(n) + 100) for n in lanes.split("."))
        for status, answer in (
                (404, self.server.ack("h", cursor)),
                (400, self.server.ack("g", "")),
                (400, self.server.ack("g", lanes)),
                (400, self.server.ack("g", f"{ahead}-{epoch}-{slot}")),
                (409, self.server.ack("g", f"{lanes}-{int(epoch) + 1}-{slot}")),
                (409, self.server.ack("g", f"{lanes}-{epoch}-1")),
                (404, self.server.ask("POST", "/v1/groups/%2e%2e/ack?cursor=1")),
                (405, self.server.ask("POST", "/v1/groups/g?cursor=1")),
                (404, self.server.ask("DELETE", "/v1/groups/h")),
                (400, self.server.ask("GET", "/v1/events?group=../x"))):
            self.assertEqual(answer[0], status, answer)
            self.assertTrue(answer[1]["error"] and answer[1]["hint"], answer)
        other = Member(self.server, "group=g&lane=alarm")
        self.assertEqual((other.status, "other events" in other.body()["error"]),
                         (409, True))
        other.close()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", "/v1/events?group=g&follow=0")
        self.assertEqual(connection.getresponse().status, 403)
        connection.close()
        self.assertEqual(self.server.groups()["g"]["lag"], 10)
        self.assertEqual(self.server.ask("DELETE", "/v1/groups/g")[0], 200)
        self.assertEqual(member.take(1), [])  # its stream has ended
        self.assertEqual(self.server.groups(), {})
        self.server.kill()
        self.server.start()
        self.assertEqual(self.server.groups(), {})

    def test_members_share(self):
        """Each device is one member's; who goes leaves its share to the others."""
        self.server.add("measurement", 400)
        members = [self.member("group=g&from=earliest") for _ in range(3)]
        first = [m.take(10000, 0.7) for m in members]
        got = [[e for e in f if e["cursor"].split("-")[1:] == [str(self.epoch(first)), str(i)]]
               for i, f in enumerate(first)]
        devices = [{e["subject"] for e in events} for events in got]
        self.assertTrue(all(devices))
        self.assertEqual(sum(len(d) for d in devices), 16)
        self.assertEqual(len(set.union(*devices)), 16)
        self.assertEqual(sorted(place(e) for g in got for e in g),
                         [("measurement", n) for n in range(1, 401)])
        for events in got:
            self.assertEqual(events, sorted(events, key=place))
        # One has acknowledged all, one half, one nothing: that one holds the group back.
        self.assertEqual(self.server.ack("g", got[0][-1]["cursor"])[0], 200)
        self.assertEqual(self.server.ack("g", got[1][len(got[1]) // 2]["cursor"])[0], 200)
        self.assertEqual(self.server.groups()["g"]["lag"], 400)
        members[2].close()
        again = [m.take(10000, 0.7) for m in members[:2]]
        self.assertGreaterEqual({place(e) for a in again for e in a},
                                {place(e) for e in got[2]})
        self.assertEqual(self.server.ack("g", got[0][-1]["cursor"])[0], 409)
        for events in again:
            self.assertEqual(self.server.ack("g", events[-1]["cursor"])[0], 200)
        for _ in range(100):  # what none of them was given needs no acknowledgement
            if self.server.groups()["g"]["lag"] == 0:
                break
            time.sleep(0.1)
        self.assertEqual(self.server.groups()["g"]["lag"], 0)

    @staticmethod
    def epoch(lists):
        return max(int(e["cursor"].split("-")[1]) for events in lists for e in events)

    def test_filtered_out_needs_no_acknowledgement(self):
        self.server.add("measurement", 500)
        member = self.member("group=g&from=earliest&type=alarm")
        self.assertEqual(member.take(1, 0.1), [])
        for _ in range(100):
            if self.server.groups()["g"]["lag"] == 0:
                break
            time.sleep(0.1)
        self.assertEqual(self.server.groups()["g"]["lag"], 0)

    def test_sse(self):
        self.server.add("alarm", 5)
        run = subprocess.run(
            ["curl", "-sS", "-N", "--unix-socket", self.server.unix, "-H",
             "Last-Event-ID: 4.0.0.0", "http://culvert/v1/events?group=g&from=earliest&follow=0&"
             "format=sse"], stdout=subprocess.PIPE, check=True, text=True)
        ids = [l[4:] for l in run.stdout.splitlines() if l.startswith("id: ")]
        self.assertEqual([i.split("-")[0].split(".")[0] for i in ids], list("23456"))
        # The stream has ended, but nobody has come since.
        self.assertEqual(self.server.ack("g", ids[1])[0], 200)
        self.assertEqual(len(self.member("group=g").take(3)), 3)
        self.assertEqual(self.server.ack("g", ids[-1])[0], 409)

    def test_batches(self):
        """A member that comes again and again; what it has not acknowledged comes again, too."""
        for lane in LANES:
            self.server.add(lane, 100)
        seen, polls = [], 0
        while len(seen) < 400:
            connection = Connection(self.server.unix)
            connection.request("GET", "/v1/events/batch?group=b&from=earliest&max=150&wait=100")
            answer = connection.getresponse()
            events, cursor = json.loads(answer.read()), answer.getheader("Culvert-Cursor")
            connection.close()
            polls += 1
            if polls % 2:
                before = events
                continue
            self.assertEqual(events, before)
            self.assertEqual(self.server.ack("b", cursor)[0], 200)
            seen += [place(e) for e in events]
        self.assertEqual(len(set(seen)), 400)
        self.assertEqual(self.server.groups()["b"]["lag"], 0)
        self.assertEqual([m["name"] for m in self.server.groups()["b"]["members"]], ["batch"])

    def test_command(self):
        self.server.add("alarm", 9)
        self.assertEqual(self.culvert("groups").splitlines()[1:], [])
        seen = []
        for limit in ("4", "3", "9"):
            text = self.culvert("events", "--json", "--group", "cli", "--from", "earliest",
                                "--no-follow", "--limit", limit)
            seen += [int(json.loads(line)["sequence"]) for line in text.splitlines()]
        self.assertEqual(seen, list(range(1, 10)))
        row = self.culvert("groups").splitlines()[1].split()
        self.assertEqual((row[0], row[2], row[4]), ("cli", "0", "10.1.1.1"))
        self.assertEqual(json.loads(self.culvert("groups", "--json"))["groups"][0]["lag"], 0)
        self.assertIn("forgotten", self.culvert("groups", "--delete", "cli"))
        self.assertIn("no group 'cli'", self.culvert("groups", "--delete", "cli", code=2))

    def culvert(self, *args, code=0):
        run = subprocess.run([CULVERT, args[0], "--socket", self.server.unix, *args[1:]],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=60, check=False)
        self.assertEqual(run.returncode, code, run.stdout)
        return run.stdout


class Kills(Base):
    """kill -9 at any moment: at least once, nothing skipped, order per device."""

    def test_kills(self):
        seed = int.from_bytes(os.urandom(4), "little")
        rng = random.Random(seed)
        print(f"seed {seed}, {KILLS} kills")
        newest, acked, stored = {}, 0, 0
        for turn in range(KILLS):
            killed = time.monotonic() + rng.uniform(0, 0.25)
            self.server.add("measurement", rng.randrange(1, 400), rng.randrange(0, 60))
            self.server.add("alarm", rng.randrange(1, 20))
            try:
                stored = max(stored, self.consume(rng, killed, newest))
            except (ConnectionError, http.client.HTTPException, OSError):
                pass
            self.server.kill()
            self.server.start()
            now = sum(map(int, self.server.groups()["g"]["cursor"].split(".")))
            self.assertGreaterEqual(now, stored, f"seed {seed}: an answered cursor went back")
            self.assertGreaterEqual(now, acked)
            acked = now
        self.consume(rng, time.monotonic() + 3, newest, all_of_it=True)
        self.assertEqual(self.server.groups()["g"]["lag"], 0, f"seed {seed}")
        self.assertEqual(len(newest), 32)

    def consume(self, rng, until, newest, all_of_it=False):
        """Two members that read and acknowledge until the time; @return sum of the last cursor
        that the server answered for."""
        stored = 0
        members = [Member(self.server, "group=g&from=earliest")
                   for _ in range(1 if all_of_it else rng.randrange(1, 3))]
        epoch = 0
        last = {}
        try:
            while time.monotonic() < until:
                if not all_of_it and rng.random() < 0.02:
                    self.server.process.send_signal(signal.SIGKILL)
                for number, member in enumerate(members):
                    for event in member.take(rng.randrange(1, 300), 0.05):
                        epoch = max(epoch, int(event["cursor"].split("-")[1]))
                        key = (event["lane"], event["subject"])
                        # Device n has every 16th event of a lane, from n or 16 on.
                        before = (int(event["subject"].rsplit(".", 1)[1]) or 16) - 16
                        step = int(event["sequence"]) - newest.get(key, before)
                        self.assertLessEqual(step, 16, f"{key} skipped")
                        newest[key] = max(newest.get(key, 0), int(event["sequence"]))
                        last[number] = event["cursor"]
                for cursor in list(last.values()):
                    status, body = self.server.ack("g", cursor)
                    self.assertIn(status, (200, 409), body)
                    if status == 200:
                        stored = max(stored, sum(map(int, body["cursor"].split("."))))
                if all_of_it and self.server.groups()["g"]["lag"] == 0:
                    break
        finally:
            for member in members:
                member.close()
        return stored


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
