/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_jetstream URL SECONDS [EVENTS]: asynchronous publishes of 128 bytes to a stream with file storage, as
 * many as the server acknowledges in that time, or EVENTS. Prints one JSON object.
 */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIZE 128
#define PENDING_MAX 8192
#define LOOK_EVERY 1024

static uint64_t errors;

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_error(jsCtx *js, jsPubAckErr *error, void *owner)
{
	errors++;
}

static natsStatus open_stream(const char *url, natsConnection **nc, jsCtx **js)
{
	const char *subjects[] = {"events"};
	natsStatus s = natsConnection_ConnectTo(nc, url);
	jsStreamInfo *info = NULL;
	jsStreamConfig stream;
	jsOptions options;
	jsErrCode code;

	jsStreamConfig_Init(&stream);
	stream.Name = "EVENTS";
	stream.Subjects = subjects;
	stream.SubjectsLen = 1;
	stream.Storage = js_FileStorage;
	stream.MaxBytes = 512l << 20;
	jsOptions_Init(&options);
	options.PublishAsync.MaxPending = PENDING_MAX;
	options.PublishAsync.StallWait = 60000; /* ms; a slow disk is no failure */
	options.PublishAsync.ErrHandler = on_error;
	if (s == NATS_OK)
		s = natsConnection_JetStream(js, *nc, &options);
	if (s == NATS_OK)
		s = js_AddStream(&info, *js, &stream, NULL, &code);
	jsStreamInfo_Destroy(info);
	return s;
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 2, start, end;
	uint64_t most = argc > 3 ? strtoull(argv[3], NULL, 10) : UINT64_MAX;
	natsConnection *nc = NULL;
	jsCtx *js = NULL;
	char data[SIZE];
	uint64_t sent = 0;
	natsStatus s;

	memset(data, 'x', sizeof(data));
	s = open_stream(argc > 1 ? argv[1] : NATS_DEFAULT_URL, &nc, &js);
	start = now_s();
	while (s == NATS_OK && sent < most &&
	       (sent % LOOK_EVERY != 0 || now_s() - start < seconds)) {
		s = js_PublishAsync(js, "events", data, sizeof(data), NULL);
		sent += s == NATS_OK;
	}
	if (s == NATS_OK)
		s = js_PublishAsyncComplete(js, NULL); /* all are acknowledged */
	end = now_s();
	if (s != NATS_OK || errors > 0)
		fprintf(stderr, "bench_jetstream: %s, %llu refused\n", natsStatus_GetText(s),
			(unsigned long long)errors);
	else
		printf("{\"events\": %llu, \"events_per_s\": %.0f}\n", (unsigned long long)sent,
		       (double)sent / (end - start));
	jsCtx_Destroy(js);
	natsConnection_Destroy(nc);
	nats_Close();
	return s != NATS_OK || errors > 0;
}
