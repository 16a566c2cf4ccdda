#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Changes of the node's configuration under traffic that crosses it: in place and with a new start of
# control no frame is lost, the dataplane's restart is over soon, and the ledger closes after each.
# What else a configuration lives through: tests/cli/test_config_life.sh.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
trap finish EXIT

FILE=$LAB_DIR/culvert.yaml
config() { culvert config "$@"; }
status() { config status --json | jq -r "$1"; }
live() { status .live; }
state_is() { [ "$(status .state)" = "$1" ]; }
live_is() { [ "$(live)" = "$1" ] && state_is live; }
# Both as their units keep them: started again when they end.
keep() { # keep NAME COMMAND
	cat >"$LAB_DIR/$1.sh" <<-END
		while :; do
			setpriv --pdeathsig TERM $2 >>$LAB_DIR/$1.log 2>&1
			sleep 0.2
		done
	END
	lab_spawn "$1" box bash "$LAB_DIR/$1.sh"
}
# variant NAME SED...: the file with something changed
variant() {
	local name=$1
	shift
	sed "$@" "$FILE" >"$LAB_DIR/$name.yaml"
}
same() { cmp -s "$1" "$2"; }
# Pings that cross the node while it changes; lost_pings says how many have no answer though a later
# one has.
pings_start() {
	: >"$LAB_DIR/ping.out"
	lab_spawn ping dev ping -i 0.02 -W 5 "$PLAT_IP"
	PING=${LAB_PIDS[-1]}
	sleep 1
}
lost_pings() {
	kill -INT "$PING"
	wait "$PING"
	sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' "$LAB_DIR/ping.out" | sort -nu |
		awk '{ if (last) lost += $1 - last - 1; last = $1 } END { print (last > 20 ? lost + 0 : "too few") }'
}

lab_up && lab_config || exit 1
keep control "$LAB_BUILD/control/culvert-control --config $FILE"
wait_for 120 "culvert-control" culvert status --json || { cat "$LAB_DIR/control.log"; exit 1; }
keep dataplane "$LAB_BUILD/dataplane/culvert-dataplane --link $LAB_DIR/dataplane.sock --pin-dir /sys/fs/bpf/$LAB"
wait_for 60 "culvert-dataplane" dataplane_attached || exit 1
wait_for 10 "a way through" in_ns dev ping -c 1 -W 1 "$PLAT_IP"
cp "$FILE" "$LAB_DIR/first.yaml"
variant live 's/^api: {/api: { connections: 300,/'
variant control 's/127.0.0.1:8480/127.0.0.1:8481/'
variant data 's/flush: [^ ,}]*/flush: 3ms/'

# --- in place -------------------------------------------------------------------------------------
pings_start
check "apply what is live" config apply --confirm 60s "$LAB_DIR/live.yaml"
equal "in force, waiting" "2 confirm-pending" "$(status '"\(.live) \(.state)"')"
check "the file is as it was" same "$FILE" "$LAB_DIR/first.yaml"
says "a second operator" 'configuration 2 of root .* waits to be confirmed until' config apply "$LAB_DIR/data.yaml"
check "and it is told in the status" sh -c "'$LAB_BUILD/control/cli/culvert' --socket $LAB_DIR/control.sock status | grep -q 'waits to be confirmed'"
check "confirm" config confirm
check "now the file is that" same "$FILE" "$LAB_DIR/live.yaml"
check "by hand back to 1" config rollback 1 --now
check "the file follows at once" same "$FILE" "$LAB_DIR/first.yaml"
equal "its number is new" 3 "$(live)"
equal "no ping was lost" 0 "$(lost_pings)"

# --- control starts anew --------------------------------------------------------------------------
api_at() { in_ns box curl -s -o /dev/null "http://127.0.0.1:$1/v1/status"; }
pings_start
check "apply what needs control" config apply --confirm 30s "$LAB_DIR/control.yaml"
check "the API is at the new port" api_at 8481
check "the file is as it was" same "$FILE" "$LAB_DIR/first.yaml"
check "not confirmed: it goes back by itself" wait_for 150 "going back" live_is 3
wait_for 150 "control" culvert status --json
check "the API is at the old port" api_at 8480

equal "no ping was lost" 0 "$(lost_pings)"
equal "the trail says so" confirm-timeout "$(config audit --json | jq -r '.entries[0].what')"
check_ledger

check "apply it once more" config apply "$LAB_DIR/control.yaml"
check "and undo" config undo
wait_for 150 "going back" live_is 3
check "back at the old port" wait_for 150 "the old port" api_at 8480

# --- the dataplane starts anew --------------------------------------------------------------------
before=$(culvert status --json | jq -r .dataplane.pid)
check "apply what needs the dataplane" config apply --confirm 60s "$LAB_DIR/data.yaml"
another_dataplane() { culvert status --json | jq -e --argjson p "$before" '.dataplane.attached and .dataplane.pid != $p'; }
check "another dataplane runs" wait_for 150 "another dataplane" another_dataplane
check "and forwards" wait_for 10 "a way through" in_ns dev ping -c 1 -W 1 "$PLAT_IP"
check "confirm" config confirm
check_ledger

