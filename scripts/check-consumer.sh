#!/usr/bin/env bash
# Does in examples/consumer what its own CI would, in a copy as fresh as a clone: generates, checks that nothing has
# changed, builds, vets and tests. Modules are fetched first; then there is no proxy, and no network where the system
# lets a user have a namespace without one.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' name; do
  [ ! -e "$name" ] || printf '%s\0' "$name"
done | tar --null -T - -cf - | tar -xf - -C "$work"
cd "$work/examples/consumer"
go mod download
go mod download -modfile=tools.mod
go mod download -C integration
go mod download -C gateway

steps='
set -euo pipefail
go generate ./...
go tool -modfile=tools.mod partner generate --check
go build ./...
go vet ./...
for module in integration gateway; do
  go vet -C "$module" ./...
done
./coverage.sh
./contract.sh "$REPORT"
grep -q "<testsuites .*failures=.0. " "$REPORT"
'
export REPORT=$work/contract.xml
export GOPROXY=off GOFLAGS=-mod=readonly
before=$(find . -type f -exec sha256sum {} + | sort -k 2)
if unshare -rn true 2>/dev/null && unshare -rn sh -c 'ip link set lo up' 2>/dev/null; then
  unshare -rn bash -c "ip link set lo up; $steps"
else
  bash -c "$steps"
fi
after=$(find . -type f -exec sha256sum {} + | sort -k 2)
if [ "$before" != "$after" ]; then
  diff <(echo "$before") <(echo "$after") || true
  echo "examples/consumer is not what it generates: run make generate and commit what it makes" >&2
  exit 1
fi
