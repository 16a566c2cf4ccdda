/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far side of the Kafka sink: the library's mock cluster of three brokers, or the brokers that
 * are named, and a consumer. Told what to do by lines on standard input:
 *
 *     down N, up N        a broker of the mock cluster goes or comes back
 *     read TOPIC COUNT    print COUNT messages from the beginning: key, tab, headers, tab, value
 *
 * usage: kafka_peer TOPIC [BROKERS]
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char why[256];

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (brokers)
		rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
	if (type == RD_KAFKA_CONSUMER) {
		rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
		rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why, sizeof(why));
	}
	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	return rd_kafka_new(type, conf, why, sizeof(why));
}

static void print(const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	printf("%.*s\t", (int)m->key_len, (const char *)m->key);
	if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0;
		     i++)
			printf("%s=%.*s;", name, (int)size, (const char *)value);
	}
	printf("\t%.*s\n", (int)m->len, (const char *)m->payload);
}

static void read_topic(const char *brokers, const char *topic, unsigned int count)
{
	rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, brokers);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_poll_set_consumer(consumer);
	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(consumer, list);
	for (unsigned int empty = 0; count > 0 && empty < 8;) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(consumer, 500);

		empty = m ? 0 : empty + 1;
		if (m && m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			print(m);
			count--;
		}
		if (m)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(consumer);
	puts("end");
}

int main(int argc, char **argv)
{
	rd_kafka_t *owner = client(RD_KAFKA_PRODUCER, NULL);
	rd_kafka_mock_cluster_t *mock = argc == 2 ? rd_kafka_mock_cluster_new(owner, 3) : NULL;
	const char *brokers = mock ? rd_kafka_mock_cluster_bootstraps(mock) : argv[2];
	char line[256], topic[128];
	unsigned int n;

	if (argc < 2)
		return 2;
	if (mock)
		rd_kafka_mock_topic_create(mock, argv[1], 1, 3);
	puts(brokers);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "down %u", &n) == 1 && mock)
			rd_kafka_mock_broker_set_down(mock, (int32_t)n);
		else if (sscanf(line, "up %u", &n) == 1 && mock)
			rd_kafka_mock_broker_set_up(mock, (int32_t)n);
		else if (sscanf(line, "read %127s %u", topic, &n) == 2)
			read_topic(brokers, topic, n);
		fflush(stdout);
	}
	if (mock)
		rd_kafka_mock_cluster_destroy(mock);
	rd_kafka_destroy(owner);
	return 0;
}
