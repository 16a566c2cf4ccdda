/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert policy` that need no node. culvert hands them to culvert-control, which reads
 * its arguments by these same rows; what does the work is named in control/policy/command.c.
 */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_policy_offline[] = {
	{
		.name = "policy check",
		.operands = "POLICY",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "say whether a policy file is right",
		.details = "Tells every mistake with its line and column, and rules that can never "
			   "decide anything. POLICY - is standard input.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "policy doc",
		.help = "print what a policy file may hold",
		.details = "Every key with its values and defaults, as Markdown.",
		.exits = "0 1 3",
		.offline = true,
	},
	{
		.name = "policy explain",
		.operands = "POLICY [DESTINATION SERVICE]",
		.min_operands = 1,
		.max_operands = 3,
		.words = "file",
		.help = "say why a packet is let pass or dropped",
		.details =
			"Shows the steps of the verdict, the look-ups in their order, the rule "
			"that "
			"decides, its limits, and what each enforcement point does: XDP, worker, "
			"decoding, nftables. For a packet: POLICY --packet SOURCE DESTINATION "
			"SERVICE, "
			"for example 10.1.0.3 10.2.0.5 udp/5683. For one of a capture: --pcap and "
			"--frame; what came before it is played first. For a device: everything it "
			"may "
			"send and what may reach it.",
		.options = {{"packet", "SOURCE", NULL,
			     "a packet from here, to DESTINATION for SERVICE"},
			    {"device", "ADDRESS", NULL, "everything about this device"},
			    {"pcap", "CAPTURE", "file", "a packet of this capture"},
			    {"frame", "N", NULL, "which one, from 1"},
			    {"config", "FILE", "file", "compile for the ports of this node"},
			    {"port", "NAME", NULL, "it comes in by this port"},
			    {"vlan", "N", NULL, "in this VLAN"},
			    {"mac", "ADDRESS", NULL, "from this MAC address"},
			    {"sport", "N", NULL, "from this TCP or UDP port; 40000"},
			    {"native", NULL, NULL, "do not ask the kernel"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 5 6",
		.offline = true,
	},
	{
		.name = "policy learn",
		.operands = "[CAPTURE...]",
		.max_operands = 65536,
		.words = "file",
		.help = "write a policy that allows what was seen",
		.details = "Reads captures, or listens on interfaces for a while, and prints a "
			   "policy of least privilege: groups, services and rules with what was "
			   "counted as comments, rates from the peaks seen, all else dropped. What "
			   "it leaves out is listed. Same captures, same policy. Read it before "
			   "you use it. 3 also says that a capture is cut short; what could be "
			   "read was used.",
		.options =
			{{"pcap", "CAPTURE", "file", "learn from this capture; may come again"},
			 {"live", "INTERFACE", NULL,
			  "listen to what this interface receives; may come again"},
			 {"duration", "TIME", NULL, "how long to listen; 60s"},
			 {"filter", "EXPRESSION", NULL, "only packets that match, pcap-filter(7)"},
			 {"config", "FILE", "file", "what speaks on which port, as on this node"},
			 {"prefixes", "N", NULL, "prefixes per group that one can read; 16"},
			 {"headroom", "FACTOR", NULL, "rate over the peak seen, 0 = no rates; 2"},
			 {"no-constraints", NULL, NULL, "say nothing of the messages"},
			 {"bind", NULL, NULL,
			  "bind addresses and identities to the one place they were seen at"},
			 {"output", "FILE", "file", "write the policy there"},
			 CV_CLI_OPTION_JSON},
		.letters = "         o",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "policy test",
		.operands = "POLICY [CAPTURE...]",
		.min_operands = 1,
		.max_operands = 65536,
		.words = "file",
		.help = "try a policy on recorded traffic",
		.details = "Judges every packet by the XDP object that would be loaded and by the "
			   "worker's tables, which must agree, runs the policy's module in the "
			   "kernel "
			   "behind it, and lets the worker's decoders refuse what "
			   "the policy refuses; the captures' times drive rate limits. POLICY is "
			   "a policy file or a bundle. Prints verdicts "
			   "by reason, hits by rule, what rules in shadow mode would drop, "
			   "differences to another policy and unmet "
			   "expectations. Ends with 4 where packets end otherwise than under the "
			   "other "
			   "policy or an expectation is not met, with 3 where the kernel cannot be "
			   "asked "
			   "or a capture is cut short.",
		.options = {{"pcap", "CAPTURE", "file",
			     "judge this capture; may come again, several play by time"},
			    {"port", "NAME", NULL, "captures behind this came in by this port"},
			    {"config", "FILE", "file", "compile for the ports of this node"},
			    {"against", "POLICY", "file",
			     "show where this policy or bundle decides otherwise; running: the "
			     "node's"},
			    {"module", "OBJECT", "file",
			     "POLICY's module, where it is no bundle that has one"},
			    {"expect", "FILE", "file",
			     "hold the verdicts against these expectations"},
			    {"filter", "EXPRESSION", NULL,
			     "only packets that match, pcap-filter(7)"},
			    {"packets", NULL, NULL, "print the verdict of every packet"},
			    {"native", NULL, NULL, "do not ask the kernel: needs no privilege"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4 5 6",
		.offline = true,
	},
	{
		.name = "policy keygen",
		.help = "make a key pair for signing",
		.details = "Writes two files as minisign does: the public key, which goes into the "
			   "trust directory of the nodes, and the secret key, which stays with its "
			   "owner and is encrypted with a password. Neither may exist before.",
		.options = {{"public", "FILE", "file", "public key; minisign.pub"},
			    {"secret", "FILE", "file",
			     "secret key; $MINISIGN_CONFIG_DIR or ~/.minisign, minisign.key"},
			    {"password-file", "FILE", "file",
			     "first line is the password; otherwise it is asked for"},
			    {"no-password", NULL, NULL, "do not encrypt the secret key"},
			    CV_CLI_OPTION_JSON},
		.letters = "ps W",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "policy bundle",
		.operands = "POLICY [FILE...]",
		.min_operands = 1,
		.max_operands = 128,
		.words = "file",
		.help = "put a policy and its files into one file",
		.details =
			"FILE is what the policy refers to: lists, and modules (*.o). The bundle "
			"is "
			"checked as policy check does, from its own files alone. Nodes refuse a "
			"version lower than one they have seen, and bundles that have expired. "
			"Same input, same bytes: --created, or SOURCE_DATE_EPOCH, says when it was "
			"made.",
		.options = {{"output", "FILE", "file", "where to; needed"},
			    {"version", "N", NULL, "version of the policy, from 1; needed"},
			    {"name", "NAME", NULL, "name of the policy; that of its file"},
			    {"expires", "WHEN", NULL,
			     "90d, 2027-02-19, 2027-02-19T13:00:00Z or never; 90d"},
			    {"created", "TIME", NULL, "2026-11-21T13:00:00Z; now"},
			    CV_CLI_OPTION_JSON},
		.letters = "o",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "policy sign",
		.operands = "BUNDLE...",
		.min_operands = 1,
		.max_operands = 128,
		.words = "file",
		.help = "sign bundles",
		.details =
			"Writes BUNDLE.minisig; where that is of another signer, "
			"BUNDLE.KEYID.minisig. "
			"minisign -V verifies it, and what minisign -S writes is as good. Only a "
			"bundle that is whole is signed.",
		.options = {{"key", "FILE", "file",
			     "secret key; $MINISIGN_CONFIG_DIR or ~/.minisign, minisign.key"},
			    {"password-file", "FILE", "file",
			     "first line is the password; otherwise it is asked for"},
			    {"comment", "TEXT", NULL,
			     "signed with it; time, file, policy and version"},
			    {"signature", "FILE", "file", "where to; one BUNDLE only"},
			    CV_CLI_OPTION_JSON},
		.letters = "k tx",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "policy verify",
		.operands = "BUNDLE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "say whether a node would take a bundle",
		.details =
			"Looks at archive, signatures, expiry and version as a node does. Without "
			"--keys and --key: /etc/culvert/trust. Without --signature: BUNDLE.minisig "
			"and BUNDLE.*.minisig. Ends with 2 when the bundle or a file is damaged, "
			"with 4 when it is whole and must not be used.",
		.options = {{"keys", "DIR", "file",
			     "directory of trusted *.pub, or a file of keys"},
			    {"key", "FILE", "file", "a trusted public key; may come again"},
			    {"threshold", "K", NULL, "so many different keys must have signed; 1"},
			    {"min-version", "N", NULL, "older ones are refused"},
			    {"signature", "FILE", "file", "a signature; may come again"},
			    {"at", "TIME", NULL, "as if it were this time: 2026-11-21T13:00:00Z"},
			    CV_CLI_OPTION_JSON},
		.letters = " p  x",
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{0},
};
