#!/usr/bin/env bash
# Calls the Partner API with nothing but curl and openssl, by the documented rule: the signature is the base64 of
# HMAC-SHA256, keyed with the shared secret, over idempotency key + path + body.
#
#   export JIKO_BASE_URL=http://127.0.0.1:8080 JIKO_USERNAME=sandbox JIKO_PASSWORD=sandbox
#   export JIKO_SIGNING_SECRET=sandbox-signing-secret
#   examples/shell/request.sh GET /api/v1/agreements/
#
# Prints the body, then the status on a line of its own. TOKEN, KEY, SIGN_PATH and SIGN_BODY replace what would be sent
# or signed, to see what the server says of a mistake. It is for trying out: while openssl runs, other users of the
# machine can read the secret in its list of processes. (curl is given password, token and signature by pipes.)
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: $0 METHOD PATH [BODY]" >&2
  exit 2
fi
method=$1 path=$2 body=${3-}
for name in JIKO_BASE_URL JIKO_USERNAME JIKO_PASSWORD JIKO_SIGNING_SECRET; do
  if [ -z "${!name-}" ]; then
    echo "$0: $name is not set; 'partner sandbox' prints what to paste" >&2
    exit 2
  fi
done

if [ -z "${TOKEN-}" ]; then
  TOKEN=$(printf '{"username":"%s","password":"%s"}' "$JIKO_USERNAME" "$JIKO_PASSWORD" |
    curl -sS --fail -X POST "$JIKO_BASE_URL/api/v1/login/" -H 'Content-Type: application/json' -d @- |
    sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
fi
key=${KEY-$(cat /proc/sys/kernel/random/uuid)}
signature=$(printf '%s' "$key${SIGN_PATH-${path%%\?*}}${SIGN_BODY-$body}" |
  openssl dgst -sha256 -hmac "$JIKO_SIGNING_SECRET" -binary | openssl base64 -A)

arguments=(-g -sS -X "$method" "$JIKO_BASE_URL$path" -w '\n%{http_code}\n' -H @-)
[ -z "$body" ] || arguments+=(-H 'Content-Type: application/json' --data-binary "$body")
printf 'Authorization: Bearer %s\nx-jiko-idempotency: %s\nx-jiko-signature: %s\n' "$TOKEN" "$key" "$signature" |
  curl "${arguments[@]}"
