#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A durable consumer with curl and jq: consume.sh SOCKET GROUP [once]. Kill it at any moment; what was
# not acknowledged comes again. `once` ends it when nothing more comes.
set -eu
socket=$1 group=$2 once=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while :; do
	curl -sf --unix-socket "$socket" -D "$work/head" -o "$work/events" \
		"http://culvert/v1/events/batch?group=$group&from=earliest&wait=1000"
	cursor=$(tr -d '\r' <"$work/head" | sed -n 's/^Culvert-Cursor: //Ip')
	if [ "$(jq length "$work/events")" -eq 0 ]; then
		[ -z "$once" ] || exit 0
		continue
	fi
	jq -r '.[].id' "$work/events" # your work: it must be done before the next line
	curl -sf --unix-socket "$socket" -o "$work/ack" -X POST \
		"http://culvert/v1/groups/$group/ack?cursor=$cursor"
done
