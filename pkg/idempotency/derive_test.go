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
