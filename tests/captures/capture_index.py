# SPDX-License-Identifier: Apache-2.0
"""What INDEX.md says is in the public captures."""
import os
import re

# What INDEX.md calls the messages of a protocol; of those from dtls on the sessions are told.
COUNTED = (
    ("coap", r"\bcoap (\d+) msgs"),
    ("mqtt", r"\bmqtt (\d+) msgs"),
    ("modbus", r"modbus/tcp (\d+) ADUs"),
    ("dlms", r"dlms: ([1-9]\d*) wrapper PDUs"),
    ("iec104", r"\biec104 (\d+) APDUs"),
    ("snmp", r"\bsnmp (\d+) \("),
    ("ntp", r"\bntp (\d+) \("),
    ("syslog", r"\bsyslog (\d+) frames"),
    ("bacnet", r"\bbacnet \d+ NPDU/BVLC frames \((\d+) with BVLC"),
    ("dtls", r"\bdtls (\d+) frames"),
    ("opcua", r"\bopcua (\d+) chunks"),
    ("dnp3", r"\bdnp3 (\d+) frames"),
    ("hartip", r"\bhart_ip (\d+) frames"),
    ("sip", r"\bsip (\d+) \("),
)


def shared():
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared")
    return os.environ.get("CULVERT_SHARED", beside)


def lines(captures):
    """Lines of INDEX.md; None where there is none."""
    path = os.path.join(captures, "INDEX.md")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as index:
        return index.read().splitlines()


def rows(index):
    """Captures as (file, cells of its row); a file may stand in several sections."""
    for line in index:
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("| ") and len(cells) >= 5 and cells[0] != "file":
            yield cells[0], cells


def oracle(index):
    """(file, protocol, messages) as tshark counts them, DLMS by a walk over wrappers."""
    for name, cells in rows(index):
        for protocol, pattern in COUNTED:
            for count in re.findall(pattern, cells[3]):
                yield name, protocol, int(count)


def derived(index):
    """Rows of _derived: (file, protocol, kind, frames, port, transport)."""
    pattern = re.compile(r"\| _derived/(([a-z0-9]+)_(\w+)\.pcap) \| \d+ \| (\d+) \| (\d+)/(tcp|udp) \|")
    return [m.groups() for m in map(pattern.match, index) if m]
