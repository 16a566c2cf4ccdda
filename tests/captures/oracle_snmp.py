# SPDX-License-Identifier: Apache-2.0
"""Rows of SNMP: PDU and request id, which trap, every binding of what is no answer.

The identifier of a v1 trap is made here once more by RFC 3584 3.1, from tshark's fields.
"""
CAPTURES = r"\bsnmp \d+ \("
FILTER = "snmp && udp && !icmp"
OPTIONS = []
REPLAY = []
LEAST = 200
UNIQUE = True
TOLD = (2, 3, 4, 6, 7, 8)
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
NUMBERS = ("int", "uint", "unsigned", "counter", "timeticks", "g32", "u32", "cnt64", "counter64")
MISSING = ("noSuchObject", "noSuchInstance", "endOfMibView")


def begin():
    """Nothing is remembered from packet to packet."""


def show(packet, name):
    f = packet.find(f".//field[@name='snmp.{name}']")
    return None if f is None else f.get("show")


def bindings(packet):
    listed = packet.find(".//field[@name='snmp.variable_bindings']")
    for binding in [] if listed is None else listed:
        name = binding.find("field[@name='snmp.name']")
        if name is None:
            continue
        value = next((f for f in binding if f.get("name", "").startswith("snmp.value.")), None)
        missing = next((m for m in MISSING if binding.find(f".//field[@name='snmp.{m}']") is not None),
                       None)
        kind = None if value is None else value.get("name").removeprefix("snmp.value.")
        if missing or kind in MISSING or kind in (None, "null"):
            yield name.get("show"), None
        elif kind in ("octets", "opaque"):
            yield name.get("show"), value.get("value", "")
        elif kind in NUMBERS:
            yield name.get("show"), int(value.get("show"))
        else:
            yield name.get("show"), value.get("show").encode().hex()


def oracle(packet):
    if packet.find("proto[@name='_ws.malformed']") is not None:
        return
    if packet.find(".//field[@name='snmp.encryptedPDU']") is not None:
        yield "encrypted", show(packet, "msgAuthoritativeEngineID").replace(":", ""), \
            show(packet, "msgUserName")
        return
    pdu = show(packet, "data")
    if pdu is None or int(pdu) not in TOLD:
        return
    pdu = int(pdu)
    yield "pdu", pdu, int(show(packet, "request_id") or 0) & 0xffffffff
    found = dict(bindings(packet))
    if pdu == 4:
        generic = int(show(packet, "generic_trap"))
        specific = int(show(packet, "specific_trap"))
        yield "trap", (f"1.3.6.1.6.3.1.1.5.{generic + 1}" if generic < 6
                       else f"{show(packet, 'enterprise')}.0.{specific}")
        found[UPTIME] = int(show(packet, "time_stamp"))
    elif pdu in (6, 7):
        yield "trap", bytes.fromhex(found.pop(TRAP_OID, "")).decode()
    elif pdu == 2:
        error = int(show(packet, "error_status"))
        listed = packet.find(".//field[@name='snmp.variable_bindings']")
        yield "answer", error, None if error or listed is None else int(listed.get("show"))
        return
    for oid, value in found.items():
        yield "binding", oid, value


def ours(kind, data):
    if data.get("proto") != "snmp" or kind == "parse-error":
        return
    pdu = data.get("status", 0)
    if data["method"] == "encrypted":
        yield "encrypted", data["subject"], data.get("text", "")
        return
    yield "pdu", pdu, data.get("seq", 0) if pdu != 4 else 0
    if pdu == 2:
        failed = kind == "error"
        yield "answer", data["value"] if failed else 0, None if failed else data["value"]
    elif data.get("name") == "device.uptime":
        yield "binding", UPTIME, round(data["value"] * 100)
    elif kind in ("alarm", "anomaly") or str(data.get("name")).startswith("network."):
        yield "trap", data.get("code", "")
    elif "bytes" in data:
        yield "binding", data["code"], data["bytes"]
    elif isinstance(data.get("value"), str):
        yield "binding", data["code"], data["value"].encode().hex()
    else:
        yield "binding", data["code"], data.get("value")
