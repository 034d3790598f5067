#!/usr/bin/env bash
# What a stranger does, from an empty folder to a repaired check. The one argument is where this module lies, for want of
# a version to get. It stops at the first thing that goes wrong.
set -euo pipefail
module=github.com/jiko-partner/partner-go
say() { printf '\n== %s\n' "$*"; }

say a module, and one for tools
go mod init example.com/stranger
printf 'module example.com/stranger\n\ngo 1.26.0\n' >tools.mod
for file in go.mod tools.mod; do
  go mod edit -require=$module@v0.0.0 -replace=$module="$1" $file
done
go get -modfile=tools.mod -tool $module/cmd/partner
partner() { go tool -modfile=tools.mod partner "$@"; }

say a configuration, with two tags
partner generate --init
partner generate --list | grep -x Pockets
sed -i.before 's/^tags: .*/tags: [Pockets, Trading Strategies]/' partner.yaml
diff partner.yaml.before partner.yaml || true

say generate
partner generate
partner generate --check

say a program of twenty lines
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"log"

	"example.com/stranger/bank"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

func main() {
	client, err := partner.New(partner.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	own, err := bank.NewClient(client.BaseURL(), bank.WithDoer(client.With()))
	if err != nil {
		log.Fatal(err)
	}
	strategies, err := own.ListTradingStrategies(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a strategy:", strategies.Items[0].ID)
}
END
# -e: without a network, what the tests of others need may be missing.
go mod tidy -e
go vet ./...
go build -o pay .

say call the sandbox
$(go tool -modfile=tools.mod -n partner) sandbox --addr 127.0.0.1:0 >sandbox.txt &
sandbox=$! # It is the program itself, so that kill reaches it.
trap 'kill $sandbox; wait' EXIT
until [ -s sandbox.txt ]; do sleep 0.1; done
JIKO_BASE_URL=$(head -n 1 sandbox.txt) JIKO_USERNAME=sandbox JIKO_PASSWORD=sandbox \
  JIKO_SIGNING_SECRET=sandbox-signing-secret ./pay

say edit a generated file
echo '// It is mine.' >>bank/bank.gen.go
if partner generate --check >check.txt; then
  echo 'the check says nothing' >&2
  exit 1
fi
cat check.txt
grep -x 'edited: bank/bank.gen.go' check.txt

say repair it, by what the check says
repair=$(sed -n 's/^repair: //p' check.txt)
$repair
partner generate --check
echo done
