/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts, a row each: EXPLAIN(ID, name) for CV_PROTO_ID and cv_explain_name(). */
EXPLAIN(CJT188, cjt188)
EXPLAIN(COAP, coap)
EXPLAIN(DLT645, dlt645)
EXPLAIN(GB26875, gb26875)
EXPLAIN(GWMP, gwmp)
EXPLAIN(HJ212, hj212)
EXPLAIN(IEC104, iec104)
EXPLAIN(MODBUS, modbus)
EXPLAIN(MQTT, mqtt)
EXPLAIN(SL651, sl651)
