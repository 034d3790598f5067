#!/usr/bin/env bash
# Tests by its URL whether the gateway keeps the contract, as somebody does who has no Go: contract.sh REPORT.xml. The
# status is that of partner contract: 0, 1 if something was found, 2 if nothing could be tested.
set -euo pipefail
cd "$(dirname "$0")"
report=$(realpath "${1:?names the file for the report as JUnit XML}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -C gateway -o "$work/staging" ./cmd/staging
"$work/staging" >"$work/env" &
trap 'kill %1 2>/dev/null; wait; rm -rf "$work"' EXIT
until grep -q POCKET_ID= "$work/env"; do
  kill -0 %1 || exit 2
  sleep 0.1
done
set -a
. "$work/env"
# The gateway is a new one, which remembers no keys: so the seed may be the same each time.
go tool -modfile=tools.mod partner contract --seed 0 --operations login,getHealth,getPocket \
  --known "pocket_id=$POCKET_ID" --junit "$report"
