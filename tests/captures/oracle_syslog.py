# SPDX-License-Identifier: Apache-2.0
"""Rows of syslog: facility, severity and the end of the text (tshark cuts the head in its own ways).

A record holds 512 bytes of a text: of a message longer than LONG the end is not compared.
"""
CAPTURES = r"\bsyslog \d+ frames"
FILTER = "syslog && !icmp"
OPTIONS = []
REPLAY = []
LEAST = 80
END = 6
LONG = 400


def begin():
    """Nothing is remembered from packet to packet."""


def end_of(text, size):
    return None if size > LONG else text.rstrip("\0\r\n ")[-END:]


def oracle(packet):
    for syslog in packet.iter("proto"):
        if syslog.get("name") != "syslog":
            continue
        facility, level, text = (syslog.find(f"field[@name='syslog.{f}']")
                                 for f in ("facility", "level", "msg"))
        if facility is not None:
            raw = bytes.fromhex(text.get("value") or "")
            size = len(raw) + int(facility.get("size"))
            yield int(facility.get("show")), int(level.get("show")), \
                end_of(raw.decode("utf-8", "replace"), size)


def ours(kind, data):
    if data.get("proto") == "syslog" and kind != "parse-error":
        pri = data.get("status", 0)
        yield pri >> 3, pri & 7, end_of(data.get("value", ""), data["raw_len"])
