package authentication

import (
	"bytes"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // G505: to recognise it where it should not have been used
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// maxDiagnosed bounds the bodies that are hashed for each guess. For larger ones only the cheapest are made.
	maxDiagnosed = 1 << 20
	// maxCrossed bounds the bodies for which combinations of two mistakes are tried.
	maxCrossed = 4 << 10
)

// Attempt is a request whose signature did not verify.
type Attempt struct {
	// Key is the idempotency key from its header.
	Key string
	// Path is the escaped path on the wire.
	Path string
	// RawQuery is the query string without its question mark.
	RawQuery string
	// Method is the HTTP method.
	Method string
	// Host is the host, with a port if one was given.
	Host string
	// Body is the bytes that arrived.
	Body []byte
	// Signature is the text of its header.
	Signature string
	// Token is the bearer token, which is sometimes taken for the secret.
	Token signing.Secret
	// RecentKeys are keys of earlier requests of the same caller.
	RecentKeys []string
}

// Diagnose says which of the usual mistakes led to a signature that does not verify with the secrets of a caller, or
// that it recognises none. For a signature that is right it returns nothing. It never repeats anything of the attempt
// or the secrets, but it tells a caller how close a guess was, and it makes a few thousand guesses: use it in
// development and in a sandbox, never for production traffic.
//
// With bodies of up to 4 KiB it recognises two mistakes at once, besides a wrong encoding of the signature. It tries
// other spellings of JSON up to 64 KiB, and above 1 MiB little more than whether the body was signed at all.
func Diagnose(caller Caller, a Attempt) (says string) {
	// Its guesses have SHA-1 and short keys among them, on which FIPS 140-only mode panics. They protect nothing.
	fips140.WithoutEnforcement(func() { says = diagnose(caller, a) })
	return says
}

func diagnose(caller Caller, a Attempt) string {
	if len(caller.Secrets) == 0 {
		return "there is no secret to verify with"
	}
	for _, secret := range caller.Secrets {
		switch err := signing.Verify(secret, a.Key, a.Path, a.Body, a.Signature); {
		case err == nil:
			return ""
		case errors.Is(err, signing.ErrInput):
			return strings.TrimPrefix(err.Error(), signing.ErrInput.Error()+": ")
		}
	}
	if strings.TrimSpace(a.Signature) == "" {
		return "the signature is empty"
	}
	readings := readSignature(a.Signature)
	if len(readings) == 0 {
		return "the signature is not base64: send the standard base64 of the 32 bytes of the HMAC"
	}
	texts, keys, algorithms := a.texts(), usedKeys(caller, a), algorithms
	if len(a.Body) > maxDiagnosed {
		texts, keys, algorithms = withoutBody(texts), keys[:len(caller.Secrets)], algorithms[:1]
	}
	most := 1
	if len(a.Body) <= maxCrossed {
		most = 2
	}
	// The fewer mistakes explain it, the likelier they are.
	for mistakes := 0; mistakes <= most; mistakes++ {
		for _, reading := range readings {
			if says, ok := explain(reading, algorithms, keys, texts, mistakes); ok {
				return says
			}
		}
	}
	wrong := readings[len(readings)-1]
	for _, secret := range caller.Secrets {
		if len(a.Body) <= maxCrossed && swapped(wrong, secret, a) {
			return sentence(wrong.says, "the secret and the text changed places: the secret is the key of the HMAC")
		}
	}
	if len(wrong.sum) != sha256.Size {
		return "the signature is not one of HMAC-SHA-256, which has 32 bytes"
	}
	return sentence(wrong.says, "none of the usual mistakes explains it, so the secret is probably another one")
}

// explain looks for a combination of exactly that many mistakes that produces the signature.
func explain(reading reading, algorithms []algorithm, keys []usedKey, texts []text, mistakes int) (string, bool) {
	var scratch, sum []byte
	for _, algorithm := range algorithms {
		if algorithm.size != len(reading.sum) {
			continue
		}
		for _, key := range keys {
			if made(algorithm.says, key.says) > mistakes {
				continue
			}
			h := algorithm.hash(key.bytes)
			for _, text := range texts {
				if made(algorithm.says, key.says, text.says) != mistakes || text.respelled && mistakes > 1 {
					continue
				}
				h.Reset()
				if scratch = scratch[:0]; algorithm.before {
					scratch = append(scratch, key.bytes...)
				}
				scratch = append(scratch, text.head...)
				h.Write(scratch)
				h.Write(text.body)
				if scratch = append(scratch[:0], text.tail...); algorithm.after {
					scratch = append(scratch, key.bytes...)
				}
				h.Write(scratch)
				if sum = h.Sum(sum[:0]); hmac.Equal(sum, reading.sum) {
					return sentence(reading.says, algorithm.says, key.says, text.says), true
				}
			}
		}
	}
	return "", false
}

func made(mistakes ...string) int {
	n := 0
	for _, m := range mistakes {
		if m != "" {
			n++
		}
	}
	return n
}

// sentence joins the parts that are not empty.
func sentence(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, "; and ")
}

// Everything below lists what may have gone wrong. says names the mistake, and is empty for what is right.

// guess is a value that may have been used in place of another.
type guess struct{ says, value string }

// reading is a way to read the signature that arrived.
type reading struct {
	says string
	sum  []byte
}

// algorithmNames are what other APIs put before a signature.
var algorithmNames = []string{"sha1", "sha256", "sha-256", "sha512", "sha-512", "hmac", "hmac-sha256", "hmac-sha-256",
	"v1"}

// readSignature returns every way to make sense of a signature, the most likely last.
func readSignature(signature string) []reading {
	var readings []reading
	plain := strings.Trim(strings.TrimSpace(signature), `"'`)
	if name, rest, ok := strings.Cut(plain, "="); ok && slices.Contains(algorithmNames, strings.ToLower(name)) {
		plain = rest
	}
	decorated := ""
	if plain != signature {
		decorated = "the signature has something around it: send the base64 alone"
	}
	unbroken := strings.NewReplacer("\r", "", "\n", "", " ", "").Replace(plain)
	for _, form := range []struct {
		says   string
		text   string
		decode func(string) ([]byte, error)
	}{
		{"", plain, base64.StdEncoding.Strict().DecodeString},
		{"the signature has its base64 broken up or its last character changed: send it as the encoder makes it",
			unbroken, base64.StdEncoding.DecodeString},
		{"the signature lacks its padding: send the standard, padded base64", plain,
			base64.RawStdEncoding.DecodeString},
		{"the signature is URL-safe base64: send the standard one", plain, base64.URLEncoding.DecodeString},
		{"the signature is URL-safe base64: send the standard, padded one", plain, base64.RawURLEncoding.DecodeString},
		{"the signature is the base64 of the hexadecimal text: encode the bytes themselves", plain, hexInBase64},
		{"the signature is hexadecimal: send base64", plain, hex.DecodeString},
	} {
		sum, err := form.decode(form.text)
		if err != nil || form.says == "" && strings.ContainsAny(plain, "\r\n") { // The decoder skips line breaks.
			continue
		}
		switch len(sum) {
		case sha1.Size, sha256.Size, sha512.Size384, sha512.Size:
			if !slices.ContainsFunc(readings, func(r reading) bool { return bytes.Equal(r.sum, sum) }) {
				readings = append(readings, reading{sentence(decorated, form.says), sum})
			}
		}
	}
	return readings
}

func hexInBase64(text string) ([]byte, error) {
	inner, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(string(inner))
}

// algorithm is a way to make bytes of a secret and a text.
type algorithm struct {
	says string
	size int
	hash func(key []byte) hash.Hash
	// before and after say that the secret is hashed like a part of the text.
	before, after bool
}

// The first is the right one.
var algorithms = []algorithm{
	{says: "", size: sha256.Size, hash: hmacOf(sha256.New)},
	{says: "HMAC-SHA-1 was used: use HMAC-SHA-256", size: sha1.Size, hash: hmacOf(sha1.New)},
	{says: "HMAC-SHA-384 was used: use HMAC-SHA-256", size: sha512.Size384, hash: hmacOf(sha512.New384)},
	{says: "HMAC-SHA-512 was used: use HMAC-SHA-256", size: sha512.Size, hash: hmacOf(sha512.New)},
	{says: "SHA-256 was used without a secret: use HMAC-SHA-256", size: sha256.Size, hash: plainSHA256},
	{says: "SHA-256 of the secret and the text was used: use HMAC-SHA-256", size: sha256.Size, hash: plainSHA256,
		before: true},
	{says: "SHA-256 of the text and the secret was used: use HMAC-SHA-256", size: sha256.Size, hash: plainSHA256,
		after: true},
}

func hmacOf(newHash func() hash.Hash) func([]byte) hash.Hash {
	return func(key []byte) hash.Hash { return hmac.New(newHash, key) }
}

func plainSHA256([]byte) hash.Hash { return sha256.New() }

// swapped reports whether the text was the key of the HMAC, and the secret what it was made over.
func swapped(reading reading, secret signing.Secret, a Attempt) bool {
	h := hmac.New(sha256.New, append([]byte(a.Key+a.Path), a.Body...))
	h.Write([]byte(secret.Reveal()))
	return hmac.Equal(h.Sum(nil), reading.sum)
}

// usedKey is what may have been the key of the HMAC.
type usedKey struct {
	says  string
	bytes []byte
}

// usedKeys begins with the right ones.
func usedKeys(caller Caller, a Attempt) []usedKey {
	var keys []usedKey
	add := func(says string, values ...string) {
		for _, value := range values {
			keys = append(keys, usedKey{says, []byte(value)})
		}
	}
	for _, secret := range caller.Secrets {
		add("", secret.Reveal())
	}
	for _, secret := range caller.Retired {
		add("a retired secret was used", secret.Reveal())
	}
	for _, secret := range caller.Secrets {
		s := secret.Reveal()
		add("a line break was taken for a part of the secret: trim what is read from a file", s+"\n", s+"\r\n")
		add("spaces around the secret were taken for a part of it", " "+s, s+" ")
		add("the secret was trimmed: use its text as it is", strings.TrimSpace(s))
		add("the secret was used with quotes around it", `"`+s+`"`, `'`+s+`'`)
		add("the quotes of the secret were taken off: use its text as it is", strings.Trim(s, `"'`))
		add("the secret was used in another case", strings.ToLower(s), strings.ToUpper(s))
		for _, decode := range []func(string) ([]byte, error){
			hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
			base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
		} {
			if decoded, err := decode(s); err == nil {
				add("the secret was decoded before its use: use the bytes of its text", string(decoded))
			}
		}
		add("the secret was encoded before its use: use the bytes of its text", hex.EncodeToString([]byte(s)),
			base64.StdEncoding.EncodeToString([]byte(s)))
	}
	if !a.Token.IsZero() {
		add("the bearer token was used as the secret", a.Token.Reveal(), "Bearer "+a.Token.Reveal())
	}
	add("the idempotency key was used as the secret", a.Key)
	add("an empty secret was used", "")
	return keys
}

// text is what may have been signed.
type text struct {
	says string
	head string
	body []byte
	tail string
	// respelled says that the body is one of very many.
	respelled bool
}

// texts begins with the right one.
func (a Attempt) texts() []text {
	texts := []text{{head: a.Key + a.Path, body: a.Body}}
	for _, path := range a.paths() {
		texts = append(texts, text{says: path.says, head: a.Key + path.value, body: a.Body})
	}
	for _, key := range a.keys() {
		texts = append(texts, text{says: key.says, head: key.value + a.Path, body: a.Body})
	}
	texts = append(texts, a.layouts()...)
	return append(texts, a.bodies()...)
}

func withoutBody(texts []text) []text {
	kept := texts[:1:1]
	for _, t := range texts[1:] {
		if len(t.body) == 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

// paths are the paths that may have been signed.
func (a Attempt) paths() []guess {
	const (
		query   = "the query string was signed: sign the path alone"
		url     = "the whole URL was signed: sign the path alone"
		escapes = "the path was signed in another spelling: sign it with the escapes that it is sent with"
	)
	guesses := []guess{
		{"the path was signed without its trailing slash", strings.TrimSuffix(a.Path, "/")},
		{"the path was signed without its leading slash", strings.TrimPrefix(a.Path, "/")},
		{"the path was signed without the slashes at both ends", strings.Trim(a.Path, "/")},
		{"the path was signed with a slash at its end that it was not sent with", a.Path + "/"},
		{"the path was signed with one slash too many at its start", "/" + a.Path},
		{escapes, unescape(a.Path)}, {escapes, recase(a.Path, strings.ToLower)},
		{escapes, recase(a.Path, strings.ToUpper)},
		{"the path was signed in another case", strings.ToLower(a.Path)},
	}
	targets := []string{a.Path}
	if a.RawQuery != "" {
		targets = append(targets, a.Path+"?"+a.RawQuery)
		guesses = append(guesses, guess{query, a.Path + "?" + a.RawQuery}, guess{query, a.Path + a.RawQuery},
			guess{query, unescape(a.Path + "?" + a.RawQuery)},
			guess{query, strings.TrimSuffix(a.Path, "/") + "?" + a.RawQuery})
	}
	if a.Host != "" {
		for _, target := range targets {
			guesses = append(guesses, guess{url, "https://" + a.Host + target}, guess{url, "http://" + a.Host + target},
				guess{"the host was signed: sign the path alone", a.Host + target})
		}
	}
	// A client that knows the API by its prefix may sign what comes after it.
	rest := strings.TrimPrefix(a.Path, "/")
	for range 4 {
		if _, rest, _ = strings.Cut(rest, "/"); rest != "" {
			const says = "only the end of the path was signed: sign it from its first slash"
			guesses = append(guesses, guess{says, "/" + rest}, guess{says, rest})
		}
	}
	return guesses
}

// unescape resolves what escapes it can.
func unescape(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if c, err := hex.DecodeString(path[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// recase changes the case of the escapes alone.
func recase(path string, change func(string) string) string {
	parts := strings.Split(path, "%")
	for i, part := range parts[1:] {
		n := min(2, len(part))
		parts[i+1] = change(part[:n]) + part[n:]
	}
	return strings.Join(parts, "%")
}

// keys are the idempotency keys that may have been signed.
func (a Attempt) keys() []guess {
	const spelling = "the idempotency key was signed in another spelling than its header has"
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune("{}-", r) {
			return -1
		}
		return r
	}, strings.TrimPrefix(strings.ToLower(a.Key), "urn:uuid:"))
	var guesses []guess
	for _, change := range []func(string) string{strings.ToLower, strings.ToUpper} {
		key := change(a.Key)
		forms := []string{key, "{" + key + "}", "urn:uuid:" + key, `"` + key + `"`, change(bare)}
		if len(bare) == 32 {
			forms = append(forms, change(bare[:8]+"-"+bare[8:12]+"-"+bare[12:16]+"-"+bare[16:20]+"-"+bare[20:]))
		}
		for _, form := range forms {
			guesses = append(guesses, guess{spelling, form})
		}
	}
	for _, key := range a.RecentKeys {
		guesses = append(guesses,
			guess{"the idempotency key of an earlier request was signed: sign the one in the header", key})
	}
	return guesses
}

// layouts are the ways to put key, path and body together.
func (a Attempt) layouts() []text {
	const (
		method     = "the method was signed: sign key, path and body alone"
		separators = "separators were signed: join key, path and body with nothing between them"
		order      = "key, path and body were signed in another order"
	)
	texts := []text{
		{says: "the idempotency key was not signed", head: a.Path, body: a.Body},
		{says: "the path was not signed", head: a.Key, body: a.Body},
		{says: "the body alone was signed, as of a webhook delivery: sign key, path and body", body: a.Body},
		{says: order, head: a.Path + a.Key, body: a.Body},
		{says: order, body: a.Body, tail: a.Path + a.Key},
		{says: order, body: a.Body, tail: a.Key + a.Path},
		{says: order, head: a.Key, body: a.Body, tail: a.Path},
		{says: order, head: a.Path, body: a.Body, tail: a.Key},
	}
	for _, m := range []string{a.Method, strings.ToLower(a.Method)} {
		for _, head := range []string{a.Key + m + a.Path, m + a.Key + a.Path, m + a.Path + a.Key, a.Key + a.Path + m,
			m + a.Path} {
			texts = append(texts, text{says: method, head: head, body: a.Body})
		}
	}
	for _, s := range []string{"\n", "\r\n", ":", ".", ",", "|", "&", ";", "-", "_", " ", "\t", "\x00"} {
		texts = append(texts, text{says: separators, head: a.Key + s + a.Path + s, body: a.Body})
		for _, m := range []string{a.Method, strings.ToLower(a.Method)} {
			const says = "the method and separators were signed: join key, path and body with nothing between them"
			texts = append(texts, text{says: says, head: m + s + a.Key + s + a.Path + s, body: a.Body},
				text{says: says, head: a.Key + s + m + s + a.Path + s, body: a.Body},
				text{says: says, head: m + s + a.Path + s + a.Key + s, body: a.Body})
		}
		if len(a.Body) == 0 {
			texts = append(texts, text{says: separators, head: a.Key + s + a.Path})
		}
	}
	return texts
}

// bodies are the bodies that may have been signed.
func (a Attempt) bodies() []text {
	var texts []text
	add := func(says string, respelled bool, bodies ...[]byte) {
		for _, body := range bodies {
			texts = append(texts, text{says: says, head: a.Key + a.Path, body: body, respelled: respelled})
		}
	}
	if len(a.Body) == 0 {
		add("an empty JSON object was signed for an empty body", false, []byte("{}"))
		add("a text was signed for an empty body: nothing is added for none", false, []byte("null"), []byte(`""`),
			[]byte("None"), []byte("undefined"), []byte("[]"), []byte("nil"), []byte("\n"))
		return texts
	}
	add("the body was not signed", false, nil)
	if len(a.Body) > maxDiagnosed {
		return texts
	}
	sum := sha256.Sum256(a.Body)
	add("a hash of the body was signed: sign the body itself", false, []byte(hex.EncodeToString(sum[:])), sum[:],
		[]byte(base64.StdEncoding.EncodeToString(sum[:])))
	add("the body was signed in base64: sign the bytes that go out", false,
		[]byte(base64.StdEncoding.EncodeToString(a.Body)))
	const lineBreak = "a line break at the end of the body was signed or sent, not both: sign the bytes that go out"
	add(lineBreak, false, append(a.Body[:len(a.Body):len(a.Body)], '\n'),
		append(a.Body[:len(a.Body):len(a.Body)], '\r', '\n'),
		[]byte(strings.TrimSuffix(string(a.Body), "\n")), []byte(strings.TrimSuffix(string(a.Body), "\r\n")))
	add("white space around the body was sent and not signed: sign the bytes that go out", false,
		[]byte(strings.TrimSpace(string(a.Body))))
	add("the line ends of the body were changed after it was signed: sign the bytes that go out", false,
		[]byte(strings.ReplaceAll(string(a.Body), "\r\n", "\n")),
		[]byte(strings.ReplaceAll(strings.ReplaceAll(string(a.Body), "\r\n", "\n"), "\n", "\r\n")))
	for _, r := range respell(a.Body) {
		says := "the JSON was signed in another spelling than it was sent in (" + r.style +
			"): sign the bytes that go out"
		add(says, true, []byte(r.text), []byte(r.text+"\n"))
	}
	return texts
}
