#!/usr/bin/env bash
# Runs the tests of all modules and joins what they have seen of the contract: coverage.sh [FLAG...], with flags for
# go test. The status is 1 if a test fails, or if less was seen than is demanded of the operations of the payouts.
set -euo pipefail
cd "$(dirname "$0")"
PARTNER_CONTRACT_DIR=$(mktemp -d)
export PARTNER_CONTRACT_DIR
trap 'rm -rf "$PARTNER_CONTRACT_DIR"' EXIT
for module in . integration gateway; do
  go test -C "$module" -count=1 "$@" ./...
done
go tool -modfile=tools.mod partner contract report --operations getPocket,createOnUsTransfer,getOnUsTransfer \
  --minimum operations=100,statuses=50
