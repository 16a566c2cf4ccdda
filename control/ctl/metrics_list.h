/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every metric of /metrics: id, type, name, help. Names follow Prometheus: base units, _total for
 * counters. The page docs/operator/metrics.md is written from here.
 */
#ifndef CV_METRICS_LIST_H
#define CV_METRICS_LIST_H

#define CV_METRICS(X)                                                                              \
	X(BUILD, gauge, "culvert_build_info", "1; version and node in the labels")                 \
	X(START, gauge, "culvert_start_time_seconds", "When control started, Unix time")           \
	X(WARNINGS, gauge, "culvert_warnings", "Warnings that culvert status tells")               \
	X(LEDGER, gauge, "culvert_ledger_state", "1 for the state the ledger is in")               \
	X(LEDGER_DIFFERENCE, gauge, "culvert_ledger_difference",                                   \
	  "Left less right of an equation of the ledger; means something at rest only")            \
	X(LEDGER_TERM, gauge, "culvert_ledger_term", "Each number of each equation of the ledger") \
	X(DATAPLANE, gauge, "culvert_dataplane_attached", "1 while a dataplane is attached")       \
	X(DATAPLANE_ENDED, counter, "culvert_dataplane_ended_total",                               \
	  "Dataplane processes that have ended")                                                   \
	X(RX, counter, "culvert_received_packets_total", "Packets the workers received")           \
	X(RX_BYTES, counter, "culvert_received_bytes_total", "Bytes of these")                     \
	X(FORWARDED, counter, "culvert_forwarded_packets_total", "Packets forwarded")              \
	X(HOST, counter, "culvert_host_packets_total", "Packets given to the host")                \
	X(DROPPED, counter, "culvert_dropped_packets_total", "Packets dropped, by reason")         \
	X(JUDGED, counter, "culvert_judged_packets_total",                                         \
	  "Packets the workers judged, by the verdict's reason")                                   \
	X(INTERRUPTED, counter, "culvert_interrupted_packets_total",                               \
	  "Packets in the hands of a dataplane that died")                                         \
	X(INSPECTED, counter, "culvert_inspected_packets_total", "Packets that went to decoding")  \
	X(OUTCOMES, counter, "culvert_decode_outcomes_total",                                      \
	  "What became of inspected packets, by outcome")                                          \
	X(FLOW, counter, "culvert_flow_events_total",                                              \
	  "Events of flow table, reassembly and radio frames")                                     \
	X(RADIO_WAITING, gauge, "culvert_radio_frames_waiting",                                    \
	  "Radio frames that wait for other gateways")                                             \
	X(MESSAGES, counter, "culvert_decoded_messages_total", "Messages decoded, by protocol")    \
	X(REPEATED, counter, "culvert_repeated_messages_total",                                    \
	  "Of these, delivered before and not again")                                              \
	X(REJECTED, counter, "culvert_rejected_messages_total",                                    \
	  "Messages rejected, by protocol and reason; without those that are 0")                   \
	X(BUSY, counter, "culvert_worker_busy_cycles_total",                                       \
	  "CPU cycles of the workers in polls that found packets")                                 \
	X(POLLS, counter, "culvert_worker_polls_total", "Polls of the workers")                    \
	X(POLLS_EMPTY, counter, "culvert_worker_empty_polls_total", "Of these without a packet")   \
	X(PRODUCED, counter, "culvert_lane_produced_records_total", "Records made, by lane")       \
	X(HANDED, counter, "culvert_lane_handed_records_total", "Records handed to control")       \
	X(SHED, counter, "culvert_lane_shed_records_total",                                        \
	  "Records for which there was no room in the handoff")                                    \
	X(ABANDONED, counter, "culvert_lane_abandoned_records_total",                              \
	  "Records in open blocks of a dataplane that died")                                       \
	X(TAKEN, counter, "culvert_lane_taken_records_total", "Records taken from the handoff")    \
	X(PORT_RX, counter, "culvert_port_received_packets_total", "Packets of a port")            \
	X(PORT_TX, counter, "culvert_port_sent_packets_total", "Packets sent by a port")           \
	X(PORT_MISSED, counter, "culvert_port_missed_packets_total",                               \
	  "Packets lost between XDP and the worker: its ring was full")                            \
	X(PORT_ERRORS, counter, "culvert_port_send_errors_total", "Packets a port did not take")   \
	X(PORT_MODE, gauge, "culvert_port_mode_info",                                              \
	  "1; how a port works: native, generic, detached or pcap")                                \
	X(XDP_PATHS, counter, "culvert_xdp_packets_total",                                         \
	  "Packets by the way XDP sent them, by port")                                             \
	X(XDP_JUDGED, counter, "culvert_xdp_judged_packets_total",                                 \
	  "Packets XDP judged, by port and reason; without those that are 0")                      \
	X(LOGGED, counter, "culvert_log_records_total", "Records in the event log, by lane")       \
	X(LOG_REFUSED, counter, "culvert_log_refused_records_total",                               \
	  "Records the event log did not take, by lane and reason")                                \
	X(LOG_GAPS, counter, "culvert_log_gap_records_total", "Gap records control made")          \
	X(LOG_BYTES, gauge, "culvert_log_size_bytes", "Size of a lane on disk")                    \
	X(LOG_BEGIN, gauge, "culvert_log_oldest_sequence", "Number of the oldest record kept")     \
	X(LOG_END, gauge, "culvert_log_next_sequence", "One past the newest record")               \
	X(LOG_TROUBLE, gauge, "culvert_log_trouble",                                               \
	  "1 while the disk of a lane has a trouble, by what it is")                               \
	X(LOG_WRITES, counter, "culvert_log_writes_total", "Writes to the event log")              \
	X(LOG_BLOCKS, counter, "culvert_log_blocks_total", "Blocks written")                       \
	X(LOG_WRITTEN, counter, "culvert_log_written_bytes_total", "Bytes written")                \
	X(LOG_CUT, counter, "culvert_log_cut_bytes_total", "Torn tails cut off at a start")        \
	X(LOG_BAD, counter, "culvert_log_bad_blocks_total", "Blocks found damaged in the log")     \
	X(LOG_PACKED, counter, "culvert_log_packed_segments_total", "Segments compressed")         \
	X(LOG_PACKED_FROM, counter, "culvert_log_packed_from_bytes_total", "Their bytes before")   \
	X(LOG_PACKED_TO, counter, "culvert_log_packed_to_bytes_total", "And after")                \
	X(DISK_FREE, gauge, "culvert_log_disk_free_bytes", "Free on the disk of log.dir")          \
	X(DISK_SIZE, gauge, "culvert_log_disk_size_bytes", "Size of the disk of log.dir")          \
	X(DEVICES, counter, "culvert_records_by_registry_total",                                   \
	  "Records by what the registry knows of their device")                                    \
	X(CONNECTIONS, gauge, "culvert_api_connections", "Connections open at the API")            \
	X(ACCEPTED, counter, "culvert_api_accepted_connections_total", "Connections taken")        \
	X(REFUSED, counter, "culvert_api_refused_connections_total",                               \
	  "Connections told to come later: too many")                                              \
	X(REQUESTS, counter, "culvert_api_requests_total", "Requests to the API")                  \
	X(PEERS, gauge, "culvert_api_peers", "Addresses that have connections by TCP")             \
	X(API_REFUSALS, counter, "culvert_api_refusals_total",                                     \
	  "Requests and connections refused for who asked or how much, by reason")                 \
	X(TOO_SLOW, counter, "culvert_api_slow_subscribers_total",                                 \
	  "Subscribers disconnected for being slow")                                               \
	X(SUBSCRIBERS, gauge, "culvert_subscribers", "Subscribers connected")                      \
	X(SUBSCRIBER_LAG, gauge, "culvert_subscriber_lag_events_max",                              \
	  "Events the subscriber furthest behind has yet to get")                                  \
	X(GROUP_LAG, gauge, "culvert_group_lag_events",                                            \
	  "Events a consumer group has yet to acknowledge")                                        \
	X(GROUP_MEMBERS, gauge, "culvert_group_members", "Members of a consumer group")            \
	X(SINK_STATE, gauge, "culvert_sink_state", "1 for the state a sink is in")                 \
	X(SINK_EVENTS, counter, "culvert_sink_events_total",                                       \
	  "Counters of a sink: taken, delivered, put_back and others")                             \
	X(SINK_REFUSED, counter, "culvert_sink_refused_events_total",                              \
	  "Events the far side will never take, by reason")                                        \
	X(SINK_UNDER_WAY, gauge, "culvert_sink_under_way_events",                                  \
	  "Events sent and not yet acknowledged by the far side")                                  \
	X(SINK_LAG, gauge, "culvert_sink_lag_events", "Events a sink has yet to deliver")          \
	X(SINK_STARTS, counter, "culvert_sink_starts_total", "Times a sink's process started")     \
	X(POLICY, gauge, "culvert_policy_generation", "Number of the policy in force")             \
	X(POLICY_SHADOW, gauge, "culvert_policy_shadow_generation",                                \
	  "Number of the policy judged beside it, 0 = none")                                       \
	X(POLICY_CONFIRM, gauge, "culvert_policy_confirm_pending",                                 \
	  "1 while the policy waits to be confirmed")                                              \
	X(POLICY_IN_STEP, gauge, "culvert_policy_dataplane_state",                                 \
	  "1 for how the dataplane stands to the policy in force")                                 \
	X(CONFIG, gauge, "culvert_config_version",                                                 \
	  "Version of the configuration in force, 0 = never changed by a command")                 \
	X(CONFIG_CONFIRM, gauge, "culvert_config_confirm_pending",                                 \
	  "1 while the configuration waits to be confirmed")                                       \
	X(RULE_HITS, counter, "culvert_policy_rule_hits_total",                                    \
	  "Packets a rule decided, by who judged; the first 500 rules that decided any")           \
	X(QUARANTINE, gauge, "culvert_quarantined_devices", "Devices put away")                    \
	X(FIREWALL, gauge, "culvert_firewall_in_place",                                            \
	  "1 while the host's table is in place; absent where it is not wanted")                   \
	X(EVIDENCE, counter, "culvert_evidence_copies_total",                                      \
	  "Copies of dropped frames, by who judged and what became of them")                       \
	X(CAPTURES, counter, "culvert_capture_frames_total",                                       \
	  "Copies offered to captures, by what became of them")

#endif
