package bank

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// TokenLifetime is how long a token lives. (Source: the authentication guide.)
const TokenLifetime = 60 * time.Minute

// maxTokens bounds what logins can take. Beyond it, the oldest tokens are no longer accepted.
const maxTokens = 10_000

// Token is a bearer token that was given out. The bank keeps its digest.
type Token struct {
	Digest  string    `json:"digest"`
	Expires time.Time `json:"expires"`
}

// Key is an idempotency key whose request took effect, with what was answered.
type Key struct {
	Scope       string `json:"scope"`
	Key         string `json:"key"`
	Fingerprint []byte `json:"fingerprint"`
	// Mark is what an attempt says of its request besides the fingerprint.
	Mark []byte `json:"mark,omitempty"`
	// Token is that of the process that has kept it, which alone can ask for it. It is not stored: how many there were
	// is nothing that a bank has to know when it is opened again.
	Token    int64     `json:"-"`
	Response []byte    `json:"response"`
	Expires  time.Time `json:"expires"`
}

// KeyName finds a Key.
type KeyName struct{ Scope, Key string }

func (k *Key) name() KeyName { return KeyName{k.Scope, k.Key} }

type accessTables struct {
	tokens *state.Table[string, Token]
	keys   *state.Table[KeyName, Key]
	names  *state.Names[KeyName, Key]
}

func newAccessTables(b *Bank) accessTables {
	t := accessTables{
		tokens: state.NewTable(b.db, "token", func(t *Token) string { return t.Digest }),
		keys:   state.NewTable(b.db, "key", (*Key).name),
	}
	t.names = state.NewNames(t.keys)
	t.tokens.When(func(r *Token) time.Time { return r.Expires },
		func(tx *state.Tx, r *Token) { t.tokens.Delete(tx, r.Digest) })
	t.keys.When(func(r *Key) time.Time { return r.Expires },
		func(tx *state.Tx, r *Key) { t.keys.Delete(tx, r.name()) })
	return t
}

// IssueToken returns a token and when it expires.
func (t *Tx) IssueToken() (token string, expires time.Time) {
	token = t.secretText(t.tx.Draw(), "token")
	expires = t.now.Add(TokenLifetime)
	t.tokens.Insert(t.tx, &Token{Digest: digest(token), Expires: expires})
	if all := t.tokens.All(); all.Len() > maxTokens {
		oldest, _ := all.At(0)
		t.tokens.Delete(t.tx, oldest.Digest)
		t.trusted.Store(nil)
	}
	return token, expires
}

// trusted is a token that the bank knows, by its digest.
type trusted struct {
	digest  string
	expires time.Time
}

// HasToken reports whether a token was issued and has not expired. It does not wait for who has the bank to themselves,
// if this was also the last token that it was asked for: most callers have one.
func (b *Bank) HasToken(token string) (bool, error) {
	sum := digest(token)
	if last := b.trusted.Load(); last != nil && sum == last.digest && b.Time().Before(last.expires) {
		return true, nil
	}
	t, err := b.Read()
	if err != nil {
		return false, err
	}
	defer t.Finish() // Whoever has a token was told of it, so it lasts.
	r := t.tokens.Get(sum)
	if r == nil || !t.now.Before(r.Expires) {
		return false, nil
	}
	b.trusted.Store(&trusted{sum, r.Expires})
	return true, nil
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// HasKey reports whether an idempotency key may be known; if not, nobody has finished with it. It waits for nobody.
func (b *Bank) HasKey(name KeyName) bool { return b.names.Has(name) }

// Key returns what is known of an idempotency key, or nil.
func (t *Tx) Key(name KeyName) *Key {
	if k := t.keys.Get(name); k != nil && t.now.Before(k.Expires) {
		return k
	}
	return nil
}

// HasKept reports whether KeepKey has noted a key which is still there.
func (t *Tx) HasKept(name KeyName) bool { return t.keys.Get(name) != nil }

// KeepKey notes that a key's request took effect. There must not be one of its name.
func (t *Tx) KeepKey(k *Key) { t.keys.Insert(t.tx, k) }

var accessRules = []Rule{
	{[]string{"login"}, "A token lives for 60 minutes of the sandbox's clock.", Documented, "authentication guide"},
	{nil, "A write with a repeated key gets the first one's answer, for an hour of the sandbox's clock; another " +
		"write with the same key is refused with 422, and one whose first is still running with 409. Reads are " +
		"executed every time.", Inferred, ""},
	{nil, "A refused request leaves its key unused.", Inferred, ""},
}
