# SPDX-License-Identifier: Apache-2.0
"""Rows of MQTT: what every packet says that becomes an event.

Payloads are compared as bytes, up to the 512 that an event carries; a number as a number. What is inside
JSON, SenML and Sparkplug B has oracles of its own. Acknowledgements are events only when they refuse.
"""
import json
import re

CAPTURES = r"\bmqtt \d+ msgs"
FILTER = "mqtt && !icmp"
OPTIONS = ["-J", "mqtt", "-d", "tcp.port==17501,mqtt"]
REPLAY = ["--hint", "tcp/17501=mqtt"]
LEAST = 180
HELD = 512
CONNECT, CONNACK, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT, AUTH = 1, 2, 3, 8, 10, 14, 15
ACKS = (4, 5, 6, 7, 9, 11)
VERSIONS = {"3.1": 3, "3.1.1": 4, "5": 5}
FLAGS = (("uname", "user name"), ("passwd", "password"))


def begin():
    """Nothing is remembered from packet to packet."""


def raw(proto, name):
    """Values of a field as bytes, in order."""
    return [bytes.fromhex(f.get("value") or "") for f in proto.iter("field")
            if f.get("name") == "mqtt." + name]


def number(proto, name):
    found = proto.find(f".//field[@name='mqtt.{name}']")
    return None if found is None else int(found.get("show"), 0)


def words(text):
    return text.decode("utf-8", "replace")


def payload(data):
    try:
        text = data.decode("utf-8")
        if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text):
            return float(text)
    except UnicodeDecodeError:
        pass
    return data[:HELD].hex()


def connect(proto):
    will = number(proto, "conflag.willflag")
    said = tuple(name for flag, name in FLAGS if number(proto, "conflag." + flag))
    topic = raw(proto, "willtopic")
    yield ("connect", number(proto, "ver"), number(proto, "kalive"), words((raw(proto, "clientid") or [b""])[0]),
           bool(number(proto, "conflag.cleansess")), said, number(proto, "conflag.qos") if will else None,
           words(topic[0]) if will else None)


def reasons(proto, kind):
    for name in ("conack.val", "connack.reason_code", "disconnect.reason_code", "auth.reason_code",
                 "puback.reason_code", "pubrec.reason_code", "pubrel.reason_code", "pubcomp.reason_code",
                 "suback.reason_code", "suback.qos", "unsuback.reason_code"):
        for code in raw(proto, name):
            yield code[0]
            if kind not in ACKS:
                return
    if kind == DISCONNECT and number(proto, "len") == 0:
        yield 0


def oracle(packet):
    for proto in packet.findall("proto[@name='mqtt']"):
        kind = number(proto, "msgtype")
        msgid = number(proto, "msgid") or 0
        if kind == CONNECT and number(proto, "kalive") is not None:
            yield from connect(proto)
        elif kind == PUBLISH and raw(proto, "topic"):
            body = (raw(proto, "msg") or [b""])[0]
            yield ("publish", words(raw(proto, "topic")[0]), msgid, number(proto, "qos"),
                   bool(number(proto, "retain")), number(proto, "property.topic_alias"), payload(body))
        elif kind in (SUBSCRIBE, UNSUBSCRIBE):
            yield "topics", kind, msgid, [words(t) for t in raw(proto, "topic")]
        elif kind in (CONNACK, DISCONNECT, AUTH):
            for code in reasons(proto, kind):
                yield "reason", kind, msgid, code
        elif kind in ACKS:
            for code in reasons(proto, kind):
                if code >= 0x80:
                    yield "reason", kind, msgid, code


def ours(kind, data):
    if data.get("proto") != "mqtt" or kind == "parse-error":
        return
    what, msgid = data["status"], data.get("seq", 0)
    if what == CONNECT:
        version, alive = re.match(r"MQTT ([\d.]+), keep alive (\d+) s", data["text"]).groups()
        will = re.search(r"will qos(\d)", data["text"])
        yield ("connect", VERSIONS[version], int(alive), data.get("device", ""), "clean" in data["text"],
               tuple(name for _, name in FLAGS if name in data["text"]),
               int(will[1]) if will else None, data.get("name") if will else None)
    elif what == PUBLISH:
        flag = data.get("flag", "")
        alias = re.search(r"alias (\d+)", flag)
        value = data.get("value", bytes.fromhex(data.get("bytes", "")))
        if isinstance(value, str):
            value = value.encode()
        yield ("publish", data["name"], msgid, int(flag[3]), "retain" in flag,
               int(alias[1]) if alias else None,
               payload(value) if isinstance(value, bytes) else float(json.dumps(value)))
    elif what in (SUBSCRIBE, UNSUBSCRIBE):
        yield "topics", what, msgid, data["text"].split("\n")
    else:
        yield "reason", what, msgid, data.get("value", 0)
