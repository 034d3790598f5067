#!/usr/bin/env bash
# Calls the Partner API with nothing but curl and openssl, by the documented rule: the signature is the base64 of
# HMAC-SHA256, keyed with the shared secret, over idempotency key + path + body.
#
#   export JIKO_BASE_URL=http://127.0.0.1:8080 JIKO_USERNAME=sandbox JIKO_PASSWORD=sandbox
#   export JIKO_SIGNING_SECRET=sandbox-signing-secret
#   examples/shell/request.sh GET /api/v1/agreements/
#
# Prints the body, then the status on a line of its own. TOKEN, KEY, SIGN_PATH and SIGN_BODY replace what would be sent
# or signed, to see what the server says of a mistake.
set -euo pipefail
method=${1:?usage: $0 METHOD PATH [BODY]}
path=${2:?usage: $0 METHOD PATH [BODY]}
body=${3-}
: "${JIKO_BASE_URL:?}" "${JIKO_USERNAME:?}" "${JIKO_PASSWORD:?}" "${JIKO_SIGNING_SECRET:?}"

if [ -z "${TOKEN-}" ]; then
  TOKEN=$(curl -sS --fail -X POST "$JIKO_BASE_URL/api/v1/login/" -H 'Content-Type: application/json' \
    -d "{\"username\":\"$JIKO_USERNAME\",\"password\":\"$JIKO_PASSWORD\"}" |
    sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
fi
key=${KEY-$(cat /proc/sys/kernel/random/uuid)}
signature=$(printf '%s' "$key${SIGN_PATH-${path%%\?*}}${SIGN_BODY-$body}" |
  openssl dgst -sha256 -hmac "$JIKO_SIGNING_SECRET" -binary | openssl base64 -A)

arguments=(-sS -X "$method" "$JIKO_BASE_URL$path" -w '\n%{http_code}\n'
  -H "Authorization: Bearer $TOKEN" -H "x-jiko-idempotency: $key" -H "x-jiko-signature: $signature")
[ -z "$body" ] || arguments+=(-H 'Content-Type: application/json' --data-binary "$body")
curl "${arguments[@]}"
