package call

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Message is a request as it goes out, but for its credentials.
type Message struct {
	// By is who sends it.
	By     Who
	Method string
	// Target is the path as it is on the wire, with a query if there is one.
	Target string
	Header http.Header
	Body   []byte
	// Bare goes out without token, key and signature.
	Bare bool
	// Key is the idempotency key.
	Key       string
	Token     Token
	Signature Signature
	KeyForm   KeyForm
	// Gate, if it is not nil, has the message arrive at the same time as others.
	Gate *Gate
}

// Who is a caller. The zero value is the one whose things are tested.
type Who string

// Other is somebody else whom the server knows, and who has nothing to do with those things.
const Other Who = "other"

// another is the one who w is not.
func (w Who) another() Who {
	if w == "" {
		return Other
	}
	return ""
}

// Token is the bearer token that a request has. The zero value is the right one.
type Token string

// Tokens that are not right.
const (
	TokenMissing Token = "missing"
	// TokenUnknown was never given to anybody.
	TokenUnknown Token = "unknown"
	// TokenCut is the right one without its last character.
	TokenCut Token = "cut"
	// TokenWithoutScheme is the right one without "Bearer".
	TokenWithoutScheme Token = "without_scheme"
	// TokenOtherScheme is the right one as Basic.
	TokenOtherScheme Token = "other_scheme"
	// TokenLonger has more behind the right one, and TokenSpoilt another last character.
	TokenLonger Token = "longer"
	TokenSpoilt Token = "spoilt"
	// TokenCase has its letters in the other case.
	TokenCase Token = "case"
	// TokenInQuery is the right one in the query of the address, as RFC 6750 advises against.
	TokenInQuery Token = "in_query"
	// TokenCookie is none, and the cookies that the login has set. They go where a browser would send them.
	TokenCookie Token = "cookie"
	// TokenTwice is the right one after one that was never given to anybody, in two headers.
	TokenTwice Token = "twice"
)

// Tokens of other logins.
const (
	// TokenRenewed is the right one, of a new login.
	TokenRenewed Token = "renewed"
	// TokenKept is the right one, and no other if it is refused.
	TokenKept Token = "kept"
	// TokenEnded is the one from before the clock of the server was moved, which has to be refused after its time.
	TokenEnded Token = "ended"
	// TokenOthers is a good one, of the caller who does not send the message.
	TokenOthers Token = "others"
)

// WrongTokens are all tokens that have to be refused.
func WrongTokens() []Token {
	return []Token{TokenMissing, TokenUnknown, TokenCut, TokenWithoutScheme, TokenOtherScheme, TokenLonger,
		TokenSpoilt, TokenCase, TokenTwice}
}

// Signature is what a request is signed with. The zero value is the right one.
type Signature string

// Signatures that are not right.
const (
	SignatureMissing     Signature = "missing"
	SignatureEmpty       Signature = "empty"
	SignatureOtherSecret Signature = "other_secret"
	SignatureOtherPath   Signature = "other_path"
	// SignatureUnslashed is of the path without its trailing slash.
	SignatureUnslashed Signature = "unslashed"
	SignatureOtherBody Signature = "other_body"
	SignatureNoBody    Signature = "no_body"
	SignatureOtherKey  Signature = "other_key"
	SignatureNoKey     Signature = "no_key"
	SignatureNoPath    Signature = "no_path"
	// SignatureHex is the right one in hexadecimal.
	SignatureHex Signature = "hex"
	// SignatureURL is the right one in the alphabet of Base64 for URLs, without padding.
	SignatureURL Signature = "url"
	// SignaturePrefix begins as the right one, and SignatureSuffix ends as it does.
	SignaturePrefix Signature = "prefix"
	SignatureSuffix Signature = "suffix"
	// SignatureCut is the first half of the right one, and SignatureLonger has more behind it.
	SignatureCut    Signature = "cut"
	SignatureLonger Signature = "longer"
	// SignatureCase has its letters in the other case.
	SignatureCase Signature = "case"
	// SignatureKeyCase is of the key in capitals, and SignaturePathCase of the path.
	SignatureKeyCase  Signature = "key_case"
	SignaturePathCase Signature = "path_case"
	// SignatureWithMethod is of a text with the method in front, as some APIs have it.
	SignatureWithMethod Signature = "with_method"
	// SignatureTwice is the right one after a wrong one, in two headers.
	SignatureTwice Signature = "twice"
	// SignatureTrimmed is of the body without the white space around it, and SignatureWithQuery of the path with its
	// query. They are right where there is none.
	SignatureTrimmed   Signature = "trimmed"
	SignatureWithQuery Signature = "with_query"
	// SignatureOthers is made with the secret of the caller who does not send the message.
	SignatureOthers Signature = "others"
)

// WrongSignatures are all signatures that have to be refused, whatever the request.
func WrongSignatures() []Signature {
	return []Signature{SignatureMissing, SignatureEmpty, SignatureOtherSecret, SignatureOtherPath, SignatureUnslashed,
		SignatureOtherBody, SignatureOtherKey, SignatureNoKey, SignatureNoPath, SignatureHex, SignatureURL,
		SignaturePrefix, SignatureSuffix, SignatureCut, SignatureLonger, SignatureCase, SignatureWithMethod,
		SignatureKeyCase, SignaturePathCase, SignatureTwice}
}

// KeyForm is how the idempotency key is sent. The zero value is as it should be.
type KeyForm string

// Keys that are not as they should be. What is signed is always the key that is sent.
const (
	KeyMissing KeyForm = "missing"
	KeyNil     KeyForm = "nil"
	KeyText    KeyForm = "text"
	KeyTwice   KeyForm = "twice"
)

// Keys that are as they should be, but others: the last character or the first one is not that of the key.
const (
	KeyOtherEnd   KeyForm = "other_end"
	KeyOtherStart KeyForm = "other_start"
)

// WrongKeys are all forms of a key that have to be refused.
func WrongKeys() []KeyForm { return []KeyForm{KeyMissing, KeyNil, KeyText, KeyTwice} }

const (
	headerKey = "X-Jiko-Idempotency"
	nilUUID   = "00000000-0000-0000-0000-000000000000"
)

// headerSignature as net/http spells it.
var headerSignature = http.CanonicalHeaderKey(signing.HeaderSignature)

// isSafeTwice reports whether a message of which nobody knows whether it has arrived may be sent again: it changes
// nothing, it has the key under which the server does once what it says, or it is a login.
func (m Message) isSafeTwice(login string) bool {
	switch {
	case m.Method == http.MethodGet, m.Method == http.MethodHead, m.Method == http.MethodOptions:
		return true
	case m.Bare:
		return m.path() == login
	}
	return m.Key != "" && (m.KeyForm == "" || m.KeyForm == KeyOtherEnd || m.KeyForm == KeyOtherStart)
}

// path is that of the message on the wire.
func (m Message) path() string {
	path, _, _ := strings.Cut(m.Target, "?")
	return path
}

// withQuery is a message with a parameter more.
func (m Message) withQuery(name, value string) Message {
	separator := "?"
	if strings.Contains(m.Target, "?") {
		separator = "&"
	}
	m.Target += separator + name + "=" + url.QueryEscape(value)
	return m
}

// credentials puts token, key and signature into the headers of a message. What a caller has put there stays.
func (m Message) credentials(header http.Header, token string, secret signing.Secret) error {
	put := func(name string, values ...string) {
		if _, has := header[name]; !has && len(values) > 0 {
			header[name] = values
		}
	}
	switch m.Token {
	case "", TokenRenewed, TokenKept, TokenEnded, TokenOthers:
		put("Authorization", "Bearer "+token)
	case TokenMissing, TokenInQuery, TokenCookie:
	case TokenUnknown:
		put("Authorization", "Bearer "+NobodysToken)
	case TokenCut:
		put("Authorization", "Bearer "+token[:max(len(token)-1, 0)])
	case TokenWithoutScheme:
		put("Authorization", token)
	case TokenOtherScheme:
		put("Authorization", "Basic "+token)
	case TokenLonger:
		put("Authorization", "Bearer "+token+"x")
	case TokenSpoilt:
		put("Authorization", "Bearer "+spoilt(token))
	case TokenCase:
		put("Authorization", "Bearer "+inOtherCase(token))
	case TokenTwice:
		put("Authorization", "Bearer "+NobodysToken, "Bearer "+token)
	default:
		return fmt.Errorf("there is no token %q", m.Token)
	}
	key := m.Key
	switch m.KeyForm {
	case "":
		put(headerKey, key)
	case KeyMissing:
		key = ""
	case KeyNil:
		key = nilUUID
		put(headerKey, key)
	case KeyText:
		key = "not-a-uuid"
		put(headerKey, key)
	case KeyTwice:
		put(headerKey, key, key)
	case KeyOtherEnd:
		key = otherEnd(key)
		put(headerKey, key)
	case KeyOtherStart:
		key = otherStart(key)
		put(headerKey, key)
	default:
		return fmt.Errorf("there is no form of a key %q", m.KeyForm)
	}
	values, err := m.signature(key, secret)
	if err != nil {
		return err
	}
	put(headerSignature, values...)
	return nil
}

// signature is what stands in the header of that name.
func (m Message) signature(key string, secret signing.Secret) ([]string, error) {
	path := m.path()
	right := hash(secret, key, path, string(m.Body))
	text := base64.StdEncoding.EncodeToString(right)
	one := func(b []byte) []string { return []string{base64.StdEncoding.EncodeToString(b)} }
	switch m.Signature {
	case "", SignatureOthers:
		return []string{text}, nil
	case SignatureMissing:
		return nil, nil
	case SignatureEmpty:
		return []string{""}, nil
	case SignatureOtherSecret:
		return one(hash(signing.NewSecret("another-secret-0123456789"), key, path, string(m.Body))), nil
	case SignatureOtherPath:
		return one(hash(secret, key, "/api/v1/another-path/", string(m.Body))), nil
	case SignatureUnslashed:
		other := strings.TrimSuffix(path, "/")
		if other == path {
			other += "/"
		}
		return one(hash(secret, key, other, string(m.Body))), nil
	case SignatureOtherBody:
		return one(hash(secret, key, path, string(m.Body)+" ")), nil
	case SignatureNoBody:
		return one(hash(secret, key, path, "")), nil
	case SignatureOtherKey:
		return one(hash(secret, "11111111-1111-4111-8111-111111111111", path, string(m.Body))), nil
	case SignatureNoKey:
		return one(hash(secret, "", path, string(m.Body))), nil
	case SignatureNoPath:
		return one(hash(secret, key, "", string(m.Body))), nil
	case SignatureHex:
		return []string{hex.EncodeToString(right)}, nil
	case SignatureURL:
		return []string{base64.RawURLEncoding.EncodeToString(right)}, nil
	case SignaturePrefix:
		return one(spoil(right, len(right)/2, len(right))), nil
	case SignatureSuffix:
		return one(spoil(right, 0, len(right)/2)), nil
	case SignatureCut:
		return []string{text[:len(text)/2]}, nil
	case SignatureLonger:
		return []string{text + text}, nil
	case SignatureCase:
		return []string{strings.Map(otherCase, text)}, nil
	case SignatureKeyCase:
		return one(hash(secret, inCapitals(key), path, string(m.Body))), nil
	case SignaturePathCase:
		return one(hash(secret, key, inCapitals(path), string(m.Body))), nil
	case SignatureWithMethod:
		return one(hash(secret, m.Method+key, path, string(m.Body))), nil
	case SignatureTrimmed:
		return one(hash(secret, key, path, strings.TrimSpace(string(m.Body)))), nil
	case SignatureWithQuery:
		return one(hash(secret, key, m.Target, string(m.Body))), nil
	case SignatureTwice:
		return append(one(spoil(right, 0, len(right))), text), nil
	}
	return nil, fmt.Errorf("there is no signature %q", m.Signature)
}

// hash is HMAC-SHA256 of what a signature is about, also of what package signing refuses to sign.
func hash(secret signing.Secret, parts ...string) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	for _, part := range parts {
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// spoil is a copy with other bytes in a range.
func spoil(b []byte, from, to int) []byte {
	other := append([]byte(nil), b...)
	for i := from; i < to; i++ {
		other[i] ^= 0x5a
	}
	return other
}

// NobodysToken was never given to anybody.
const NobodysToken = "nobody-was-given-this-token-0123456789"

// spoilt is a token with another last character, also for a reader of Base64 who does not look at bits that are left
// over: of the last character as few as the first two may count, and those of '0' are 11.
func spoilt(token string) string {
	switch {
	case token == "":
		return ""
	case strings.ContainsRune("wxyz0123456789-_+/", rune(token[len(token)-1])):
		return token[:len(token)-1] + "A"
	}
	return token[:len(token)-1] + "0"
}

// otherEnd is a text with another last character.
func otherEnd(text string) string {
	if text == "" {
		return ""
	}
	return text[:len(text)-1] + otherDigit(text[len(text)-1])
}

// otherStart is a text with another first character.
func otherStart(text string) string {
	if text == "" {
		return ""
	}
	return otherDigit(text[0]) + text[1:]
}

// otherDigit is a hexadecimal digit other than this one.
func otherDigit(digit byte) string {
	if digit == '0' {
		return "1"
	}
	return "0"
}

// inOtherCase is a token with its letters in the other case. One of digits alone would be the same, and one in
// hexadecimal means the same to many readers, with no less to guess: they are longer by a character.
func inOtherCase(token string) string {
	isHex := !strings.ContainsFunc(token, func(r rune) bool {
		return otherCase(r) != r && !strings.ContainsRune("abcdefABCDEF", r)
	})
	if isHex {
		return token + "x"
	}
	return strings.Map(otherCase, token)
}

// inCapitals is a text in capitals. One that has no small letters is longer by a character.
func inCapitals(text string) string {
	if capitals := strings.ToUpper(text); capitals != text {
		return capitals
	}
	return text + "X"
}

func otherCase(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case 'A' <= r && r <= 'Z':
		return r - 'A' + 'a'
	}
	return r
}

// Tokens are all that a request can have beside the right one.
func Tokens() []Token {
	return append(WrongTokens(), TokenInQuery, TokenCookie, TokenRenewed, TokenKept, TokenEnded, TokenOthers)
}

// KeyForms are all forms that a key can have beside the right one.
func KeyForms() []KeyForm { return append(WrongKeys(), KeyOtherEnd, KeyOtherStart) }
