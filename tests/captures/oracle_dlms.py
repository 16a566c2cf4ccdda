# SPDX-License-Identifier: Apache-2.0
"""Rows of DLMS in the wrapper: association, release, every attribute read, blocks and what they make.

tshark 4.0 has no dissector of it: it gives the bytes of each TCP connection, and what follows walks over
wrappers and APDUs by the Green Book (edition 7, 7.3.3.2 and 9.5), pairing answers with requests by their
invoke id. A register's value is compared in the base unit of its scaler_unit attribute, once that was read.
"""
import struct

CAPTURES = r"\bdlms: [1-9]\d* wrapper PDUs"
FILTER = "tcp.len > 0 && !tcp.analysis.retransmission && !tcp.analysis.fast_retransmission && !icmp"
OPTIONS = ["-J", "tcp"]
REPLAY = []
LEAST = 35
HEAD, VERSION = 8, b"\0\1"
AARQ, AARE, RLRQ, RLRE, GET_REQUEST, GET_RESPONSE = 0x60, 0x61, 0x62, 0x63, 0xc0, 0xc4
REGISTERS, PRINTABLE = (3, 4, 5), range(0x20, 0x7f)
INTEGERS = {0x05: ">i", 0x06: ">I", 0x0f: ">b", 0x10: ">h", 0x11: ">B", 0x12: ">H", 0x14: ">q",
            0x15: ">Q", 0x16: ">B", 0x17: ">f", 0x18: ">d"}
BASE = {"kWh": 1000, "kvarh": 1000, "kVAh": 1000, "kW": 1000, "kvar": 1000, "kVA": 1000}
SHOWN = 128
streams = {}  # (stream, port): bytes not walked over yet
asked = {}  # (stream, invoke id): attributes
scalers = {}  # (stream, class and OBIS code): power of ten
joined = {}  # (stream, invoke id): what the blocks of an answer have brought


def begin():
    for remembered in (streams, asked, scalers, joined):
        remembered.clear()


def attribute(body):
    """@return (class, OBIS code, attribute) as replay writes it, and what follows."""
    a, b, c, d, e, f = body[2:8]
    return f"{body[0] << 8 | body[1]}/{a}-{b}:{c}.{d}.{e}*{f}/{body[8]}", body[9:]


def selected(body):
    """The same with its access selection, which is passed over where it is the last."""
    code, body = attribute(body)
    return code, body[1:] if body[0] == 0 else b""


def length(body, at):
    if body[at] < 0x80:
        return body[at], at + 1
    size = body[at] & 0x7f
    return int.from_bytes(body[at + 1:at + 1 + size], "big"), at + 1 + size


def end_of(body, at):
    """Where the A-XDR data that begins here ends."""
    kind = body[at]
    if kind in (0x01, 0x02):
        count, at = length(body, at + 1)
        for _ in range(count):
            at = end_of(body, at)
        return at
    if kind in (0x09, 0x0a, 0x0c):
        size, at = length(body, at + 1)
        return at + size
    fixed = {0x00: 0, 0x03: 1, 0x19: 12, 0x1a: 5, 0x1b: 4}
    return at + 1 + (fixed[kind] if kind in fixed else struct.calcsize(INTEGERS[kind]))


def value_of(stream, code, data):
    """What a record of this attribute says: a number, a text, or bytes."""
    kind, base, which = data[0], code.rsplit("/", 1)[0], int(code.rsplit("/", 1)[1])
    register = int(code.split("/")[0]) in REGISTERS
    if kind == 0:
        return None
    if register and which == 3 and kind == 0x02:
        scalers[stream, base] = struct.unpack(">b", data[3:4])[0]
        return float(scalers[stream, base])
    if kind in INTEGERS:
        number = struct.unpack(INTEGERS[kind], data[1:])[0]
        power = scalers.get((stream, base), 0) if register and which == 2 else 0
        return round(number * 10.0 ** power, 9)
    if kind in (0x09, 0x0a):
        size, at = length(data, 1)
        text = data[at:at + size]
        return text.decode() if all(c in PRINTABLE for c in text) else data.hex()[:SHOWN]
    return data.hex()[:SHOWN]


def get_request(stream, body):
    choice, invoke = body[0], body[1] & 0x0f
    if choice == 1:
        asked[stream, invoke] = [selected(body[2:])[0]]
    elif choice == 3:
        codes, rest = [], body[3:]
        for _ in range(body[2]):
            code, rest = selected(rest)
            codes.append(code)
        asked[stream, invoke] = codes


def get_response(stream, body):
    choice, invoke = body[0], body[1] & 0x0f
    codes = asked.get((stream, invoke), [])
    if choice == 2:
        last, number = body[2], int.from_bytes(body[3:7], "big")
        size, at = length(body, 8)
        part = body[at:at + size]
        yield "block", invoke, codes[0], number, bool(last), part.hex()[:SHOWN]
        whole = (b"" if number == 1 else joined.pop((stream, invoke))) + part
        if last:
            yield "value", invoke, codes[0], value_of(stream, codes[0], whole)
        else:
            joined[stream, invoke] = whole
        return
    at = 2 if choice == 1 else 3
    for code in codes:
        if body[at] != 0:
            yield "denied", invoke, code, body[at + 1]
            at += 2
            continue
        end = end_of(body, at + 1)
        yield "value", invoke, code, value_of(stream, code, body[at + 1:end])
        at = end


def association(body):
    """Result of an AARE: the value of its field [2], an integer."""
    at, end = 1, 1 + body[0]
    while at < end:
        if body[at] == 0xa2:
            return body[at + 4]
        at += 2 + body[at + 1]
    return None


def apdu(stream, tag, body):
    if tag == AARQ:
        yield "associate", tag
    elif tag == AARE:
        yield "associate", tag, association(body)
    elif tag in (RLRQ, RLRE):
        yield "release", tag
    elif tag == GET_REQUEST:
        get_request(stream, body)
    elif tag == GET_RESPONSE:
        yield from get_response(stream, body)
    else:
        yield "tag", tag


def oracle(packet):
    tcp = packet.find("proto[@name='tcp']")
    stream, port = (tcp.find(f"field[@name='tcp.{f}']").get("show") for f in ("stream", "srcport"))
    payload = tcp.find(".//field[@name='tcp.payload']")
    if payload is None:
        return
    held = streams.get((stream, port), b"") + bytes.fromhex(payload.get("value"))
    while held.startswith(VERSION) and len(held) >= HEAD:
        size = HEAD + int.from_bytes(held[6:8], "big")
        if len(held) < size:
            break
        yield from apdu(stream, held[HEAD], held[HEAD + 1:size])
        held = held[size:]
    streams[stream, port] = held if held.startswith(VERSION) else b""


def ours(kind, data):
    if data.get("proto") != "dlms" or kind == "parse-error":
        return
    method, tag, value = data["method"], data["status"], data.get("value")
    if method == "associate":
        yield ("associate", tag) if tag == AARQ else ("associate", tag, value)
    elif method == "release":
        yield "release", tag
    elif kind == "error":
        yield "denied", data.get("seq", 0), data["code"], value
    elif tag == GET_RESPONSE and data.get("text", "").startswith("block"):
        yield ("block", data.get("seq", 0), data["code"], int(data["text"].split()[1].rstrip(",")),
               "last" in data["text"], data["bytes"][:SHOWN])
    elif tag == GET_RESPONSE:
        if isinstance(value, (int, float)):
            value = round(float(value) * BASE.get(data.get("unit"), 1), 9)
        yield "value", data.get("seq", 0), data["code"], data.get("bytes", "")[:SHOWN] or value
    else:
        yield "tag", tag
