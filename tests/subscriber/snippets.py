#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The consumers of docs/subscriber/snippets, each in its language where that is on the machine.

usage: snippets.py SERVE-PROGRAM SNIPPETS-FOLDER
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SERVE, FOLDER = sys.argv[1], os.path.abspath(sys.argv[2])
LANES = ["alarm", "measurement", "status", "security"]


class Snippets(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="culvert-snippets-")
        self.unix = os.path.join(self.dir.name, "http.sock")
        self.process = subprocess.Popen([SERVE, self.unix, "127.0.0.1:0", "50"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.count = dict.fromkeys(LANES, 0)

    def tearDown(self):
        _, err = self.process.communicate(timeout=30)
        self.dir.cleanup()
        self.assertEqual((self.process.returncode, err), (0, ""))

    def add(self, lane, count):
        """@return ids of the events."""
        self.process.stdin.write(f"add {lane} {count} 20\n")
        self.process.stdin.flush()
        self.assertEqual(self.process.stdout.readline(), "added\n")
        first = self.count[lane] + 1
        self.count[lane] += count
        return [f"node-7/{lane}/{n}" for n in range(first, first + count)]

    def consume(self, command):
        env = {**os.environ, "HOME": self.dir.name, "GOCACHE": self.dir.name + "/go",
               "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GO111MODULE": "off"}
        run = subprocess.run([*command, self.unix, "snippet", "once"], env=env, timeout=300,
                             cwd=self.dir.name, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.splitlines()

    def check(self, program, *command, needs=()):
        for word in (program, *needs):
            if not shutil.which(word):
                print(f"SKIP: no {word} on this machine", flush=True)
                self.skipTest(f"no {word} on this machine")
        wanted = [i for lane in LANES for i in self.add(lane, 400)]
        got = self.consume([program, *command])
        self.assertEqual(sorted(got), sorted(wanted))
        for lane in LANES:  # in order
            mine = [int(i.rsplit("/", 1)[1]) for i in got if f"/{lane}/" in i]
            self.assertEqual(mine, sorted(mine))
        # What was acknowledged does not come again; what is new does.
        self.assertEqual(self.consume([program, *command]), [])
        self.assertEqual(self.add("alarm", 10), self.consume([program, *command]))

    def test_shell(self):
        self.check("sh", os.path.join(FOLDER, "consume.sh"), needs=("curl", "jq"))

    def test_python(self):
        self.check("python3", os.path.join(FOLDER, "consume.py"))

    def test_javascript(self):
        self.check("node", os.path.join(FOLDER, "consume.mjs"))

    def test_go(self):
        self.check("go", "run", os.path.join(FOLDER, "consume.go"))

    def test_java(self):
        self.check("java", os.path.join(FOLDER, "Consume.java"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
