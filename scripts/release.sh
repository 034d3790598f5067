#!/usr/bin/env bash
# Builds what a release consists of, from a commit and nothing else: the same commit and Go make the same bytes.
#
#   scripts/release.sh vX.Y.Z [FOLDER]
#
# FOLDER (default dist) then has, for each system, an archive of the command and a bill of the modules in it
# (CycloneDX), besides the contract and the checksums of them all.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:?usage: $0 vX.Y.Z [FOLDER]}
out=${2:-dist}
version=${tag#v}
[[ $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "$tag is no version: want vX.Y.Z" >&2; exit 2; }
grep -qF "const Version = \"$version\"" pkg/partner/version.go ||
  { echo "pkg/partner/version.go does not say $version" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || { echo "what is not committed would be released" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out"
moment=$(git log -1 --format=%ct)
export CGO_ENABLED=0
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do
  os=${target%/*} arch=${target#*/}
  name=partner_${version}_${os}_$arch
  program=partner
  if [ "$os" = windows ]; then program=partner.exe; fi
  mkdir "$work/$name"
  GOOS=$os GOARCH=$arch go build -trimpath -ldflags='-s -w -buildid=' -o "$work/$name/$program" ./cmd/partner
  cp LICENSE README.md CHANGELOG.md "$work/$name/"
  go tool -modfile="$PWD/internal/tools/go.mod" cyclonedx-gomod bin -json -std -noserial -notimestamp -version "$tag" \
    -output "$out/$name.cdx.json" "$work/$name/$program" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  tar -C "$work" --sort=name --mtime="@$moment" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf - "$name" |
    gzip -n >"$out/$name.tar.gz"
done
cp openapi.yaml "$out/partner_${version}_openapi.yaml"
(cd "$out" && sha256sum partner_* >SHA256SUMS)
cat "$out/SHA256SUMS"
