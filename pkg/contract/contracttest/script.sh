: "${JIKO_BASE_URL:?}" "${JIKO_USERNAME:?}" "${JIKO_PASSWORD:?}" "${JIKO_SIGNING_SECRET:?}"
set -eu
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
base=${JIKO_BASE_URL%/}; prefix=${base#*://}; case $prefix in */*) prefix=/${prefix#*/} ;; *) prefix= ;; esac
uuid() { openssl rand -hex 16 | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\)$/\1-\2-4\3-8\4-\5/'; }
hmac() { openssl dgst -sha256 -mac HMAC -macopt "key:$1" -binary; }
# at POINTER prints what an answer has there, as JSON: of a pointer with a *, a list.
at() { awk -v want="$1" 'function put(x,  i, p) { for (i = 1; i <= n; i++) p = p "/" (k[i] == "{" ? name[i] : at[i])
  if (p ~ re) { if (!star) { print x; found = 1; exit } all = all (all == "" ? "" : ",") x } }
  BEGIN { star = want ~ /\*/; re = want; gsub(/\./, "[.]", re); gsub(/\*/, "[0-9]+", re); re = "^" re "$" }
  { s = s $0 " " } END { if (found) exit
  while (s != "") { c = substr(s, 1, 1)
    if (c == "{" || c == "[") { k[++n] = c; at[n] = 0; isKey = c == "{"; s = substr(s, 2) }
    else if (c == "}" || c == "]") { n--; s = substr(s, 2) }
    else if (c == ",") { at[n]++; isKey = k[n] == "{"; s = substr(s, 2) }
    else if (c == ":") { isKey = 0; s = substr(s, 2) }
    else if (c == "\"") { match(s, /^"([^"\\]|\\.)*"/); x = substr(s, 1, RLENGTH); s = substr(s, RLENGTH + 1)
      if (isKey) name[n] = substr(x, 2, length(x) - 2); else put(x) }
    else if (match(s, /^[^][{}:," \t\r\n]+/)) { put(substr(s, 1, RLENGTH)); s = substr(s, RLENGTH + 1) }
    else s = substr(s, 2) }
  if (star) print "[" all "]" }' "$d/answer"; }
plain() { v=${1#\"}; printf '%s' "${v%\"}"; }
# json TEXT is what stands between the quotes of a text in JSON, whatever is in it.
json() { LC_ALL=C TEXT=$1 awk 'BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i; s = ENVIRON["TEXT"]
  for (i = 1; i <= length(s); i++) { c = substr(s, i, 1)
    if (c == "\\" || c == "\"") printf "\\%s", c; else if (code[c] < 32) printf "\\u%04x", code[c]
    else printf "%s", c } }'; }
# url TEXT KEEP is a text in an address, with what is in KEEP left as it is.
url() { LC_ALL=C TEXT=$1 KEEP=$2 awk 'BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i; s = ENVIRON["TEXT"]
  for (i = 1; i <= length(s); i++) { c = substr(s, i, 1)
    if (c ~ /[A-Za-z0-9._~-]/ || index(ENVIRON["KEEP"], c)) printf "%s", c; else printf "%%%02X", code[c] } }'; }
log_in() { printf '{"username":"%s","password":"%s"}' "$(json "$1")" "$(json "$2")" |
  curl -sS --fail -D "$d/login" -H 'Content-Type: application/json' -d @- "$base/api/v1/login/" |
  sed 's/.*"token": *"\([^"]*\)".*/\1/'; }
# cookies are those that the login has set.
cookies() { awk 'tolower($0) ~ /^set-cookie:/ { sub(/^[^:]*:[ \t]*/, ""); sub(/[ \t]*[;\r].*/, "")
  if ($0 ~ /^[^=]+=./) all = all (all == "" ? "" : "; ") $0 } END { printf "%s", all }' "$d/login"; }
login() { token=$(log_in "$JIKO_USERNAME" "$JIKO_PASSWORD"); cookie=$(cookies); [ -z "${others-}" ] || {
  others_token=$(log_in "$JIKO_OTHER_USERNAME" "$JIKO_OTHER_PASSWORD"); others_cookie=$(cookies); }; }
ended=; login
other_digit() { case $1 in 0) echo 1 ;; *) echo 0 ;; esac; }
other_end() { printf '%s%s' "${1%?}" "$(other_digit "${1#"${1%?}"}")"; }
other_start() { printf '%s%s' "$(other_digit "${1%"${1#?}"}")" "${1#?}"; }
# spoilt TOKEN has another last character, also for who does not look at bits that are left over in Base64.
spoilt() { case $1 in *[wxyz0123456789_/+-]) printf '%sA' "${1%?}" ;; *) printf '%s0' "${1%?}" ;; esac; }
# other_case TOKEN has its letters in the other case, or is longer where that would mean the same.
other_case() { case $1 in *[g-zG-Z]*) printf %s "$1" | tr 'a-zA-Z' 'A-Za-z' ;; *) printf '%sx' "$1" ;; esac; }
# clock BODY moves the clock of a sandbox, after which a token is over.
clock() { curl -sS --fail -H 'Content-Type: application/json' -d "$1" "$base/__sandbox/clock/" >"$d/answer"
  echo "the clock was moved"; ended=$token; login; }
# business_day HH:MM moves it to a time in New York on the next day that is no weekend.
business_day() { curl -sS --fail "$base/__sandbox/clock/" >"$d/answer"; day=$(plain "$(at /time)")
  export TZ=America/New_York; day=$(date -d "$day" +%F)
  while day=$(date -d "$day + 1 day" +%F); [ "$(date -d "$day" +%u)" -gt 5 ]; do :; done
  clock "{\"time\":\"$(date -d "$day $1" +%FT%T%:z)\"}"; unset TZ; }
# day YEARS DAYS is the day that lies so far from that of a sandbox.
day() { curl -sS --fail "$base/__sandbox/clock/" >"$d/answer"
  TZ=UTC date -d "$(TZ=UTC date -d "$(plain "$(at /time)")" +%F) $1 years $2 days" +%F; }
# send METHOD TARGET [OPTION…] sends $d/body, with the headers in $d/headers or $headers, and shows what comes back.
send() { method=$1 target=$2; shift 2
  curl -g -sS --path-as-is --max-time 60 -X "$method" -D "$d/head" -o "$d/answer" -H @"${headers-$d/headers}" "$@" \
    "$base$target" -w "$method $target: %{http_code}\n" || echo "$method $target: no answer"; }
