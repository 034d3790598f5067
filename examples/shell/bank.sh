#!/usr/bin/env bash
# A customer's first weeks by request.sh beside it, which is curl and openssl: onboard, open a pocket, pay in, let the
# deposit settle and the T-bills fall due, and fetch a statement. Any clock will do, and is moved on by five weeks.
#
#   partner sandbox --clock 2026-01-05T15:00:00Z     (then export what it prints)
#   examples/shell/bank.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# call METHOD PATH [BODY] prints the body of the answer, and fails unless the status is one of success.
call() {
  local answer
  answer=$("$here/request.sh" "$@")
  case ${answer##*$'\n'} in
    2*) printf '%s\n' "${answer%$'\n'*}" ;;
    *) printf '%s %s: %s\n' "$1" "$2" "$answer" >&2; return 1 ;;
  esac
}

# first NAME prints the first member of that name that has a text.
first() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

# clock BODY moves the sandbox's clock.
clock() {
  printf 'it is '
  curl -sS --fail -H 'Content-Type: application/json' -d "$1" "$JIKO_BASE_URL/__sandbox/clock/" | first time
}

version=$(call GET /api/v1/agreements/ | first version)
application=$(call POST /api/v1/applications/ '{"identification_number":"123456789",
  "name":{"first_name":"Ada","last_name":"Lovelace"},"email":"ada@example.com","phone_number":"+14155550100",
  "date_of_birth":"1990-12-10","address":{"street_address":"1 Main St","city":"Oakland","postal_code":"94607",
  "state":"CA","country":"US"},"investment_profile":{"employment_status":"RETIRED","income":"BELOW_50K",
  "net_worth":"BELOW_50K"},"agreement_consent":{"version":"'"$version"'","timestamp":"2026-01-05T15:00:00Z"}}' |
  first id)
call POST "/api/v1/applications/$application/apply/" >/dev/null
approved=$(call GET "/api/v1/applications/$application/")
customer=$(first customer_id <<<"$approved")
echo "the application is $(first status <<<"$approved")"

pocket=$(call POST "/api/v2/customers/$customer/pockets/" \
  '{"pocket_name":"Savings","trading_strategy_id":"UST-4W"}' | first id)
call POST /api/v1/sandbox/fund/ '{"account_id":"'"$pocket"'","amount_usdc":1000000}' >/dev/null
echo "the deposit is $(call GET "/api/v2/pockets/$pocket/transactions/" | first status)"
clock '{"by":"6d"}' # Two business days of the Federal Reserve, whatever day it is.
echo "the deposit is $(call GET "/api/v2/pockets/$pocket/transactions/" | first status)"
echo "it is in T-bills at $(call GET "/api/v2/pockets/$pocket/" | first jiko_mark_price) for 100 dollars"

clock '{"by":"30d"}' # The month is over as well, and a statement of it there.
echo "trades: $(call GET "/api/v2/customers/$customer/trades/?order=asc" | grep -o '"activity":"[A-Z]*"' |
  cut -d '"' -f 4 | xargs)"
echo "earned: $(call GET "/api/v2/pockets/$pocket/earnings/" | first formatted)"
link=$(call GET "/api/v1/customers/$customer/statements/" | first pdf_download_url)
echo "the statement begins with $(curl -sS --fail "$link" | head -c 5)"
