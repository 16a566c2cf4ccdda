/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast values can change, a row each:
 *
 *     RATE(id, fall, rise)
 *
 * in the name's unit per second, between two values of one device; ANY = no bound. Bounds are those
 * of the thing that is measured with its instrument, several times what the fastest real events
 * show, so that an event is not taken for a fault: a faster change is flagged (CV_FLAG_RATE), never
 * dropped. Counters do not fall; one that does was replaced or reset, or is read wrongly.
 */
/* clang-format off */

/* weather: thermometers need a minute (WMO No. 8, part I, chapter 2); a cold front takes 15 K in minutes */
RATE(WEATHER_TEMPERATURE, 0.5, 0.5)
RATE(WEATHER_HUMIDITY, 5, 5)
RATE(WEATHER_PRESSURE, 0.5, 0.5) /* a tornado's 100 hPa in minutes */
RATE(RAIN_TOTAL, 0, 1) /* 1 mm a second is a hundred times the heaviest rain on record */

/* water: a flood wave or a gate raises a level by metres in minutes */
RATE(WATER_LEVEL, 0.5, 0.5)
RATE(WATER_LEVEL_UPSTREAM, 0.5, 0.5)
RATE(WATER_LEVEL_DOWNSTREAM, 0.5, 0.5)
RATE(GROUNDWATER_DEPTH, 0.2, 0.2)
RATE(WATER_TEMPERATURE, 0.5, 0.5)
RATE(WATER_PH, 0.5, 0.5)
RATE(WATER_DISSOLVED_OXYGEN, 1, 1)
RATE(SOIL_TEMPERATURE, 0.1, 0.1)
RATE(SOIL_MOISTURE, 5, 5)

/* counters of meters: no fall; at most what the largest meter of a street could pass */
RATE(WATER_VOLUME, 0, 100)
RATE(GAS_VOLUME, 0, 100)
RATE(POWER_ENERGY, ANY, 1e4) /* combined: falls where power is fed in */
RATE(POWER_ENERGY_IMPORT, 0, 1e4)
RATE(POWER_ENERGY_EXPORT, 0, 1e4)
RATE(HEAT_ENERGY, 0, 1e4)
RATE(COOLING_ENERGY, 0, 1e4)
RATE(METER_HOURS, 0, 0.01) /* an hour an hour, with room for a late report */

/* the mains: frequency of a grid moves by parts of a hertz */
RATE(POWER_FREQUENCY, 5, 5)

/* the device itself */
RATE(DEVICE_BATTERY, 10, 100) /* a new battery rises at once */
RATE(DEVICE_TEMPERATURE, 10, 10)
RATE(DEVICE_UPTIME, ANY, 2) /* falls to nothing at a restart */

/* 12 km/s is beyond orbit: a position that jumps */
RATE(POSITION_ALTITUDE, 500, 500)
RATE(POSITION_SPEED, 60, 30) /* a crash, a racing car */
