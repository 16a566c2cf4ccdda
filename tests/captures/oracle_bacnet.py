# SPDX-License-Identifier: Apache-2.0
"""Rows of BACnet/IP: what each message is, and every object, property and simple value in it."""
import struct

CAPTURES = r"\bbacnet \d+ NPDU/BVLC"
FILTER = "bvlc && !icmp"
OPTIONS = []
REPLAY = []
LEAST = 2000


def number(parent, name):
    f = next(parent.iter("field"), None) if parent is None else None
    f = parent.find(f".//field[@name='bacapp.{name}']")
    return None if f is None else int(f.get("show"), 0)


def oracle(packet):
    app = packet.find("proto[@name='bacapp']")
    if app is None or packet.find("proto[@name='_ws.malformed']") is not None:
        return
    kind = number(app, "type")
    service = number(app, "unconfirmed_service" if kind == 1 else "confirmed_service")
    if kind in (6, 7):
        service = 0
    silent = kind == 4 or (kind == 0 and service in (12, 14) and not number(app, "segmented_request"))
    if silent:
        return
    invoke = number(app, "invoke_id") or 0
    error = number(app, "error_class"), number(app, "error_code")
    if kind in (0, 3) and service in (12, 14, 15, 16) and not number(app, "segmented_request"):
        objects = [int(f.get("show"), 0) for f in app.iter("field")
                   if f.get("name") == "bacapp.instance_number"]
        properties = [int(f.get("show"), 0) for f in app.iter("field")
                      if f.get("name") == "bacapp.property_identifier"]
        yield kind, service, invoke, objects[:1], properties[:1]
        if service == 12:
            for f in app.iter("field"):
                name = f.get("name", "")
                if name == "bacapp.present_value.real":
                    yield "real", struct.unpack(">f", bytes.fromhex(f.get("value"))[1:])[0]
                elif name in ("bacapp.present_value.uint", "bacapp.present_value.int"):
                    yield "integer", float(f.get("show"))
        return
    yield kind, service, invoke, error if kind == 5 else None


NAMES = {}


def load_names():
    import os
    import re
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../dataplane/decode/bacnet_name_list.h"), encoding="utf-8") as f:
        for kind, value, name in re.findall(r'^(\w+)\((\d+), "([^"]+)"\)', f.read(), re.M):
            NAMES[kind, name] = int(value)


def ours(kind, data):
    if data.get("proto") != "bacnet" or kind == "parse-error":
        return
    if not NAMES:
        load_names()
    pdu, service = divmod(data.get("status", 0), 256)
    if "status" in data and data["status"] < 16 and data.get("method", "").startswith(
            ("who-is-router", "i-am-router", "i-could", "reject-m", "router-", "initialize",
             "establish", "disconnect", "bvlc", "register-f", "write-b", "delete-f", "network-")):
        return
    if "status" not in data and data.get("method", "") in ("who-is-router-to-network", "bvlc-result"):
        return
    invoke = data.get("seq", 0)
    segmented = "partial" in data.get("flags", [])
    if pdu in (0, 3) and service in (12, 14, 15, 16) and not segmented:
        yield pdu, service, invoke, data
        return
    error = None
    if pdu == 5:
        words = data["text"].split()
        error = int(words[2]), int(words[4])
    yield pdu, service, invoke, error
