# SPDX-License-Identifier: Apache-2.0
"""Sinks of type file, and what holds for every sink: its process, its ledger, its restarts."""
import glob
import json
import os

from node import Node, alive, process_status, run, wait_for


def read_files(folder):
    events = []
    for path in sorted(glob.glob(folder + "/*.ndjson") + glob.glob(folder + "/*.ndjson.part")):
        with open(path, encoding="utf-8") as file:
            for line in file:
                assert line.endswith("\n"), f"{path} ends inside a line"
                events.append(json.loads(line))
    return events


def test_delivery(programs):
    node = Node(programs, [{"name": "archive", "type": "file", "dir": "out", "rotate_size": "256KiB"}])
    node.start()
    for lane in ("measurement", "alarm", "status", "measurement"):
        node.add(lane, 3000)
    s = node.all_acknowledged("archive")
    assert s["state"] == "connected" and s["delivered"] == 12000 and s["gaps"] == 0, s
    assert node.check_events(read_files(node.dir + "/out")) == 0
    assert len(glob.glob(node.dir + "/out/*.ndjson")) > 3, "files were not rotated"
    node.stop()
    assert not glob.glob(node.dir + "/out/*.part"), "a part was left behind"
    # The next one goes on behind it, and nothing comes twice.
    node.start()
    node.add("security", 500)
    node.all_acknowledged("archive")
    assert node.check_events(read_files(node.dir + "/out")) == 0
    node.stop()
    node.remove()


def test_window(programs):
    """No more under way than the window says, whatever number that is, and all of it arrives."""
    windows = {"one": 1, "three": 3, "hundred": 100, "many": 1500}
    node = Node(programs, [{"name": name, "type": "file", "dir": name, "window": window}
                           for name, window in windows.items()])
    for name in windows:  # it may not write there: all that it takes stays under way
        os.mkdir(f"{node.dir}/{name}", 0o555)
    node.start()
    node.add("measurement", 5000)
    for name, window in windows.items():
        wait_for("a full window", lambda: node.sink(name)["under_way"] >= window and node.sink(name).get("error"))
        s = node.check_ledger(name)
        assert s["under_way"] == window and s["delivered"] == 0, s
    for name in windows:
        os.chmod(f"{node.dir}/{name}", 0o777)
    node.add("measurement", 2000)
    for name in windows:
        s = node.all_acknowledged(name)
        assert s["starts"] == 1 and s["put_back"] == 0, s
        assert node.check_events(read_files(f"{node.dir}/{name}")) == 0
    node.stop()
    node.remove()


def test_process(programs):
    node = Node(programs, [{"name": "archive", "type": "file", "dir": "out"}])
    node.start()
    node.add("alarm", 10)
    s = node.all_acknowledged("archive")
    status = process_status(s["pid"])
    assert status["NoNewPrivs"] == "1" and status["CapEff"] == "0" * 16 == status["CapPrm"], status
    assert status["Seccomp"] == "2", "there is no filter of system calls"
    if os.geteuid() == 0:
        assert status["Uid"].split()[0] != "0" and status["Groups"].strip() == "", status
    # Standard three, two to control, the folder and the file; nothing of control's.
    files = [os.readlink(f"/proc/{s['pid']}/fd/{fd}") for fd in os.listdir(f"/proc/{s['pid']}/fd")]
    assert len(files) == 7 and not any("log" in f or "io_uring" in f for f in files), files
    with open(f"/proc/{s['pid']}/cmdline", "rb") as file:
        assert file.read() == b"culvert-sink\0archive\0"
    # It ends with control, whatever ends that.
    node.kill()
    wait_for("the end of the sink", lambda: not alive(s["pid"]))
    node.remove()


def test_crashes(programs):
    """Killed again and again, sink and node: every event arrives, in order, few of them twice."""
    node = Node(programs, [{"name": "archive", "type": "file", "dir": "out", "window": 256}])
    node.start()
    for turn in range(6):
        node.add("measurement", 4000)
        node.end_sink("archive")
        if turn % 3 == 2:
            node.kill()
            node.start()
        node.add("alarm", 50)
    s = node.all_acknowledged("archive")
    assert s["starts"] >= 1 and s["delivered"] <= s["taken"], s
    node.stop()
    node.check_events(read_files(node.dir + "/out"))
    node.remove()


def test_refused_settings(programs):
    """A folder it may not write to: told with the remedy, and taken up when that is put right."""
    node = Node(programs, [{"name": "archive", "type": "file", "dir": "out"}])
    os.mkdir(node.dir + "/out", 0o755)
    node.start()
    node.add("alarm", 10)
    if os.geteuid() == 0:
        s = wait_for("the error", lambda: node.sink("archive").get("error") and node.sink("archive"))
        assert "run_as" in s["error"] and s["delivered"] == 0, s
        node.check_ledger("archive")
        os.chmod(node.dir + "/out", 0o777)
    node.all_acknowledged("archive")
    node.check_events(read_files(node.dir + "/out"))
    node.stop()
    node.remove()


def test_filters(programs):
    node = Node(programs, [
        {"name": "alarms", "type": "file", "dir": "alarms", "lanes": "alarm"},
        {"name": "one", "type": "file", "dir": "one", "devices": "urn:dev:ip:192.0.2.7"},
    ])
    node.start()
    node.add("measurement", 1600)
    node.add("alarm", 160)
    node.all_acknowledged("alarms")
    node.all_acknowledged("one")
    assert node.check_events(read_files(node.dir + "/alarms"), ("alarm",)) == 0
    assert len(read_files(node.dir + "/one")) == 110
    node.stop()
    node.remove()


def test_projections(programs):
    node = Node(programs, [
        {"name": "senml", "type": "file", "dir": "senml", "format": "senml-json"},
        {"name": "ngsi", "type": "file", "dir": "ngsi", "format": "ngsi-ld"},
    ])
    node.start()
    node.add("measurement", 20)
    for name in ("senml", "ngsi"):
        node.all_acknowledged(name)
    packs = read_files(node.dir + "/senml")
    assert len(packs) == 20 and all("urn:dev:ip:192.0.2" in json.dumps(p) for p in packs), packs[0]
    entities = read_files(node.dir + "/ngsi")
    assert len(entities) == 20 and all(e["type"] == "Device" for a in entities for e in a)
    node.stop()
    node.remove()


if __name__ == "__main__":
    run([test_delivery, test_window, test_process, test_crashes, test_refused_settings, test_filters, test_projections])
