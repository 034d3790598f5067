#!/usr/bin/env bash
# Has two tools that are not ours read the contract: Redocly's linter, and openapi-typescript with the TypeScript
# compiler behind it.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${1:?usage: $0 TOOLS-DIR}
bin=$tools/node_modules/.bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# No telemetry and no look for updates: they read the contract and nothing else.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
"$bin/redocly" lint openapi.yaml --config="$tools/redocly.yaml" --format=stylish --max-problems=100 \
  >"$work/lint" 2>&1 || { cat "$work/lint" >&2; exit 1; }
# Warnings do not fail Redocly; they fail us.
if grep -qE '[[:space:]](warning|error)[[:space:]]' "$work/lint"; then
  cat "$work/lint" >&2
  exit 1
fi
"$bin/openapi-typescript" openapi.yaml --output "$work/partner.d.ts" \
  >"$work/typescript" 2>&1 || { cat "$work/typescript" >&2; exit 1; }
"$bin/tsc" --noEmit --strict "$work/partner.d.ts"
echo "openapi.yaml lints clean, and openapi-typescript makes $(wc -l <"$work/partner.d.ts") lines that compile"
