# SPDX-License-Identifier: Apache-2.0
"""A node with sinks in a folder of its own, and what every test of sinks asks."""
import atexit
import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LANES = ("alarm", "measurement", "status", "security")


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come")


class Node:
    """sink_node with a configuration; its programs lie in its folder, as installed ones do."""

    def __init__(self, programs, sinks, name="node-7"):
        # /tmp: a user without rights must be able to reach what is in it.
        self.dir = tempfile.mkdtemp(prefix="sink-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.name = name
        for program in programs:
            shutil.copy(program, self.dir)
        self.config = os.path.join(self.dir, "culvert.yaml")
        self.added = collections.Counter()
        self.configure(sinks)

    def configure(self, sinks):
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({
                "node": self.name,
                "ports": [{"name": "p", "target": "pcap:none.pcap"}],
                "log": {"dir": self.dir + "/log"},
                "api": {"socket": self.dir + "/api.sock", "listen": "off"},
                "sinks": sinks,
            }, file, indent=1)

    def start(self):
        self.process = subprocess.Popen([self.dir + "/sink_node", self.config],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8", errors="surrogateescape")
        atexit.register(self.process.kill)
        assert self.process.stdout.readline() == "ready\n", "the node does not start"
        return self

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def add(self, lane, count, text=20):
        assert self.ask(f"add {lane} {count} {text}") == "added\n"
        self.added[lane] += count

    def add_named(self, lane, name):
        """@param name: what the device calls the quantity; surrogates stand for bytes of no character."""
        assert self.ask(f"name {lane} {name}") == "added\n"
        self.added[lane] += 1

    def sinks(self):
        return json.loads(self.ask("sinks"))

    def sink(self, name):
        return next(s for s in self.sinks() if s["name"] == name)

    def check_ledger(self, name):
        s = self.sink(name)
        assert s["taken"] == s["delivered"] + s["put_back"] + s["under_way"] + sum(s["refused"].values()), s
        return s

    def all_acknowledged(self, name, seconds=60):
        wait_for(f"the last acknowledgement of {name}: {self.sink(name)}",
                 lambda: self.sink(name).get("lag") == 0, seconds)
        s = self.check_ledger(name)
        assert s["under_way"] == 0, s
        return s

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0, "the node did not stop in order"

    def remove(self):
        shutil.rmtree(self.dir)

    def check_events(self, events, lanes=LANES, overtaking=0):
        """
        All that were added, in the order of each lane; repeats only of what came before.
        @param overtaking: by how many a broker may have turned the order round.
        @return: the repeats.
        """
        repeats = 0
        expected = {lane: 1 for lane in LANES}  # a lane's first sequence
        early = {lane: set() for lane in LANES}
        for event in events:
            node, lane, number = event["id"].split("/")
            number = int(number)
            assert node == self.name, event
            assert number <= expected[lane] + overtaking, f"{event['id']} comes when {lane} is at {expected[lane]}"
            repeats += number < expected[lane] or number in early[lane]
            early[lane].add(number)
            while expected[lane] in early[lane]:
                early[lane].remove(expected[lane])
                expected[lane] += 1
        for lane in lanes:
            assert expected[lane] == self.added[lane] + 1, (lane, expected, self.added)
        return repeats

    def end_sink(self, name, number=signal.SIGKILL):
        """End its process; the one that is told of may be the one before, which has ended already."""
        def living():
            pid = self.sink(name)["pid"]
            return pid if pid and alive(pid) else 0

        os.kill(wait_for("a process", living), number)


def process_status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def alive(pid):
    try:
        return process_status(pid)["State"][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def run(tests):
    """usage: TEST.py PROGRAM...: the programs of a node."""
    for test in tests:
        test(sys.argv[1:])
        print(f"{test.__name__}: ok", flush=True)
