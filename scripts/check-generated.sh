#!/usr/bin/env bash
# Generates into a copy of the tree and compares, so that a stale, a missing and a superfluous file are all found, whether git
# knows them or not, and the tree itself is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
generated=${1:?usage: $0 DIR}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -cf - --exclude=node_modules --exclude=.git . | tar -xf - -C "$work"
rm -rf "${work:?}/$generated"
mkdir -p "$work/$generated/partnerapi" "$work/$generated/partnerserver"
(cd "$work" && go generate ./...)
if ! diff -r -q "$generated" "$work/$generated"; then
  echo "$generated is stale: run 'make generate' and commit what it makes" >&2
  exit 1
fi
first=$(cd "$work/$generated" && find . -type f -exec sha256sum {} + | sort)
(cd "$work" && go generate ./...)
second=$(cd "$work/$generated" && find . -type f -exec sha256sum {} + | sort)
[ "$first" = "$second" ] || { echo "two runs of the generator differ" >&2; exit 1; }
echo "$generated is what openapi.yaml makes, twice over"
