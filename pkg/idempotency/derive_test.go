package idempotency_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestKeyFor(t *testing.T) {
	// The value is part of the promise: another release must send the same key.
	if got := idempotency.KeyFor("payouts", "invoice-4711").String(); got != "1e493f00-281c-5efc-af9e-e170aeb73101" {
		t.Errorf("KeyFor = %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, 80)
		a, b, c, d := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c"), text.Draw(t, "d")
		if same := a == c && b == d; (idempotency.KeyFor(a, b) == idempotency.KeyFor(c, d)) != same {
			t.Fatalf("(%q, %q) and (%q, %q)", a, b, c, d)
		}
		if k, err := idempotency.ParseKey(idempotency.KeyFor(a, b).String()); err != nil || k.IsZero() {
			t.Fatalf("not a usable key: %v", err)
		}
	})
	if k := idempotency.KeyFor("", "x"); !k.IsZero() {
		t.Errorf("without a namespace: %s", k)
	}
	if k := idempotency.KeyFor("x", ""); !k.IsZero() {
		t.Errorf("without a reference: %s", k)
	}
}

func ExampleKeyFor() {
	before := idempotency.KeyFor("payouts", "invoice-4711")
	afterARestart := idempotency.KeyFor("payouts", "invoice-4711")
	fmt.Println(before == afterARestart, before != idempotency.KeyFor("refunds", "invoice-4711"))
	// Output: true true
}

func TestEachAttemptHasAKeyOfItsOwn(t *testing.T) {
	key := idempotency.KeyFor("payouts", "invoice-7")
	if key.Attempt(1) != key || key.Attempt(0) != key || key.Attempt(-1) != key {
		t.Error("the first attempt has another key")
	}
	seen := map[idempotency.Key]int{}
	for _, k := range []idempotency.Key{key, idempotency.KeyFor("payouts", "invoice-8")} {
		for n := 1; n <= 100; n++ {
			seen[k.Attempt(n)]++
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d keys for 200 attempts", len(seen))
	}
	if !(idempotency.Key{}).Attempt(2).IsZero() {
		t.Error("an attempt at nothing has a key")
	}
	if got := key.Attempt(2).String(); got != "829ffe4f-d054-5f9f-b3cf-924e318f1d39" {
		t.Errorf("attempt 2 has the key %s; it must not change", got)
	}
}
