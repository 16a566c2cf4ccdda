# SPDX-License-Identifier: Apache-2.0
"""Rows of Modbus: every answer with values, every write, exception and other function.

An answer does not say which registers it carries: tshark and we pair it with its request, each by
itself. What a write's answer confirms are the values of its request.
"""
import re

CAPTURES = r"\bmodbus/tcp \d+ ADUs"
FILTER = "mbtcp && !icmp"
OPTIONS = ["-J", "mbtcp modbus tcp"]
REPLAY = []
LEAST = 14000
UNIQUE = True
PORT = "502"
BITS, REGISTERS, WRITES = (1, 2), (3, 4, 23), (5, 6, 15, 16, 22, 23)
SINGLE = (5, 6)
TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil",
          16: "holding", 23: "holding"}
HELD = 512
asked = {}  # (stream, unit, transaction, function) of a request: first, count, values


def begin():
    asked.clear()


def field(proto, name):
    return proto.find(f".//field[@name='modbus.{name}']")


def number(proto, name):
    found = field(proto, name)
    return None if found is None else int(found.get("show"), 0)


def body_of(proto):
    """Bytes behind the function code, from the fields that stand side by side."""
    return bytes.fromhex("".join(f.get("value") or "" for f in proto
                                 if int(f.get("size") or 0) and f.get("name") != "modbus.func_code"))


def bits_of(proto):
    packed = 0
    shown = [int(f.get("show")) for f in proto.iter("field") if f.get("name") == "modbus.bitval"]
    for i, bit in enumerate(shown):
        packed |= bit << i
    return packed.to_bytes((len(shown) + 7) // 8, "little")


def range_of(first, count):
    return first, first + count - 1


def adu(key, proto, answer):
    code = number(proto, "func_code")
    exception = number(proto, "exception_code")
    if exception is not None:
        asked.pop(key + (code,), None)
        yield "exception", *key[1:], code, exception
        return
    body = body_of(proto)
    if not answer:
        yield from request(key, code, body)
    else:
        yield from response(key, code, body, proto)


def be(body, at):
    return int.from_bytes(body[at:at + 2], "big")


def request(key, code, body):
    if code in BITS + (3, 4):
        asked[key + (code,)] = (*range_of(be(body, 0), be(body, 2)), None)
        return
    if code in SINGLE:
        value = bytes([body[2] == 0xff]) if code == 5 else body[2:4]
        place = (be(body, 0), be(body, 0), value)
    elif code in (15, 16):
        place = (*range_of(be(body, 0), be(body, 2)), body[5:])
    elif code == 23:
        place = (*range_of(be(body, 4), be(body, 6)), body[9:])
        asked[key + (code,)] = (*range_of(be(body, 0), be(body, 2)), None)
    else:
        if code in (8, 21, 22) or (code > 24 and (code != 43 or body[:1] != b"\x0e")):
            yield "request", *key[1:], code
        return
    if code != 23:
        asked[key + (code,)] = place
    yield "write", *key[1:], code, place[0], place[1], place[2].hex()


def response(key, code, body, proto):
    known = asked.pop(key + (code,), None)
    if code in BITS or code in REGISTERS:
        data = bits_of(proto) if code in BITS else body[1:]
        first, last = known[:2] if known else (None, None)
        yield "read", *key[1:], code, first, last, data[:HELD].hex()
    elif code in (5, 6, 15, 16):
        if known:
            yield "written", *key[1:], code, known[0], known[1], known[2].hex()
        else:
            yield "answer", *key[1:], code
    elif code != 43 or number(proto, "num_objects") != 0:
        yield "answer", *key[1:], code


def oracle(packet):
    tcp = packet.find("proto[@name='tcp']")
    stream, port = (tcp.find(f"field[@name='tcp.{f}']").get("show") for f in ("stream", "srcport"))
    head = None
    for proto in packet:
        if proto.get("name") == "mbtcp":
            head = tuple(int(proto.find(f"field[@name='mbtcp.{f}']").get("show"))
                         for f in ("unit_id", "trans_id"))
        elif proto.get("name") == "modbus" and head is not None:
            yield from adu((stream,) + head, proto, port == PORT)
            head = None


def place(data):
    found = re.search(r"\.(\d+)(?:-(\d+))?$", data.get("code", ""))
    return (int(found[1]), int(found[2] or found[1])) if found else (None, None)


def value_of(data, code):
    if "bytes" in data:
        return data["bytes"]
    value = data.get("value")
    return None if value is None else bytes([value]).hex() if code == 5 else f"{value:04x}"


def ours(kind, data):
    if data.get("proto") != "modbus" or kind in ("parse-error", "anomaly"):
        return
    status = data.get("status", 0)
    code = status & 0x7f
    key = int(data.get("sub", 0)), data.get("seq", 0)
    if status & 0x80:
        yield "exception", *key, code, data["value"]
    elif data["direction"] == "down":
        if code in (5, 6, 15, 16, 23):
            yield "write", *key, code, *place(data), value_of(data, code)
        else:
            yield "request", *key, code
    elif code in BITS + REGISTERS:
        yield "read", *key, code, *place(data), data.get("bytes", "")
    elif code in (5, 6, 15, 16) and "bytes" in data:
        yield "written", *key, code, *place(data), data["bytes"]
    else:
        yield "answer", *key, code
