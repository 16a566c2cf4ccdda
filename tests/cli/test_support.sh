#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_support.sh CULVERT CONTROL CAPTURE: culvert support with and without control, with a right and
# a wrong configuration. Secrets are planted wherever one may stand: none is in the file, in no part,
# and what must be there is.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1") control=$(realpath "$2") capture=$(realpath "$3")
command -v zstd >/dev/null || { echo "SKIP: no zstd here"; exit 77; }
in_work_folder
export CULVERT_SOCKET=$work/control.sock

echo 'PLANTED-in-password-file' >pw
echo 'PLANTED-in-token-file' >tok
printf -- '-----BEGIN PRIVATE KEY-----\nPLANTEDkeyline1/abc+def\nPLANTEDkeyline2==\n-----END PRIVATE KEY-----\n' >key.pem
chmod 600 pw tok key.pem
cat >culvert.yaml <<END
# the broker's password: PLANTED-in-comment
# curl -H 'Authorization: Bearer PLANTED-bearer' http://localhost
# once mqtt://brain:PLANTED-userinfo@broker was used, and API_KEY=PLANTED-key, kept: stays-here
# -----BEGIN EC PRIVATE KEY-----
# PLANTED-pem-in-comment
# -----END EC PRIVATE KEY-----
# somebody wrote PLANTED-in-password-file down here, and PLANTED-in-token-file, and {"token": "PLANTED-json", "more": "stays-too"}
node: support-test
ports: [ { name: rec, target: "pcap:$capture", side: device } ]
policy: policy.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: off }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/support-test-$$ }
sinks:
  - { name: brain, type: nats, servers: "nats://u:PLANTED-in-server@127.0.0.1:1", user: cv, password_file: $work/pw, tls: true, ca_file: $work/key.pem, cert_file: $work/key.pem, key_file: $work/key.pem }
  - { name: two, type: nats, servers: "nats://127.0.0.1:1", token_file: $work/tok }
END
printf '# psk = PLANTED-policy\ndefault: { ip: allow }\n' >policy.yaml

open_it() { # open_it FILE: into the folder parts
	rm -rf parts
	mkdir parts
	zstd -qdc "$1" | tar -xf - -C parts
}
clean() { # clean WHAT: nothing planted is anywhere
	if zstd -qdc "$2" | grep -a -o 'PLANTED[^ ]*' >found; then fail "$1 has $(sort -u found | tr '\n' ' ')"; fi
	checks=$((checks + 1))
}
in_part() { grep -qF -- "$2" "parts/$1" || fail "$1 lacks \"$2\": $(head -c 600 "parts/$1")"; }

# ---- without control ------------------------------------------------------------------------------
expect 0 "$culvert" support --config culvert.yaml -o one.tar.zst
[ "$(stat -c %a one.tar.zst)" = 600 ] || fail "others may read it"
open_it one.tar.zst
clean "the file" one.tar.zst
in_part config/as-written.yaml "the broker's password: ***"
in_part config/as-written.yaml "mqtt://***@broker"
in_part config/as-written.yaml "API_KEY=***, kept: stays-here"
in_part config/as-written.yaml '"token": "***", "more": "stays-too"'
in_part config/as-written.yaml "somebody wrote *** down here"
in_part config/as-written.yaml "nats://***@127.0.0.1:1"
in_part config/as-written.yaml "password_file: $work/pw" # the name of the file is no secret
in_part config/in-full.yaml "node: support-test"
in_part config/policy.yaml "psk = ***"
in_part node/doctor.txt "problem"
in_part machine/meminfo MemTotal
in_part about.txt "culvert support"
expect 5 "$culvert" support --config culvert.yaml -o one.tar.zst # not overwritten
says "File exists"
ln -s "$work/elsewhere" link.tar.zst
expect 5 "$culvert" support --config culvert.yaml -o link.tar.zst
[ ! -e elsewhere ] || fail "a link was followed"
"$culvert" support --config culvert.yaml -o - >piped.tar.zst || fail "to standard output"
clean "standard output" piped.tar.zst
"$culvert" support --config culvert.yaml -o - >/dev/full 2>err && fail "a full output is no output"

# ---- bounded --------------------------------------------------------------------------------------
# What does not compress, in the largest part there is.
{ sed 's/^/# /' culvert.yaml; head -c 3000000 /dev/urandom | base64 -w 100 | sed 's/^/# /'; cat culvert.yaml; } >large.yaml
expect 0 "$culvert" support --config large.yaml -o small.tar.zst --size 64KiB
[ "$(stat -c %s small.tar.zst)" -le 65536 ] || fail "--size 64KiB gives $(stat -c %s small.tar.zst) bytes"
open_it small.tar.zst
clean "a small file" small.tar.zst
in_part about.txt "culvert support"
expect 1 "$culvert" support --config culvert.yaml --size 1KiB
expect 1 "$culvert" support --size much
expect 1 "$culvert" support --sice 1MiB
says 'did you mean "--size"?'

# ---- a configuration that is wrong ----------------------------------------------------------------
sed 's/^node:/nodee:/' culvert.yaml >wrong.yaml
expect 0 "$culvert" support --config wrong.yaml -o wrong.tar.zst
open_it wrong.tar.zst
in_part config/as-written.yaml "nodee: support-test"
in_part node/doctor.txt 'unknown setting "nodee"'
clean "a wrong file" wrong.tar.zst
expect 0 "$culvert" support --config nowhere.yaml -o nowhere.tar.zst

# ---- with control ---------------------------------------------------------------------------------
start_control
expect 0 "$culvert" support --config culvert.yaml -o two.tar.zst
open_it two.tar.zst
clean "with control" two.tar.zst
jq -e '.node == "support-test"' parts/node/status.json >/dev/null || fail "no status"
jq -e '.equations | length > 5' parts/node/ledger.json >/dev/null || fail "no ledger"
in_part node/metrics.txt "culvert_dataplane_attached 0"
in_part node/log.txt measurement
jq -e '.live == 0' parts/node/config.json >/dev/null || fail "no config"
printf '%d checks\n' "$checks"
