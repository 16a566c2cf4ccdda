# SPDX-License-Identifier: Apache-2.0
"""Rows of IEC 104: one per information object, with every field of it."""
import calendar
import datetime
import struct

CAPTURES = r"\biec104 \d+ APDUs"
FILTER = "iec60870_asdu"
OPTIONS = []
REPLAY = []
LEAST = 400
BEIJING_S = 8 * 3600

CAUSES = {
    "periodic": 1, "background": 2, "spontaneous": 3, "initialized": 4, "request": 5,
    "activation": 6, "activation-confirmation": 7, "deactivation": 8, "deactivation-confirmation": 9,
    "activation-termination": 10, "interrogated": 20, "counters": 37, "unknown-object-address": 47,
}
QUALITY = {"IV": "iv", "NT": "nt", "SB": "sb", "BL": "bl", "OV": "ov"}


def begin():
    """Nothing is remembered from packet to packet."""


def fields(element):
    return {f.get("name").replace("iec60870_asdu.", ""): f for f in element.iter("field")}


def number(f, name):
    return int(f[name].get("show"), 0) if name in f else None


def value_of(f):
    for name in ("siq.spi", "diq.dpi", "vti.v", "scalval", "sco.on", "dco.on", "rco.up", "qoi", "qcc",
                 "coi_r", "bcr.count", "qrp"):
        if name in f:
            return float(int(f[name].get("show"), 0))
    if "float" in f:
        return struct.unpack("<f", bytes.fromhex(f["float"].get("value")))[0]
    if "normval" in f:
        return struct.unpack("<h", bytes.fromhex(f["normval"].get("value")))[0] / 32768
    return None


def time_of(f, now):
    if "cp56time.ms" not in f:
        return None
    part = {k: number(f, "cp56time." + k) for k in ("ms", "min", "hour", "day", "month", "year")}
    year = part["year"] + (2000 if part["year"] < 100 else 1900)
    if number(f, "cp56time.iv") or part["month"] == 0 or part["day"] == 0:
        return None
    when = datetime.datetime(year, part["month"], part["day"], part["hour"], part["min"])
    seconds = calendar.timegm(when.timetuple()) - BEIJING_S - 3600 * number(f, "cp56time.su")
    # What every record's time is asked: since 2000, and not more than a day ahead.
    return seconds * 1000 + part["ms"] if 946684800 <= seconds <= now + 86400 else None


def oracle(packet):
    now = float(packet.find(".//field[@name='timestamp']").get("value"))
    sent = [int(p.find("field[@name='iec60870_104.tx']").get("show"))
            for p in packet.iter("proto") if p.get("name") == "iec60870_104"
            and p.find("field[@name='iec60870_104.tx']") is not None]
    asdus = [p for p in packet.iter("proto") if p.get("name") == "iec60870_asdu"]
    for send, asdu in zip(sent, asdus):
        if packet.find("proto[@name='_ws.malformed']") is not None:
            continue
        head = fields(asdu)
        for ioa in (f for f in asdu if f.get("show", "").startswith("IOA: ")):
            f = fields(ioa)
            flags = {v for v in QUALITY.values()
                     if any(number(f, f"{q}.{v}") for q in ("siq", "diq", "qds", "bcr"))}
            select = any(number(f, f"{q}.se") for q in ("sco", "dco", "rco", "qos"))
            yield (send, number(head, "typeid"), number(head, "causetx"), number(head, "nega"),
                   number(head, "test"), number(head, "oa"), number(head, "addr"),
                   number(f, "ioa"), value_of(f), sorted(flags), select, time_of(f, now))


def ours(kind, data):
    if data.get("proto") != "iec104" or kind in ("parse-error", "session", "anomaly"):
        return
    words = data["text"].split(", ")
    common, ioa = (int(n) for n in data["code"].split("."))
    when = None
    if "device_time" in data:
        stamp = datetime.datetime.strptime(data["device_time"][:23], "%Y-%m-%dT%H:%M:%S.%f")
        when = calendar.timegm(stamp.timetuple()) * 1000 + stamp.microsecond // 1000
    value = None if data.get("name") == "device.clock" or data.get("value") is None else float(data["value"])
    originator = next((int(w.split()[1]) for w in words if w.startswith("originator ")), 0)
    yield (data.get("seq", 0), data["status"], CAUSES[words[0]], int("negative" in words),
           int("test" in words), originator, common, ioa, value,
           sorted(QUALITY[q] for q in data.get("flag", "").split()), "select" in words, when)
