#!/usr/bin/env bash
# Runs a command with a Node.js first in PATH that the tools of check-contract run on: 20.19 or later of 20, 22.12 or
# later. That is the machine's own, or else one of npm's package `node`, which is installed beside the tools once.
#
#   scripts/node.sh COMMAND [ARGUMENT...]
#
# npm itself runs on the machine's Node.js: the npm of Debian finds its parts only with Debian's.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }
own=$(cd "$(dirname "$0")/../internal/tools/node" && pwd)

# suits reports whether the tools run on a Node.js.
suits() {
  local version major minor
  version=$("$1" --version 2>/dev/null) || return 1
  IFS=. read -r major minor _ <<<"${version#v}"
  [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
  ((major > 22)) || ((major == 22 && minor >= 12)) || ((major == 20 && minor >= 19))
}

if ! suits node; then
  bin=$own/node_modules/.bin
  if ! suits "$bin/node"; then
    echo "Node.js is $(node --version 2>/dev/null || echo missing): fetching one of npm's package node" >&2
    command -v npm >/dev/null || { echo "npm is missing: install it, with any Node.js" >&2; exit 1; }
    (cd "$own" && npm ci --loglevel=error >&2)
    suits "$bin/node" || { echo "npm's package node brought none that suits" >&2; exit 1; }
  fi
  export PATH="$bin:$PATH"
fi
exec "$@"
