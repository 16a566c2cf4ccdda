/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical names, a row each:
 *
 *     NAME(number, id, "name", "quantity", unit, lowest, highest, lane)
 *
 * The number is the name's in the event log: it never changes and is never used again. A section has
 * a range of numbers; take the next of its section, and a section takes the next hundred. Sections of
 * the first list have the numbers of their places in it.
 *
 * A name has exactly one unit. A decoder that gets another one from the wire converts exactly, or
 * keeps the raw name ("raw.CODE"). Air quality uses the units of GB 3095-2012 (ug/m3, carbon monoxide
 * mg/m3), stack gas those of HJ 212-2017 annex B (mg/m3).
 *
 * lowest and highest are what is physically possible or what the best instruments reach, not what is
 * healthy: a value outside is flagged (CV_FLAG_RANGE), never dropped. ANY = no bound. The lane is where
 * records of the name go unless the protocol says more.
 */
/* clang-format off */

/* ambient air, GB 3095-2012 */
NAME(1, AIR_PM2_5, "air.pm2_5", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(2, AIR_PM10, "air.pm10", "mass concentration", UG_M3, 0, 50000, MEASUREMENT)
NAME(3, AIR_PM1, "air.pm1", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(4, AIR_TSP, "air.tsp", "mass concentration", UG_M3, 0, 100000, MEASUREMENT)
NAME(5, AIR_SO2, "air.so2", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(6, AIR_NO2, "air.no2", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(7, AIR_NO, "air.no", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(8, AIR_NOX, "air.nox", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(9, AIR_CO, "air.co", "mass concentration", MG_M3, 0, 500, MEASUREMENT)
NAME(10, AIR_O3, "air.o3", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(11, AIR_CO2, "air.co2", "mole fraction", PPM, 0, 100000, MEASUREMENT)
NAME(12, AIR_NH3, "air.nh3", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(13, AIR_H2S, "air.h2s", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(14, AIR_VOC, "air.voc", "mass concentration", MG_M3, 0, 5000, MEASUREMENT)
NAME(15, AIR_NMHC, "air.nmhc", "mass concentration", MG_M3, 0, 5000, MEASUREMENT) /* non-methane hydrocarbons */
NAME(16, AIR_BENZENE, "air.benzene", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(17, AIR_TOLUENE, "air.toluene", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(18, AIR_XYLENE, "air.xylene", "mass concentration", UG_M3, 0, 20000, MEASUREMENT)
NAME(19, AIR_FORMALDEHYDE, "air.formaldehyde", "mass concentration", MG_M3, 0, 100, MEASUREMENT)
NAME(115, AIR_ODOUR, "air.odour", "ratio", RATIO, 0, 1000000, MEASUREMENT) /* odour concentration, GB 14554 */

/* weather */
NAME(20, WEATHER_TEMPERATURE, "weather.temperature", "temperature", CEL, -90, 70, MEASUREMENT)
NAME(21, WEATHER_HUMIDITY, "weather.humidity", "relative humidity", PERCENT_RH, 0, 100, MEASUREMENT)
NAME(22, WEATHER_PRESSURE, "weather.pressure", "pressure", HPA, 300, 1200, MEASUREMENT)
NAME(23, WEATHER_WIND_SPEED, "weather.wind_speed", "speed", M_S, 0, 120, MEASUREMENT)
NAME(24, WEATHER_WIND_DIRECTION, "weather.wind_direction", "direction", DEG, 0, 360, MEASUREMENT)
NAME(25, WEATHER_RAIN, "weather.rain", "rainfall", MM, 0, 5000, MEASUREMENT)
NAME(26, WEATHER_RAIN_RATE, "weather.rain_rate", "rainfall rate", MM_H, 0, 2500, MEASUREMENT)
NAME(27, WEATHER_ILLUMINANCE, "weather.illuminance", "illuminance", LX, 0, 200000, MEASUREMENT)
NAME(28, WEATHER_IRRADIANCE, "weather.irradiance", "irradiance", W_M2, -50, 2000, MEASUREMENT)
NAME(29, WEATHER_VISIBILITY, "weather.visibility", "length", M, 0, 200000, MEASUREMENT)

/* noise, GB 3096-2008 */
NAME(30, NOISE_LEVEL, "noise.level", "sound level", DB, 0, 200, MEASUREMENT) /* A-weighted, instant */
NAME(31, NOISE_EQUIVALENT, "noise.equivalent", "sound level", DB, 0, 200, MEASUREMENT) /* Leq */
NAME(32, NOISE_DAY, "noise.day", "sound level", DB, 0, 200, MEASUREMENT) /* Ld */
NAME(33, NOISE_NIGHT, "noise.night", "sound level", DB, 0, 200, MEASUREMENT) /* Ln */
NAME(34, NOISE_DAY_NIGHT, "noise.day_night", "sound level", DB, 0, 200, MEASUREMENT) /* Ldn */
NAME(35, NOISE_MAX, "noise.max", "sound level", DB, 0, 200, MEASUREMENT)
NAME(36, NOISE_MIN, "noise.min", "sound level", DB, 0, 200, MEASUREMENT)
NAME(37, NOISE_L10, "noise.l10", "sound level", DB, 0, 200, MEASUREMENT)
NAME(38, NOISE_L50, "noise.l50", "sound level", DB, 0, 200, MEASUREMENT)
NAME(39, NOISE_L90, "noise.l90", "sound level", DB, 0, 200, MEASUREMENT)

/* water */
NAME(40, WATER_PH, "water.ph", "acidity", PH, 0, 14, MEASUREMENT)
NAME(41, WATER_TEMPERATURE, "water.temperature", "temperature", CEL, -5, 100, MEASUREMENT)
NAME(42, WATER_DISSOLVED_OXYGEN, "water.dissolved_oxygen", "mass concentration", MG_L, 0, 60, MEASUREMENT)
NAME(43, WATER_CONDUCTIVITY, "water.conductivity", "conductivity", US_CM, 0, 1000000, MEASUREMENT)
NAME(44, WATER_TURBIDITY, "water.turbidity", "turbidity", NTU, 0, 100000, MEASUREMENT)
NAME(45, WATER_COD, "water.cod", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(46, WATER_BOD5, "water.bod5", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(47, WATER_TOC, "water.toc", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(48, WATER_PERMANGANATE_INDEX, "water.permanganate_index", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(49, WATER_AMMONIA_NITROGEN, "water.ammonia_nitrogen", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(50, WATER_TOTAL_PHOSPHORUS, "water.total_phosphorus", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(51, WATER_TOTAL_NITROGEN, "water.total_nitrogen", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(52, WATER_NITRATE, "water.nitrate", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(53, WATER_NITRITE, "water.nitrite", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(54, WATER_SUSPENDED_SOLIDS, "water.suspended_solids", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(55, WATER_DISSOLVED_SOLIDS, "water.dissolved_solids", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(56, WATER_CHLOROPHYLL, "water.chlorophyll", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(57, WATER_CYANIDE, "water.cyanide", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(58, WATER_FLUORIDE, "water.fluoride", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(59, WATER_CHLORIDE, "water.chloride", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(60, WATER_VOLATILE_PHENOL, "water.volatile_phenol", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(61, WATER_OIL, "water.oil", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(62, WATER_COPPER, "water.copper", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(63, WATER_ZINC, "water.zinc", "mass concentration", MG_L, 0, 1e6, MEASUREMENT)
NAME(64, WATER_LEAD, "water.lead", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(65, WATER_CADMIUM, "water.cadmium", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(66, WATER_MERCURY, "water.mercury", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(67, WATER_ARSENIC, "water.arsenic", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(68, WATER_CHROMIUM_VI, "water.chromium_vi", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(69, WATER_LEVEL, "water.level", "height", M, -500, 9000, MEASUREMENT)
NAME(70, WATER_FLOW, "water.flow", "volume flow", M3_S, -300000, 300000, MEASUREMENT)
NAME(71, WATER_VOLUME, "water.volume", "volume", M3, -1e12, 1e12, MEASUREMENT)
NAME(72, WATER_PRESSURE, "water.pressure", "pressure", PA, -200000, 1e8, MEASUREMENT)

/* stack gas, HJ 75-2017 */
NAME(73, FLUE_SO2, "flue.so2", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(74, FLUE_NOX, "flue.nox", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(75, FLUE_NO, "flue.no", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(76, FLUE_NO2, "flue.no2", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(77, FLUE_CO, "flue.co", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(78, FLUE_DUST, "flue.dust", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(79, FLUE_HCL, "flue.hcl", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(80, FLUE_NH3, "flue.nh3", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(81, FLUE_H2S, "flue.h2s", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(82, FLUE_NMHC, "flue.nmhc", "mass concentration", MG_M3, 0, 1e6, MEASUREMENT)
NAME(83, FLUE_OXYGEN, "flue.oxygen", "volume fraction", PER_100, 0, 100, MEASUREMENT)
NAME(84, FLUE_VELOCITY, "flue.velocity", "speed", M_S, -100, 100, MEASUREMENT)
NAME(85, FLUE_TEMPERATURE, "flue.temperature", "temperature", CEL, -60, 2000, MEASUREMENT)
NAME(86, FLUE_PRESSURE, "flue.pressure", "pressure", PA, -200000, 200000, MEASUREMENT) /* static, against ambient */
NAME(87, FLUE_HUMIDITY, "flue.humidity", "volume fraction", PER_100, 0, 100, MEASUREMENT) /* water vapour, by volume */
NAME(88, FLUE_FLOW, "flue.flow", "volume flow", M3_S, 0, 100000, MEASUREMENT)

/* radiation */
NAME(89, RADIATION_DOSE_RATE, "radiation.dose_rate", "dose rate", NGY_H, 0, 1e15, MEASUREMENT)
NAME(90, RADIATION_ALPHA, "radiation.alpha", "activity concentration", BQ_L, 0, 1e9, MEASUREMENT)
NAME(91, RADIATION_BETA, "radiation.beta", "activity concentration", BQ_L, 0, 1e9, MEASUREMENT)

/* electricity */
NAME(92, POWER_VOLTAGE, "power.voltage", "voltage", V, -1500000, 1500000, MEASUREMENT)
NAME(93, POWER_CURRENT, "power.current", "current", A, -1e6, 1e6, MEASUREMENT)
NAME(94, POWER_ACTIVE, "power.active", "power", W, -1e11, 1e11, MEASUREMENT)
NAME(95, POWER_REACTIVE, "power.reactive", "reactive power", VAR, -1e11, 1e11, MEASUREMENT)
NAME(96, POWER_APPARENT, "power.apparent", "apparent power", VA, 0, 1e11, MEASUREMENT)
NAME(97, POWER_FACTOR, "power.factor", "ratio", RATIO, -1, 1, MEASUREMENT)
NAME(98, POWER_FREQUENCY, "power.frequency", "frequency", HZ, 0, 1000, MEASUREMENT)
NAME(99, POWER_ENERGY, "power.energy", "energy", KWH, -1e13, 1e13, MEASUREMENT)

/* gas and heat meters */
NAME(100, GAS_VOLUME, "gas.volume", "volume", M3, -1e12, 1e12, MEASUREMENT)
NAME(101, GAS_FLOW, "gas.flow", "volume flow", M3_H, -1e7, 1e7, MEASUREMENT)
NAME(102, HEAT_ENERGY, "heat.energy", "energy", KWH, -1e13, 1e13, MEASUREMENT)

/* position */
NAME(103, POSITION_LATITUDE, "position.latitude", "latitude", LAT, -90, 90, MEASUREMENT)
NAME(104, POSITION_LONGITUDE, "position.longitude", "longitude", LON, -180, 180, MEASUREMENT)
NAME(105, POSITION_ALTITUDE, "position.altitude", "height", M, -1000, 30000, MEASUREMENT)
NAME(106, POSITION_SPEED, "position.speed", "speed", M_S, 0, 400, MEASUREMENT)
NAME(107, POSITION_HEADING, "position.heading", "direction", DEG, 0, 360, MEASUREMENT)

/* the device itself */
NAME(108, DEVICE_BATTERY, "device.battery", "charge", PERCENT_EL, 0, 100, STATUS)
NAME(109, DEVICE_BATTERY_VOLTAGE, "device.battery_voltage", "voltage", V, 0, 1500, STATUS)
NAME(110, DEVICE_RSSI, "device.rssi", "power", DBM, -250, 60, STATUS)
NAME(111, DEVICE_SNR, "device.snr", "ratio", DB, -100, 100, STATUS)
NAME(112, DEVICE_STATE, "device.state", "state", NONE, ANY, ANY, STATUS)
NAME(113, DEVICE_TEMPERATURE, "device.temperature", "temperature", CEL, -100, 300, STATUS)
NAME(114, DEVICE_UPTIME, "device.uptime", "time", S, 0, 1e10, STATUS)

/* fire protection, 200-299; bounds are those of GB/T 26875.3-2011 table 6 */
NAME(200, FIRE_ALARM, "fire.alarm", "alarm", NONE, ANY, ANY, ALARM) /* a detector, button or system reports fire */
NAME(201, FIRE_FAULT, "fire.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(202, FIRE_SUPERVISION, "fire.supervision", "alarm", NONE, ANY, ANY, ALARM) /* a supervised part is not as it should be */
NAME(203, FIRE_MAIN_POWER_FAULT, "fire.main_power_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(204, FIRE_BACKUP_POWER_FAULT, "fire.backup_power_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(205, FIRE_BUS_FAULT, "fire.bus_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(206, FIRE_LINK_FAULT, "fire.link_fault", "alarm", NONE, ANY, ANY, ALARM) /* the way to the monitoring centre */
NAME(207, FIRE_LINE_FAULT, "fire.line_fault", "alarm", NONE, ANY, ANY, ALARM) /* the way to the fire-alarm system */
NAME(208, FIRE_MANUAL_ALARM, "fire.manual_alarm", "alarm", NONE, ANY, ANY, ALARM) /* a person gave the alarm */
NAME(209, FIRE_STATE, "fire.state", "state", NONE, ANY, ANY, STATUS) /* nothing to report: the state word */
NAME(210, FIRE_SHIELD, "fire.shield", "state", NONE, ANY, ANY, STATUS) /* taken out of service */
NAME(211, FIRE_STARTED, "fire.started", "state", NONE, ANY, ANY, STATUS) /* a pump, fan, damper, ... runs or is open */
NAME(212, FIRE_FEEDBACK, "fire.feedback", "state", NONE, ANY, ANY, STATUS)
NAME(213, FIRE_DELAY, "fire.delay", "state", NONE, ANY, ANY, STATUS)
NAME(214, FIRE_MANUAL_MODE, "fire.manual_mode", "state", NONE, ANY, ANY, STATUS)
NAME(215, FIRE_CONFIG_CHANGED, "fire.config_changed", "state", NONE, ANY, ANY, STATUS)
NAME(216, FIRE_RESET, "fire.reset", "operation", NONE, ANY, ANY, STATUS)
NAME(217, FIRE_MUTE, "fire.mute", "operation", NONE, ANY, ANY, STATUS)
NAME(218, FIRE_ALARM_CLEARED, "fire.alarm_cleared", "operation", NONE, ANY, ANY, STATUS)
NAME(219, FIRE_SELF_TEST, "fire.self_test", "operation", NONE, ANY, ANY, STATUS)
NAME(220, FIRE_CONFIRMED, "fire.confirmed", "operation", NONE, ANY, ANY, STATUS)
NAME(221, FIRE_GUARD_ANSWER, "fire.guard_answer", "operation", NONE, ANY, ANY, STATUS) /* the person on duty answers the centre */
NAME(222, FIRE_TEST, "fire.test", "operation", NONE, ANY, ANY, STATUS)
NAME(223, FIRE_COUNT, "fire.count", "count", COUNT_OF, 0, 32000, MEASUREMENT)
NAME(224, FIRE_HEIGHT, "fire.height", "height", M, 0, 320, MEASUREMENT)
NAME(225, FIRE_TEMPERATURE, "fire.temperature", "temperature", CEL, -273, 3200, MEASUREMENT)
NAME(226, FIRE_PRESSURE, "fire.pressure", "pressure", PA, 0, 3.2e9, MEASUREMENT)
NAME(227, FIRE_GAS, "fire.gas", "fraction of the lower explosive limit", PER_100, 0, 100, MEASUREMENT)
NAME(228, FIRE_TIME, "fire.time", "time", S, 0, 32000, MEASUREMENT)
NAME(229, FIRE_VOLTAGE, "fire.voltage", "voltage", V, 0, 3200, MEASUREMENT)
NAME(230, FIRE_CURRENT, "fire.current", "current", A, 0, 3200, MEASUREMENT)
NAME(231, FIRE_FLOW, "fire.flow", "volume flow", L_S, 0, 3200, MEASUREMENT)
NAME(232, FIRE_AIR_FLOW, "fire.air_flow", "volume flow", M3_H, 0, 192000, MEASUREMENT)
NAME(233, FIRE_WIND_SPEED, "fire.wind_speed", "speed", M_S, 0, 20, MEASUREMENT)
NAME(234, FIRE_POWER_FAULT, "fire.power_fault", "alarm", NONE, ANY, ANY, ALARM) /* of a component */
NAME(235, FIRE_FOREST, "fire.forest", "alarm", NONE, ANY, ANY, ALARM) /* smoke or fire seen in a forest */

/* the device itself, more of it, 300-399 */
NAME(300, DEVICE_VERSION, "device.version", "text", NONE, ANY, ANY, STATUS) /* software of the device */
NAME(301, DEVICE_DESCRIPTION, "device.description", "text", NONE, ANY, ANY, STATUS) /* how the device is set up, in its own words */
NAME(302, DEVICE_CLOCK, "device.clock", "time", S, ANY, ANY, STATUS) /* what the device takes for the time, since the Unix epoch */
NAME(303, DEVICE_POSITION, "device.position", "position", NONE, ANY, ANY, MEASUREMENT) /* no value: TLV position */
NAME(304, DEVICE_SIGNAL, "device.signal", "number", NONE, 0, 255, STATUS) /* strength of the radio signal as the device counts; often CSQ of 3GPP TS 27.007 */
NAME(305, POSITION_SATELLITES, "position.satellites", "count", COUNT_OF, 0, 255, STATUS)
NAME(306, DEVICE_MAKER, "device.maker", "text", NONE, ANY, ANY, STATUS)
NAME(307, DEVICE_MODEL, "device.model", "text", NONE, ANY, ANY, STATUS)
NAME(308, DEVICE_SERIAL, "device.serial", "text", NONE, ANY, ANY, STATUS) /* number the maker gave it */
NAME(309, DEVICE_SIM, "device.sim", "text", NONE, ANY, ANY, STATUS) /* ICCID of the SIM card */
NAME(310, DEVICE_HARDWARE, "device.hardware", "text", NONE, ANY, ANY, STATUS) /* version of it */

/* vehicles, 400-499 */
NAME(400, VEHICLE_POSITION, "vehicle.position", "position", NONE, ANY, ANY, MEASUREMENT) /* no value: TLV position */
NAME(401, VEHICLE_SPEED, "vehicle.speed", "speed", KM_H, 0, 500, MEASUREMENT)
NAME(402, VEHICLE_HEADING, "vehicle.heading", "direction", DEG, 0, 360, MEASUREMENT)
NAME(403, VEHICLE_STATE, "vehicle.state", "state", NONE, ANY, ANY, STATUS) /* the state word; its bits are in the text */
NAME(404, VEHICLE_MILEAGE, "vehicle.mileage", "length", KM, 0, 10000000.0, MEASUREMENT) /* since the vehicle was new */
NAME(405, VEHICLE_FUEL, "vehicle.fuel", "volume", L, 0, 10000, MEASUREMENT) /* in the tank */
NAME(406, VEHICLE_RECORDER_SPEED, "vehicle.recorder_speed", "speed", KM_H, 0, 500, MEASUREMENT) /* of the vehicle itself, not of the satellites */
NAME(407, VEHICLE_MANUAL_ALARM_ID, "vehicle.manual_alarm_id", "number", NONE, ANY, ANY, STATUS) /* an alarm that a person has to confirm */
NAME(408, VEHICLE_CABIN_TEMPERATURE, "vehicle.cabin_temperature", "temperature", CEL, -100, 200, MEASUREMENT)
NAME(409, VEHICLE_OVERSPEED_PLACE, "vehicle.overspeed_place", "number", NONE, ANY, ANY, STATUS) /* area or stretch of road whose limit was exceeded */
NAME(410, VEHICLE_AREA, "vehicle.area", "number", NONE, ANY, ANY, STATUS) /* area or route that was entered or left */
NAME(411, VEHICLE_STRETCH_TIME, "vehicle.stretch_time", "time", S, 0, 65535, STATUS) /* too long or too short on a stretch of road */
NAME(412, VEHICLE_SIGNALS, "vehicle.signals", "state", NONE, ANY, ANY, STATUS) /* lamps, brake, horn, ...: a word; its bits are in the text */
NAME(413, VEHICLE_IO, "vehicle.io", "state", NONE, ANY, ANY, STATUS) /* a word; its bits are in the text */
NAME(414, VEHICLE_ANALOG, "vehicle.analog", "number", NONE, ANY, ANY, MEASUREMENT) /* an analog input as the device counts */
NAME(415, VEHICLE_PLATE, "vehicle.plate", "text", NONE, ANY, ANY, STATUS)
NAME(416, VEHICLE_DRIVER_CARD, "vehicle.driver_card", "state", NONE, ANY, ANY, STATUS) /* is there a card in the reader? */
NAME(417, VEHICLE_DRIVER, "vehicle.driver", "text", NONE, ANY, ANY, STATUS)
NAME(418, VEHICLE_DRIVER_LICENCE, "vehicle.driver_licence", "text", NONE, ANY, ANY, STATUS) /* number of the qualification */
NAME(419, VEHICLE_MEDIA, "vehicle.media", "number", NONE, ANY, ANY, STATUS) /* a picture, sound or film that the device has */
NAME(420, VEHICLE_BOARDED, "vehicle.boarded", "count", COUNT_OF, 0, 65535, MEASUREMENT)
NAME(421, VEHICLE_ALIGHTED, "vehicle.alighted", "count", COUNT_OF, 0, 65535, MEASUREMENT)
NAME(422, VEHICLE_EVENT, "vehicle.event", "number", NONE, ANY, ANY, STATUS) /* what the driver chose from the list of events */
NAME(430, VEHICLE_SOS, "vehicle.sos", "alarm", NONE, ANY, ANY, ALARM) /* a person asks for help */
NAME(431, VEHICLE_OVERSPEED, "vehicle.overspeed", "alarm", NONE, ANY, ANY, ALARM)
NAME(432, VEHICLE_FATIGUE, "vehicle.fatigue", "alarm", NONE, ANY, ANY, ALARM) /* driven for too long */
NAME(433, VEHICLE_DANGER, "vehicle.danger", "alarm", NONE, ANY, ANY, ALARM)
NAME(434, VEHICLE_GNSS_FAULT, "vehicle.gnss_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(435, VEHICLE_ANTENNA_OPEN, "vehicle.antenna_open", "alarm", NONE, ANY, ANY, ALARM)
NAME(436, VEHICLE_ANTENNA_SHORT, "vehicle.antenna_short", "alarm", NONE, ANY, ANY, ALARM)
NAME(437, VEHICLE_POWER_LOW, "vehicle.power_low", "alarm", NONE, ANY, ANY, ALARM)
NAME(438, VEHICLE_POWER_LOST, "vehicle.power_lost", "alarm", NONE, ANY, ANY, ALARM)
NAME(439, VEHICLE_DISPLAY_FAULT, "vehicle.display_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(440, VEHICLE_SPEECH_FAULT, "vehicle.speech_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(441, VEHICLE_CAMERA_FAULT, "vehicle.camera_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(442, VEHICLE_CARD_READER_FAULT, "vehicle.card_reader_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(443, VEHICLE_OVERSPEED_WARNING, "vehicle.overspeed_warning", "alarm", NONE, ANY, ANY, ALARM)
NAME(444, VEHICLE_FATIGUE_WARNING, "vehicle.fatigue_warning", "alarm", NONE, ANY, ANY, ALARM)
NAME(445, VEHICLE_VIOLATION, "vehicle.violation", "alarm", NONE, ANY, ANY, ALARM) /* driven where or when it must not */
NAME(446, VEHICLE_TYRE_WARNING, "vehicle.tyre_warning", "alarm", NONE, ANY, ANY, ALARM)
NAME(447, VEHICLE_BLIND_AREA, "vehicle.blind_area", "alarm", NONE, ANY, ANY, ALARM) /* somebody is beside a vehicle that turns right */
NAME(448, VEHICLE_DRIVING_TIMEOUT, "vehicle.driving_timeout", "alarm", NONE, ANY, ANY, ALARM) /* more than a day's hours */
NAME(449, VEHICLE_PARKING_TIMEOUT, "vehicle.parking_timeout", "alarm", NONE, ANY, ANY, ALARM)
NAME(450, VEHICLE_AREA_ALARM, "vehicle.area_alarm", "alarm", NONE, ANY, ANY, ALARM) /* entered or left an area */
NAME(451, VEHICLE_ROUTE_ALARM, "vehicle.route_alarm", "alarm", NONE, ANY, ANY, ALARM) /* entered or left a route */
NAME(452, VEHICLE_STRETCH_ALARM, "vehicle.stretch_alarm", "alarm", NONE, ANY, ANY, ALARM) /* too long or too short on a stretch of road */
NAME(453, VEHICLE_OFF_ROUTE, "vehicle.off_route", "alarm", NONE, ANY, ANY, ALARM)
NAME(454, VEHICLE_SPEED_SENSOR_FAULT, "vehicle.speed_sensor_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(455, VEHICLE_FUEL_ALARM, "vehicle.fuel_alarm", "alarm", NONE, ANY, ANY, ALARM) /* fuel is lost */
NAME(456, VEHICLE_STOLEN, "vehicle.stolen", "alarm", NONE, ANY, ANY, ALARM)
NAME(457, VEHICLE_ILLEGAL_IGNITION, "vehicle.illegal_ignition", "alarm", NONE, ANY, ANY, ALARM)
NAME(458, VEHICLE_ILLEGAL_MOVE, "vehicle.illegal_move", "alarm", NONE, ANY, ANY, ALARM)
NAME(459, VEHICLE_COLLISION, "vehicle.collision", "alarm", NONE, ANY, ANY, ALARM) /* hit, or about to */
NAME(460, VEHICLE_ROLLOVER, "vehicle.rollover", "alarm", NONE, ANY, ANY, ALARM) /* turned over, or about to */
NAME(461, VEHICLE_ILLEGAL_DOOR, "vehicle.illegal_door", "alarm", NONE, ANY, ANY, ALARM)
NAME(462, VEHICLE_VIDEO_LOST, "vehicle.video_lost", "alarm", NONE, ANY, ANY, ALARM)
NAME(463, VEHICLE_VIDEO_COVERED, "vehicle.video_covered", "alarm", NONE, ANY, ANY, ALARM)
NAME(464, VEHICLE_STORAGE_FAULT, "vehicle.storage_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(465, VEHICLE_VIDEO_FAULT, "vehicle.video_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(466, VEHICLE_OVERCROWDED, "vehicle.overcrowded", "alarm", NONE, ANY, ANY, ALARM)
NAME(467, VEHICLE_DRIVER_ABNORMAL, "vehicle.driver_abnormal", "alarm", NONE, ANY, ANY, ALARM)
NAME(468, VEHICLE_ALARM_STORAGE_FULL, "vehicle.alarm_storage_full", "alarm", NONE, ANY, ANY, ALARM)
NAME(469, VEHICLE_ADAS_ALARM, "vehicle.adas_alarm", "alarm", NONE, ANY, ANY, ALARM) /* what a camera in front sees; the text says what */
NAME(470, VEHICLE_DRIVER_ALARM, "vehicle.driver_alarm", "alarm", NONE, ANY, ANY, ALARM) /* what a camera on the driver sees */
NAME(471, VEHICLE_TYRE_ALARM, "vehicle.tyre_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(472, VEHICLE_BLIND_SPOT_ALARM, "vehicle.blind_spot_alarm", "alarm", NONE, ANY, ANY, ALARM)

/* water regime beside quality: reservoirs, gates, pumps, ponding, 500-599 */
NAME(500, RAIN_TOTAL, "weather.rain_total", "rainfall", MM, 0, 100000, MEASUREMENT) /* since the gauge began to count */
NAME(501, RAIN_1MIN, "weather.rain_1min", "rainfall", MM, 0, 100, MEASUREMENT)
NAME(502, RAIN_5MIN, "weather.rain_5min", "rainfall", MM, 0, 200, MEASUREMENT)
NAME(503, RAIN_10MIN, "weather.rain_10min", "rainfall", MM, 0, 300, MEASUREMENT)
NAME(504, RAIN_30MIN, "weather.rain_30min", "rainfall", MM, 0, 500, MEASUREMENT)
NAME(505, RAIN_1H, "weather.rain_1h", "rainfall", MM, 0, 1000, MEASUREMENT)
NAME(506, RAIN_2H, "weather.rain_2h", "rainfall", MM, 0, 1500, MEASUREMENT)
NAME(507, RAIN_3H, "weather.rain_3h", "rainfall", MM, 0, 2000, MEASUREMENT)
NAME(508, RAIN_6H, "weather.rain_6h", "rainfall", MM, 0, 3000, MEASUREMENT)
NAME(509, RAIN_12H, "weather.rain_12h", "rainfall", MM, 0, 4000, MEASUREMENT)
NAME(510, RAIN_DAY, "weather.rain_day", "rainfall", MM, 0, 5000, MEASUREMENT)
NAME(511, RAIN_STORM, "weather.rain_storm", "rainfall", MM, 0, 5000, MEASUREMENT) /* of the rainstorm that goes on */
NAME(512, WEATHER_EVAPORATION, "weather.evaporation", "evaporation", MM, 0, 500, MEASUREMENT)
NAME(513, WEATHER_EVAPORATION_DAY, "weather.evaporation_day", "evaporation", MM, 0, 500, MEASUREMENT)
NAME(514, WATER_LEVEL_RELATIVE, "water.level_relative", "height", M, 0, 656, MEASUREMENT) /* above the station's own base */
NAME(515, WATER_LEVEL_UPSTREAM, "water.level_upstream", "height", M, -500, 9000, MEASUREMENT) /* of a reservoir, gate or pump station */
NAME(516, WATER_LEVEL_DOWNSTREAM, "water.level_downstream", "height", M, -500, 9000, MEASUREMENT)
NAME(517, GROUNDWATER_DEPTH, "groundwater.depth", "length", M, -100, 10000, MEASUREMENT) /* below ground */
NAME(518, WATER_WAVE_HEIGHT, "water.wave_height", "height", M, 0, 50, MEASUREMENT)
NAME(519, WATER_VELOCITY, "water.velocity", "speed", M_S, -50, 50, MEASUREMENT)
NAME(520, WATER_VELOCITY_MEAN, "water.velocity_mean", "speed", M_S, -50, 50, MEASUREMENT) /* over the cross section */
NAME(521, WATER_OUTFLOW, "water.outflow", "volume flow", M3_S, -300000, 300000, MEASUREMENT) /* of all outlets of a reservoir or gate together */
NAME(522, WATER_SECTION_AREA, "water.section_area", "area", M2, 0, 1e6, MEASUREMENT)
NAME(523, WATER_SEDIMENT, "water.sediment", "mass concentration", KG_M3, 0, 2000, MEASUREMENT)
NAME(524, WATER_SEDIMENT_LOAD, "water.sediment_load", "mass", KG, 0, 1e16, MEASUREMENT)
NAME(525, WATER_REDOX, "water.redox", "voltage", MV, -3000, 3000, MEASUREMENT)
NAME(526, WATER_SELENIUM, "water.selenium", "mass concentration", UG_L, 0, 1e6, MEASUREMENT)
NAME(527, WATER_METER_REMAINING, "water.meter_remaining", "volume", M3, -1e9, 1e9, MEASUREMENT) /* what is paid for and not used */
NAME(528, WATER_METER_HOURLY, "water.meter_hourly", "volume flow", M3_H, 0, 1e9, MEASUREMENT)
NAME(529, SOIL_MOISTURE, "soil.moisture", "volume fraction", PER_100, 0, 100, MEASUREMENT)
NAME(530, SOIL_TEMPERATURE, "soil.temperature", "temperature", CEL, -90, 90, MEASUREMENT)
NAME(531, GATE_OPENING, "gate.opening", "length", M, 0, 1000, MEASUREMENT)
NAME(532, GATE_OPEN_COUNT, "gate.open_count", "count", COUNT_OF, 0, 1000, MEASUREMENT)
NAME(533, GATE_FLOW, "gate.flow", "volume flow", M3_S, -300000, 300000, MEASUREMENT)
NAME(534, PUMP_RUNNING_COUNT, "pump.running_count", "count", COUNT_OF, 0, 1000, MEASUREMENT)
NAME(535, PUMP_SWITCHES, "pump.switches", "state", NONE, ANY, ANY, STATUS) /* bit 0 is pump 1: 1 = runs */
NAME(536, VALVE_SWITCHES, "valve.switches", "state", NONE, ANY, ANY, STATUS) /* bit 0 is valve 1: 1 = open */
NAME(537, GATE_SWITCHES, "gate.switches", "state", NONE, ANY, ANY, STATUS) /* bit 0 is gate 1: 1 = open */
NAME(538, WATER_QUOTA_CONTROL, "water.quota_control", "state", NONE, ANY, ANY, STATUS) /* supply ends with what is paid for */
NAME(539, STATION_STATE, "station.state", "state", NONE, ANY, ANY, STATUS) /* the state word */
NAME(540, STATION_MANUAL_ENTRY, "station.manual_entry", "text", NONE, ANY, ANY, STATUS) /* typed in by an observer */
NAME(541, STATION_PICTURE, "station.picture", "picture", NONE, ANY, ANY, STATUS)
NAME(542, WATER_LEVEL_ALARM, "water.level_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(543, WATER_FLOW_ALARM, "water.flow_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(544, WATER_QUALITY_ALARM, "water.quality_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(545, WATER_METER_ALARM, "water.meter_alarm", "alarm", NONE, ANY, ANY, ALARM) /* little is left of what is paid for */
NAME(546, STATION_MAINS_LOST, "station.mains_lost", "alarm", NONE, ANY, ANY, ALARM)
NAME(547, STATION_BATTERY_LOW, "station.battery_low", "alarm", NONE, ANY, ANY, ALARM)
NAME(548, STATION_FLOW_METER_FAULT, "station.flow_meter_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(549, STATION_LEVEL_METER_FAULT, "station.level_meter_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(550, STATION_MEMORY_FAULT, "station.memory_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(551, WATER_IMMERSION, "water.immersion", "alarm", NONE, ANY, ANY, ALARM) /* water where there must be none */
NAME(552, WATER_PONDING, "water.ponding", "alarm", NONE, ANY, ANY, ALARM) /* on a road, in an underpass */
NAME(553, WATER_PONDING_DEPTH, "water.ponding_depth", "height", M, 0, 20, MEASUREMENT)
NAME(554, PUMP_STATE, "pump.state", "state", NONE, ANY, ANY, STATUS)
NAME(555, PUMP_FAULT, "pump.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(556, SOIL_PH, "soil.ph", "acidity", PH, 0, 14, MEASUREMENT)
NAME(557, SOIL_CONDUCTIVITY, "soil.conductivity", "conductivity", US_CM, 0, 50000, MEASUREMENT)

/* electricity, more of it, 600-699 */
NAME(600, POWER_ENERGY_IMPORT, "power.energy_import", "energy", KWH, 0, 1e13, MEASUREMENT) /* forward active */
NAME(601, POWER_ENERGY_EXPORT, "power.energy_export", "energy", KWH, 0, 1e13, MEASUREMENT) /* reverse active */
NAME(602, POWER_REACTIVE_ENERGY_1, "power.reactive_energy_1", "reactive energy", KVARH, -1e13, 1e13, MEASUREMENT) /* a sum of quadrants, as the meter is set up */
NAME(603, POWER_REACTIVE_ENERGY_2, "power.reactive_energy_2", "reactive energy", KVARH, -1e13, 1e13, MEASUREMENT)
NAME(604, POWER_REACTIVE_ENERGY_Q1, "power.reactive_energy_q1", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(605, POWER_REACTIVE_ENERGY_Q2, "power.reactive_energy_q2", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(606, POWER_REACTIVE_ENERGY_Q3, "power.reactive_energy_q3", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(607, POWER_REACTIVE_ENERGY_Q4, "power.reactive_energy_q4", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(608, POWER_REACTIVE_ENERGY_IMPORT, "power.reactive_energy_import", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(609, POWER_REACTIVE_ENERGY_EXPORT, "power.reactive_energy_export", "reactive energy", KVARH, 0, 1e13, MEASUREMENT)
NAME(610, POWER_APPARENT_ENERGY_IMPORT, "power.apparent_energy_import", "apparent energy", KVAH, 0, 1e13, MEASUREMENT)
NAME(611, POWER_APPARENT_ENERGY_EXPORT, "power.apparent_energy_export", "apparent energy", KVAH, 0, 1e13, MEASUREMENT)
NAME(612, POWER_DEMAND, "power.demand", "power", W, -1e11, 1e11, MEASUREMENT) /* mean over the demand period, usually 15 min */
NAME(613, POWER_REACTIVE_DEMAND, "power.reactive_demand", "reactive power", VAR, -1e11, 1e11, MEASUREMENT)
NAME(614, POWER_APPARENT_DEMAND, "power.apparent_demand", "apparent power", VA, 0, 1e11, MEASUREMENT)
NAME(615, POWER_MAX_DEMAND, "power.max_demand", "power", W, -1e11, 1e11, MEASUREMENT) /* highest of a settlement period */
NAME(616, POWER_MAX_DEMAND_IMPORT, "power.max_demand_import", "power", W, 0, 1e11, MEASUREMENT)
NAME(617, POWER_MAX_DEMAND_EXPORT, "power.max_demand_export", "power", W, 0, 1e11, MEASUREMENT)
NAME(618, POWER_MAX_REACTIVE_DEMAND_1, "power.max_reactive_demand_1", "reactive power", VAR, -1e11, 1e11, MEASUREMENT)
NAME(619, POWER_MAX_REACTIVE_DEMAND_2, "power.max_reactive_demand_2", "reactive power", VAR, -1e11, 1e11, MEASUREMENT)
NAME(620, POWER_MAX_REACTIVE_DEMAND_Q1, "power.max_reactive_demand_q1", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(621, POWER_MAX_REACTIVE_DEMAND_Q2, "power.max_reactive_demand_q2", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(622, POWER_MAX_REACTIVE_DEMAND_Q3, "power.max_reactive_demand_q3", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(623, POWER_MAX_REACTIVE_DEMAND_Q4, "power.max_reactive_demand_q4", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(624, POWER_MAX_REACTIVE_DEMAND_IMPORT, "power.max_reactive_demand_import", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(625, POWER_MAX_REACTIVE_DEMAND_EXPORT, "power.max_reactive_demand_export", "reactive power", VAR, 0, 1e11, MEASUREMENT)
NAME(626, POWER_MAX_APPARENT_DEMAND_IMPORT, "power.max_apparent_demand_import", "apparent power", VA, 0, 1e11, MEASUREMENT)
NAME(627, POWER_MAX_APPARENT_DEMAND_EXPORT, "power.max_apparent_demand_export", "apparent power", VA, 0, 1e11, MEASUREMENT)
NAME(628, POWER_PHASE_ANGLE, "power.phase_angle", "angle", DEG, -360, 360, MEASUREMENT) /* voltage to current */
NAME(629, POWER_VOLTAGE_DISTORTION, "power.voltage_distortion", "ratio", PER_100, 0, 100, MEASUREMENT) /* total, of the fundamental */
NAME(630, POWER_CURRENT_DISTORTION, "power.current_distortion", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(631, POWER_VOLTAGE_HARMONIC, "power.voltage_harmonic", "ratio", PER_100, 0, 100, MEASUREMENT) /* of one order */
NAME(632, POWER_CURRENT_HARMONIC, "power.current_harmonic", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(633, POWER_OUTAGE, "power.outage", "alarm", NONE, ANY, ANY, ALARM) /* all of the supply is gone */
NAME(634, POWER_VOLTAGE_LOSS, "power.voltage_loss", "alarm", NONE, ANY, ANY, ALARM) /* of a phase under load */
NAME(635, POWER_UNDERVOLTAGE, "power.undervoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(636, POWER_OVERVOLTAGE, "power.overvoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(637, POWER_PHASE_LOSS, "power.phase_loss", "alarm", NONE, ANY, ANY, ALARM) /* neither voltage nor current */
NAME(638, POWER_CURRENT_LOSS, "power.current_loss", "alarm", NONE, ANY, ANY, ALARM) /* of a phase, others have one */
NAME(639, POWER_OVERCURRENT, "power.overcurrent", "alarm", NONE, ANY, ANY, ALARM)
NAME(640, POWER_REVERSAL, "power.reversal", "alarm", NONE, ANY, ANY, ALARM) /* active power flows back */
NAME(641, POWER_OVERLOAD, "power.overload", "alarm", NONE, ANY, ANY, ALARM)
NAME(642, POWER_DEMAND_EXCEEDED, "power.demand_exceeded", "alarm", NONE, ANY, ANY, ALARM)
NAME(643, POWER_FACTOR_LOW, "power.factor_low", "alarm", NONE, ANY, ANY, ALARM)
NAME(644, POWER_PHASE_SEQUENCE, "power.phase_sequence", "alarm", NONE, ANY, ANY, ALARM) /* phases in the wrong order */
NAME(645, POWER_VOLTAGE_UNBALANCE, "power.voltage_unbalance", "alarm", NONE, ANY, ANY, ALARM)
NAME(646, POWER_CURRENT_UNBALANCE, "power.current_unbalance", "alarm", NONE, ANY, ANY, ALARM)
NAME(647, POWER_VOLTAGE_ANGLE, "power.voltage_angle", "angle", DEG, -360, 360, MEASUREMENT) /* of a phase, to the first */
NAME(648, POWER_RESIDUAL_CURRENT, "power.residual_current", "current", MA, 0, 100000, MEASUREMENT) /* to earth: electric fires begin so */
NAME(649, POWER_RESIDUAL_CURRENT_ALARM, "power.residual_current_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(650, POWER_ARC, "power.arc", "alarm", NONE, ANY, ANY, ALARM)
NAME(651, POWER_CABLE_TEMPERATURE, "power.cable_temperature", "temperature", CEL, -60, 500, MEASUREMENT)
NAME(652, POWER_CABLE_HOT, "power.cable_hot", "alarm", NONE, ANY, ANY, ALARM)
NAME(653, POWER_BREAKER, "power.breaker", "state", NONE, ANY, ANY, STATUS) /* open or closed */
NAME(654, POWER_CABINET_DOOR, "power.cabinet_door", "alarm", NONE, ANY, ANY, ALARM)
NAME(655, CHARGER_STATE, "charger.state", "state", NONE, ANY, ANY, STATUS)
NAME(656, CHARGER_FAULT, "charger.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(657, CHARGER_CHARGED, "charger.charged", "energy", KWH, 0, ANY, MEASUREMENT) /* since the vehicle was plugged in */

/* meters of water, gas and heat, 700-799 */
NAME(700, METER_BATTERY_LOW, "meter.battery_low", "alarm", NONE, ANY, ANY, ALARM)
NAME(701, METER_VALVE, "meter.valve", "state", NONE, ANY, ANY, STATUS) /* 0 open, 1 closed, 3 fault */
NAME(702, METER_VALVE_FAULT, "meter.valve_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(703, METER_HOURS, "meter.hours", "time", HOUR, 0, 1e6, MEASUREMENT) /* how long it has worked */
NAME(704, HEAT_POWER, "heat.power", "power", W, -1e11, 1e11, MEASUREMENT)
NAME(705, HEAT_FLOW, "heat.flow", "volume flow", M3_H, -1e7, 1e7, MEASUREMENT)
NAME(706, HEAT_VOLUME, "heat.volume", "volume", M3, -1e12, 1e12, MEASUREMENT)
NAME(707, HEAT_SUPPLY_TEMPERATURE, "heat.supply_temperature", "temperature", CEL, -20, 250, MEASUREMENT)
NAME(708, HEAT_RETURN_TEMPERATURE, "heat.return_temperature", "temperature", CEL, -20, 250, MEASUREMENT)
NAME(709, COOLING_ENERGY, "cooling.energy", "energy", KWH, -1e13, 1e13, MEASUREMENT)
NAME(710, METER_COVER_OPEN, "meter.cover_open", "alarm", NONE, ANY, ANY, ALARM) /* of the meter, its terminals or its box */
NAME(711, METER_MAGNETIC_FIELD, "meter.magnetic_field", "alarm", NONE, ANY, ANY, ALARM) /* a magnet disturbs it */
NAME(712, METER_SWITCH_FAULT, "meter.switch_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(713, METER_SUPPLY_FAULT, "meter.supply_fault", "alarm", NONE, ANY, ANY, ALARM) /* its own */
NAME(714, METER_CLOCK_FAULT, "meter.clock_fault", "alarm", NONE, ANY, ANY, ALARM) /* or too far off */
NAME(715, METER_FAULT, "meter.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(716, METER_READ_FAILED, "meter.read_failed", "alarm", NONE, ANY, ANY, ALARM) /* its concentrator gets no answer */
NAME(717, METER_STOPPED, "meter.stopped", "alarm", NONE, ANY, ANY, ALARM) /* it no longer counts */
NAME(718, METER_RUNAWAY, "meter.runaway", "alarm", NONE, ANY, ANY, ALARM) /* it counts too fast */
NAME(719, METER_BACKWARD, "meter.backward", "alarm", NONE, ANY, ANY, ALARM) /* its reading went down */
NAME(720, METER_UNKNOWN, "meter.unknown", "alarm", NONE, ANY, ANY, ALARM) /* one that nobody registered */
NAME(721, METER_AUTH_FAILED, "meter.auth_failed", "alarm", NONE, ANY, ANY, ALARM) /* somebody without the right to asked */
NAME(722, GAS_PRESSURE, "gas.pressure", "pressure", KPA, 0, 1e5, MEASUREMENT)

/* elevators and special equipment, 800-899 */
NAME(800, ELEVATOR_TRAPPED, "elevator.trapped", "alarm", NONE, ANY, ANY, ALARM) /* somebody is inside and cannot get out */
NAME(801, ELEVATOR_EBIKE, "elevator.ebike", "alarm", NONE, ANY, ANY, ALARM) /* an electric bicycle is taken in */
NAME(802, ELEVATOR_FAULT, "elevator.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(803, ELEVATOR_DOOR_FAULT, "elevator.door_fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(804, ELEVATOR_STATE, "elevator.state", "state", NONE, ANY, ANY, STATUS)
NAME(805, ELEVATOR_DIRECTION, "elevator.direction", "state", NONE, ANY, ANY, STATUS)
NAME(806, ELEVATOR_DOOR, "elevator.door", "state", NONE, ANY, ANY, STATUS)
NAME(807, ELEVATOR_FLOOR, "elevator.floor", "number", NONE, -20, 300, STATUS)
NAME(808, ELEVATOR_SPEED, "elevator.speed", "speed", M_S, -25, 25, MEASUREMENT)
NAME(809, ELEVATOR_LOAD, "elevator.load", "mass", KG, 0, 20000, MEASUREMENT)
NAME(810, ELEVATOR_RUNS, "elevator.runs", "count", COUNT_OF, 0, ANY, MEASUREMENT)
NAME(811, EQUIPMENT_STATE, "equipment.state", "state", NONE, ANY, ANY, STATUS) /* boilers, cranes, rides, ropeways, pressure vessels */
NAME(812, EQUIPMENT_FAULT, "equipment.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(813, EQUIPMENT_OVERLOAD, "equipment.overload", "alarm", NONE, ANY, ANY, ALARM)
NAME(814, EQUIPMENT_TEMPERATURE, "equipment.temperature", "temperature", CEL, -100, 2000, MEASUREMENT)
NAME(815, EQUIPMENT_PRESSURE, "equipment.pressure", "pressure", KPA, -110, 1e6, MEASUREMENT)

/* tanks, warehouses, hazard sources, 900-999 */
NAME(900, TANK_TEMPERATURE, "tank.temperature", "temperature", CEL, -273, 1500, MEASUREMENT)
NAME(901, TANK_PRESSURE, "tank.pressure", "pressure", KPA, -110, 1e6, MEASUREMENT)
NAME(902, TANK_LEVEL, "tank.level", "height", M, 0, 100, MEASUREMENT)
NAME(903, TANK_FILL, "tank.fill", "ratio", PER_100, 0, 150, MEASUREMENT)
NAME(904, TANK_LEAK, "tank.leak", "alarm", NONE, ANY, ANY, ALARM)
NAME(905, TANK_PRESSURE_ALARM, "tank.pressure_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(906, TANK_TEMPERATURE_ALARM, "tank.temperature_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(907, TANK_LEVEL_ALARM, "tank.level_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(908, WAREHOUSE_TEMPERATURE, "warehouse.temperature", "temperature", CEL, -200, 100, MEASUREMENT) /* cold chains too */
NAME(909, WAREHOUSE_HUMIDITY, "warehouse.humidity", "relative humidity", PERCENT_RH, 0, 100, MEASUREMENT)
NAME(910, WAREHOUSE_PASSAGE, "warehouse.passage", "text", NONE, ANY, ANY, STATUS) /* what goes in or out */
NAME(911, WAREHOUSE_DOOR, "warehouse.door", "state", NONE, ANY, ANY, STATUS)
NAME(912, WAREHOUSE_ALARM, "warehouse.alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(913, HAZARD_GAS, "hazard.gas", "fraction of the lower explosive limit", PER_100, 0, 100, MEASUREMENT)
NAME(914, HAZARD_LEAK, "hazard.leak", "alarm", NONE, ANY, ANY, ALARM)
NAME(915, HAZARD_ALARM, "hazard.alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(916, HAZARD_WASTE_STORED, "hazard.waste_stored", "mass", KG, 0, ANY, MEASUREMENT)

/* street: lamps, covers, parking, garbage, 1000-1099 */
NAME(1000, LAMP_STATE, "lamp.state", "state", NONE, ANY, ANY, STATUS)
NAME(1001, LAMP_LEVEL, "lamp.level", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(1002, LAMP_FAULT, "lamp.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(1003, LAMP_HOURS, "lamp.hours", "time", HOUR, 0, ANY, MEASUREMENT)
NAME(1004, MANHOLE_OPEN, "manhole.open", "alarm", NONE, ANY, ANY, ALARM)
NAME(1005, MANHOLE_MOVED, "manhole.moved", "alarm", NONE, ANY, ANY, ALARM)
NAME(1006, MANHOLE_OVERFLOW, "manhole.overflow", "alarm", NONE, ANY, ANY, ALARM)
NAME(1007, MANHOLE_TILT, "manhole.tilt", "angle", DEG, -180, 180, MEASUREMENT)
NAME(1008, HYDRANT_OPEN, "hydrant.open", "alarm", NONE, ANY, ANY, ALARM) /* water is taken */
NAME(1009, HYDRANT_LEAK, "hydrant.leak", "alarm", NONE, ANY, ANY, ALARM)
NAME(1010, HYDRANT_TILTED, "hydrant.tilted", "alarm", NONE, ANY, ANY, ALARM)
NAME(1011, HYDRANT_PRESSURE, "hydrant.pressure", "pressure", KPA, 0, 1e4, MEASUREMENT)
NAME(1012, BIN_FILL, "bin.fill", "ratio", PER_100, 0, 150, MEASUREMENT)
NAME(1013, BIN_FULL, "bin.full", "alarm", NONE, ANY, ANY, ALARM)
NAME(1014, BIN_FIRE, "bin.fire", "alarm", NONE, ANY, ANY, ALARM)
NAME(1015, BIN_EXPOSED, "bin.exposed", "alarm", NONE, ANY, ANY, ALARM) /* garbage beside it */
NAME(1016, PARKING_OCCUPIED, "parking.occupied", "state", NONE, ANY, ANY, STATUS)
NAME(1017, PARKING_FREE, "parking.free", "count", COUNT_OF, 0, 1000000, MEASUREMENT)
NAME(1018, TRAFFIC_COUNT, "traffic.count", "count", COUNT_OF, 0, ANY, MEASUREMENT)
NAME(1019, TRAFFIC_SPEED, "traffic.speed", "speed", KM_H, 0, 300, MEASUREMENT)
NAME(1020, TRAFFIC_OCCUPANCY, "traffic.occupancy", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(1021, TRAFFIC_QUEUE, "traffic.queue", "length", M, 0, 100000, MEASUREMENT)
NAME(1022, TRAFFIC_PLATE, "traffic.plate", "text", NONE, ANY, ANY, STATUS)
NAME(1023, TRAFFIC_VIOLATION, "traffic.violation", "alarm", NONE, ANY, ANY, ALARM)
NAME(1024, SIGNAL_STATE, "signal.state", "state", NONE, ANY, ANY, STATUS) /* of a traffic light */
NAME(1025, SIGNAL_PHASE, "signal.phase", "state", NONE, ANY, ANY, STATUS)
NAME(1026, SIGNAL_FAULT, "signal.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(1027, SCREEN_TEXT, "screen.text", "text", NONE, ANY, ANY, STATUS) /* what a guidance screen shows */
NAME(1028, SCREEN_FAULT, "screen.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(1029, ROAD_DEFECT, "road.defect", "alarm", NONE, ANY, ANY, ALARM)

/* buildings, structures and geology, 1100-1199 */
NAME(1100, BUILDING_TEMPERATURE, "building.temperature", "temperature", CEL, -60, 80, MEASUREMENT)
NAME(1101, BUILDING_HUMIDITY, "building.humidity", "relative humidity", PERCENT_RH, 0, 100, MEASUREMENT)
NAME(1102, BUILDING_OCCUPANCY, "building.occupancy", "count", COUNT_OF, 0, 1000000, MEASUREMENT)
NAME(1103, STRUCTURE_STRAIN, "structure.strain", "ratio", RATIO, -1, 1, MEASUREMENT)
NAME(1104, STRUCTURE_DISPLACEMENT, "structure.displacement", "length", MM, -100000, 100000, MEASUREMENT)
NAME(1105, STRUCTURE_TILT, "structure.tilt", "angle", DEG, -180, 180, MEASUREMENT)
NAME(1106, STRUCTURE_VIBRATION, "structure.vibration", "acceleration", M_S2, -1000, 1000, MEASUREMENT)
NAME(1107, STRUCTURE_CRACK, "structure.crack", "length", MM, 0, 10000, MEASUREMENT)
NAME(1108, STRUCTURE_ALARM, "structure.alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(1109, PIPE_LEAK, "pipe.leak", "alarm", NONE, ANY, ANY, ALARM)
NAME(1110, GROUND_DISPLACEMENT, "ground.displacement", "length", MM, -100000, 100000, MEASUREMENT)
NAME(1111, GROUND_TILT, "ground.tilt", "angle", DEG, -180, 180, MEASUREMENT)
NAME(1112, GROUND_CRACK, "ground.crack", "length", MM, 0, 100000, MEASUREMENT)
NAME(1113, GROUND_ALARM, "ground.alarm", "alarm", NONE, ANY, ANY, ALARM) /* a slope, a subsidence */

/* health and people, 1200-1299 */
NAME(1200, HEALTH_HEART_RATE, "health.heart_rate", "rate", BEAT_MIN, 0, 400, MEASUREMENT)
NAME(1201, HEALTH_TEMPERATURE, "health.temperature", "temperature", CEL, 20, 50, MEASUREMENT)
NAME(1202, HEALTH_OXYGEN_SATURATION, "health.oxygen_saturation", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(1203, HEALTH_SYSTOLIC, "health.systolic", "pressure", HPA, 0, 500, MEASUREMENT)
NAME(1204, HEALTH_DIASTOLIC, "health.diastolic", "pressure", HPA, 0, 500, MEASUREMENT)
NAME(1205, HEALTH_RESPIRATION, "health.respiration", "rate", PER_MIN, 0, 200, MEASUREMENT)
NAME(1206, HEALTH_FALL, "health.fall", "alarm", NONE, ANY, ANY, ALARM)
NAME(1207, HEALTH_SOS, "health.sos", "alarm", NONE, ANY, ANY, ALARM)
NAME(1208, HEALTH_INACTIVE, "health.inactive", "alarm", NONE, ANY, ANY, ALARM) /* nobody moved where somebody lives */
NAME(1209, ACCESS_PERSON, "access.person", "text", NONE, ANY, ANY, STATUS)
NAME(1210, ACCESS_RESULT, "access.result", "state", NONE, ANY, ANY, STATUS)
NAME(1211, ACCESS_DOOR, "access.door", "state", NONE, ANY, ANY, STATUS)
NAME(1212, ACCESS_DENIED, "access.denied", "alarm", NONE, ANY, ANY, ALARM)
NAME(1213, ACCESS_FORCED, "access.forced", "alarm", NONE, ANY, ANY, ALARM)
NAME(1214, CROWD_COUNT, "crowd.count", "count", COUNT_OF, 0, ANY, MEASUREMENT)
NAME(1215, CROWD_ENTERED, "crowd.entered", "count", COUNT_OF, 0, ANY, MEASUREMENT)
NAME(1216, CROWD_LEFT, "crowd.left", "count", COUNT_OF, 0, ANY, MEASUREMENT)
NAME(1217, CROWD_ALARM, "crowd.alarm", "alarm", NONE, ANY, ANY, ALARM)

/* networks and information technology, 1300-1399 */
NAME(1300, NETWORK_ENCRYPTED_PAYLOAD, "network.encrypted_payload", "payload", NONE, ANY, ANY, STATUS) /* what nobody here has the key of */
NAME(1301, NETWORK_VENDOR_PAYLOAD, "network.vendor_payload", "payload", NONE, ANY, ANY, STATUS) /* a maker's own, or no frame of the protocol at all */
NAME(1302, NETWORK_EMPTY_FRAME, "network.empty_frame", "state", NONE, ANY, ANY, STATUS) /* a sign of life, an acknowledgement */
NAME(1303, NETWORK_JOIN, "network.join", "state", NONE, ANY, ANY, STATUS) /* a device asks to be let in */
NAME(1304, NETWORK_RECEIVED, "network.received", "count", COUNT_OF, 0, 1e10, STATUS) /* packets a gateway heard */
NAME(1305, NETWORK_RECEIVED_GOOD, "network.received_good", "count", COUNT_OF, 0, 1e10, STATUS)
NAME(1306, NETWORK_FORWARDED, "network.forwarded", "count", COUNT_OF, 0, 1e10, STATUS)
NAME(1307, NETWORK_ACKNOWLEDGED, "network.acknowledged", "ratio", PER_100, 0, 100, STATUS)
NAME(1308, NETWORK_DOWNLINKS, "network.downlinks", "count", COUNT_OF, 0, 1e10, STATUS) /* packets a gateway was given to send */
NAME(1309, NETWORK_SENT, "network.sent", "count", COUNT_OF, 0, 1e10, STATUS)
NAME(1310, VIDEO_ALARM, "video.alarm", "alarm", NONE, ANY, ANY, ALARM) /* a camera sees what it was set up to see */
NAME(1311, VIDEO_EVENT, "video.event", "state", NONE, ANY, ANY, STATUS)

/* electric vehicles and their batteries, 1500-1599 */
NAME(1500, VEHICLE_POWER_STATE, "vehicle.power_state", "state", NONE, ANY, ANY, STATUS) /* 1 started, 2 off, 3 other */
NAME(1501, VEHICLE_CHARGING, "vehicle.charging", "state", NONE, ANY, ANY, STATUS) /* 1 parked, 2 while driving, 3 not, 4 done */
NAME(1502, VEHICLE_ENERGY_MODE, "vehicle.energy_mode", "state", NONE, ANY, ANY, STATUS) /* 1 electric, 2 hybrid, 3 fuel */
NAME(1503, VEHICLE_VOLTAGE, "vehicle.voltage", "voltage", V, 0, 6000, MEASUREMENT) /* of the traction battery */
NAME(1504, VEHICLE_CURRENT, "vehicle.current", "current", A, -6000, 6000, MEASUREMENT) /* positive while it discharges */
NAME(1505, VEHICLE_CHARGE, "vehicle.charge", "charge", PERCENT_EL, 0, 100, MEASUREMENT)
NAME(1506, VEHICLE_DCDC, "vehicle.dcdc", "state", NONE, ANY, ANY, STATUS) /* 1 on, 2 off */
NAME(1507, VEHICLE_GEAR, "vehicle.gear", "state", NONE, ANY, ANY, STATUS) /* 0 neutral, 1 to 12, 13 reverse, 14 drive, 15 park */
NAME(1508, VEHICLE_INSULATION, "vehicle.insulation", "resistance", OHM, 0, 60000000.0, MEASUREMENT)
NAME(1509, VEHICLE_ACCELERATOR, "vehicle.accelerator", "ratio", PER_100, 0, 100, MEASUREMENT)
NAME(1510, VEHICLE_BRAKE, "vehicle.brake", "ratio", PER_100, 0, 101, MEASUREMENT) /* 101 where the pedal has no more than two states */
NAME(1511, MOTOR_STATE, "motor.state", "state", NONE, ANY, ANY, STATUS) /* 1 consumes, 2 generates, 3 off, 4 ready */
NAME(1512, MOTOR_CONTROLLER_TEMPERATURE, "motor.controller_temperature", "temperature", CEL, -60, 300, MEASUREMENT)
NAME(1513, MOTOR_SPEED, "motor.speed", "rotation speed", PER_MIN, -50000, 50000, MEASUREMENT)
NAME(1514, MOTOR_TORQUE, "motor.torque", "torque", NM, -20000, 20000, MEASUREMENT)
NAME(1515, MOTOR_TEMPERATURE, "motor.temperature", "temperature", CEL, -60, 300, MEASUREMENT)
NAME(1516, MOTOR_VOLTAGE, "motor.voltage", "voltage", V, 0, 6000, MEASUREMENT) /* at the input of its controller */
NAME(1517, MOTOR_CURRENT, "motor.current", "current", A, -6000, 6000, MEASUREMENT)
NAME(1518, FUEL_CELL_VOLTAGE, "fuel_cell.voltage", "voltage", V, 0, 6000, MEASUREMENT)
NAME(1519, FUEL_CELL_CURRENT, "fuel_cell.current", "current", A, 0, 6000, MEASUREMENT)
NAME(1520, FUEL_CELL_CONSUMPTION, "fuel_cell.consumption", "mass per length", KG_100KM, 0, 600, MEASUREMENT)
NAME(1521, FUEL_CELL_TEMPERATURES, "fuel_cell.temperatures", "temperature", CEL, ANY, ANY, MEASUREMENT) /* text: a list, "-" for one that is not known */
NAME(1522, FUEL_CELL_DCDC, "fuel_cell.dcdc", "state", NONE, ANY, ANY, STATUS) /* 1 on, 2 off */
NAME(1523, HYDROGEN_TEMPERATURE, "hydrogen.temperature", "temperature", CEL, -60, 300, MEASUREMENT) /* highest in the system */
NAME(1524, HYDROGEN_CONCENTRATION, "hydrogen.concentration", "mass fraction", PPM, 0, 1000000.0, MEASUREMENT) /* highest */
NAME(1525, HYDROGEN_PRESSURE, "hydrogen.pressure", "pressure", PA, 0, 200000000.0, MEASUREMENT) /* highest */
NAME(1526, ENGINE_STATE, "engine.state", "state", NONE, ANY, ANY, STATUS) /* 1 on, 2 off */
NAME(1527, ENGINE_SPEED, "engine.speed", "rotation speed", PER_MIN, 0, 60000, MEASUREMENT)
NAME(1528, ENGINE_CONSUMPTION, "engine.consumption", "volume per length", L_100KM, 0, 600, MEASUREMENT)
NAME(1529, BATTERY_CELL_VOLTAGE_MAX, "battery.cell_voltage_max", "voltage", V, 0, 15, MEASUREMENT)
NAME(1530, BATTERY_CELL_VOLTAGE_MIN, "battery.cell_voltage_min", "voltage", V, 0, 15, MEASUREMENT)
NAME(1531, BATTERY_TEMPERATURE_MAX, "battery.temperature_max", "temperature", CEL, -60, 300, MEASUREMENT)
NAME(1532, BATTERY_TEMPERATURE_MIN, "battery.temperature_min", "temperature", CEL, -60, 300, MEASUREMENT)
NAME(1533, BATTERY_CELL_VOLTAGES, "battery.cell_voltages", "voltage", V, ANY, ANY, MEASUREMENT) /* text: a list, "-" for one that is not known */
NAME(1534, BATTERY_TEMPERATURES, "battery.temperatures", "temperature", CEL, ANY, ANY, MEASUREMENT) /* text: a list, as above */
NAME(1535, BATTERY_PACK_VOLTAGE, "battery.pack_voltage", "voltage", V, 0, 6000, MEASUREMENT)
NAME(1536, BATTERY_PACK_CURRENT, "battery.pack_current", "current", A, -6000, 6000, MEASUREMENT)
NAME(1537, BATTERY_CODE, "battery.code", "text", NONE, ANY, ANY, STATUS) /* what the maker calls the pack */
NAME(1538, VEHICLE_ALARM_LEVEL, "vehicle.alarm_level", "state", NONE, ANY, ANY, STATUS) /* highest of all alarms in force, 0 none to 3 */
NAME(1539, BATTERY_TEMPERATURE_DIFFERENCE, "battery.temperature_difference", "alarm", NONE, ANY, ANY, ALARM)
NAME(1540, BATTERY_HOT, "battery.hot", "alarm", NONE, ANY, ANY, ALARM)
NAME(1541, BATTERY_OVERVOLTAGE, "battery.overvoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(1542, BATTERY_UNDERVOLTAGE, "battery.undervoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(1543, BATTERY_CHARGE_LOW, "battery.charge_low", "alarm", NONE, ANY, ANY, ALARM)
NAME(1544, BATTERY_CELL_OVERVOLTAGE, "battery.cell_overvoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(1545, BATTERY_CELL_UNDERVOLTAGE, "battery.cell_undervoltage", "alarm", NONE, ANY, ANY, ALARM)
NAME(1546, BATTERY_CHARGE_HIGH, "battery.charge_high", "alarm", NONE, ANY, ANY, ALARM)
NAME(1547, BATTERY_CHARGE_JUMP, "battery.charge_jump", "alarm", NONE, ANY, ANY, ALARM)
NAME(1548, BATTERY_MISMATCH, "battery.mismatch", "alarm", NONE, ANY, ANY, ALARM) /* the battery is not one for the vehicle */
NAME(1549, BATTERY_CELLS_UNEVEN, "battery.cells_uneven", "alarm", NONE, ANY, ANY, ALARM)
NAME(1550, BATTERY_OVERCHARGED, "battery.overcharged", "alarm", NONE, ANY, ANY, ALARM)
NAME(1551, VEHICLE_INSULATION_ALARM, "vehicle.insulation_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(1552, VEHICLE_DCDC_HOT, "vehicle.dcdc_hot", "alarm", NONE, ANY, ANY, ALARM)
NAME(1553, VEHICLE_DCDC_ALARM, "vehicle.dcdc_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(1554, VEHICLE_BRAKE_ALARM, "vehicle.brake_alarm", "alarm", NONE, ANY, ANY, ALARM)
NAME(1555, VEHICLE_INTERLOCK_ALARM, "vehicle.interlock_alarm", "alarm", NONE, ANY, ANY, ALARM) /* of the high voltage */
NAME(1556, MOTOR_CONTROLLER_HOT, "motor.controller_hot", "alarm", NONE, ANY, ANY, ALARM)
NAME(1557, MOTOR_HOT, "motor.hot", "alarm", NONE, ANY, ANY, ALARM)
NAME(1558, VEHICLE_OTHER_ALARM, "vehicle.other_alarm", "alarm", NONE, ANY, ANY, ALARM) /* a bit that the standard keeps; the code has its number */
NAME(1559, BATTERY_FAULT, "battery.fault", "alarm", NONE, ANY, ANY, ALARM) /* value is how many, the text has their numbers */
NAME(1560, MOTOR_FAULT, "motor.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(1561, ENGINE_FAULT, "engine.fault", "alarm", NONE, ANY, ANY, ALARM)
NAME(1562, VEHICLE_FAULT, "vehicle.fault", "alarm", NONE, ANY, ANY, ALARM) /* of anything else */
NAME(1320, NETWORK_LINK_DOWN, "network.link_down", "alarm", NONE, ANY, ANY, ALARM) /* an interface went down */
NAME(1321, NETWORK_LINK_UP, "network.link_up", "state", NONE, ANY, ANY, STATUS)
NAME(1322, NETWORK_DEVICE_START, "network.device_start", "state", NONE, ANY, ANY, STATUS) /* it was switched on or restarted */
NAME(1323, NETWORK_LOGIN_FAILURE, "network.login_failure", "state", NONE, ANY, ANY, SECURITY) /* somebody used a wrong password */
NAME(1324, LOG_MESSAGE, "log.message", "text", NONE, ANY, ANY, STATUS)
NAME(1325, CLOCK_OFFSET, "clock.offset", "time", S, ANY, ANY, MEASUREMENT) /* ahead of the node's clock */
NAME(1326, CLOCK_DELAY, "clock.delay", "time", S, 0, 60, MEASUREMENT) /* from the node to the server and back */
NAME(1327, CLOCK_STRATUM, "clock.stratum", "number", NONE, 0, 255, STATUS)
