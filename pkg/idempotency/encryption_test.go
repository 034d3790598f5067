package idempotency_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// secretOf is a secret of 32 equal bytes.
func secretOf(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func encryptionKey(t testing.TB, id string, b byte) idempotency.EncryptionKey {
	t.Helper()
	key, err := idempotency.NewEncryptionKey(id, secretOf(b))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// shelf is a store that shows what it has, and lets it be changed.
type shelf struct {
	idempotency.Store
	stored []byte
	change func([]byte) []byte
}

func (s *shelf) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	s.stored = bytes.Clone(response)
	return s.Store.Complete(ctx, hold, response)
}

func (s *shelf) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	outcome, err := s.Store.Claim(ctx, claim)
	if s.change != nil && outcome.State == idempotency.StateDone {
		outcome.Response = s.change(bytes.Clone(outcome.Response))
	}
	return outcome, err
}

func personal(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "/customers/marker/")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"ssn":"123-45-marker"}`)
}

func TestAStoreHasNothingInClearOfAnEncryptedResponse(t *testing.T) {
	for name, s := range map[string]idempotency.Store{"plain": memory(t), "transactional": &ledger{Memory: memory(t)}} {
		store := &shelf{Store: s}
		config := idempotency.Config{Store: store,
			EncryptionKeys: []idempotency.EncryptionKey{encryptionKey(t, "2026-1", 1)}}
		handler := protect(t, config, personal)
		serve(handler, post(aKey, "x"))
		if len(store.stored) == 0 || bytes.Contains(store.stored, []byte("marker")) {
			t.Errorf("%s: the store has %q", name, store.stored)
		}
		w := serve(handler, post(aKey, "x"))
		if w.Code != 201 || w.Body.String() != `{"ssn":"123-45-marker"}` || w.Header().Get("Location") == "" ||
			w.Header().Get(idempotency.HeaderReplayed) != "true" {
			t.Errorf("%s: the repeat is answered %d %v %s", name, w.Code, w.Header(), w.Body)
		}
	}
}

func TestKeysAreChangedWithoutLosingAResponse(t *testing.T) {
	one, two := encryptionKey(t, "one", 1), encryptionKey(t, "two", 2)
	impostor := encryptionKey(t, "one", 3)
	keys := func(keys ...idempotency.EncryptionKey) []idempotency.EncryptionKey { return keys }
	for _, c := range []struct {
		name          string
		first, second []idempotency.EncryptionKey
		acceptClear   bool
		readable      bool
	}{
		{"the same key", keys(one), keys(one), false, true},
		{"the new one is second", keys(one), keys(one, two), false, true},
		{"the new one is first", keys(one, two), keys(two, one), false, true},
		{"a server that is later than another", keys(two, one), keys(one, two), false, true},
		{"the old one is gone too early", keys(one), keys(two), false, false},
		{"another secret by the same id", keys(one), keys(impostor), false, false},
		{"a server without keys", keys(one), nil, false, false},
		{"a response in clear", nil, keys(one), false, false},
		{"a response in clear, which is accepted", nil, keys(one), true, true},
		{"an encrypted one, where clear ones are accepted", keys(one), keys(two), true, false},
		{"no keys", nil, nil, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := memory(t)
			serve(protect(t, idempotency.Config{Store: store, EncryptionKeys: c.first}, personal), post(aKey, "x"))
			var failures []error
			w := serve(protect(t, idempotency.Config{Store: store, EncryptionKeys: c.second, AcceptClear: c.acceptClear,
				Observe: func(_ context.Context, e idempotency.Event) {
					if e.Kind == idempotency.EventFailed {
						failures = append(failures, e.Err)
					}
				}}, func(http.ResponseWriter, *http.Request) { t.Error("executed again") }), post(aKey, "x"))
			switch {
			case c.readable && (w.Code != 201 || len(failures) > 0):
				t.Errorf("answered %d %s; observed %v", w.Code, w.Body, failures)
			case !c.readable && (w.Code != 500 || strings.Contains(w.Body.String(), "marker") || len(failures) != 1 ||
				!errors.Is(failures[0], idempotency.ErrCorrupt)):
				t.Errorf("answered %d %s; observed %v", w.Code, w.Body, failures)
			}
		})
	}
}

// A record that somebody has moved to another key, scope or request, or changed, is not replayed.
func TestAnEncryptedResponseBelongsToItsKey(t *testing.T) {
	keys := []idempotency.EncryptionKey{encryptionKey(t, "one", 1)}
	scope := func(r *http.Request) string { return r.Header.Get("X-Partner") }
	first := &shelf{Store: memory(t)}
	r := post(aKey, "x")
	r.Header.Set("X-Partner", "acme")
	serve(protect(t, idempotency.Config{Store: first, Scope: scope, EncryptionKeys: keys}, personal), r)
	for name, change := range map[string]func(*http.Request){
		"nothing":         func(*http.Request) {},
		"another key":     func(r *http.Request) { r.Header.Set(idempotency.Header, "5"+aKey[1:]) },
		"another scope":   func(r *http.Request) { r.Header.Set("X-Partner", "globex") },
		"another request": func(r *http.Request) { r.URL.RawQuery = "to=me" },
	} {
		t.Run(name, func(t *testing.T) {
			store := &shelf{Store: memory(t), change: func([]byte) []byte { return first.stored }}
			handler := protect(t, idempotency.Config{Store: store, Scope: scope, EncryptionKeys: keys},
				func(http.ResponseWriter, *http.Request) {})
			want := map[bool]int{true: 201, false: 500}[name == "nothing"]
			for _, status := range []int{200, want} {
				r := post(aKey, "x")
				r.Header.Set("X-Partner", "acme")
				change(r)
				if w := serve(handler, r); w.Code != status {
					t.Errorf("answered %d %s, want %d", w.Code, w.Body, status)
				}
			}
		})
	}
	t.Run("any byte", func(t *testing.T) {
		for i := range first.stored {
			for _, cut := range []bool{false, true} {
				store := &shelf{Store: memory(t), change: func([]byte) []byte {
					changed := bytes.Clone(first.stored)
					if cut {
						return changed[:i]
					}
					changed[i] ^= 1
					return changed
				}}
				handler := protect(t, idempotency.Config{Store: store, Scope: scope, EncryptionKeys: keys},
					func(http.ResponseWriter, *http.Request) {})
				for _, status := range []int{200, 500} {
					r := post(aKey, "x")
					r.Header.Set("X-Partner", "acme")
					if w := serve(handler, r); w.Code != status {
						t.Errorf("byte %d, cut off %t: answered %d %s", i, cut, w.Code, w.Body)
					}
				}
			}
		}
	})
}

// A response of no bytes is encrypted too, and two that are the same do not look the same.
func TestWhatAnExecutorStoresIsEncrypted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := &shelf{Store: memory(t)}
		executor := executorOf(t, idempotency.ExecutorConfig{Store: store,
			EncryptionKeys: []idempotency.EncryptionKey{encryptionKey(t, "one", 1)}})
		response := rapid.SliceOf(rapid.Byte()).Draw(rt, "response")
		var stored [2][]byte
		for i := range stored {
			claim := claimOf(fmt.Sprint("job-", i))
			if err := begin(t, executor, claim).Complete(response); err != nil {
				rt.Fatal(err)
			}
			stored[i] = store.stored
			if _, outcome, err := executor.Begin(t.Context(), claim); err != nil ||
				!bytes.Equal(outcome.Response, response) {
				rt.Fatalf("%x, %v; want %x", outcome.Response, err, response)
			}
		}
		if bytes.Equal(stored[0], stored[1]) || len(response) > 8 && bytes.Contains(stored[0], response) {
			rt.Fatalf("the store has %x and %x", stored[0], stored[1])
		}
	})
}

func TestAnEncryptionKeyThatIsNoneIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		id     string
		secret []byte
	}{
		"no id": {"", secretOf(1)}, "a long id": {strings.Repeat("k", idempotency.MaxEncryptionKeyID+1), secretOf(1)},
		"an id with a space": {"a b", secretOf(1)}, "an id beyond ASCII": {"é", secretOf(1)},
		"no secret": {"one", nil}, "a short secret": {"one", secretOf(1)[:16]},
		"a long secret": {"one", append(secretOf(1), 1)},
	} {
		if key, err := idempotency.NewEncryptionKey(c.id, c.secret); err == nil || key.ID() != "" {
			t.Errorf("%s: %v, %v", name, key, err)
		}
	}
	one := encryptionKey(t, strings.Repeat("k", idempotency.MaxEncryptionKeyID), 1)
	for name, keys := range map[string][]idempotency.EncryptionKey{"a zero key": {{}}, "one id twice": {one, one}} {
		if guard, err := idempotency.New(idempotency.Config{Store: memory(t), EncryptionKeys: keys}); err == nil ||
			guard != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// The longest id leaves room for the smallest response wherever there is room for the key.
	store := newMemory(t, idempotency.MemoryConfig{MaxBytes: 500})
	handler := protect(t, idempotency.Config{Store: store, EncryptionKeys: []idempotency.EncryptionKey{one}}, personal)
	serve(handler, post(aKey, "x"))
	if w := serve(handler, post(aKey, "x")); w.Code != 409 ||
		!strings.Contains(w.Body.String(), string(idempotency.ReasonResponseNotStored)) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// However a key is shown, its secret is not.
func TestAnEncryptionKeyShowsNothingOfItsSecret(t *testing.T) {
	key := encryptionKey(t, "one", 0xa7)
	config := idempotency.ExecutorConfig{EncryptionKeys: []idempotency.EncryptionKey{key}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key, "config", config.EncryptionKeys)
	texts := []string{log.String(), key.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, key), fmt.Sprintf(verb, &key), fmt.Sprintf(verb, config))
	}
	for _, text := range texts {
		for _, form := range []string{hex.EncodeToString(secretOf(0xa7)[:4]), "167 167", "p6enp6", "0xa7, 0xa7"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				t.Errorf("%q shows the secret", text)
			}
		}
	}
	if key.String() != "EncryptionKey(one)" || key.ID() != "one" {
		t.Errorf("%s, %s", key, key.ID())
	}
}

// Responses that are encrypted before a store gets them. The secrets come from wherever secrets are kept.
func ExampleNewEncryptionKey() {
	current, err := idempotency.NewEncryptionKey("2026-12", make([]byte, 32)) // of a vault, not of zeros
	if err != nil {
		fmt.Println(err)
		return
	}
	before, err := idempotency.NewEncryptionKey("2026-06", bytes.Repeat([]byte{1}, 32))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = idempotency.New(idempotency.Config{
		Store:          new(idempotency.Memory),
		EncryptionKeys: []idempotency.EncryptionKey{current, before},
	})
	fmt.Println(current, before, err)
	// Output: EncryptionKey(2026-12) EncryptionKey(2026-06) <nil>
}
