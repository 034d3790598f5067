#!/usr/bin/env bash
# Has tools that are not ours read the contract. Redocly and Spectral lint it; warnings count. openapi-typescript,
# hey-api and orval make TypeScript of it that compiles under --strict, and orval's zod schemas are run over the
# contract's own examples, of which nothing may get lost. What was checked once is not checked again until something of
# it changes.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${1:?usage: $0 TOOLS-DIR}
bin=$PWD/$tools/node_modules/.bin
checked=$tools/node_modules/.checked
sum=$(cat openapi.yaml "$0" "$tools"/{package-lock.json,redocly.yaml,spectral.yaml,orval.config.cjs,zod.mjs} |
  sha256sum)
if [ "$(cat "$checked" 2>/dev/null)" = "$sum" ]; then
  echo "openapi.yaml is as it was when it was checked"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Generated code finds its packages from where it is.
ln -s "$PWD/$tools/node_modules" "$work/node_modules"
# No telemetry and no look for updates: they read the contract and nothing else.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true DO_NOT_TRACK=1

# quiet runs a command, and shows what it printed only when it fails.
quiet() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

quiet "$bin/redocly" lint openapi.yaml --config="$tools/redocly.yaml" --format=stylish --max-problems=100
# Warnings do not fail Redocly; they fail us.
if grep -qE '[[:space:]](warning|error)[[:space:]]|You have [0-9]+ (warning|error)|explicitly ignored' "$work/log"; then
  cat "$work/log" >&2
  exit 1
fi
quiet "$bin/spectral" lint openapi.yaml --ruleset "$tools/spectral.yaml" --fail-severity=hint

mkdir "$work/made"
quiet "$bin/openapi-typescript" openapi.yaml --output "$work/made/openapi-typescript.ts"
quiet "$bin/openapi-ts" --input openapi.yaml --output "$work/made/hey-api" --no-log-file
CONTRACT=$PWD/openapi.yaml OUTPUT=$work/made quiet "$bin/orval" --config "$tools/orval.config.cjs"
cat >"$work/tsconfig.json" <<'END'
{
  "compilerOptions": {
    "strict": true,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
    "skipLibCheck": true,
    "rootDir": "made",
    "outDir": "compiled"
  },
  "include": ["made"]
}
END
echo '{"type": "module"}' >"$work/package.json"
quiet "$bin/tsc" --project "$work/tsconfig.json"
quiet "$bin/redocly" bundle openapi.yaml --config="$tools/redocly.yaml" --output "$work/contract.json"
quiet node "$tools/zod.mjs" "$work/contract.json" "$work/compiled/zod/zod.js"
whole=$(tail -n 1 "$work/log")

lines=$(cat "$work/made/openapi-typescript.ts" "$work"/made/{hey-api,orval,zod}/*.ts | wc -l)
echo "openapi.yaml lints clean; three generators make $lines lines that compile; zod keeps $whole whole"
echo "$sum" >"$checked"
