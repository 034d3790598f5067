#!/usr/bin/env bash
# Does what docs/consumers.md says of the first ten minutes, and of a server, word for word, in an empty folder. This
# tree stands for the latest version.
set -euo pipefail
cd "$(dirname "$0")/.."
guide=$PWD/docs/consumers.md
module=$(go list -m)
cache=$(go env GOMODCACHE)
work=$(mktemp -d)
version=
clean() {
  cd /
  rm -rf "$work"
  [ -z "$version" ] || [ ! -d "$cache/$module@$version" ] || chmod -R u+w "$cache/$module@$version"
  # Nobody needs it again.
  rm -rf "${cache:?}/$module@${version:-none}" "${cache:?}/cache/download/$module/@v/${version:-none}".*
}
trap clean EXIT

mkdir "$work/origin" "$work/folder"
git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' name; do
  [ ! -e "$name" ] || printf '%s\0' "$name"
done | tar --null -T - -cf - | tar -xf - -C "$work/origin"
git -C "$work/origin" -c init.defaultBranch=main init -q
git -C "$work/origin" add -A
git -C "$work/origin" -c user.name=guide -c user.email=guide@localhost commit -qm guide

export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$work/origin.insteadOf" GIT_CONFIG_VALUE_0="https://$module"
export GOPRIVATE=$module GOWORK=off GOFLAGS=
version=$(cd "$work" && go list -m "$module@latest" | cut -d ' ' -f 2)

# Each block of code is a step: a file, which its first line names, or commands.
cd "$work/folder"
awk '
  /^## / { inside = /^## (Ten minutes|partner.yaml|A server of some operations)/ }
  /^```/ && file { close(file); file = ""; next }
  /^```(sh|go|yaml)$/ && inside { file = sprintf("'"$work"'/step%02d.%s", ++steps, substr($0, 4)); next }
  file { print > file }
' "$guide"
for step in "$work"/step*; do
  case $step in
  *.sh)
    bash -euxo pipefail "$step"
    # The client comes first: with the tests of the server, a module is more.
    [ -e serve.go ] || [ "$(grep -c ' v[0-9]' go.mod)" -le 5 ] ||
      { cat go.mod; echo "want this module and four others" >&2; exit 1; }
    ;;
  *)
    name=$(sed -n '1s,^\(//\|#\) \([a-z_.]*\.[a-z]*\)$,\2,p' "$step")
    [ -z "$name" ] || cp "$step" "$name"
    ;;
  esac
done
go vet ./...
go tool -modfile=tools.mod partner generate --check --config house.yaml
go tool -modfile=tools.mod partner generate --check
go tool -modfile=tools.mod partner generate --against "$version"
go tool -modfile=tools.mod partner generate --against .
echo 'overlays: [bank.overlay.yaml]' >>partner.yaml
go tool -modfile=tools.mod partner generate
go test ./...
