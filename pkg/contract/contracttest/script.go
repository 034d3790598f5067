package contracttest

import (
	_ "embed" // for the functions of scripts
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// scriptFunctions are what every script begins with.
//
//go:embed script.sh
var scriptFunctions string

// Script is a text for bash that leads to the finding, by curl, openssl and awk alone. It takes the server and the
// credentials from JIKO_BASE_URL, JIKO_USERNAME, JIKO_PASSWORD and JIKO_SIGNING_SECRET, logs in, signs, and shows each
// answer's status. What a second caller does is done with JIKO_OTHER_USERNAME and its like. What a hook prepares it
// takes from variables that it names, such as PREPARED_POCKET_ID; what a hook adds to requests belongs into ~/.curlrc.
// While openssl runs, other users of the machine can read the secret in its list of processes.
func (f Finding) Script() string {
	var b strings.Builder
	for line := range strings.Lines(f.String() + "\n") {
		b.WriteString("# " + printable.Text(strings.TrimSuffix(line, "\n")) + "\n")
	}
	b.WriteString("(\n")
	if slices.ContainsFunc(f.Steps, step.needsOther) {
		b.WriteString(`: "${JIKO_OTHER_USERNAME:?}" "${JIKO_OTHER_PASSWORD:?}" "${JIKO_OTHER_SIGNING_SECRET:?}"` +
			"\nothers=yes\n")
	}
	b.WriteString(scriptFunctions)
	for _, s := range f.Steps {
		s.script(&b)
	}
	b.WriteString("head -c 2000 \"$d/answer\"; echo\n")
	fmt.Fprintf(&b, "echo %s\n)\n", quote("expected: "+printable.Text(f.Expected)))
	return b.String()
}

// needsOther reports whether a step cannot be taken without the credentials of a second caller.
func (s step) needsOther() bool {
	return s.By == call.Other || s.Token == call.TokenOthers || s.Signature == call.SignatureOthers
}

func (s step) script(b *strings.Builder) {
	for _, name := range sortedKeys(s.Make) {
		switch s.Make[name] {
		case recipe.MadeUUID:
			fmt.Fprintf(b, "v_%s=\"\\\"$(uuid)\\\"\"\n", name)
		case recipe.MadePublicKey:
			key, _ := json.Marshal(publicKey(rand.New(rand.NewPCG(1, 1)))) //nolint:gosec // Nobody has the other half.
			fmt.Fprintf(b, "v_%s=%s\n", name, quote(string(key)))
		case recipe.MadeEncryptedPIN:
			fmt.Fprintf(b, "printf '%%b' \"$(plain \"$v_set_pin\")\" >\"$d/key\"\n"+
				"v_%s=\"\\\"$(printf %s | openssl pkeyutl -encrypt -pubin -inkey \"$d/key\" "+
				"| openssl base64 -A)\\\"\"\n",
				name, pin)
		default:
			if of, ok := strings.CutPrefix(string(s.Make[name]), madeLocal); ok {
				fmt.Fprintf(b, "v_%s=$(printf %%s \"$v_%s\" | sed 's/Z\"$/\"/')\n", name, of)
			}
			if years, days, ok := daysFrom(s.Make[name]); ok {
				fmt.Fprintf(b, "v_%s=\"\\\"$(day %d %d)\\\"\"\n", name, years, days)
			}
			if of, by, ok := shifted(s.Make[name]); ok {
				fmt.Fprintf(b, "v_%s=\"\\\"$(date -u -d \"$(plain \"$v_%s\") %+.6f seconds\" +%%FT%%T.%%6NZ)\\\"\"\n",
					name, of, by.Seconds())
			}
			if of, ok := strings.CutPrefix(string(s.Make[name]), madePlain); ok {
				fmt.Fprintf(b, "v_%s=$(printf %%s \"$v_%s\" | tr -d -)\n", name, of)
			}
		}
	}
	if slices.Contains(s.uses(), "receiver") {
		b.WriteString(`v_receiver="\"${RECEIVER_URL:?is where deliveries go}\""` + "\n")
	}
	for _, name := range s.Given {
		fmt.Fprintf(b, "v_%[1]s=\"\\\"${%[2]s:?is given by the hook that prepares %[3]s}\\\"\"\n", variableOf(name),
			"PREPARED_"+strings.ToUpper(variableOf(name)), s.Prepare)
	}
	if s.Clock != nil {
		scriptClock(b, *s.Clock)
	}
	if s.Await {
		b.WriteString("sleep 2 # for deliveries\n")
	}
	if s.Method == "" {
		return
	}
	for i := len(s.Beside); i > 0; i-- {
		s.one(i).scriptBody(b)
		s.one(i).scriptHeaders(b, fmt.Sprintf(`"$d/headers%d"`, i+1))
		fmt.Fprintf(b, "cp \"$d/body\" \"$d/body%d\"\n", i+1)
	}
	s.scriptBody(b)
	switch {
	case len(s.Beside) > 0:
		s.scriptHeaders(b, `"$d/headers1"`)
		b.WriteString("cp \"$d/body\" \"$d/body1\"\n")
	case s.Times > 1 && s.OwnKeys:
		// The first one has the key of the step, if that has one.
		fmt.Fprintf(b, "for i in $(seq %d); do\n", s.Times)
		other := s
		other.Key = ""
		other.scriptHeaders(b, `"$d/headers$i"`)
		b.WriteString("done\n")
		if s.Key != "" {
			s.scriptHeaders(b, `"$d/headers1"`)
		}
	default:
		s.scriptHeaders(b, `"$d/headers"`)
	}
	target := s.scriptTarget()
	if s.Token == call.TokenInQuery {
		target += quote("?&"[min(len(s.Query), 1):][:1]+"access_token=") + `"$token"`
	}
	options := ""
	if s.Body != nil {
		options = ` --data-binary @"$d/body"`
	}
	if len(s.Beside) > 0 {
		options = ` --data-binary @"$d/body$i"`
	}
	line := "send " + s.Method + " " + target + options
	switch {
	case s.Times > 1 && s.OwnKeys:
		line = fmt.Sprintf("for i in $(seq %d); do headers=$d/headers$i; %s & done; wait; unset headers", s.Times, line)
	case s.Times > 1:
		line = fmt.Sprintf("for i in $(seq %d); do %s & done; wait", s.Times, line)
	}
	b.WriteString(line + "\n")
	for _, name := range sortedKeys(s.Keep) {
		fmt.Fprintf(b, "v_%s=$(at %s)\n", name, quote(strings.TrimPrefix(s.Keep[name], optional)))
	}
}

// scriptTarget is the path with its query.
func (s step) scriptTarget() string {
	target := quoted(s.Path, inPath)
	if len(s.Query) == 0 {
		return target
	}
	parts := make([]string, len(s.Query))
	for i, p := range s.Query {
		parts[i] = quote(url.QueryEscape(p.Name)+"=") + quoted(escapeLiteral(p.Value), inQuery)
	}
	return target + "'?'" + strings.Join(parts, "'&'")
}

// scriptClock has time pass. Federal holidays are not known to it.
func scriptClock(b *strings.Builder, c recipe.Clock) {
	switch {
	case c.BusinessDay != "":
		fmt.Fprintf(b, "business_day %s\n", quote(c.BusinessDay))
	case c.Run != "":
		fmt.Fprintf(b, "clock %s\n", quote(`{"run":"`+c.Run+`"}`))
	default:
		fmt.Fprintf(b, "clock %s\n", quote(`{"by":"`+c.By+`"}`))
	}
}

// scriptBody puts the body of a request into a file.
func (s step) scriptBody(b *strings.Builder) {
	switch {
	case s.Body == nil:
		b.WriteString(": >\"$d/body\"\n")
	case !utf8.Valid(*s.Body) || strings.ContainsRune(string(*s.Body), 0):
		fmt.Fprintf(b, "echo %s | openssl base64 -d -A >\"$d/body\"\n", base64.StdEncoding.EncodeToString(*s.Body))
	default:
		as := plainly
		if isJSON(s.Media) {
			as = asJSON
		}
		b.WriteString("{ ")
		for _, part := range runs(string(*s.Body)) {
			if part.times > 0 {
				fmt.Fprintf(b, "head -c %d /dev/zero | tr '\\0' %s; ", part.times, quote(part.text))
			} else {
				fmt.Fprintf(b, "printf '%%s' %s; ", quoted(part.text, as))
			}
		}
		b.WriteString("} >\"$d/body\"\n")
	}
}

// part is of a body: a text, or a byte that comes so many times.
type part struct {
	text  string
	times int
}

// runs cuts a text where a byte comes a thousand times and more, which no command line would take.
func runs(text string) []part {
	const many = 1000
	var parts []part
	start := 0
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] == text[i] {
			j++
		}
		if j-i >= many && text[i] < utf8.RuneSelf {
			if start < i {
				parts = append(parts, part{text: text[start:i]})
			}
			parts = append(parts, part{text[i : i+1], j - i})
			start = j
		}
		i = j
	}
	if start < len(text) {
		parts = append(parts, part{text: text[start:]})
	}
	return parts
}

// scriptHeaders puts the headers of a request into a file, with token, key and signature.
func (s step) scriptHeaders(b *strings.Builder, file string) {
	key := `"$(uuid)"`
	if s.Key != "" {
		key = quoted(s.Key, plainly)
	}
	switch s.KeyForm {
	case call.KeyMissing:
		key = "''"
	case call.KeyNil:
		key = "00000000-0000-0000-0000-000000000000"
	case call.KeyText:
		key = "not-a-uuid"
	case call.KeyTwice:
	case call.KeyOtherEnd:
		key = `"$(other_end ` + key + `)"`
	case call.KeyOtherStart:
		key = `"$(other_start ` + key + `)"`
	}
	path := quoted(s.Path, inPath)
	if s.Signature == call.SignatureWithQuery {
		path = s.scriptTarget()
	}
	if s.Token == call.TokenRenewed {
		b.WriteString("login; ")
	}
	fmt.Fprintf(b, "method=%s key=%s path=$prefix%s; ", s.Method, key, path)
	// Who does not send it lends a token or a signature, where one of another caller is asked for.
	isOther := s.By == call.Other
	signature := scriptSignatures[s.Signature]
	if isOther != (s.Signature == call.SignatureOthers) {
		signature = strings.Replace(signature, itsSecret, othersSecret, 1)
	}
	b.WriteString(signature)
	b.WriteString("\n{ :; ")
	line := func(text string) { fmt.Fprintf(b, "printf '%%s\\n' %s; ", text) }
	o := operationByID(s.Operation)
	if isBare := o != nil && o.Bare; !isBare {
		for _, t := range scriptTokens[s.Token] {
			if isOther != (s.Token == call.TokenOthers) {
				t = tokenVariable.ReplaceAllString(t, "${1}others_${2}")
			}
			line(t)
		}
		if s.KeyForm != call.KeyMissing {
			line(`"x-jiko-idempotency: $key"`)
		}
		if s.KeyForm == call.KeyTwice {
			line(`"x-jiko-idempotency: $key"`)
		}
		switch s.Signature {
		case call.SignatureMissing:
		case call.SignatureEmpty:
			line(`'x-jiko-signature;'`)
		case call.SignatureTwice:
			line(`"x-jiko-signature: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`)
			line(`"x-jiko-signature: $signature"`)
		default:
			line(`"x-jiko-signature: $signature"`)
		}
	}
	for _, h := range s.Header {
		line(quote(h.Name+": ") + quoted(h.Value, plainly))
	}
	switch {
	case s.Media != "":
		line(quote("Content-Type: " + s.Media))
	case s.Body != nil:
		line("'Content-Type:'") // Without it, curl has one of its own.
	}
	b.WriteString("} >" + file + "\n")
}

const (
	rightToken   = `"Authorization: Bearer $token"`
	nobodysToken = `'Authorization: Bearer ` + call.NobodysToken + `'`
)

// tokenVariable is how a script has a token, or what might be taken for one.
var tokenVariable = regexp.MustCompile(`(\$\{?)(token|cookie)\b`)

var scriptTokens = map[call.Token][]string{
	"": {rightToken}, call.TokenRenewed: {rightToken}, call.TokenKept: {rightToken}, call.TokenOthers: {rightToken},
	call.TokenUnknown: {nobodysToken},
	call.TokenTwice:   {nobodysToken, rightToken}, call.TokenCut: {`"Authorization: Bearer ${token%?}"`},
	call.TokenCookie:        {`"Cookie: $cookie"`},
	call.TokenEnded:         {`"Authorization: Bearer $ended"`},
	call.TokenLonger:        {`"Authorization: Bearer ${token}x"`},
	call.TokenSpoilt:        {`"Authorization: Bearer $(spoilt "$token")"`},
	call.TokenCase:          {`"Authorization: Bearer $(other_case "$token")"`},
	call.TokenWithoutScheme: {`"Authorization: $token"`}, call.TokenOtherScheme: {`"Authorization: Basic $token"`},
}

// signed is the signature of something in bash.
func signed(secret, what, then string) string {
	return `signature=$({ ` + what + ` } | hmac ` + secret + ` | ` + then + `)`
}

const (
	itsSecret = `"$JIKO_SIGNING_SECRET"` //nolint:gosec // G101: the name of a variable, not a secret.
	// othersSecret is that of the second caller.
	othersSecret = `"$JIKO_OTHER_SIGNING_SECRET"` //nolint:gosec // G101: as above.
	itsText      = `printf '%s' "$key$path"; cat "$d/body";`
	inBase64     = `openssl base64 -A`
	anyBytes     = `AAAAAAAAAAAAAAAAAAAA`
)

// scriptSignatures set the variable signature to what a request is signed with.
var scriptSignatures = map[call.Signature]string{
	"":                        signed(itsSecret, itsText, inBase64),
	call.SignatureTwice:       signed(itsSecret, itsText, inBase64),
	call.SignatureWithQuery:   signed(itsSecret, itsText, inBase64),
	call.SignatureOthers:      signed(itsSecret, itsText, inBase64),
	call.SignatureOtherSecret: signed(`another-secret-0123456789`, itsText, inBase64),
	call.SignatureOtherPath:   signed(itsSecret, `printf '%s' "$key/api/v1/another-path/"; cat "$d/body";`, inBase64),
	call.SignatureUnslashed:   signed(itsSecret, `printf '%s' "$key${path%/}"; cat "$d/body";`, inBase64),
	call.SignatureOtherBody:   signed(itsSecret, itsText+` printf ' ';`, inBase64),
	call.SignatureNoBody:      signed(itsSecret, `printf '%s' "$key$path";`, inBase64),
	call.SignatureTrimmed: signed(itsSecret, `printf '%s' "$key$path"; awk '{ s = s $0 "\n" }
  END { gsub(/^[ \t\r\n]+|[ \t\r\n]+$/, "", s); printf "%s", s }' "$d/body";`, inBase64),
	call.SignatureOtherKey: signed(itsSecret,
		`printf '%s' "11111111-1111-4111-8111-111111111111$path"; cat "$d/body";`, inBase64),
	call.SignatureNoKey:  signed(itsSecret, `printf '%s' "$path"; cat "$d/body";`, inBase64),
	call.SignatureNoPath: signed(itsSecret, `printf '%s' "$key"; cat "$d/body";`, inBase64),
	call.SignatureHex:    signed(itsSecret, itsText, `od -An -tx1 | tr -d ' \n'`),
	call.SignatureURL:    signed(itsSecret, itsText, inBase64+` | tr '+/' '-_' | tr -d =`),
	call.SignaturePrefix: signed(itsSecret, itsText, inBase64) +
		`; signature=$(printf %.20s "$signature")` + anyBytes + `AAA=`,
	call.SignatureSuffix: signed(itsSecret, itsText, inBase64) + `; signature=` + anyBytes +
		`${signature#????????????????????}`,
	call.SignatureCut:    signed(itsSecret, itsText, inBase64) + `; signature=$(printf %.22s "$signature")`,
	call.SignatureLonger: signed(itsSecret, itsText, inBase64) + `; signature=$signature$signature`,
	call.SignatureCase:   signed(itsSecret, itsText, inBase64+` | tr 'a-zA-Z' 'A-Za-z'`),
	call.SignatureKeyCase: signed(itsSecret,
		`printf '%s' "$(printf %s "$key" | tr a-z A-Z)$path"; cat "$d/body";`, inBase64),
	call.SignaturePathCase: signed(itsSecret,
		`printf '%s' "$key$(printf %s "$path" | tr a-z A-Z)"; cat "$d/body";`, inBase64),
	call.SignatureWithMethod: signed(itsSecret, `printf '%s' "$method$key$path"; cat "$d/body";`,
		inBase64),
}

// quote is a text in single quotes for a shell. What a terminal would obey when the script is pasted, such as a tab or
// a carriage return, is written in letters.
func quote(text string) string {
	isObeyed := func(r rune) bool { return r != '\n' && r != ' ' && !unicode.IsPrint(r) }
	if !strings.ContainsFunc(text, isObeyed) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i, r := range text {
		switch {
		case isObeyed(r) || r == utf8.RuneError:
			_, size := utf8.DecodeRuneInString(text[i:])
			for _, c := range []byte(text[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		case r == '\\' || r == '\'':
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}

// quoted is a text for a shell, with variables in the place of those of a step, each as a function has it.
func quoted(text string, as func(name string, isWhole bool) string) string {
	var b strings.Builder
	last := 0
	for _, m := range variable.FindAllStringSubmatchIndex(text, -1) {
		found := text[m[0]:m[1]]
		isWhole := found[0] == '"' && found[len(found)-1] == '"'
		start, end := m[0], m[1]
		if !isWhole {
			// A quote on one side alone is not of the variable.
			start, end = start+strings.Index(found, "${"), start+strings.LastIndex(found, "}")+1
		}
		if start > last {
			b.WriteString(quote(text[last:start]))
		}
		b.WriteString(as(text[m[2]:m[3]], isWhole))
		last = end
	}
	if last < len(text) || b.Len() == 0 {
		b.WriteString(quote(text[last:]))
	}
	return b.String()
}

// given are the variables that a shell has from the beginning.
var given = map[string]string{"username": "$JIKO_USERNAME", "password": "$JIKO_PASSWORD", "nobody": recipe.Nobody}

// plainly is a variable without the quotes of JSON.
func plainly(name string, isWhole bool) string {
	text := `"$(plain "$v_` + name + `")"`
	if value := given[name]; value != "" {
		text = `"` + value + `"`
	}
	if isWhole {
		return `'"'` + text + `'"'`
	}
	return text
}

// asJSON is a variable in JSON: the value itself where nothing stands beside it.
func asJSON(name string, isWhole bool) string {
	value := given[name]
	switch {
	case isWhole && value == "":
		return `"$v_` + name + `"`
	case !strings.HasPrefix(value, "$"):
		return plainly(name, isWhole)
	case isWhole:
		return `'"'"$(json "` + value + `")"'"'`
	}
	return `"$(json "` + value + `")"`
}

// inPath and inQuery are variables in an address. In a query, quotes beside one are written as they are in addresses.
func inPath(name string, isWhole bool) string  { return inAddress(name, isWhole, "$&+=:@", `'"'`) }
func inQuery(name string, isWhole bool) string { return inAddress(name, isWhole, "", "%22") }

func inAddress(name string, isWhole bool, keep, quotes string) string {
	text := `"$(url ` + plainly(name, false) + ` '` + keep + `')"`
	if isWhole {
		return quotes + text + quotes
	}
	return text
}

var unreserved = regexp.MustCompile(`\$\{[a-z][a-z0-9_]*\}`)

// escapeLiteral escapes a value of a query, but for its variables.
func escapeLiteral(value string) string {
	var b strings.Builder
	last := 0
	for _, m := range unreserved.FindAllStringIndex(value, -1) {
		b.WriteString(url.QueryEscape(value[last:m[0]]) + value[m[0]:m[1]])
		last = m[1]
	}
	return b.String() + url.QueryEscape(value[last:])
}
