# SPDX-License-Identifier: Apache-2.0
"""Rows of BACnet/IP: what each message is, every property it is about, every simple value of those.

Per frame a row is counted once: an answer with several properties is several events. Present values are
compared where tshark gives a field for them, which is in answers and reports about one object's values.
"""
import os
import re
import struct

CAPTURES = r"\bbacnet \d+ NPDU/BVLC"
FILTER = "bvlc && udp.port == 47808 && !icmp"
OPTIONS = []
REPLAY = []
LEAST = 1200
UNIQUE = True
PREFIX = "bacapp."
PRESENT_VALUE = 85


def begin():
    """Nothing is remembered from packet to packet."""


def fields(app, name):
    return [f for f in app.iter("field") if f.get("name") == PREFIX + name]


def first(app, name):
    found = fields(app, name)
    return int(found[0].get("show"), 0) if found else None


def context(f):
    """Number of the context tag that a field begins with, None where there is none."""
    child = next((c for c in f if c.get("show", "").startswith("Context Tag: ")), None)
    return None if child is None else int(re.search(r"Context Tag: (\d+)", child.get("show"))[1])


def properties(app, kind, service):
    """(object type, instance, property) as they are named outside of values."""
    where = {(3, 12): (0, 1), (0, 15): (0, 1), (3, 14): (0, 2), (0, 16): (0, 0), (0, 1): (2, 0),
             (1, 2): (2, 0)}.get((kind, service))
    current, depth = None, 0
    for f in app.iter("field"):
        show = f.get("show", "")
        if re.match(r"\{\[\d", show):
            depth += 1
        elif re.match(r"\}\[\d", show):
            depth -= 1
        if where is None:
            continue
        objects = fields(f, "objectType")
        if show.startswith("ObjectIdentifier") and context(f) == where[0] and objects:
            if depth <= (1 if kind == 1 or service == 1 else 0):
                current = (int(objects[0].get("show")),
                           int(fields(f, "instance_number")[0].get("show")))
        elif show.startswith("Property Identifier") and context(f) == where[1] and current and depth <= 1:
            yield current + (int(fields(f, "property_identifier")[0].get("show")),)


def values(app):
    for name, read in (("real", lambda f: struct.unpack(">f", bytes.fromhex(f.get("value"))[1:])[0]),
                       ("double", lambda f: struct.unpack(">d", bytes.fromhex(f.get("value"))[2:])[0]),
                       ("uint", lambda f: float(f.get("show"))), ("int", lambda f: float(f.get("show"))),
                       ("enum_index", lambda f: float(f.get("show")))):
        for f in fields(app, "present_value." + name):
            yield read(f)


def oracle(packet):
    app = packet.find("proto[@name='bacapp']")
    if app is None or packet.find("proto[@name='_ws.malformed']") is not None:
        return
    kind = first(app, "type")
    service = first(app, "unconfirmed_service" if kind == 1 else "confirmed_service") or 0
    segmented = first(app, "segmented_request")
    if kind == 4 or (kind == 0 and service in (12, 14) and not segmented):
        return
    yield "message", kind, service, first(app, "invoke_id") or 0
    if kind == 5:
        yield "error", first(app, "error_class"), first(app, "error_code")
    if kind in (6, 7):
        yield "reason", first(app, "reject_reason" if kind == 6 else "abort_reason")
    if kind == 1 and service == 0:
        yield "i-am", first(app, "instance_number"), first(app, "vendor_identifier")
    if segmented:
        return
    for found in properties(app, kind, service):
        yield ("property",) + found
    if (kind, service) == (3, 12) and first(app, "property_identifier") == PRESENT_VALUE:
        for found in values(app):
            yield "value", found


NAMES = {}


def number_of(kind, name):
    if not NAMES:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(here, "../../dataplane/decode/bacnet_name_list.h")
        with open(path, encoding="utf-8") as f:
            for what, value, text in re.findall(r'^(\w+)\((\d+), "([^"]+)"\)', f.read(), re.M):
                NAMES[what, text] = int(value)
    other = re.fullmatch(r"(?:object-type|property)-(\d+)", name)
    return int(other[1]) if other else NAMES[kind, name]


LAYERS = ("network-message", "bvlc-result", "register-foreign-device")


def ours(kind, data):
    method = data.get("method", "")
    if data.get("proto") != "bacnet" or kind == "parse-error" or method in LAYERS or \
            method.endswith(("-network", "-router", "-table", "-table-ack", "-connection", "-entry")):
        return
    pdu, service = divmod(data.get("status", 0), 256)
    yield "message", pdu, service, data.get("seq", 0)
    if pdu == 5:
        words = data["text"].split()
        yield "error", int(words[2]), int(words[4])
    if pdu in (6, 7):
        yield "reason", data["value"]
    if (pdu, service) == (1, 0):
        yield "i-am", int(data["subject"]), int(re.match(r"vendor (\d+)", data["text"])[1])
    named = re.fullmatch(r"([a-z0-9-]+)\.(\d+)\.([a-z0-9-]+)(?:\[\d+\])?", data.get("code", ""))
    if named and not re.fullmatch(r"event-\d+", named[3]):
        what = number_of("PROPERTY", named[3])
        yield "property", number_of("OBJECT", named[1]), int(named[2]), what
    value = data.get("value")
    if (pdu, service) == (3, 12) and named and named[3] == "present-value" and \
            isinstance(value, (int, float)) and not isinstance(value, bool):
        yield "value", float(value)
