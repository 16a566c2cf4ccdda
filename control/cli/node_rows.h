/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of commands without verbs that culvert-control does: both programs read them here. */
#ifndef CV_CLI_NODE_ROWS_H
#define CV_CLI_NODE_ROWS_H

#include "control/cli/command.h"

#define CV_CLI_DOCTOR_ROW                                                                          \
	.name = "doctor", .help = "say what this machine lacks for the work, with the remedy",     \
	.details = "Processor, kernel, io_uring, BPF, AF_XDP, hugepages, NUMA, isolation and "     \
		   "interrupts of the worker's CPU, clock, disk, and every interface of the "      \
		   "configuration: driver, queues, MTU, native or generic XDP, zero-copy or copy " \
		   "mode. Works without a node and changes nothing. A problem is what keeps "      \
		   "Culvert from its work, a warning what makes it slower or less sure; each has " \
		   "its remedy. Ends with 4 where there is a problem.",                            \
	.options = {{"config", "FILE", "file",                                                     \
		     "its ports and folders; /etc/culvert/culvert.yaml"},                          \
		    {"root", "DIR", "file",                                                        \
		     "proc and sys of another machine lie below DIR; asks this kernel nothing"},   \
		    CV_CLI_OPTION_JSON},                                                           \
	.exits = "0 1 2 4 5", .offline = true

#define CV_CLI_SUPPORT_ROW                                                                         \
	.name = "support",                                                                         \
	.help = "write one file with what helps to find a fault, without secrets",                 \
	.details =                                                                                 \
		"Configuration, policy, what control says of itself, doctor, the event log's "     \
		"segments, the machine and the journal of both services, as a tar within zstd. "   \
		"Passwords, tokens and keys are left out, also where they stand in a comment or "  \
		"in a log; addresses and names of devices are not. Works without control, and "    \
		"with a configuration that is wrong. No events, no frames.",                       \
	.options = {{"config", "FILE", "file", "of the node; /etc/culvert/culvert.yaml"},          \
		    {"output", "FILE", "file",                                                     \
		     "where to, - is standard output; culvert-support-NODE-TIME.tar.zst"},         \
		    {"size", "SIZE", NULL, "at most so large, 16KiB-1GiB; 16MiB"}},                \
	.letters = " o", .exits = "0 1 5", .offline = true

#define CV_CLI_PROVISION_ROW                                                                       \
	.name = "provision", .operands = "[FOLDER]", .max_operands = 1, .words = "file",           \
	.help = "give a new node its configuration, policy and keys",                              \
	.details = "FOLDER holds node.yaml and what belongs to it (docs/operator/provision.md). "  \
		   "It is "                                                                        \
		   "checked whole, put in place whole and once: a node that has a configuration "  \
		   "of its "                                                                       \
		   "own goes on with it and says so (4), one that has these files already is "     \
		   "content. "                                                                     \
		   "Whatever is wrong, nothing is changed; what could not be put in place "        \
		   "whole is kept, and ends with 5. Without FOLDER what a power cut "              \
		   "interrupted "                                                                  \
		   "is finished. The appliance does it at its first start, from a stick or boot "  \
		   "partition labelled CULVERT and from systemd's credentials.",                   \
	.options = {{"again", NULL, NULL,                                                          \
		     "also where the node has been provisioned or configured"},                    \
		    {"credentials", NULL, NULL, "FOLDER is flat, as systemd's credentials are"},   \
		    {"source", "TEXT", NULL, "what FOLDER is called, for the audit trail"},        \
		    {"data", "DIR", "file", "the node's data; /data/culvert"},                     \
		    {"factory", "FILE", "file",                                                    \
		     "the configuration of a new node; /usr/share/culvert/factory/culvert.yaml"}}, \
	.exits = "0 1 2 3 4 5", .offline = true

#endif
