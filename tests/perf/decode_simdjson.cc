// SPDX-License-Identifier: Apache-2.0
#include "tests/perf/decode_json.h"

#include <string>

#include <simdjson.h>

using namespace simdjson;

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)

static ondemand::parser parser;

static json_text text_of(ondemand::value v)
{
	std::string_view s = v.get_string();

	return {s.data(), s.size()};
}

static void member(ondemand::field f, json_reading &r, json_reading &base)
{
	auto key = f.key();

	if (key == "n")
		r.name = text_of(f.value());
	else if (key == "u")
		r.unit = text_of(f.value());
	else if (key == "v")
		r.value = f.value().get_double();
	else if (key == "t")
		r.time = f.value().get_double();
	else if (key == "vs")
		r.text = text_of(f.value());
	else if (key == "bn")
		base.base_name = text_of(f.value());
	else if (key == "bt")
		base.time = f.value().get_double();
	else if (key == "bu")
		base.unit = text_of(f.value());
}

int json_senml(const char *text, size_t len, size_t capacity, json_reading *ret)
{
	json_reading base = {};
	int n = 0;

	try {
		ondemand::document doc = parser.iterate(text, len, capacity);

		for (ondemand::object record : doc.get_array()) {
			json_reading r = {};

			if (n == JSON_FOUND_MAX)
				return -1;
			for (ondemand::field f : record)
				member(f, r, base);
			r.base_name = base.base_name;
			if (r.unit.data == nullptr)
				r.unit = base.unit;
			r.time += base.time;
			ret[n++] = r;
		}
	} catch (simdjson_error &) {
		return -1;
	}
	return n;
}

/* "datr" is a text, or a number. */
static json_text rate_of(ondemand::value v)
{
	if (v.type() == ondemand::json_type::string)
		return text_of(v);
	std::string_view s = v.raw_json_token();

	return {s.data(), s.size()};
}

static void member(ondemand::field f, json_packet &p)
{
	auto key = f.key();

	if (key == "rssi")
		p.rssi = f.value().get_double();
	else if (key == "lsnr")
		p.snr = f.value().get_double();
	else if (key == "freq")
		p.frequency = f.value().get_double();
	else if (key == "stat")
		p.stat = f.value().get_double();
	else if (key == "time")
		p.time = text_of(f.value());
	else if (key == "datr")
		p.rate = rate_of(f.value());
	else if (key == "codr")
		p.coding = text_of(f.value());
	else if (key == "data")
		p.data = text_of(f.value());
}

int json_packets(const char *text, size_t len, size_t capacity, json_packet *ret)
{
	int n = 0;

	try {
		ondemand::document doc = parser.iterate(text, len, capacity);

		for (ondemand::object packet : doc["rxpk"].get_array()) {
			if (n == JSON_FOUND_MAX)
				return -1;
			ret[n] = {};
			for (ondemand::field f : packet)
				member(f, ret[n]);
			n++;
		}
	} catch (simdjson_error &) {
		return -1;
	}
	return n;
}

size_t json_padding(void)
{
	return SIMDJSON_PADDING;
}

const char *json_version(void)
{
	static const std::string text = "simdjson " + std::to_string(SIMDJSON_VERSION_MAJOR) + "." +
					std::to_string(SIMDJSON_VERSION_MINOR) + "." +
					std::to_string(SIMDJSON_VERSION_REVISION) + " for " TEXT_OF(SIMDJSON_BUILTIN_IMPLEMENTATION);

	return text.c_str();
}
