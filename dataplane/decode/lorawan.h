/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LoRaWAN frames (TS001-1.0.4 and 1.1, 4: PHYPayload) as gateways hand them on, whatever they speak to
 * their network server. Without keys the head can be read and the content cannot: a record says so
 * and keeps the bytes. Shared by the decoders of gateway protocols.
 */
#ifndef CV_LORAWAN_H
#define CV_LORAWAN_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

/** For so long a device may send the same frame again (15 times, receive windows between). */
#define LORAWAN_LIFETIME (5 * CV_REPEAT_MINUTE)
/** Longest PHYPayload: what a radio frame of 255 bytes can carry. */
#define LORAWAN_PHY_MAX 255

/* MType, 4.2.1. */
enum lorawan_type {
	LORAWAN_JOIN_REQUEST,
	LORAWAN_JOIN_ACCEPT,
	LORAWAN_UP,
	LORAWAN_DOWN,
	LORAWAN_CONFIRMED_UP,
	LORAWAN_CONFIRMED_DOWN,
	LORAWAN_REJOIN,
	LORAWAN_PROPRIETARY,
	LORAWAN_STRANGE, /* no LoRaWAN frame: gateways hand on what they hear */
};

/* Bits of FCtrl, 4.3.1. */
#define LORAWAN_ADR 0x80u
#define LORAWAN_ADR_REQUEST 0x40u /* up; RFU in what goes down */
#define LORAWAN_ACK 0x20u
#define LORAWAN_PENDING 0x10u /* down; class B in what goes up */
#define LORAWAN_OPTIONS 0x0fu

/** A frame taken apart. Pieces point into what it was read from. */
struct lorawan_frame {
	uint8_t type; /* enum lorawan_type */
	uint8_t fctrl;
	uint16_t count; /* FCnt, low 16 bits; DevNonce, RJcount of joins */
	int16_t port; /* FPort, -1 = none */
	bool has_mic;
	uint8_t mic[4]; /* as on air */
	uint32_t address; /* DevAddr, of data frames */
	uint64_t join_eui, device_eui; /* of joins; join_eui 0 where a rejoin has none */
	const uint8_t *options; /* FOpts */
	uint8_t options_len;
	const uint8_t
		*payload; /* FRMPayload; of joins and of what is not LoRaWAN what was not read */
	size_t payload_len;
};

/** How a gateway heard or sends a frame. */
struct lorawan_radio {
	struct cv_decode *d;
	uint64_t gateway; /* EUI, 0 = not known */
	struct cv_label how; /* frequency, data rate, coding rate for people */
	bool has_rssi, has_snr;
	double rssi, snr; /* dBm, dB */
	int64_t ts; /* when the gateway heard it, ns since the Unix epoch */
	uint8_t time_quality; /* of ts */
	uint8_t direction; /* enum cv_direction */
	bool damaged; /* the radio's own checksum was wrong */
	uint32_t raw_len; /* of the message around it */
};

/** Take a PHYPayload apart. Never fails: what is not LoRaWAN is LORAWAN_STRANGE. */
void lorawan_parse(struct lorawan_frame *f, const uint8_t *phy, size_t len);

/**
 * The records of a frame: what it is, and how well it was heard. What a device sends is told once,
 * with all gateways that heard it, where somebody sees to that (normalize/hearing.h).
 *
 * @return true: it was heard before. A message of which nothing else is told is a repeat.
 */
bool lorawan_records(const struct lorawan_frame *f, const struct lorawan_radio *radio);

#endif
