#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS: Python's client against the real server, and what is no good client.

usage: tls.py SERVE-PROGRAM SCHEMA [TEST...]
"""
import json
import os
import random
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

import access
import end_to_end

del os.environ["CV_SERVE_TOKENS"]  # TLS needs a credential all the same


def openssl(*args, text=""):
    subprocess.run(["openssl", *args], input=text, text=True, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Certificates:
    """A folder of keys and certificates, made once."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="culvert-tls-")
        for ca in ("ca", "other"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", f"/CN={ca}", "-keyout", self.path(ca + "-key"), "-out", self.path(ca))
        self.make("cert", "localhost", "DNS:localhost,IP:127.0.0.1")
        os.rename(self.path("cert-key"), self.path("key"))
        self.make("brain", "brain", "DNS:x.example,DNS:brain.example")
        self.make("plain", "only a common name", "DNS:nobody.example")
        self.make("late", "late", "DNS:brain.example", days="0")
        self.make("wrong", "wrong", "DNS:brain.example", ca="other")
        self.make("unknown", "unknown", "DNS:unknown.example")

    def path(self, name):
        return os.path.join(self.dir.name, name + ".pem")

    def make(self, name, subject, names, days="30", ca="ca"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
                "-keyout", self.path(name + "-key"), "-out", self.path(name + "-req"))
        with tempfile.NamedTemporaryFile("w") as extensions:
            extensions.write(f"subjectAltName={names}\n")
            extensions.flush()
            openssl("x509", "-req", "-in", self.path(name + "-req"), "-CA", self.path(ca), "-CAkey",
                    self.path(ca + "-key"), "-CAcreateserial", "-days", days, "-extfile", extensions.name,
                    "-out", self.path(name))


CERTIFICATES = Certificates()


class Tls(access.Access):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="culvert-tls-")
        for name in ("cert", "key", "ca"):
            shutil.copy(CERTIFICATES.path(name), self.file(name))
        os.environ["CV_SERVE_TLS"] = self.folder.name
        super().setUp()

    def tearDown(self):
        super().tearDown()
        self.folder.cleanup()

    def file(self, name):
        return os.path.join(self.folder.name, name + ".pem")

    def context(self, client=None, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(CERTIFICATES.path("ca"))
        if client:
            context.load_cert_chain(CERTIFICATES.path(client), CERTIFICATES.path(client + "-key"))
        if version:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                context.minimum_version = context.maximum_version = version
        return context

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.server.tls_port), timeout=30)

    def open(self, context, session=None):
        return context.wrap_socket(self.raw(), server_hostname="localhost", session=session)

    def get(self, path, client=None, token=None, version=None, **more):
        with self.open(self.context(client, version), **more) as sock:
            header = f"Authorization: Bearer {token}\r\n" if token else ""
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: any.example\r\n{header}Connection: close\r\n\r\n".encode())
            head, _, body = end_to_end.read_all(sock).partition("\r\n\r\n")
        return int(head.split()[1]), head, body

    def test_token(self):
        self.server.add("alarm", 1)
        token = self.make()["token"]
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(self.get("/v1/events", version=version)[0], 401)
            status, _, body = self.get("/v1/events/batch?from=earliest&wait=0", token=token, version=version)
            self.assertEqual((status, len(json.loads(body))), (200, 1))
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.assertRaises((ssl.SSLError, OSError)):
                self.get("/", token=token, version=old)

    def test_large_and_byte_by_byte(self):
        for lane in ("alarm", "status"):
            self.server.add(lane, 3000, 64)
        token = self.make()["token"]
        context = self.context()
        with self.open(context) as sock:
            for byte in (f"GET /v1/events?follow=0 HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n").encode():
                sock.sendall(bytes([byte]))
            body = end_to_end.read_all(sock).partition("\r\n\r\n")[2]
        events = end_to_end.ndjson(body)
        self.assertEqual(len(events), 6000)
        self.assertEqual(end_to_end.ids(events)[-1], ("status", 3000))

    def test_follow_and_revoke(self):
        made = self.make()
        with self.open(self.context()) as sock:
            sock.sendall(f"GET /v1/events HTTP/1.0\r\nAuthorization: Bearer {made['token']}\r\n\r\n".encode())
            self.assertIn(b"200 OK", sock.recv(4096))
            for n in range(1, 4):
                self.server.add("alarm", 1)
                self.assertIn(f"alarm/{n}\"".encode(), sock.recv(8192))
            self.admin("DELETE", "/v1/tokens/" + made["id"])
            sock.settimeout(10)
            try:
                while sock.recv(4096):
                    pass
            except ssl.SSLError:
                pass  # closed without a word

    def test_resumption(self):
        token = self.make()["token"]
        context = self.context(version=ssl.TLSVersion.TLSv1_2)
        with self.open(context) as sock:
            session = sock.session
            self.assertFalse(sock.session_reused)
        with self.open(context, session) as sock:
            self.assertTrue(sock.session_reused)
            sock.sendall(f"GET / HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            self.assertIn("200 OK", end_to_end.read_all(sock))

    def test_client_certificates(self):
        self.make(subject="dns:brain.example", lanes="alarm")
        self.make(subject="cn:only a common name")
        self.server.add("alarm", 2)
        self.server.add("status", 3)
        path = "/v1/events/batch?from=earliest&wait=0"
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for client, count in (("brain", 2), ("plain", 5)):
                status, _, body = self.get(path, client, version=version)
                self.assertEqual((status, len(json.loads(body))), (200, count))
            self.assertEqual(self.get(path, "unknown", version=version)[0], 401)
            for client in ("late", "wrong"):
                with self.assertRaises((ssl.SSLError, OSError)):
                    self.get(path, client, version=version)
        self.assertEqual(self.refusals()["tls"], 4)
        told = str(self.notes())
        self.assertIn("certificate has expired", told)
        self.assertIn("unable to get local issuer certificate", told)

    def test_reload(self):
        token = self.make()["token"]
        with self.open(self.context()) as before:
            self.assertEqual(self.server.tell("refresh"), "0 \n")
            CERTIFICATES.make("fresh", "fresh", "DNS:localhost")
            shutil.copy(CERTIFICATES.path("fresh"), self.file("cert"))
            self.assertRegex(self.server.tell("refresh"), r"^-22 .*key\.pem cannot be used \(.*mismatch\)")
            self.assertEqual(self.server.tell("refresh"), "0 \n")  # told once
            self.assertEqual(self.get("/", token=token)[0], 200)  # by the one before
            shutil.copy(CERTIFICATES.path("fresh-key"), self.file("key"))
            self.assertEqual(self.server.tell("refresh").split()[0], "1")
            with self.open(self.context()) as sock:
                self.assertEqual(dict(sock.getpeercert()["subject"][0])["commonName"], "fresh")
            before.sendall(f"GET / HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            self.assertIn("200 OK", end_to_end.read_all(before))  # connections go on
        os.chmod(self.file("key"), 0o640)
        with open(self.file("key"), "a", encoding="utf-8") as f:
            f.write("\n")
        self.assertIn("others can read", self.server.tell("refresh"))

    def test_garbage(self):
        rng = random.Random(5)
        token = self.make()["token"]
        pieces = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 65535,
                  b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", b"\x15\x03\x03\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02"]
        pieces += [rng.randbytes(rng.randrange(1, 3000)) for _ in range(50)]
        for piece in pieces:
            with self.raw() as sock:
                try:
                    sock.sendall(piece)
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(4096):
                        pass
                except OSError:
                    pass
        self.assertGreater(self.refusals()["tls"], 30)
        self.wait_for_none()
        self.assertEqual(self.get("/", token=token)[0], 200)

    def wait_for_none(self):
        deadline = time.monotonic() + 15
        while self.server.stats()["connections"] and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.server.stats()["connections"], 0)

    def test_damaged_hello(self):
        """A good ClientHello, a byte of it changed, cut anywhere, or followed by nothing."""
        rng = random.Random(6)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self.context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        for _ in range(200):
            damaged = bytearray(hello)
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            with self.raw() as sock:
                try:
                    sock.sendall(damaged[:rng.randrange(1, len(damaged) + 1)])
                    if rng.random() < 0.5:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                except OSError:
                    pass
        self.wait_for_none()

    def test_renegotiation(self):
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.tls_port}", "-tls1_2"],
                             input="R\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                             check=False)
        self.assertRegex(run.stdout, "no renegotiation|no_renegotiation|RENEGOTIATING")
        self.wait_for_none()

    def test_stalled_reader(self):
        """A record that is half sent stays in order when the reader comes back."""
        for _ in range(10):
            self.server.add("measurement", 1000, 200)
        token = self.make()["token"]
        with self.open(self.context()) as sock:
            sock.sendall(f"GET /v1/events?follow=0 HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            time.sleep(1.5)
            body = end_to_end.read_all(sock).partition("\r\n\r\n")[2]
        self.assertEqual(len(end_to_end.ndjson(body)), 10000)


if __name__ == "__main__":
    names = sys.argv[3:] or unittest.defaultTestLoader.getTestCaseNames(Tls)
    suite = unittest.TestSuite(Tls(name) for name in names if name in vars(Tls))
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
