# SPDX-License-Identifier: Apache-2.0
"""Rows of NTP: mode, stratum, reference and transmit time; offset and delay computed from tshark's fields."""
import calendar
import datetime
import re

CAPTURES = r"\bntp \d+ \("
FILTER = "ntp && udp.port == 123 && !icmp"
OPTIONS = []
REPLAY = []
LEAST = 250
EPOCH = 2208988800
LEAPS = {"": 0, "leap-insert": 1, "leap-delete": 2, "unsynchronized": 3}
asked = {}  # transmit timestamp as sent: when it was seen, s


def begin():
    asked.clear()


def field(ntp, name):
    return ntp.find(f".//field[@name='ntp.{name}']")


def seconds(stamp):
    whole = int(stamp[:8], 16)
    return (whole if whole >> 31 else whole + (1 << 32)) - EPOCH + int(stamp[8:], 16) / (1 << 32)


def oracle(packet):
    ntp = packet.find("proto[@name='ntp']")
    mode = None if ntp is None else field(ntp, "flags.mode")
    if mode is None:
        return
    mode, now = int(mode.get("show")), float(packet.find(".//field[@name='timestamp']").get("value"))
    if mode in (6, 7):
        yield "remote", mode
        return
    origin, receive, transmit = (field(ntp, f).get("value") for f in ("org", "rec", "xmt"))
    if mode == 3:
        asked[transmit] = now
        return
    stratum, leap = int(field(ntp, "stratum").get("show")), int(field(ntp, "flags.li").get("show"))
    if mode == 4 and stratum == 0:
        yield "kiss", bytes.fromhex(field(ntp, "refid").get("value")).decode("ascii", "replace").rstrip("\0")
        return
    sent = round(seconds(transmit), 3)
    # What every record's time is asked: since 2000, and not more than a day ahead.
    if int(transmit, 16) == 0 or not 946684800 <= sent <= now + 86400:
        sent = None
    yield "stratum", mode, stratum, leap, sent
    if mode == 4 and int(origin, 16) != 0 and origin in asked:
        then = asked.pop(origin)
        t2, t3 = seconds(receive), seconds(transmit)
        yield "offset", round((t2 - then + t3 - now) / 2, 4)
        yield "delay", round((now - then) - (t3 - t2), 4)


def ours(kind, data):
    if data.get("proto") != "ntp" or kind == "parse-error":
        return
    if kind == "anomaly":
        yield "remote", data["status"]
    elif kind == "error":
        yield "kiss", data.get("code", "")
    elif data["name"] in ("clock.offset", "clock.delay"):
        yield data["name"].removeprefix("clock."), round(data["value"], 4)
    else:
        sent = None
        if "device_time" in data:
            at = datetime.datetime.strptime(data["device_time"][:26], "%Y-%m-%dT%H:%M:%S.%f")
            nano = int(re.search(r"\.(\d{9})", data["device_time"])[1])
            sent = round(calendar.timegm(at.timetuple()) + nano / 1e9, 3)
        yield "stratum", data["status"], data.get("value", 0), LEAPS[data.get("flag", "")], sent
