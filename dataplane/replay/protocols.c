/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-dataplane protocols`: what this program can decode. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/replay/replay.h"

#include "protocol_titles.h" /* generated: titles, from the pages in docs/protocols */

static const char usage[] =
	"usage: culvert-dataplane protocols [--help]\n"
	"Print the decoders as JSON: name, title, transports, well-known ports.\n";

static json_t *ports(const uint16_t *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n && list[i] != 0; i++)
		json_array_append_new(array, json_integer(list[i]));
	return array;
}

static json_t *protocol(unsigned int proto)
{
	const struct cv_decoder *d = cv_decoders[proto];
	json_t *o = json_pack("{ss ss sb}", "name", d->name, "title", titles[proto], "by_content",
			      d->probe != NULL);

	if (d->transports & CV_TRANSPORT_TCP)
		json_object_set_new(o, "tcp", ports(d->tcp_ports, 4));
	if (d->transports & CV_TRANSPORT_UDP)
		json_object_set_new(o, "udp", ports(d->udp_ports, 4));
	return o;
}

int cv_protocols_main(int argc, char **argv)
{
	json_t *list;
	int code = CV_REPLAY_OK;

	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? CV_REPLAY_OK : CV_REPLAY_USAGE;
	}
	list = json_array();
	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++)
		json_array_append_new(list, protocol(i));
	if (json_dumpf(list, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF ||
	    fflush(stdout) != 0)
		code = CV_REPLAY_OUTPUT;
	json_decref(list);
	return code;
}
