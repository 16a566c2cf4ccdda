# SPDX-License-Identifier: Apache-2.0
"""Rows of CoAP: code, token, path, format, number and payload of each message that becomes an event.

That is one with a payload or an error; registrations of LwM2M are told apart. Payloads are compared as
bytes or numbers where they are text or unknown; SenML, LwM2M and JSON have oracles of their own. The name
of a response is the path of its request: the last of the same stream with this token, else (multicast)
the one that tshark finds.
"""
import re

CAPTURES = r"\bcoap \d+ msgs"
FILTER = "coap && udp && !icmp"
OPTIONS = ["-J", "coap udp", "-d", "udp.port==17500,coap"]
REPLAY = []
LEAST = 1500
UNIQUE = True
HELD = 512
PLAIN = ("", "0", "40", "42", "47", "60")  # formats of which the payload is carried as it is
ASKING = (1, 4, 5)
MAPPED = ("110", "111", "112", "113", "1542", "1543", "11542", "11543")  # of which values are made
asked = {}  # (stream, token) of a request: its path


def begin():
    asked.clear()


def fields(proto, name):
    return [f for f in proto.iter("field") if f.get("name") == "coap." + name]


def number(proto, name):
    found = fields(proto, name)
    return int(found[0].get("show"), 0) if found else None


def option(proto, name):
    """Value of an option as a number: the bytes behind its head."""
    for outer in proto.iter("field"):
        if outer.get("name") == "coap.opt.name" and any(f.get("name") == "coap.opt." + name for f in outer):
            size = next(int(f.get("show")) for f in outer if f.get("name") == "coap.opt.length")
            more = [f for f in outer if f.get("name") == "coap.opt.length_ext"]
            size = 13 + int(more[0].get("show")) if more else size
            return int((outer.get("value") or "")[-2 * size:] if size else "0", 16)
    return None


def payload_of(proto):
    for name in ("block_payload", "payload"):
        found = fields(proto, name)
        if found and found[0].get("value"):
            return bytes.fromhex(found[0].get("value"))
    return b""


def sequence(proto, code):
    block = option(proto, "block_number")
    if block is not None and (block & 8 or block >> 4):
        return block >> 4
    observe = option(proto, "observe") if code >> 5 == 2 else None
    return number(proto, "mid") if observe is None else observe


def text_of(data, form):
    if form not in PLAIN or data[:1] in (b"{", b"["):
        return None
    text = data.decode("latin-1")
    if form in ("", "0") and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text):
        return float(text)
    return data[:HELD].hex()


def path_of(proto, key):
    own = fields(proto, "opt.uri_path")
    if number(proto, "code") >> 5 == 0:
        path = "/".join(f.get("show") for f in own) or "/"
        asked[key] = path
        return path
    paired = fields(proto, "opt.uri_path_recon")
    found = re.sub(r"^coaps?://[^/]*", "", paired[0].get("show")).lstrip("/") or "/" if paired else None
    return asked.get(key, found)


def oracle(packet):
    stream = packet.find("proto[@name='udp']/field[@name='udp.stream']")
    for proto in packet.findall("proto[@name='coap']"):
        code, body = number(proto, "code"), payload_of(proto)
        if code is None or code == 0 or code >> 5 == 7 or fields(proto, "retransmitted"):
            continue
        token = (fields(proto, "token") or [None])[0]
        token = "" if token is None else token.get("value")
        path = path_of(proto, (stream.get("show"), token))
        if code in ASKING or (not body and code >> 5 not in (4, 5)):
            continue
        form = option(proto, "ctype")
        form = "" if form is None else str(form)
        if form in MAPPED:
            yield "values", code, token, sequence(proto, code)
            continue
        yield "message", code, token, path, form, sequence(proto, code)
        value = text_of(body, form) if body else None
        if value is not None:
            yield "payload", value


def ours(kind, data):
    if data.get("proto") != "coap" or kind in ("parse-error", "session"):
        return
    name, form = data.get("name"), data.get("code", "")
    if name is not None and name.startswith("coap:token:"):
        name = None
    token, number = data.get("correlation", ""), data.get("seq", 0)
    if form in MAPPED or not form.isdigit() and form:
        yield "values", data["status"], token, number
        return
    yield "message", data["status"], token, name, form, number
    value = data.get("value", data.get("text"))
    if "bytes" in data:
        value = bytes.fromhex(data["bytes"])
    elif isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        value = text_of(value, form)
        if value is not None:
            yield "payload", value
    elif value is not None:
        yield "payload", float(value)
