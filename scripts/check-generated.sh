#!/usr/bin/env bash
# Generates into a copy of the tree, from which every generated file is gone first, and compares: so a stale, a missing
# and a superfluous file are all found, whether git knows them or not, and the tree itself is left alone. Modules below
# this one that have generated files of their own are generated too. What lies in a testdata folder is a test's to
# compare.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# generated finds the generated files of a tree, and does with them what find is told.
generated() {
  (cd "$1" && find . \( -name node_modules -o -name .git -o -name testdata \) -prune -o \
    -type f -name '*.gen.go' "${@:2}")
}

# sums lists the generated files of a tree with their checksums.
sums() { generated "$1" -exec sha256sum {} + | sort -k 2; }

# generate runs the generator in each module of the copy that has something to generate, the outermost first.
generate() {
  (cd "$work" && find . -name go.mod -not -path '*/node_modules/*' -exec dirname {} \; | sort) |
    while read -r module; do
    if grep -rqs --include='*.go' '^//go:generate ' "$work/$module"; then
      (cd "$work/$module" && go generate ./...)
    fi
  done
}

tar -cf - --exclude=node_modules --exclude=.git . | tar -xf - -C "$work"
generated "$work" -exec rm {} +
generate
sums . >"$work/.committed"
sums "$work" >"$work/.first"
if ! diff "$work/.committed" "$work/.first"; then
  echo "generated files (<) are not what openapi.yaml makes (>): run 'make generate' and commit what it makes" >&2
  exit 1
fi
generate
sums "$work" >"$work/.second"
diff "$work/.first" "$work/.second" || { echo "two runs of the generator differ" >&2; exit 1; }
echo "$(wc -l <"$work/.first") generated files are what openapi.yaml makes, twice over"
