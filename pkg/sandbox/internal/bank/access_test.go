package bank

import (
	"testing"
	"time"
)

// The last token that was asked for is known without a look at the others. It must not outlive them.
func TestTheTokenThatWasUsedLastEndsAsAllOthersDo(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Bank){
		"when its time is over": func(t *testing.T, b *Bank) {
			t.Helper()
			if err := b.Advance(t.Context(), TokenLifetime); err != nil {
				t.Fatal(err)
			}
		},
		"when there are too many after it": func(t *testing.T, b *Bank) {
			t.Helper()
			err := b.Do(t.Context(), func(x *Tx) error {
				for range maxTokens {
					x.IssueToken()
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Open(Config{Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			var token string
			if err := b.Do(t.Context(), func(x *Tx) error { token, _ = x.IssueToken(); return nil }); err != nil {
				t.Fatal(err)
			}
			for range 2 { // The second time it is the one that was used last.
				if known, err := b.HasToken(token); err != nil || !known {
					t.Fatal(known, err)
				}
			}
			end(t, b)
			if known, err := b.HasToken(token); err != nil || known {
				t.Error("it is still known:", err)
			}
		})
	}
}
