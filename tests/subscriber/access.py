#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may see what: tokens against the real server over TCP.

usage: access.py SERVE-PROGRAM SCHEMA CULVERT-PROGRAM
"""
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest

os.environ["CV_SERVE_TOKENS"] = "1"

import end_to_end  # noqa: E402


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def request(connection, method, path, body=None, headers=None):
    connection.request(method, path, json.dumps(body) if body is not None else None, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


class Access(end_to_end.Base):
    def admin(self, method, path, body=None):
        connection = UnixConnection(self.server.unix)
        status, text, _ = request(connection, method, path, body)
        connection.close()
        return status, json.loads(text)

    def make(self, **members):
        status, doc = self.admin("POST", "/v1/tokens", {"name": "brain", "expires": 0, **members})
        self.assertEqual(status, 201, doc)
        return doc

    def ask(self, path, token=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        headers = {"Authorization": "Bearer " + token} if token else {}
        answer = request(connection, method, path, headers=headers)
        connection.close()
        return answer

    def events(self, token, query=""):
        status, text, _ = self.ask("/v1/events?follow=0" + query, token)
        self.assertEqual(status, 200, text)
        return end_to_end.ndjson(text.decode())

    def notes(self):
        with open(self.server.unix + ".notes", encoding="utf-8") as f:
            return [line.rstrip("\n").split("|") for line in f]

    def refusals(self):
        return self.admin("GET", "/v1/tokens")[1]["refusals"]

    def test_nobody_without_a_credential(self):
        bodies = set()
        for path in ("/", "/v1/events", "/v1/status", "/v1/nothing", "/v1/tokens", "/v1/events?lane=x"):
            for token in (None, "x", "culvert_0123456789abcdef_" + "A" * 43):
                status, text, headers = self.ask(path, token)
                self.assertEqual(status, 401)
                self.assertEqual(headers["WWW-Authenticate"], 'Bearer realm="culvert"')
                bodies.add(text)
        self.assertEqual(len(bodies), 1)  # the answer tells nothing
        self.assertEqual(self.refusals()["no-credential"], 6)
        self.assertEqual(self.refusals()["malformed"], 6)
        self.assertEqual(self.refusals()["unknown"], 6)
        self.assertEqual(len(self.notes()), 10)  # the rest is told with the next
        who, what, result, detail = self.notes()[0]
        self.assertRegex(who, r"^somebody from 127\.0\.0\.1:\d+$")
        self.assertEqual((what, result, detail), ("access", "refused", "no-credential: GET /"))

    def test_scope(self):
        for lane in end_to_end.LANES:
            self.server.add(lane, 20, 8)
        token = self.make(lanes="alarm,status", devices="urn:dev:ip:192.0.2.3,urn:dev:ip:192.0.2.4")["token"]
        events = self.events(token)
        self.assertEqual({e["lane"] for e in events}, {"alarm", "status"})
        self.assertEqual({e["subject"] for e in events}, {"urn:dev:ip:192.0.2.3", "urn:dev:ip:192.0.2.4"})
        self.assertEqual(self.events(token, "&lane=security"), [])
        self.assertEqual(self.events(token, "&device=urn:dev:ip:192.0.2.5"), [])
        masked = self.make(masks="device,text")["token"]
        events = self.events(masked)
        self.assertEqual(len(events), 80)
        self.assertNotIn("192.0.2", json.dumps(events))
        # Neither can it be found out by asking.
        self.assertEqual(self.events(masked, "&device=urn:dev:ip:192.0.2.3"), [])

    def test_only_what_it_is_for(self):
        token = self.make()["token"]
        node = self.make(node=True)["token"]
        status, text, _ = self.ask("/", token)
        paths = {r["path"] for r in json.loads(text)["resources"]}
        self.assertEqual(status, 200)
        self.assertIn("/v1/events", paths)
        self.assertNotIn("/v1/status", paths)
        self.assertNotIn("/v1/tokens", paths)
        answers = {self.ask(path, token)[:2] for path in ("/v1/status", "/v1/nothing", "/v1/tokens", "/v1/groups")}
        self.assertEqual([status for status, _ in answers], [403])  # one answer for all
        self.assertEqual(self.ask("/v1/openapi.yaml", token)[0], 200)
        self.assertEqual(self.ask("/v1/status", node)[0], 200)
        self.assertEqual(self.ask("/v1/tokens", node)[0], 404)
        self.assertEqual(self.ask("/v1/events?format=frames", token)[0], 403)
        self.assertEqual(self.ask("/v1/change", node, "POST")[0], 405)

    def test_revoked_at_once(self):
        made = self.make()
        sock = self.server.connect()
        sock.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nauthorization: bearer  "
                     + made["token"].encode() + b"\r\n\r\n")
        self.assertIn(b"200 OK", sock.recv(4096))
        while not (rows := self.server.stats()["subscribers"]):
            time.sleep(0.01)
        self.assertEqual(rows[0]["principal"], made["id"])
        before = time.monotonic()
        self.assertEqual(self.admin("DELETE", "/v1/tokens/" + made["id"])[0], 200)
        sock.settimeout(10)
        while sock.recv(4096):
            pass
        self.assertLess(time.monotonic() - before, 0.5)  # not by the tick
        sock.close()
        self.assertEqual(self.ask("/v1/events", made["token"])[0], 401)
        self.assertEqual(self.admin("DELETE", "/v1/tokens/" + made["id"])[0], 404)
        self.assertIn("token revoke", [note[1] for note in self.notes()])
        self.assertNotIn(made["token"], str(self.notes()))

    def test_expires_in_mid_stream(self):
        made = self.make(expires=int(time.time()) + 2)
        sock = self.server.connect()
        sock.settimeout(10)
        sock.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                     + made["token"].encode() + b"\r\n\r\n")
        self.assertIn(b"200 OK", sock.recv(4096))
        while sock.recv(4096):
            pass
        sock.close()
        self.assertEqual(self.ask("/v1/events", made["token"])[0], 401)
        self.assertEqual(self.refusals()["expired"], 1)

    def test_limits(self):
        token = self.make(max_connections=2, max_requests=5)["token"]
        held = []
        for _ in range(3):
            sock = self.server.connect()
            sock.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                         + token.encode() + b"\r\n\r\n")
            held.append((sock, sock.recv(4096)))
        self.assertEqual([b"200 OK" in head for _, head in held], [True, True, False])
        self.assertIn(b"429 Too Many Requests", held[2][1])
        for sock, _ in held:
            sock.close()
        while self.server.stats()["connections"]:
            time.sleep(0.01)
        time.sleep(1)
        got = [self.ask("/", token)[0] for _ in range(20)]
        self.assertEqual(got[0], 200)
        self.assertIn(429, got)
        self.assertGreater(self.refusals()["rate"], 0)
        self.assertEqual(self.refusals()["connections"], 1)

    def test_one_connection_for_several(self):
        """What a proxy does: the connection is of whoever asked last, and of nobody without a token."""
        self.server.add("alarm", 1)
        first, second = self.make(lanes="alarm")["token"], self.make(lanes="status")["token"]
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        path = "/v1/events/batch?from=earliest&wait=0"
        for token, count in ((first, 1), (second, 0), (first, 1)):
            status, text, _ = request(connection, "GET", path, headers={"Authorization": "Bearer " + token})
            self.assertEqual((status, len(json.loads(text))), (200, count))
        self.assertEqual(request(connection, "GET", path)[0], 401)
        connection.close()

    def test_two_credentials(self):
        token = self.make()["token"]
        sock = self.server.connect()
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode()
                     + b"\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n")
        self.assertIn("HTTP/1.1 400 ", end_to_end.read_all(sock))
        sock.close()

    def test_wrong_documents(self):
        for body in (None, [], {}, {"name": "x"}, {"name": "x", "expires": -1}, {"name": "", "expires": 0},
                     {"name": "x", "expires": 0, "lanes": "alram"}, {"name": "x", "expires": 0, "lane": ""},
                     {"name": "x", "expires": 1}, {"name": "x" * 64, "expires": 0},
                     {"name": "x", "expires": 0, "subject": "brain"},
                     {"name": "x\x00y", "expires": 0}, {"name": "x", "expires": 0, "node": 1}):
            status, doc = self.admin("POST", "/v1/tokens", body)
            self.assertEqual(status, 400, body)
            self.assertTrue(doc["error"])
        self.assertEqual(self.admin("GET", "/v1/tokens")[1]["principals"], [])

    def test_ends_as_people_say_them(self):
        now = time.time()
        self.assertEqual(self.make(expires="never")["expires"], 0)
        self.assertAlmostEqual(self.make(expires="90d")["expires"], now + 90 * 86400, delta=5)
        self.assertEqual(self.make(expires="2126-05-04T03:02:01Z")["expires"], 4933537321)
        for wrong in ("soon", "", "2001-01-01T00:00:00Z", True, 1.5, None):
            self.assertEqual(self.admin("POST", "/v1/tokens", {"name": "x", "expires": wrong})[0], 400, wrong)

    def culvert(self, *args, code=0):
        run = subprocess.run([sys.argv[3], "token", *args, "--socket", self.server.unix], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stdout, run.stderr

    def test_command(self):
        out, err = self.culvert("create", "city brain", "--lane", "alarm", "--mask", "position", "--expires", "never")
        token, id_ = out.strip(), out.split("_")[1]
        self.assertEqual(out, token + "\n")  # for a pipe into a file
        self.assertEqual(err, f'id {id_} for "city brain", ends: never; the token is not shown again\n')
        self.assertEqual(self.ask("/v1/events?follow=0", token)[0], 200)
        row = self.culvert("list")[0].splitlines()[1].split()
        self.assertEqual(row, [id_, "city", "brain", "alarm", "all", "all", "all", "position", "read", "never", "0", "0"])
        self.assertNotIn(token.rsplit("_", 1)[1], self.culvert("list", "--json")[0])
        _, err = self.culvert("create", "x", "--lane", "alram", code=2)
        self.assertIn("did you mean 'alarm'?", err)
        self.culvert("create", "x", "--requests", "0", code=1)
        self.assertIn("is revoked", self.culvert("revoke", id_)[0])
        self.assertEqual(self.ask("/v1/events", token)[0], 401)
        self.culvert("revoke", id_, code=2)

    def test_unix_socket_stays_within_reach(self):
        held = [self.server.connect() for _ in range(250)]  # idle, more than the 200 there may be
        deadline = time.monotonic() + 5
        while self.server.stats()["connections"] < 175 and time.monotonic() < deadline:
            time.sleep(0.01)
        threads = [threading.Thread(target=self.admin, args=("GET", "/v1/tokens")) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual(self.admin("GET", "/v1/status")[0], 200)
        self.assertGreater(self.server.stats()["refused"], 50)
        for sock in held:
            sock.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
