package otherbank

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

const (
	headerKey       = "X-Jiko-Idempotency"
	headerSignature = "X-Jiko-Signature"
	tokenLife       = time.Hour
	mostBody        = 1 << 20
)

func bodyOf(r *http.Request) ([]byte, *refusal) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", "The body is too large")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "cut_off", "The body has no end")
	}
	return text, nil
}

// admit looks at the credentials of a call, all of them at once: who has one of them wrong is not told which.
func (b *Bank) admit(c *call) *refusal {
	key, isOne := one(c.Header, headerKey)
	if !isOne || !isUUID(key) || strings.Trim(key, "0-") == "" {
		return refuse(or(b.mood.BadKey, 400), "no_key", "Each call has one key, a UUID")
	}
	token, hasToken := one(c.Header, "Authorization")
	scheme, token, _ := strings.Cut(token, " ")
	hash := hmac.New(sha256.New, []byte(SigningSecret))
	_, _ = io.WriteString(hash, key+c.URL.EscapedPath())
	_, _ = hash.Write(c.body)
	given, isSigned := one(c.Header, headerSignature)
	right := base64.StdEncoding.EncodeToString(hash.Sum(nil))
	isRight := subtle.ConstantTimeCompare([]byte(given), []byte(right)) == 1
	b.mu.Lock()
	ends, isKnown := b.tokens[token]
	b.mu.Unlock()
	if hasToken && isSigned && isRight && strings.EqualFold(scheme, "bearer") && isKnown && time.Now().Before(ends) {
		return nil
	}
	return refuse(or(b.mood.Unknown, 401), "unknown_caller", "Who is calling?")
}

// one is the value of a header that is there once.
func one(h http.Header, name string) (string, bool) {
	values := h.Values(name)
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// readable sees to the media type of a call's body.
func (b *Bank) readable(c *call) *refusal {
	if c.Method != http.MethodPost && c.Method != http.MethodPatch || strings.HasSuffix(c.URL.Path, "/apply/") {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	charset := strings.ToLower(parameters["charset"])
	if err != nil || media != "application/json" || charset != "" && charset != "utf-8" {
		return refuse(or(b.mood.Media, 415), "not_json", "The body has to be JSON")
	}
	return nil
}

func (b *Bank) logIn(c *call) answer {
	given, no := b.read(c, object{
		"username": {required, texts(0, 128)}, "password": {required, texts(0, 128)}})
	if no != nil {
		return b.refused(c, no)
	}
	name, password := given["username"].(string), given["password"].(string)
	isName := subtle.ConstantTimeCompare([]byte(name), []byte(Username)) == 1
	if isPassword := subtle.ConstantTimeCompare([]byte(password), []byte(Password)) == 1; !isName || !isPassword {
		return b.refused(c, refuse(http.StatusUnauthorized, "wrong_login", "Nobody has that name and password"))
	}
	var random [32]byte
	_, _ = rand.Read(random[:])
	token := base64.RawURLEncoding.EncodeToString(random[:])
	if b.mood.DigitTokens {
		var digits strings.Builder
		for _, r := range random {
			digits.WriteByte('0' + r%10)
		}
		token = digits.String()
	}
	ends := time.Now().Add(tokenLife)
	b.tokens[token] = ends
	return answer{200, map[string]any{"token": token, "expires": b.shown(ends)}}
}
