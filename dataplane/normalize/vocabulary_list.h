/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two lists behind vocabulary.h. Append-only: a row's position is its number in the event log.
 *
 * Units are spelled as in the IANA "SenML Units" and "Secondary Units" registries (RFC 8428 12.1,
 * RFC 8798). City monitoring needs a few that nobody has registered; they stand in a block of their
 * own at the end and follow the registry's spelling rules, so a registration later changes nothing.
 *
 * A canonical name has exactly one unit. A decoder that gets another unit from the wire converts,
 * or keeps the raw name. Air quality uses the units of GB 3095-2012 (ug/m3, carbon monoxide mg/m3),
 * stack gas those of HJ 212-2017 annex B (mg/m3).
 */
#ifndef CV_VOCABULARY_LIST_H
#define CV_VOCABULARY_LIST_H

/** Longest unit text, bytes: looked up as one 64-bit word. */
#define CV_UNIT_TEXT_MAX 8

/* clang-format off */
#define CV_UNITS(X)                                                                                \
	/* SenML Units, RFC 8428 and RFC 8798 */                                                   \
	X(M, "m")                                                                                  \
	X(KG, "kg")                                                                                \
	X(G, "g")                                                                                  \
	X(S, "s")                                                                                  \
	X(A, "A")                                                                                  \
	X(K, "K")                                                                                  \
	X(CD, "cd")                                                                                \
	X(MOL, "mol")                                                                              \
	X(HZ, "Hz")                                                                                \
	X(RAD, "rad")                                                                              \
	X(SR, "sr")                                                                                \
	X(N, "N")                                                                                  \
	X(PA, "Pa")                                                                                \
	X(J, "J")                                                                                  \
	X(W, "W")                                                                                  \
	X(C, "C")                                                                                  \
	X(V, "V")                                                                                  \
	X(F, "F")                                                                                  \
	X(OHM, "Ohm")                                                                              \
	X(SIEMENS, "S")                                                                            \
	X(WB, "Wb")                                                                                \
	X(T, "T")                                                                                  \
	X(H, "H")                                                                                  \
	X(CEL, "Cel")                                                                              \
	X(LM, "lm")                                                                                \
	X(LX, "lx")                                                                                \
	X(BQ, "Bq")                                                                                \
	X(GY, "Gy")                                                                                \
	X(SV, "Sv")                                                                                \
	X(KAT, "kat")                                                                              \
	X(M2, "m2")                                                                                \
	X(M3, "m3")                                                                                \
	X(L, "l")                                                                                  \
	X(M_S, "m/s")                                                                              \
	X(M_S2, "m/s2")                                                                            \
	X(M3_S, "m3/s")                                                                            \
	X(L_S, "l/s")                                                                              \
	X(W_M2, "W/m2")                                                                            \
	X(CD_M2, "cd/m2")                                                                          \
	X(BIT, "bit")                                                                              \
	X(BIT_S, "bit/s")                                                                          \
	X(LAT, "lat")                                                                              \
	X(LON, "lon")                                                                              \
	X(PH, "pH")                                                                                \
	X(DB, "dB")                                                                                \
	X(DBW, "dBW")                                                                              \
	X(BSPL, "Bspl")                                                                            \
	X(COUNT_OF, "count")                                                                       \
	X(RATIO, "/")                                                                              \
	X(PERCENT, "%")                                                                            \
	X(PERCENT_RH, "%RH")                                                                       \
	X(PERCENT_EL, "%EL")                                                                       \
	X(EL, "EL")                                                                                \
	X(PER_S, "1/s")                                                                            \
	X(PER_MIN, "1/min")                                                                        \
	X(BEAT_MIN, "beat/min")                                                                    \
	X(BEATS, "beats")                                                                          \
	X(S_M, "S/m")                                                                              \
	X(B, "B")                                                                                  \
	X(VA, "VA")                                                                                \
	X(VAS, "VAs")                                                                              \
	X(VAR, "var")                                                                              \
	X(VARS, "vars")                                                                            \
	X(J_M, "J/m")                                                                              \
	X(KG_M3, "kg/m3")                                                                          \
	X(DEG, "deg")                                                                              \
	X(NTU, "NTU")                                                                              \
	/* Secondary Units, RFC 8798 and later registrations */                                    \
	X(MS, "ms")                                                                                \
	X(MIN, "min")                                                                              \
	X(HOUR, "h")                                                                               \
	X(MHZ, "MHz")                                                                              \
	X(KW, "kW")                                                                                \
	X(KVA, "kVA")                                                                              \
	X(KVAR, "kvar")                                                                            \
	X(AH, "Ah")                                                                                \
	X(WH, "Wh")                                                                                \
	X(KWH, "kWh")                                                                              \
	X(VARH, "varh")                                                                            \
	X(KVARH, "kvarh")                                                                          \
	X(KVAH, "kVAh")                                                                            \
	X(WH_KM, "Wh/km")                                                                          \
	X(KIB, "KiB")                                                                              \
	X(GB, "GB")                                                                                \
	X(MBIT_S, "Mbit/s")                                                                        \
	X(B_S, "B/s")                                                                              \
	X(MB_S, "MB/s")                                                                            \
	X(MV, "mV")                                                                                \
	X(MA, "mA")                                                                                \
	X(DBM, "dBm")                                                                              \
	X(UG_M3, "ug/m3")                                                                          \
	X(MM_H, "mm/h")                                                                            \
	X(M_H, "m/h")                                                                              \
	X(PPM, "ppm")                                                                              \
	X(PER_100, "/100")                                                                         \
	X(PER_1000, "/1000")                                                                       \
	X(HPA, "hPa")                                                                              \
	X(MM, "mm")                                                                                \
	X(CM, "cm")                                                                                \
	X(KM, "km")                                                                                \
	X(KM_H, "km/h")                                                                            \
	X(PPB, "ppb")                                                                              \
	X(PPT, "ppt")                                                                              \
	X(VAH, "VAh")                                                                              \
	X(MG_L, "mg/l")                                                                            \
	X(UG_L, "ug/l")                                                                            \
	X(G_L, "g/l")                                                                              \
	/* Not registered */                                                                       \
	X(MG_M3, "mg/m3") /* = 1e-6 kg/m3; stack gas and carbon monoxide */                        \
	X(NG_L, "ng/l") /* = 1e-9 kg/m3 */                                                         \
	X(US_CM, "uS/cm") /* = 1e-4 S/m; the only unit water probes report in */                   \
	X(M3_H, "m3/h") /* = 1/3600 m3/s */                                                        \
	X(NGY_H, "nGy/h") /* = 1e-9/3600 Gy/s; ambient gamma dose rate */                          \
	X(BQ_L, "Bq/l") /* = 1000 Bq/m3 */                                                         \
	X(PER_L, "1/l") /* = 1000/m3; bacteria, algae */

#define CV_NAMES(X)                                                                                \
	/* ambient air, GB 3095-2012 */                                                            \
	X(AIR_PM2_5, "air.pm2_5", CV_UNIT_UG_M3)                                                   \
	X(AIR_PM10, "air.pm10", CV_UNIT_UG_M3)                                                     \
	X(AIR_PM1, "air.pm1", CV_UNIT_UG_M3)                                                       \
	X(AIR_TSP, "air.tsp", CV_UNIT_UG_M3)                                                       \
	X(AIR_SO2, "air.so2", CV_UNIT_UG_M3)                                                       \
	X(AIR_NO2, "air.no2", CV_UNIT_UG_M3)                                                       \
	X(AIR_NO, "air.no", CV_UNIT_UG_M3)                                                         \
	X(AIR_NOX, "air.nox", CV_UNIT_UG_M3)                                                       \
	X(AIR_CO, "air.co", CV_UNIT_MG_M3)                                                         \
	X(AIR_O3, "air.o3", CV_UNIT_UG_M3)                                                         \
	X(AIR_CO2, "air.co2", CV_UNIT_PPM)                                                         \
	X(AIR_NH3, "air.nh3", CV_UNIT_UG_M3)                                                       \
	X(AIR_H2S, "air.h2s", CV_UNIT_UG_M3)                                                       \
	X(AIR_VOC, "air.voc", CV_UNIT_MG_M3)                                                       \
	X(AIR_NMHC, "air.nmhc", CV_UNIT_MG_M3) /* non-methane hydrocarbons */                      \
	X(AIR_BENZENE, "air.benzene", CV_UNIT_UG_M3)                                               \
	X(AIR_TOLUENE, "air.toluene", CV_UNIT_UG_M3)                                               \
	X(AIR_XYLENE, "air.xylene", CV_UNIT_UG_M3)                                                 \
	X(AIR_FORMALDEHYDE, "air.formaldehyde", CV_UNIT_MG_M3)                                     \
	/* weather */                                                                              \
	X(WEATHER_TEMPERATURE, "weather.temperature", CV_UNIT_CEL)                                 \
	X(WEATHER_HUMIDITY, "weather.humidity", CV_UNIT_PERCENT_RH)                                \
	X(WEATHER_PRESSURE, "weather.pressure", CV_UNIT_HPA)                                       \
	X(WEATHER_WIND_SPEED, "weather.wind_speed", CV_UNIT_M_S)                                   \
	X(WEATHER_WIND_DIRECTION, "weather.wind_direction", CV_UNIT_DEG)                           \
	X(WEATHER_RAIN, "weather.rain", CV_UNIT_MM)                                                \
	X(WEATHER_RAIN_RATE, "weather.rain_rate", CV_UNIT_MM_H)                                    \
	X(WEATHER_ILLUMINANCE, "weather.illuminance", CV_UNIT_LX)                                  \
	X(WEATHER_IRRADIANCE, "weather.irradiance", CV_UNIT_W_M2)                                  \
	X(WEATHER_VISIBILITY, "weather.visibility", CV_UNIT_M)                                     \
	/* noise, GB 3096-2008 */                                                                  \
	X(NOISE_LEVEL, "noise.level", CV_UNIT_DB) /* A-weighted, instant */                        \
	X(NOISE_EQUIVALENT, "noise.equivalent", CV_UNIT_DB) /* Leq */                              \
	X(NOISE_DAY, "noise.day", CV_UNIT_DB) /* Ld */                                             \
	X(NOISE_NIGHT, "noise.night", CV_UNIT_DB) /* Ln */                                         \
	X(NOISE_DAY_NIGHT, "noise.day_night", CV_UNIT_DB) /* Ldn */                                \
	X(NOISE_MAX, "noise.max", CV_UNIT_DB)                                                      \
	X(NOISE_MIN, "noise.min", CV_UNIT_DB)                                                      \
	X(NOISE_L10, "noise.l10", CV_UNIT_DB)                                                      \
	X(NOISE_L50, "noise.l50", CV_UNIT_DB)                                                      \
	X(NOISE_L90, "noise.l90", CV_UNIT_DB)                                                      \
	/* water */                                                                                \
	X(WATER_PH, "water.ph", CV_UNIT_PH)                                                        \
	X(WATER_TEMPERATURE, "water.temperature", CV_UNIT_CEL)                                     \
	X(WATER_DISSOLVED_OXYGEN, "water.dissolved_oxygen", CV_UNIT_MG_L)                          \
	X(WATER_CONDUCTIVITY, "water.conductivity", CV_UNIT_US_CM)                                 \
	X(WATER_TURBIDITY, "water.turbidity", CV_UNIT_NTU)                                         \
	X(WATER_COD, "water.cod", CV_UNIT_MG_L)                                                    \
	X(WATER_BOD5, "water.bod5", CV_UNIT_MG_L)                                                  \
	X(WATER_TOC, "water.toc", CV_UNIT_MG_L)                                                    \
	X(WATER_PERMANGANATE_INDEX, "water.permanganate_index", CV_UNIT_MG_L)                      \
	X(WATER_AMMONIA_NITROGEN, "water.ammonia_nitrogen", CV_UNIT_MG_L)                          \
	X(WATER_TOTAL_PHOSPHORUS, "water.total_phosphorus", CV_UNIT_MG_L)                          \
	X(WATER_TOTAL_NITROGEN, "water.total_nitrogen", CV_UNIT_MG_L)                              \
	X(WATER_NITRATE, "water.nitrate", CV_UNIT_MG_L)                                            \
	X(WATER_NITRITE, "water.nitrite", CV_UNIT_MG_L)                                            \
	X(WATER_SUSPENDED_SOLIDS, "water.suspended_solids", CV_UNIT_MG_L)                          \
	X(WATER_DISSOLVED_SOLIDS, "water.dissolved_solids", CV_UNIT_MG_L)                          \
	X(WATER_CHLOROPHYLL, "water.chlorophyll", CV_UNIT_UG_L)                                    \
	X(WATER_CYANIDE, "water.cyanide", CV_UNIT_MG_L)                                            \
	X(WATER_FLUORIDE, "water.fluoride", CV_UNIT_MG_L)                                          \
	X(WATER_CHLORIDE, "water.chloride", CV_UNIT_MG_L)                                          \
	X(WATER_VOLATILE_PHENOL, "water.volatile_phenol", CV_UNIT_MG_L)                            \
	X(WATER_OIL, "water.oil", CV_UNIT_MG_L)                                                    \
	X(WATER_COPPER, "water.copper", CV_UNIT_MG_L)                                              \
	X(WATER_ZINC, "water.zinc", CV_UNIT_MG_L)                                                  \
	X(WATER_LEAD, "water.lead", CV_UNIT_UG_L)                                                  \
	X(WATER_CADMIUM, "water.cadmium", CV_UNIT_UG_L)                                            \
	X(WATER_MERCURY, "water.mercury", CV_UNIT_UG_L)                                            \
	X(WATER_ARSENIC, "water.arsenic", CV_UNIT_UG_L)                                            \
	X(WATER_CHROMIUM_VI, "water.chromium_vi", CV_UNIT_UG_L)                                    \
	X(WATER_LEVEL, "water.level", CV_UNIT_M)                                                   \
	X(WATER_FLOW, "water.flow", CV_UNIT_M3_S)                                                  \
	X(WATER_VOLUME, "water.volume", CV_UNIT_M3)                                                \
	X(WATER_PRESSURE, "water.pressure", CV_UNIT_PA)                                            \
	/* stack gas, HJ 75-2017 */                                                                \
	X(FLUE_SO2, "flue.so2", CV_UNIT_MG_M3)                                                     \
	X(FLUE_NOX, "flue.nox", CV_UNIT_MG_M3)                                                     \
	X(FLUE_NO, "flue.no", CV_UNIT_MG_M3)                                                       \
	X(FLUE_NO2, "flue.no2", CV_UNIT_MG_M3)                                                     \
	X(FLUE_CO, "flue.co", CV_UNIT_MG_M3)                                                       \
	X(FLUE_DUST, "flue.dust", CV_UNIT_MG_M3)                                                   \
	X(FLUE_HCL, "flue.hcl", CV_UNIT_MG_M3)                                                     \
	X(FLUE_NH3, "flue.nh3", CV_UNIT_MG_M3)                                                     \
	X(FLUE_H2S, "flue.h2s", CV_UNIT_MG_M3)                                                     \
	X(FLUE_NMHC, "flue.nmhc", CV_UNIT_MG_M3)                                                   \
	X(FLUE_OXYGEN, "flue.oxygen", CV_UNIT_PER_100)                                             \
	X(FLUE_VELOCITY, "flue.velocity", CV_UNIT_M_S)                                             \
	X(FLUE_TEMPERATURE, "flue.temperature", CV_UNIT_CEL)                                       \
	X(FLUE_PRESSURE, "flue.pressure", CV_UNIT_PA) /* static, against ambient */                \
	X(FLUE_HUMIDITY, "flue.humidity", CV_UNIT_PER_100) /* water vapour, by volume */           \
	X(FLUE_FLOW, "flue.flow", CV_UNIT_M3_S)                                                    \
	/* radiation */                                                                            \
	X(RADIATION_DOSE_RATE, "radiation.dose_rate", CV_UNIT_NGY_H)                               \
	X(RADIATION_ALPHA, "radiation.alpha", CV_UNIT_BQ_L)                                        \
	X(RADIATION_BETA, "radiation.beta", CV_UNIT_BQ_L)                                          \
	/* electricity */                                                                          \
	X(POWER_VOLTAGE, "power.voltage", CV_UNIT_V)                                               \
	X(POWER_CURRENT, "power.current", CV_UNIT_A)                                               \
	X(POWER_ACTIVE, "power.active", CV_UNIT_W)                                                 \
	X(POWER_REACTIVE, "power.reactive", CV_UNIT_VAR)                                           \
	X(POWER_APPARENT, "power.apparent", CV_UNIT_VA)                                            \
	X(POWER_FACTOR, "power.factor", CV_UNIT_RATIO)                                             \
	X(POWER_FREQUENCY, "power.frequency", CV_UNIT_HZ)                                          \
	X(POWER_ENERGY, "power.energy", CV_UNIT_KWH)                                               \
	/* gas and heat meters */                                                                  \
	X(GAS_VOLUME, "gas.volume", CV_UNIT_M3)                                                    \
	X(GAS_FLOW, "gas.flow", CV_UNIT_M3_H)                                                      \
	X(HEAT_ENERGY, "heat.energy", CV_UNIT_KWH)                                                 \
	/* position */                                                                             \
	X(POSITION_LATITUDE, "position.latitude", CV_UNIT_LAT)                                     \
	X(POSITION_LONGITUDE, "position.longitude", CV_UNIT_LON)                                   \
	X(POSITION_ALTITUDE, "position.altitude", CV_UNIT_M)                                       \
	X(POSITION_SPEED, "position.speed", CV_UNIT_M_S)                                           \
	X(POSITION_HEADING, "position.heading", CV_UNIT_DEG)                                       \
	/* the device itself */                                                                    \
	X(DEVICE_BATTERY, "device.battery", CV_UNIT_PERCENT_EL)                                    \
	X(DEVICE_BATTERY_VOLTAGE, "device.battery_voltage", CV_UNIT_V)                             \
	X(DEVICE_RSSI, "device.rssi", CV_UNIT_DBM)                                                 \
	X(DEVICE_SNR, "device.snr", CV_UNIT_DB)                                                    \
	X(DEVICE_STATE, "device.state", CV_UNIT_NONE)                                              \
	X(DEVICE_TEMPERATURE, "device.temperature", CV_UNIT_CEL)                                   \
	X(DEVICE_UPTIME, "device.uptime", CV_UNIT_S)
/* clang-format on */

#endif
