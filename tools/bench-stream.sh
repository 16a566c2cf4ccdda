# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Benches of the event log and of what subscribers are sent; sourced by tools/bench, not run.
# shellcheck disable=SC2154 # what is not set here is set by it and by tools/lib.sh

bench_stalled() {
	note "stalled: 100 readers beside 100 who do not read"
	"$LAB_BUILD/tests/perf/bench_stalled" "$LAB_BUILD/tests/subscriber/subscriber_serve" 100 100 20000 "$turns" \
		>"$LAB_DIR/stalled.json" || return 1
	jq -r '.turns[] | "\(.beside) \(.alone)"' "$LAB_DIR/stalled.json" |
		result "stalled" "events/s" "100 subscribers beside 100 stalled" "100 subscribers alone" ">= 0.95"
	jq -r '"\(.bytes_per_subscriber) 1"' "$LAB_DIR/stalled.json" | result "memory" bytes "one more subscriber" none report
	jq -r '"\(.bytes_per_stalled) 1"' "$LAB_DIR/stalled.json" | result "memory" bytes "one more who does not read" none report
}

# run_redis PORT: SETs of 128 bytes per second, in pipelines, each acknowledged after its fsync.
run_redis() {
	local pid code=0
	mkdir -p "$LAB_DIR/redis"
	redis-server --port "$1" --bind 127.0.0.1 --dir "$LAB_DIR/redis" --appendonly yes --appendfsync always \
		--save '' --auto-aof-rewrite-percentage 0 >"$LAB_DIR/redis.out" 2>&1 &
	pid=$!
	wait_for 10 redis listens "$1" &&
		redis-benchmark -p "$1" -t set -d 128 -r 100000 -c 16 -P 256 -n 500000 --csv 2>/dev/null |
		awk -F'"' '$2 == "SET" { print $4; n++ } END { exit !n }' || code=1
	kill $pid && wait $pid
	rm -rf "$LAB_DIR/redis"
	return $code
}

# run_jetstream PORT: asynchronous publishes of 128 bytes per second.
run_jetstream() {
	local pid code=0
	nats-server -a 127.0.0.1 -p "$1" -js -sd "$LAB_DIR/nats" >"$LAB_DIR/nats.out" 2>&1 &
	pid=$!
	wait_for 10 nats-server listens "$1" &&
		"$LAB_BUILD/tests/perf/bench_jetstream" "nats://127.0.0.1:$1" 2 | jq -e .events_per_s || code=1
	kill $pid && wait $pid
	rm -rf "$LAB_DIR/nats"
	return $code
}

# An append counts when it is flushed; JetStream acknowledges before, as it comes. The log and the bare
# writes have one CPU, as control has on a node of two; the others and their clients both.
bench_stream() {
	local log raw redis jet i
	# shellcheck disable=SC2086 # a list of words
	[ $install = no ] || cv_install $cv_packages_stream
	[ -x "$LAB_BUILD/tests/perf/bench_jetstream" ] || { say "stream: install libnats-dev and build again"; return 1; }
	for ((i = 0; i < turns; i++)); do
		note "stream: turn $((i + 1)) of $turns"
		taskset -c $(($(nproc) - 1)) "$LAB_BUILD/tests/perf/bench_eventlog" "$LAB_DIR/bench-log" 2 16-blocks >"$LAB_DIR/stream.json" || return 1
		rm -rf "$LAB_DIR/bench-log"
		log=$(jq 'select(.case == "16-blocks").events_per_s' "$LAB_DIR/stream.json")
		raw=$(jq 'select(.case == "raw-16-blocks").events_per_s' "$LAB_DIR/stream.json")
		redis=$(run_redis 28379) && jet=$(run_jetstream 28380) || { say "stream: a peer did not run"; return 1; }
		echo "$log $raw $redis $jet"
	done >"$LAB_DIR/turns"
	cut -d' ' -f1,2 "$LAB_DIR/turns" | result "durable append" "events/s" "event log, 128 B events, 1 MiB and a flush" \
		"raw O_DIRECT writes of the same bytes and a flush" ">= 0.85"
	cut -d' ' -f1,3 "$LAB_DIR/turns" | result "durable append" "events/s" "event log, 128 B events" \
		"Redis AOF always, 16 clients, pipelines of 256" ">= 4"
	cut -d' ' -f1,4 "$LAB_DIR/turns" | result "durable append" "events/s" "event log, 128 B events" \
		"JetStream file storage, asynchronous" ">= 8"
}

# start_nchan PORT: nginx with nchan, messages in memory and as many as there are; sets nginx.
start_nchan() {
	cat >"$LAB_DIR/nginx.conf" <<-END
		load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
		daemon off;
		worker_processes auto;
		pid $LAB_DIR/nginx.pid;
		error_log $LAB_DIR/nginx.log crit;
		events { worker_connections 4096; }
		http {
			access_log off;
			keepalive_requests 1000000000;
			nchan_shared_memory_size 512m;
			client_body_temp_path $LAB_DIR/nginx-body;
			proxy_temp_path $LAB_DIR/nginx-proxy;
			fastcgi_temp_path $LAB_DIR/nginx-fastcgi;
			uwsgi_temp_path $LAB_DIR/nginx-uwsgi;
			scgi_temp_path $LAB_DIR/nginx-scgi;
			server {
				listen 127.0.0.1:$1;
				location ~ ^/pub/(\w+)\$ {
					nchan_publisher;
					nchan_channel_id \$1;
					nchan_message_buffer_length 100000;
				}
				location ~ ^/sub/([\w,]+)\$ {
					nchan_subscriber eventsource;
					nchan_channel_id \$1;
					nchan_channel_id_split_delimiter ",";
					nchan_subscriber_first_message newest;
				}
			}
		}
	END
	nginx -c "$LAB_DIR/nginx.conf" >"$LAB_DIR/nginx.out" 2>&1 &
	nginx=$!
	wait_for 10 nginx listens "$1"
}

# fanout_row NAME PEER GOAL: of the turns in $LAB_DIR/fanout.json
fanout_row() {
	jq -r --arg peer "$2" '.turns[] | "\(.culvert) \(.[$peer])"' "$LAB_DIR/fanout.json" |
		result "$1" "deliveries/s" "logged, flushed, sent by Culvert" "$2, in memory" "$3"
}

# Events of which each is for some of the subscribers. nchan has fewer: it is slow with them.
bench_fanout() {
	local nats nginx code=0 fanout=("$LAB_BUILD/tests/perf/bench_fanout" "$LAB_BUILD/tests/subscriber/subscriber_serve")
	# shellcheck disable=SC2086 # a list of words
	[ $install = no ] || cv_install $cv_packages_stream
	nats-server -a 127.0.0.1 -p 28380 >"$LAB_DIR/nats.out" 2>&1 &
	nats=$!
	start_nchan 28381 && wait_for 10 nats-server listens 28380 || code=1
	note "fanout: one subscriber, $turns turns"
	[ $code = 0 ] && "${fanout[@]}" 1 0 200000 "$turns" nats=127.0.0.1:28380 >"$LAB_DIR/fanout.json" &&
		fanout_row "1 subscriber, all events" nats ">= 2" || code=1
	note "fanout: 100 subscribers, $turns turns"
	[ $code = 0 ] && "${fanout[@]}" 100 10 50000 "$turns" nats=127.0.0.1:28380 >"$LAB_DIR/fanout.json" &&
		fanout_row "100 subscribers, 10 devices of 100 each" nats ">= 3" || code=1
	[ $code = 0 ] && "${fanout[@]}" 100 10 10000 "$turns" nchan=127.0.0.1:28381 >"$LAB_DIR/fanout.json" &&
		fanout_row "100 subscribers, 10 devices of 100 each" nchan ">= 5" || code=1
	kill $nats $nginx && wait $nats $nginx
	return $code
}

# recovery_node EVENTS: a log of that many in $LAB_DIR/log-EVENTS and a node that has it.
recovery_node() {
	local dir=$LAB_DIR/log-$1
	"$LAB_BUILD/tests/eventlog/make_log" "$dir" "$1" 64 || return 1
	"$LAB_BUILD/tests/tools/gen_capture" plain 1 1 "$LAB_DIR/empty.pcap"
	echo 'default: { ip: allow }' >"$LAB_DIR/policy.yaml"
	cat >"$LAB_DIR/node-$1.yaml" <<-END
		node: make-log
		ports: [ { name: rec, target: "pcap:$LAB_DIR/empty.pcap", side: device } ]
		policy: policy.yaml
		log: { dir: $dir, retain: { measurement: { size: 64GiB, age: any } } }
		api: { socket: $recovery_run/recovery.sock, listen: off }
		link: { socket: $recovery_run/recovery-link.sock }
		bpf: { pin_dir: /sys/fs/bpf/$LAB }
	END
}

# served EVENTS: milliseconds from the start of control to the first event.
served() {
	"$LAB_BUILD/tests/perf/bench_first" http "$recovery_run/recovery.sock" \
		"$LAB_BUILD/control/culvert-control" --config "$LAB_DIR/node-$1.yaml" 2>>"$LAB_DIR/recovery.out"
}

# From a kill to the first event served, by logs of different lengths and beside JetStream.
bench_recovery() {
	local i few=1000000 some=2000000 many=$recovery_many nats=(nats-server -a 127.0.0.1 -p 28380 -js -sd "$LAB_DIR/nats") pid code=0
	# shellcheck disable=SC2086 # a list of words
	[ $install = no ] || cv_install $cv_packages_stream
	nats[0]=$(command -v nats-server)
	# What a node has in /run: control's sockets, and what it tells the host. Gone with this program.
	recovery_run=$(mktemp -d /dev/shm/culvert-bench.XXXXXX)
	note "recovery: logs of $few, $some and $many events, a JetStream of $some"
	recovery_node $few && recovery_node $some && recovery_node "$many" || return 1
	"${nats[@]}" >"$LAB_DIR/nats.out" 2>&1 &
	pid=$!
	wait_for 10 nats-server listens 28380 &&
		"$LAB_BUILD/tests/perf/bench_jetstream" nats://127.0.0.1:28380 600 $some >"$LAB_DIR/jet.json" || code=1
	kill -KILL $pid && wait $pid
	[ $code = 0 ] && jq -e ".events == $some" "$LAB_DIR/jet.json" >/dev/null || { say "recovery: JetStream did not take $some events"; return 1; }
	# From here on each start is one after a kill.
	for i in $few $some "$many"; do
		served "$i" >/dev/null || code=1
	done
	[ $code = 0 ] || { tail -n 5 "$LAB_DIR/recovery.out"; return 1; }
	for ((i = 0; i < turns; i++)); do
		note "recovery: turn $((i + 1)) of $turns"
		echo "$(served $some) $("$LAB_BUILD/tests/perf/bench_first" nats 28380 "${nats[@]}" 2>>"$LAB_DIR/nats.out") $(served "$many") $(served $few)"
	done >"$LAB_DIR/turns"
	awk 'NF != 4 { exit 1 }' "$LAB_DIR/turns" || { tail -n 5 "$LAB_DIR/recovery.out"; return 1; }
	cut -d' ' -f1,2 "$LAB_DIR/turns" | result recovery ms "kill -9 to first event, $some events" \
		"JetStream, the same" "<= 0.5"
	cut -d' ' -f3,4 "$LAB_DIR/turns" | result recovery ms "$many events" "$few events" "<= 1.2"
	forget_logs "$LAB_DIR"
	rm -rf "$LAB_DIR"/log-* "$LAB_DIR/nats"
}
