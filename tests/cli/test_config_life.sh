#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_config_life.sh BUILD CAPTURE: the life of the node's configuration, on a node that plays a
# capture all the while: confirmed and not, taken back by hand, by time, by a start that fails and by
# lost management; two operators; a file edited by hand; killed at every step. The ledger closes in
# the end. (Frames that cross a node: tests/netns/test_config.sh.)
set -uo pipefail
# An address that comes and goes, in a network namespace of the test's own.
if [ "$(id -u)" -eq 0 ] && [ -z "${LIFE_NS:-}" ] && unshare -n true 2>/dev/null; then
	LIFE_NS=1 exec unshare -n "$0" "$@"
fi
# shellcheck source=tests/cli/tally.sh
. "$(dirname "$0")/tally.sh"
BUILD=$(realpath "$1") CAPTURE=$(realpath "$2")
DIR=$(mktemp -d)
FILE=$DIR/culvert.yaml
PIDS=() CONTROL_PID=""
leave() {
	local pid
	for pid in "${PIDS[@]}" $CONTROL_PID $(cat "$DIR/control.pid" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
	[ ! -e "$DIR/dataplane.pid" ] || kill -9 "$(cat "$DIR/dataplane.pid")" 2>/dev/null
	wait 2>/dev/null
	ip netns del "life-$$" 2>/dev/null
	rm -rf "$DIR"
}
trap leave EXIT
wait_for() { # wait_for SECONDS WHAT COMMAND...
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt "$deadline" ] || { say "timed out waiting for $what"; return 1; }
		sleep 0.05
	done
}
at_loss() { tail -n 5 "$DIR/control.out"; }
culvert() { "$BUILD/control/cli/culvert" --socket "$DIR/control.sock" "$@"; }
config() { culvert config "$@"; }
status() { config status --json | jq -r "$1"; }
live() { status .live; }
state_is() { [ "$(status .state)" = "$1" ]; }
live_is() { [ "$(live)" = "$1" ] && state_is live; }
kill_at() { printf '%s\n' "$1" >"$DIR/kill-at"; }
# A program that gave up need not be waited for.
ended_or() { [ ! -e "/proc/$1" ] || "${@:2}"; }
# Control as its unit keeps it: started again when it ends for another configuration (4), and, since
# the sockets of one that was killed go away with its last request to the kernel, when it could not.
steps_start() {
	(
		code=4
		for _ in $(seq 20); do
			CULVERT_KILL_FILE=$DIR/kill-at "$BUILD/control/culvert-control-steps" --config "$FILE" \
				>>"$DIR/control.out" 2>&1 </dev/null &
			echo $! >"$DIR/control.pid"
			wait $!
			code=$?
			[ $code = 4 ] || [ $code = 3 ] || break
			sleep 0.2
		done
		echo "$code" >"$DIR/control.code"
	) &
	CONTROL_PID=$!
	wait_for 60 "culvert-control" ended_or "$CONTROL_PID" culvert status --json &&
		culvert status --json >/dev/null 2>&1
}
control_now() { cat "$DIR/control.pid"; }
end_control() { # end_control SIGNAL
	kill "-$1" "$(control_now)"
	wait "$CONTROL_PID" 2>/dev/null
}
is_dead() { ! grep -q '^State:[[:space:]]*[^Z]' "/proc/$CONTROL_PID/status" 2>/dev/null; }
# variant NAME SED...: the file with something changed
variant() {
	local name=$1
	shift
	sed "$@" "$FILE" >"$DIR/$name.yaml"
}
same() { cmp -s "$1" "$2"; }

cat >"$FILE" <<END
node: life
ports: [ { name: rec, target: "pcap:$CAPTURE", side: device, repeat: 1000000, rate: 500/s } ]
policy: policy.yaml
log:
  dir: $DIR/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $DIR/control.sock, listen: off }
link: { socket: $DIR/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/life-$$ }
dataplane: { flush: 1ms, hugepages: never }
cleaning: { repeats: false }
END
echo 'default: { ip: allow, inspect: true }' >"$DIR/policy.yaml"
kill_at ""
: >"$DIR/control.out"
# The dataplane as its unit keeps it: started again whenever it ends.
(
	while [ -e "$DIR/policy.yaml" ]; do
		"$BUILD/dataplane/culvert-dataplane" --link "$DIR/dataplane.sock" --no-huge >>"$DIR/dataplane.out" 2>&1 &
		echo $! >"$DIR/dataplane.pid"
		wait $!
		sleep 0.2
	done
) &
PIDS+=($!)
dataplane_attached() { culvert status --json | jq -e '.dataplane.attached'; }
steps_start || exit 1
check "the dataplane" wait_for 30 "culvert-dataplane" dataplane_attached
cp "$FILE" "$DIR/first.yaml"

# --- looked at ------------------------------------------------------------------------------------
equal "never changed" 0 "$(live)"
variant live 's/^api: {/api: { connections: 300,/'
variant control 's/^node: life/node: other/'
variant data 's/flush: [^ ,}]*/flush: 3ms/'
for v in live control data; do cp "$DIR/$v.yaml" "$DIR/$v.txt"; done
equal "cost of connections" live "$(config diff "$DIR/live.yaml" --json | jq -r .cost)"
equal "cost of node" control "$(config diff "$DIR/control.yaml" --json | jq -r .cost)"
equal "cost of dataplane.flush" dataplane "$(config diff "$DIR/data.yaml" --json | jq -r .cost)"
equal "cost of nothing" "nothing 0" "$(config diff "$FILE" --json | jq -r '"\(.cost) \(.changes | length)"')"
variant wrong 's/^node:/nodee:/'
says "a wrong file" fails '(^|/)wrong.yaml:[0-9]+:1: error: unknown setting "nodee"' config apply "$DIR/wrong.yaml"
variant nopolicy 's/^policy: .*/policy: none.yaml/'
says "a file without its policy" fails 'none.yaml' config apply "$DIR/nopolicy.yaml"
{ echo 'version: 2'; echo 'wonders: 7'; cat "$FILE"; } >"$DIR/newer.yaml"
says "a file for a newer Culvert" fails 'for a newer Culvert' config apply "$DIR/newer.yaml"
equal "and nothing else is said of it" 1 "$(grep -c error: "$DIR/says.out")"
says "both options" fails 'one of --confirm and --now' config apply --now --confirm 5s "$FILE"
says "too short a time" fails 'from 1s to 7d' config apply --confirm 5ms "$FILE"
says "nothing to confirm" fails 'nothing waits' config confirm
says "nothing to undo" fails 'nothing to go back to' config undo
equal "nothing was changed by any of it" 0 "$(live)"
check "no folder of versions until something changes" test ! -e "$FILE.versions"

# --- in place, and with a new start of control ----------------------------------------------------
check "apply what is live" config apply --confirm 60s "$DIR/live.yaml"
equal "in force, waiting" "2 confirm-pending" "$(status '"\(.live) \(.state)"')"
check "the file is as it was" same "$FILE" "$DIR/first.yaml"
says "a second operator" fails 'configuration 2 of root .* waits to be confirmed until' config apply "$DIR/data.yaml"
equal "a second operator ends with" 4 "$(config apply "$DIR/data.yaml" >/dev/null 2>&1; echo $?)"
check "confirm" config confirm
check "now the file is that" same "$FILE" "$DIR/live.yaml"
check "back to 1" config rollback 1 --now
check "the file follows at once" same "$FILE" "$DIR/first.yaml"
equal "its number is new" 3 "$(live)"
# Live is live: of more readers than the new bound one is turned away.
variant few 's/^api: {/api: { connections: 8,/'
check "apply fewer connections" config apply --now "$DIR/few.yaml"
readers=()
# A reader that comes while a look has the last place is turned away itself: each look brings one.
turned_away() {
	"$BUILD/control/cli/culvert" --socket "$DIR/control.sock" events &
	readers+=($!)
	! culvert status --json
}
check "one more is turned away" wait_for 40 "the bound" turned_away
kill "${readers[@]}" 2>/dev/null
check "they have gone" wait_for 40 "room" culvert status --json
check "back to 1 again" config rollback 1 --now
n=$(live)
node_is() { culvert status --json | jq -e --arg n "$1" '.node == $n'; }
check "apply what needs control" config apply --confirm 3s "$DIR/control.yaml"
check "it runs by it" node_is other
check "the file is as it was" same "$FILE" "$DIR/first.yaml"
check "not confirmed: it goes back by itself" wait_for 60 "going back" live_is "$n"
check "and runs by what was before" wait_for 60 "control" node_is life
equal "the trail says so" confirm-timeout "$(config audit --json | jq -r '.entries[0].what')"

# --- a start that fails ---------------------------------------------------------------------------
# A folder that cannot be made: no check of the file sees that.
variant taken 's|^  dir: .*|  dir: /proc/nowhere|'
says "control cannot start with it" fails 'did not stay with configuration' config apply "$DIR/taken.yaml"
equal "it runs with what was before" "$n" "$(live)"
equal "the trail says so" start-failed "$(config audit --json | jq -r '.entries[0].what')"

# --- the dataplane starts anew --------------------------------------------------------------------
before=$(culvert status --json | jq -r .dataplane.pid)
check "apply what needs the dataplane" config apply --confirm 60s "$DIR/data.yaml"
another_dataplane() { culvert status --json | jq -e --argjson p "$before" '.dataplane.attached and .dataplane.pid != $p'; }
check "another dataplane runs" wait_for 60 "another dataplane" another_dataplane
check "confirm" config confirm

# --- management is lost ---------------------------------------------------------------------------
lost_contact() {
	local n
	ip link set lo up
	ip addr add 10.55.0.1/32 dev lo
	variant contact '$a management: { lost_after: 2s, contact: [ { address: 10.55.0.1, port: tcp/7 } ] }'
	check "apply with a contact that answers" config apply --now "$DIR/contact.yaml"
	n=$(live)
	variant live2 's/^api: {/api: { connections: 301,/'
	check "apply" config apply --confirm 100s "$DIR/live2.yaml"
	sleep 3
	equal "somebody answers: it waits" confirm-pending "$(status .state)"
	ip addr del 10.55.0.1/32 dev lo
	check "nobody answers: it goes back" wait_for 10 "going back" live_is "$n"
	equal "the trail says so" contact-lost "$(config audit --json | jq -r '.entries[0].what')"
	check "apply where nobody answers from the start" config apply --confirm 100s "$DIR/live2.yaml"
	check "says so" sh -c "'$BUILD/control/cli/culvert' --socket $DIR/control.sock config status | grep -q confirm"
	sleep 3
	equal "and waits: their silence says nothing" confirm-pending "$(status .state)"
	check "undo" config undo
}
[ -z "${LIFE_NS:-}" ] || lost_contact
check "without contacts again" config apply --now "$DIR/data.txt"

# --- the machine around it ------------------------------------------------------------------------
# What control leaves for culvert-host.service is what is in force, whatever the file says; the real
# command makes files of it.
host() { "$BUILD/control/cli/culvert" config host "$FILE" --in-force "$DIR/in-force.yaml" --root "$DIR/root"; }
NETWORK=$DIR/root/run/systemd/network
host_settings() {
	local n
	cp "$FILE" "$DIR/before-host.yaml"
	n=$(live)
	check "control has left what is in force" same "$DIR/in-force.yaml" "$FILE"
	check "nothing is asked for" host
	check "no address" test ! -e "$NETWORK/10-culvert-eth7.network"
	variant address '$a network: { interfaces: [ { name: eth7, addresses: [ { address: 10.66.0.2/24 } ] } ] }'
	equal "an address costs" host "$(config diff "$DIR/address.yaml" --json | jq -r .cost)"
	check "apply" config apply --confirm 3s "$DIR/address.yaml"
	equal "at once" "$((n + 1)) confirm-pending" "$(status '"\(.live) \(.state)"')"
	check "who acts finds it" same "$DIR/in-force.yaml" "$DIR/address.yaml"
	check "and acts" host
	check "the address is asked for" grep -qx 'Address=10.66.0.2/24' "$NETWORK/10-culvert-eth7.network"
	check "the file is as it was" same "$FILE" "$DIR/before-host.yaml"
	check "not confirmed: back" wait_for 20 "going back" live_is "$n"
	check "who acts is told" same "$DIR/in-force.yaml" "$DIR/before-host.yaml"
	check "and acts again" host
	check "no address again" test ! -e "$NETWORK/10-culvert-eth7.network"
	# A wrong copy changes nothing.
	echo 'node: [' >"$DIR/wrong-copy.yaml"
	says "a copy that is no configuration" fails 'not valid YAML' "$BUILD/control/cli/culvert" config host "$FILE" \
		--in-force "$DIR/wrong-copy.yaml" --root "$DIR/root"
}
host_settings

# The router of a fresh address must be there.
lost_gateway() {
	local n
	n=$(live)
	ip link add vethg type veth peer name vethr
	ip addr add 10.67.0.2/24 dev vethg
	ip link set vethg up
	ip netns add "life-$$"
	ip link set vethr netns "life-$$"
	ip -n "life-$$" addr add 10.67.0.1/24 dev vethr
	ip -n "life-$$" link set vethr up
	# It answers nothing by TCP: its neighbour entry has to do.
	ip netns exec "life-$$" nft 'add table ip t; add chain ip t c { type filter hook input priority 0; policy drop; }'
	variant gateway -e '$a network: { interfaces: [ { name: vethg, addresses: [ { address: 10.67.0.2/24 } ], gateway: 10.67.0.1 } ] }' \
		-e '$a management: { lost_after: 4s }'
	check "apply with a router that is there" config apply --confirm 100s "$DIR/gateway.yaml"
	sleep 6
	equal "it waits" confirm-pending "$(status .state)"
	ip -n "life-$$" link set vethr down
	ip neigh flush dev vethg
	check "the router is gone: back" wait_for 40 "going back" live_is "$n"
	equal "the trail says so" contact-lost "$(config audit --json | jq -r '.entries[0].what')"
	check "apply with a router that is not there" config apply --confirm 100s "$DIR/gateway.yaml"
	check "back" wait_for 40 "going back" live_is "$n"
	ip netns del "life-$$"
	ip link del vethg 2>/dev/null
}
[ -z "${LIFE_NS:-}" ] || lost_gateway

# --- the operator's own file, edited and applied --------------------------------------------------
cp "$FILE" "$DIR/before.yaml"
variant live2 's/^api: {/api: { connections: 301,/'
n=$(live)
sed -i 's/^api: {/api: { connections: 302,/' "$FILE"
check "apply the file itself" config apply --confirm 2s "$FILE"
check "goes back" wait_for 10 "going back" live_is "$n"
check "and with it the file" same "$FILE" "$DIR/before.yaml"
sed -i 's/^api: {/api: { connections: 303,/' "$FILE"
echo '# by hand' >>"$FILE"
check "what somebody edits meanwhile" config apply --now "$DIR/live2.yaml"
check "is put aside" grep -q 'by hand' "$FILE.edited"
end_control TERM
sed -i 's/connections: 301/connections: 304/' "$FILE"
steps_start || exit 1
equal "a file changed while control was away is a version" file-changed "$(config audit --json | jq -r '.entries[0].what')"
n=$(live)
equal "which can be printed" "connections: 304" "$(config export | grep -o 'connections: 304')"
config export $((n - 1)) >"$DIR/export.yaml"
check "as can the one before" same "$DIR/export.yaml" "$DIR/live2.yaml"
says "one there is not" fails 'there is no configuration 999' config rollback 999
equal "history begins with it" "$n live" "$(config history --json | jq -r '.configurations[0] | "\(.number) \(.role)"')"
says "expecting another" fails "configuration $n is in force, not 1" config apply --expect 1 "$DIR/live2.yaml"

# --- two operators at once ------------------------------------------------------------------------
done_=0 refused=0
config apply --confirm 30s "$DIR/live.yaml" >"$DIR/one.txt" 2>&1 &
one=$!
config apply --confirm 30s "$DIR/live2.yaml" >"$DIR/two.txt" 2>&1 &
two=$!
for p in $one $two; do
	wait "$p"
	case $? in 0) done_=$((done_ + 1)) ;; 4) refused=$((refused + 1)) ;; esac
done
equal "of two at once one is refused" "1 1" "$done_ $refused"
check "and told who has it" grep -qE 'root \(uid 0\)' "$DIR/one.txt" "$DIR/two.txt"
config undo >/dev/null

# --- killed at every step -------------------------------------------------------------------------
# What is in force is one whole configuration, the file is what is in force or what it was before
# the change, and nothing waits for ever.
cp "$DIR/live.txt" "$DIR/a.yaml"
sed 's/connections: 300/connections: 310/' "$DIR/live.txt" >"$DIR/b.yaml"
prepare() {
	kill_at ""
	culvert status --json >/dev/null 2>&1 || steps_start
	if state_is confirm-pending; then config undo >/dev/null 2>&1; fi
	config apply --now "$DIR/a.yaml" >/dev/null 2>&1
	[ "$1" = apply ] || config apply --confirm 60s "$DIR/b.yaml" >/dev/null 2>&1
}
steps_of() {
	prepare "$1"
	: >"$DIR/control.out"
	"${@:2}" >/dev/null 2>&1
	sed -n 's/^culvert-control: step: //p' "$DIR/control.out" | sort -u
}
killed=0 wrong=""
crash() { # crash KIND COMMAND...
	local kind=$1 step
	for step in $(steps_of "$@"); do
		prepare "$kind"
		kill_at "$step"
		"${@:2}" >/dev/null 2>&1
		wait_for 5 "its end" is_dead || { wrong+=" alive:$kind-$step"; continue; }
		wait "$CONTROL_PID" 2>/dev/null
		kill_at ""
		killed=$((killed + 1))
		steps_start || { wrong+=" start:$kind-$step"; tail -n 5 "$DIR/control.out"; continue; }
		config export >"$DIR/now.yaml"
		same "$DIR/now.yaml" "$DIR/a.yaml" || same "$DIR/now.yaml" "$DIR/b.yaml" || wrong+=" mixed:$kind-$step"
		if state_is confirm-pending; then
			same "$FILE" "$DIR/a.yaml" || wrong+=" early:$kind-$step"
		else
			same "$FILE" "$DIR/now.yaml" || wrong+=" file:$kind-$step"
		fi
		config audit --json | jq -e '[.entries[] | select(.result == "begun")] | length == 0' >/dev/null || wrong+=" audit:$kind-$step"
	done
}
crash apply config apply --confirm 60s "$DIR/b.yaml"
crash confirm config confirm
crash undo config undo
crash apply config apply --now "$DIR/b.yaml"
say "killed $killed times"
check "killed at more than 12 steps" test "$killed" -gt 12
equal "whole every time" "" "$wrong"

# With control away when the time is over; and one that dies again and again.
prepare apply
n=$(live)
config apply --confirm 2s "$DIR/b.yaml" >/dev/null
end_control KILL
sleep 2.2
steps_start || exit 1
config export >"$DIR/now.yaml"
equal "back to what it was" "$n" "$(live)"
check "the time was over while control was away" same "$DIR/now.yaml" "$DIR/a.yaml"
config apply --confirm 100s "$DIR/b.yaml" >/dev/null
for _ in 1 2 3 4; do
	end_control KILL
	steps_start || exit 1
done
config export >"$DIR/now.yaml"
check "one that control dies with is taken back" same "$DIR/now.yaml" "$DIR/a.yaml"
# Damaged state: told, and nothing else is thrown away.
end_control TERM
cp "$FILE.versions/state" "$DIR/state"
head -c 8192 /dev/urandom >"$FILE.versions/state"
says "a damaged state" fails 'versions cannot be opened' timeout 10 "$BUILD/control/culvert-control-steps" --config "$FILE"
cp "$DIR/state" "$FILE.versions/state"
steps_start || exit 1
closed() { culvert ledger --settle 1000 --json | jq -e '.state == "closed"'; }
logged() { culvert stats --json | jq -e '[.log.lanes[].logged] | add > 0'; }
check "events are logged all the while" wait_for 60 "events" logged
# At rest: the capture goes on playing, so it ends first.
kill "${PIDS[0]}"
kill -TERM "$(cat "$DIR/dataplane.pid")"
check "the ledger closes" wait_for 60 "the ledger" closed
say "killed $killed times"
finish
