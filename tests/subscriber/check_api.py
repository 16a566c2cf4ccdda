#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""openapi.yaml and asyncapi.yaml against the running server, with what it serves and answers.

usage: check_api.py serve SERVE-PROGRAM DOCS-FOLDER   tests against the server of the tests
       check_api.py node SOCKET                       every resource of a node is in openapi.yaml
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"SKIP: {missing}")
    sys.exit(77)

LANES = ["alarm", "measurement", "status", "security"]


def curl(socket_path, path, *args):
    """@return status, headers by lower-case name, body."""
    run = subprocess.run(["curl", "-sS", "-i", "--unix-socket", socket_path, *args,
                          "http://culvert" + path], stdout=subprocess.PIPE, check=True, timeout=60)
    head, _, body = run.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(l.lower().split(": ", 1) for l in lines[1:])
    return int(lines[0].split()[1]), headers, body


class Api:
    """A file with what it refers to."""

    def __init__(self, text, schema):
        self.doc = yaml.safe_load(text)
        self.schema = schema

    def resolve(self, ref):
        name, _, pointer = ref.partition("#")
        node = self.schema if name == "event.schema.json" else self.doc
        if name not in ("", "event.schema.json"):
            raise KeyError(ref)
        for part in filter(None, pointer.split("/")):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def follow(self, node):
        while "$ref" in node:
            node = self.resolve(node["$ref"])
        return node

    def check(self, schema, value):
        """Validate; references are looked up in both files."""
        store = {"culvert:api": self.doc, "culvert:event.schema.json": self.schema}
        resolver = jsonschema.RefResolver("culvert:api", self.doc, store=store,
                                          handlers={"culvert": store.get})
        jsonschema.Draft202012Validator(self.absolute(schema), resolver=resolver).validate(value)

    def absolute(self, node):
        """Relative references to the schema beside this file, as the validator needs them."""
        if isinstance(node, dict):
            if str(node.get("$ref", "")).startswith("event.schema.json"):
                return self.inline()
            if str(node.get("$ref", "")).startswith("#"):
                return self.absolute(self.follow(node))
            return {k: self.absolute(v) for k, v in node.items()}
        return [self.absolute(v) for v in node] if isinstance(node, list) else node

    def inline(self):
        """The event's schema with its own definitions in place."""
        def fill(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    return fill(self.schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
                return {k: fill(v) for k, v in node.items() if k != "$defs"}
            return [fill(v) for v in node] if isinstance(node, list) else node
        return fill(self.schema)

    def all_refs(self, node=None):
        node = self.doc if node is None else node
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            node = list(node.values())
        for child in node if isinstance(node, list) else []:
            yield from self.all_refs(child)

    def parameters(self, path, method="get"):
        return {p["name"]: p for p in map(self.follow, self.doc["paths"][path][method]
                                          .get("parameters", [])) if p["in"] == "query"}

    def body_schema(self, path, method, status, type_):
        answers = self.doc["paths"][path][method]["responses"]
        answer = self.follow(answers.get(str(status), answers.get("default")))
        return answer["content"][type_].get("schema")


def fetch(socket_path):
    """Both files and the schema, as the server serves them."""
    schema = json.loads(curl(socket_path, "/v1/event.schema.json")[2])
    return [Api(curl(socket_path, f"/v1/{name}.yaml")[2], schema)
            for name in ("openapi", "asyncapi")]


def resources(socket_path):
    return {r["path"] for r in json.loads(curl(socket_path, "/")[2])["resources"]}


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="culvert-api-")
        cls.unix = os.path.join(cls.dir.name, "http.sock")
        cls.process = subprocess.Popen([sys.argv[2], cls.unix, "127.0.0.1:0", "200"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.process.stdout.readline()
        for lane in LANES:
            cls.process.stdin.write(f"add {lane} 20 30\n")
            cls.process.stdin.flush()
            cls.process.stdout.readline()
        cls.open, cls.asyn = fetch(cls.unix)

    @classmethod
    def tearDownClass(cls):
        cls.process.communicate(timeout=30)
        cls.dir.cleanup()

    def get(self, path, template=None, *args, method="get"):
        """Ask, and hold the answer against the file."""
        status, headers, body = curl(self.unix, path, *args)
        template = template or path.partition("?")[0]
        type_ = headers["content-type"]
        schema = self.open.body_schema(template, method, status, type_)
        if schema and type_ == "application/x-ndjson":
            for line in body.splitlines():
                self.open.check(schema, json.loads(line))
        elif schema and type_ == "text/event-stream":
            for line in re.findall(rb"^data: (.*)$", body, re.M):
                self.open.check(schema, json.loads(line))
        elif schema:
            self.open.check(schema, json.loads(body))
        return status, headers, body

    def test_files_are_those_of_the_folder(self):
        for name in ("openapi.yaml", "asyncapi.yaml", "event.schema.json"):
            with open(os.path.join(sys.argv[3], name), "rb") as f:
                self.assertEqual(curl(self.unix, "/v1/" + name)[2], f.read())

    def test_references(self):
        for api in (self.open, self.asyn):
            refs = list(api.all_refs())
            self.assertGreater(len(refs), 3)
            for ref in refs:
                self.assertTrue(api.resolve(ref))

    def test_parameters_are_those_that_are_taken(self):
        for path in ("/v1/events", "/v1/events/batch"):
            _, _, body = self.get(path + "?no_such=1")
            hint = json.loads(body)["hint"]
            self.assertEqual(set(hint.removeprefix("allowed: ").split(", ")),
                             set(self.open.parameters(path)))

    def test_words_are_those_that_are_taken(self):
        parameters = self.open.parameters("/v1/events")
        for name in ("lane", "type", "quality", "format"):
            schema = parameters[name]["schema"]
            words = schema.get("enum") or schema["items"]["enum"]
            _, _, body = self.get(f"/v1/events?{name}=no-such-word")
            self.assertEqual(json.loads(body)["hint"], "allowed: " + ", ".join(words))

    def test_media_types(self):
        wanted = {"/v1/events": set(), "/v1/events/batch": set()}
        for name in self.open.parameters("/v1/events")["format"]["schema"]["enum"]:
            for path, query in (("/v1/events", "follow=0"), ("/v1/events/batch", "from=earliest")):
                if path.endswith("batch") and name == "sse":
                    continue
                status, headers, _ = self.get(f"{path}?{query}&format={name}")
                self.assertEqual(status, 200)
                wanted[path].add(headers["content-type"])
            head = curl(self.unix, f"/v1/events?format={name}", "-I")[1]
            wanted["/v1/events"].add(head["content-type"])
        for path, types in wanted.items():
            self.assertEqual(types, set(self.open.doc["paths"][path]["get"]["responses"]["200"]
                                        ["content"]))

    def test_groups(self):
        _, _, body = self.get("/v1/events?group=g&from=earliest&follow=0")
        cursor = urllib.parse.quote(json.loads(body.splitlines()[-1])["cursor"])
        ack = "/v1/groups/{group}/ack"
        for status, path, template, args, method in (
                (200, f"/v1/groups/g/ack?cursor={cursor}", ack, ["-X", "POST"], "post"),
                (404, f"/v1/groups/h/ack?cursor={cursor}", ack, ["-X", "POST"], "post"),
                (400, "/v1/groups/g/ack?cursor=x", ack, ["-X", "POST"], "post"),
                (409, "/v1/groups/g/ack?cursor=1.1.1.1-1-1", ack, ["-X", "POST"], "post"),
                (200, "/v1/groups", None, [], "get"),
                (200, "/v1/groups/g", "/v1/groups/{group}", ["-X", "DELETE"], "delete"),
                (404, "/v1/groups/g", "/v1/groups/{group}", ["-X", "DELETE"], "delete")):
            self.assertEqual(self.get(path, template, *args, method=method)[0], status, path)
        _, headers, _ = self.get("/v1/events/batch?group=g&from=earliest")
        header = self.open.doc["paths"]["/v1/events/batch"]["get"]["responses"]["200"]["headers"]
        self.open.check(header["Culvert-Cursor"]["schema"], headers["culvert-cursor"])

    def test_gap(self):
        """A cursor of another log: the gap is what both files say of it."""
        _, _, body = self.get("/v1/events?follow=0&from=seq:alarm:999&format=ndjson")
        gap = json.loads(body)
        self.asyn.check(self.asyn.doc["components"]["messages"]["gap"]["payload"], gap)
        for format_ in ("senml", "ngsi-ld", "cloudevents", "sse"):
            _, _, body = self.get(f"/v1/events?follow=0&from=seq:alarm:999&format={format_}")
            self.assertIn(b"log-is-shorter", body)

    def test_stream_is_what_asyncapi_says(self):
        message = self.asyn.doc["components"]["messages"]["event"]
        _, _, body = curl(self.unix, "/v1/events?follow=0&format=sse")
        blocks = [dict(l.split(": ", 1) for l in b.split("\n") if ": " in l)
                  for b in body.decode().split("\n\n")]
        blocks = [b for b in blocks if "data" in b]
        self.assertEqual(len(blocks), 80)
        for block in blocks:
            event = json.loads(block["data"])
            self.asyn.check(message["headers"], {k: block[k] for k in ("id", "event")})
            self.asyn.check(message["payload"], event)
            self.assertEqual(event["type"], block["event"])
        address = self.asyn.doc["channels"]["events"]["address"]
        self.assertIn(address, self.open.doc["paths"])

    def test_wrong_events_do_not_pass(self):
        """The validation sees something: an event with a member too many, one without an id."""
        _, _, body = curl(self.unix, "/v1/events?follow=0&limit=1")
        event = json.loads(body)
        payload = self.asyn.doc["components"]["messages"]["event"]["payload"]
        for wrong in ({**event, "more": 1}, {k: v for k, v in event.items() if k != "id"}):
            with self.assertRaises(jsonschema.ValidationError):
                self.asyn.check(payload, wrong)


def check_node(socket_path):
    """Resources of the node and paths of the file are the same; its documents are as it says."""
    api = fetch(socket_path)[0]
    listed = {p for p in resources(socket_path) if not p.endswith("*")}
    prefixes = [p[:-1] for p in resources(socket_path) if p.endswith("*")]
    told = {p for p in api.doc["paths"] if p != "/"}
    wrong = (listed - told) | {p for p in told - listed if not any(p.startswith(x)
                                                                  for x in prefixes)}
    if wrong:
        print("not in both, openapi.yaml and the node: " + ", ".join(sorted(wrong)))
        return 1
    asked = 0
    for path, item in api.doc["paths"].items():
        if "get" not in item or path in ("/v1/events", "/v1/events/batch", "/v1/capture"):
            continue
        status, headers, body = curl(socket_path, path)
        schema = api.body_schema(path, "get", status, headers["content-type"])
        if schema and "json" in headers["content-type"]:
            api.check(schema, json.loads(body))
        asked += 1
    print(f"{len(told)} resources, {asked} documents hold against openapi.yaml")
    return 0 if asked > 10 else 1


if __name__ == "__main__":
    if sys.argv[1] == "node":
        sys.exit(check_node(sys.argv[2]))
    unittest.main(argv=sys.argv[:1], verbosity=2)
