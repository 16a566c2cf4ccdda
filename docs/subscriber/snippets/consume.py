#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A durable consumer with nothing but Python: consume.py SOCKET GROUP [once].

Kill it at any moment; what was not acknowledged comes again."""
import http.client
import json
import socket
import sys


class Culvert(http.client.HTTPConnection):
    """HTTP over the node's Unix socket."""

    def __init__(self, path):
        super().__init__("culvert", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, target):
        self.request(method, target)
        answer = self.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{body['error']} ({body['hint']})")
        return answer, body


def main(path, group, once):
    node = Culvert(path)
    while True:
        answer, events = node.ask(
            "GET", f"/v1/events/batch?group={group}&from=earliest&wait=1000")
        for event in events:
            print(event["id"])  # your work: it must be done before it is acknowledged
        if events:
            cursor = answer.getheader("Culvert-Cursor")
            node.ask("POST", f"/v1/groups/{group}/ack?cursor={cursor}")
        elif once:
            return


main(sys.argv[1], sys.argv[2], len(sys.argv) > 3)
