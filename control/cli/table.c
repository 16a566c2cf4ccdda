/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/command.h"
#include "control/cli/node_rows.h"

#include "decoder_list.h" /* generated: CV_DECODERS(X) */

#define WORD_ROW(id, name) name " "
#define LANES "alarm measurement status security"
#define TYPES "measurement state command session alarm error parse-error anomaly gap"

static const struct cv_cli_command *const module_verbs[] = {
	cv_cli_module_offline,
	cv_cli_module_online,
	NULL,
};

static const struct cv_cli_command policy_groups[] = {
	{
		.name = "policy module",
		.operands = "VERB ...",
		.help = "build, try and watch eBPF code of your own",
		.details =
			"A module is a C file against culvert_module.h that runs in the kernel "
			"behind the policy's verdict. culvert help policy module VERB tells more.",
		.exits = "0 1 2 3",
		.verbs = module_verbs,
	},
	{0},
};

static const struct cv_cli_command *const policy_verbs[] = {
	cv_cli_policy_online,
	cv_cli_policy_offline,
	policy_groups,
	NULL,
};

static const struct cv_cli_command *const config_verbs[] = {
	cv_cli_config_online,
	cv_cli_config_offline,
	cv_cli_host_offline,
	NULL,
};

static const struct cv_cli_command *const firewall_verbs[] = {cv_cli_firewall_offline, NULL};
static const struct cv_cli_command *const quarantine_verbs[] = {cv_cli_quarantine_offline, NULL};
static const struct cv_cli_command *const log_verbs[] = {cv_cli_log_offline, NULL};
static const struct cv_cli_command *const alarm_verbs[] = {cv_cli_alarm_online,
							   cv_cli_alarm_offline, NULL};
static const struct cv_cli_command *const registry_verbs[] = {cv_cli_registry_offline, NULL};
static const struct cv_cli_command *const token_verbs[] = {cv_cli_token_verbs, NULL};
static const struct cv_cli_command *const fleet_verbs[] = {cv_cli_fleet_offline, NULL};
static const struct cv_cli_command *const update_verbs[] = {cv_cli_update_offline, NULL};

const struct cv_cli_command cv_cli_commands[] = {
	{
		.name = "status",
		.help = "say how the node is",
		.details =
			"Node, generation, dataplane, ports, event log and whatever control warns "
			"about.",
		.exits = "0 1 3",
		.run = cv_cli_status,
	},
	{
		.name = "stats",
		.help = "print the counters of every stage",
		.details =
			"Packets, verdicts by reason, decoding by outcome and protocol, lanes, log "
			"and subscribers. With --watch the table is printed again every second "
			"with the rate since the last one; when control goes away it says so and "
			"waits for it.",
		.options = {{"watch", NULL, NULL, "print again every second until interrupted"},
			    {"for", "SECONDS", NULL, "with --watch: end after this time"}},
		.exits = "0 1 3",
		.run = cv_cli_stats,
	},
	{
		.name = "ledger",
		.help = "check that every packet and every event is accounted for",
		.details =
			"Prints each equation with both sides. Ends with 4 when one does not close "
			"while traffic rests. While traffic moves a difference means nothing; "
			"--settle waits for rest.",
		.options = {{"settle", "MS", NULL, "wait up to MS milliseconds for rest, 0-10000"}},
		.exits = "0 1 3 4",
		.run = cv_cli_ledger,
	},
	{
		CV_CLI_DOCTOR_ROW,
		.run = cv_cli_become_owner,
	},
	{
		CV_CLI_PROVISION_ROW,
		.run = cv_cli_become_owner,
	},
	{
		CV_CLI_SUPPORT_ROW,
		.run = cv_cli_become_owner,
	},
	{
		.name = "health",
		.help = "say whether the node does its work",
		.details =
			"Control answers, the dataplane is attached, every port is up and has its "
			"program, frames that come are counted, the policy's generation is in "
			"force, the event log is written, the ledger is closed. A system slot on "
			"trial is good when all of it is so. Takes a second or two; ends with 4 "
			"when something is not well.",
		.options = {{"wait", "SECONDS", NULL,
			     "wait up to SECONDS for all to be well, 0-3600"}},
		.exits = "0 1 3 4",
		.run = cv_cli_health,
	},
	{
		.name = "events",
		.help = "follow the event stream",
		.details = "One line per event: time, lane, device, what, value. With --json the "
			   "events as CloudEvents, one object per line. START is earliest, latest, "
			   "seq:LANE:NUMBER, seq:CURSOR or time:RFC3339. As a member of a group "
			   "it goes on where the group is, whatever START says, and acknowledges "
			   "what it has printed.",
		.options = {{"from", "START", "earliest latest", "where to begin; latest"},
			    {"lane", "LANES", LANES, "these lanes only, commas between"},
			    {"type", "TYPES", TYPES, "these types only, commas between"},
			    {"name", "NAMES", NULL,
			     "these names only, commas between; air.* is all that begin so"},
			    {"device", "URNS", NULL,
			     "these devices only, commas between; * stands for any characters"},
			    {"area", "CODES", NULL,
			     "devices in these areas only, by the registry, commas between; "
			     "3101 is all that begin so"},
			    {"tag", "TAGS", NULL,
			     "devices with one of these tags of the registry only"},
			    {"protocol", "NAMES", CV_DECODERS(WORD_ROW),
			     "these protocols only, commas between"},
			    {"quality", "NAMES", "good uncertain bad unstated",
			     "values of these qualities only, commas between"},
			    {"group", "NAME", NULL,
			     "as a member of this consumer group; made if there is none"},
			    {"limit", "N", NULL, "end after N events"},
			    {"no-follow", NULL, NULL, "end with the newest event there is"}},
		.exits = "0 1 2 3",
		.run = cv_cli_events,
	},
	{
		.name = "groups",
		.help = "list the consumer groups, or forget one",
		.details =
			"A group is a place in the event log that outlives its readers: members, "
			"events it has yet to acknowledge, when it last did, and its cursor.",
		.options = {{"delete", "NAME", NULL, "forget this group"}},
		.exits = "0 1 2 3 5",
		.run = cv_cli_groups,
	},
	{
		.name = "sinks",
		.help = "say where events are sent and how far each sink has come",
		.details =
			"State, events delivered, under way and refused for good, lag behind the "
			"log "
			"and the acknowledged cursor of each sink in the configuration; with the "
			"last error and what to do about it. Counters are since control started.",
		.exits = "0 1 3",
		.run = cv_cli_sinks,
	},
	{
		.name = "capture",
		.operands = "--dropped -w FILE",
		.help = "write dropped frames to a pcapng file",
		.details =
			"Samples of the frames that the policy drops, as they are dropped, with "
			"reason, rule, generation and device in a comment that Wireshark shows. "
			"Sampling runs only while somebody captures, at a bounded rate; what was "
			"left out is counted in the file. Ctrl-C ends it with a valid file. The "
			"file is for the owner to read only: it holds what devices say. culvert "
			"replay --evidence judges the file again.",
		.options = {{"dropped", NULL, NULL,
			     "dropped frames; there are no others to capture"},
			    {"write", "FILE", "file", "the file; - is standard output"},
			    {"reason", "NAMES", NULL,
			     "only for these reasons, commas between; rate-* is all that begin so"},
			    {"rule", "N", NULL, "only what this rule decided, 0 = no rule"},
			    {"device", "ADDRESS", NULL, "only from this IP or MAC address"},
			    {"filter", "EXPRESSION", NULL, "only what matches, see pcap-filter(7)"},
			    {"count", "N", NULL, "end after N frames"},
			    {"duration", "TIME", NULL, "end after this time: 30s, 5min"},
			    {"snaplen", "N", NULL, "bytes of each frame, 64-2048; 2048"},
			    {"rate", "N", NULL,
			     "samples a second of one reason on one CPU, 1-2000; 250"}},
		.letters = " w",
		.exits = "0 1 2 3 5",
		.run = cv_cli_capture,
	},
	{
		.name = "top",
		.help = "watch the node live",
		.details =
			"Rates per stage, verdicts by reason, lanes, ledger and the last events, "
			"drawn again every second. Where the output is not a terminal: one plain "
			"line per second. Ctrl-C ends it.",
		.options = {{"for", "SECONDS", NULL, "end after this time"}},
		.exits = "0 1 3",
		.run = cv_cli_top,
	},
	{
		.name = "protocols",
		.help = "list the protocols that are decoded",
		.details =
			"Name, transports and well-known ports; and where a node runs its "
			"counters: "
			"messages, and what was rejected for which reason. Works without a node, "
			"too. A protocol without a port is found by its content, or by "
			"decode.hints in the configuration.",
		.exits = "0 1 3",
		.run = cv_cli_protocols,
	},
	{
		.name = "replay",
		.operands = "[--policy FILE | --config FILE] [OPTION...] CAPTURE...",
		.words = "file",
		.help = "run a capture file through the packet path, offline",
		.details = "Needs no root and no running node. --policy or --config says by which "
			   "rules; without them everything is forwarded and inspected. CAPTURE is "
			   "pcap or pcapng, - is standard input; several play as one. Prints the "
			   "events as CloudEvents, one object per line. Here 3 also says that the "
			   "capture is cut short; what could be read was played.",
		.options = {{"policy", "FILE", "file", "judge by this policy file"},
			    {"config", "FILE", "file", "as a node with this configuration would"},
			    {"summary", NULL, NULL, "print the counts instead of the events"},
			    {"jsonl", NULL, NULL, "print the events; the default"},
			    {"evidence", NULL, NULL,
			     "hold the verdicts against what a capture of dropped frames says"},
			    {"lane", "LANES", "alarm measurement status security",
			     "print these lanes only, commas between"},
			    {"hint", "HINT", NULL,
			     "what speaks on a port: tcp/17501=mqtt; =none: do not decode"},
			    {"node", "NAME", NULL, "node name in the ids of the events"},
			    {"burst", "N", NULL, "frames at once, 1-64; the events do not change"},
			    {"generation", "FILE", "file",
			     "judge by what culvert config compile wrote"}},
		.exits = "0 1 2 3 4 5",
		.offline = true,
		.run = cv_cli_replay,
	},
	{
		.name = "decode",
		.operands = "--hex HEX|--file FILE|PROTOCOL [HEX...]",
		.words = CV_DECODERS(WORD_ROW),
		.help = "explain and decode a message, offline",
		.details =
			"With --hex or --file: what each byte of the message is, and then the "
			"events that it becomes; of which protocol it is tells its content, or "
			"--proto. With PROTOCOL: the events alone, as CloudEvents, of hex digits "
			"behind it or, where HEX is missing or -, on standard input. Blanks, "
			"colons and hyphens between digits are passed over. Ends with 2 when the "
			"message is rejected: the parse-error event says why and where.",
		.options = {{"hex", "HEX", NULL, "the message as hex digits"},
			    {"file", "FILE", "file", "the message as the bytes of a file"},
			    {"proto", "PROTOCOL", CV_DECODERS(WORD_ROW), "what it is"},
			    CV_CLI_OPTION_JSON,
			    {"udp", NULL, NULL, "the message came by UDP"},
			    {"tcp", NULL, NULL, "the message came by TCP"},
			    {"from-server", NULL, NULL, "it goes from the server to the client"},
			    {"config", "FILE", "file", "as a node with this configuration would"},
			    {"policy", "FILE", "file", "judge by this policy file"},
			    {"generation", "FILE", "file",
			     "judge by what culvert config compile wrote"}},
		.exits = "0 1 2 3 4 5",
		.offline = true,
		.run = cv_cli_decode,
	},
	{
		.name = "config",
		.operands = "VERB ...",
		.help = "check configurations, put them in force and take them back",
		.details = "The node is one file, and each change of it a version that can be gone "
			   "back to. culvert help config VERB tells more about each.",
		.exits = "0 1 2 3 4 5",
		.verbs = config_verbs,
	},
	{
		.name = "policy",
		.operands = "VERB ...",
		.help = "write, try, sign and roll out policy",
		.details = "culvert help policy VERB tells more about each.",
		.exits = "0 1 2 3 4",
		.verbs = policy_verbs,
	},
	{
		.name = "firewall",
		.operands = "VERB ...",
		.help = "look at, put in place or remove the host's firewall",
		.details =
			"The table inet culvert in the nftables of this host, which protects the "
			"node itself. It is there without control, too.",
		.exits = "0 1 2 3",
		.verbs = firewall_verbs,
	},
	{
		.name = "quarantine",
		.operands = "VERB ...",
		.help = "put devices away, by address or MAC",
		.details =
			"The list of devices that get nothing through: what crosses the node is "
			"dropped with the reason quarantine, what goes to the node by the host's "
			"firewall. It lies in log.dir and outlives a restart.",
		.exits = "0 1 2 3",
		.verbs = quarantine_verbs,
	},
	{
		.name = "log",
		.operands = "VERB ...",
		.help = "check, look at and export an event log",
		.details =
			"Works on the log's folder, with control or without, and changes nothing "
			"in it. culvert help log VERB tells more about each.",
		.exits = "0 1 2 3 4 5",
		.verbs = log_verbs,
	},
	{
		.name = "alarm",
		.operands = "VERB ...",
		.help = "write, try and watch alarm rules",
		.details =
			"Rules say which values and silences of devices are alarms. culvert help "
			"alarm VERB tells more about each.",
		.exits = "0 1 2 3 4 5",
		.verbs = alarm_verbs,
	},
	{
		.name = "registry",
		.operands = "VERB ...",
		.help = "say which devices there are, whose and where",
		.details = "The registry of devices lies in log.dir. Events are told apart by it, "
			   "devices that it does not know are told of. culvert help registry VERB "
			   "tells more about each.",
		.exits = "0 1 2 3 4 5",
		.verbs = registry_verbs,
	},
	{
		.name = "token",
		.operands = "VERB ...",
		.help = "say who may read events from elsewhere",
		.details =
			"Who connects by TCP is known by a token or by a client certificate, and "
			"sees what its scope lets it. culvert help token VERB tells more.",
		.exits = "0 1 2 3",
		.verbs = token_verbs,
	},
	{
		.name = "update",
		.operands = "VERB ...",
		.help = "upgrade the appliance's system, or go back",
		.details =
			"The appliance has two system slots; an upgrade is written to the one that "
			"does not run and is tried once. culvert help update VERB tells more about "
			"each.",
		.exits = "0 1 2 3 4 5",
		.verbs = update_verbs,
		.owner = "culvert-update",
	},
	{
		.name = "fleet",
		.operands = "VERB ...",
		.help = "roll a release out to many nodes",
		.details =
			"For who publishes: makes and signs the directory that nodes poll, and "
			"reads "
			"what they report. Needs no node. culvert help fleet VERB tells more about "
			"each.",
		.exits = "0 1 2 3 4",
		.verbs = fleet_verbs,
	},
	{
		.name = "version",
		.help = "print the version",
		.details = "Prints the version of this program.",
		.exits = "0 1",
		.run = cv_cli_version,
	},
	{
		.name = "completion",
		.operands = "bash",
		.min_operands = 1,
		.max_operands = 1,
		.words = "bash",
		.help = "print a completion script",
		.details = "To use it in this shell: source <(culvert completion bash)",
		.exits = "0 1",
		.run = cv_cli_completion,
	},
	{
		.name = "help",
		.operands = "[COMMAND [VERB...]]",
		.max_operands = 3,
		.help = "print help",
		.details = "Without COMMAND: the list of commands.",
		.exits = "0 1",
		.run = cv_cli_help,
	},
	{0},
};
