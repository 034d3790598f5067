package demo

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheJourneyIsAsItShouldBe(t *testing.T) {
	var out bytes.Buffer
	if err := Run(context.Background(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text := out.String()
	// In this order.
	for _, want := range []string{
		"log in", "/api/v1/login/", "list agreements", "create an application", "apply", "see it approved",
		"get the customer",
		"update the customer: a trusted contact", "list its beneficial owners", "list trading strategies",
		"create a pocket: Operating",
		"create a pocket: Reserve", "fund the first pocket", "transfer $250.00 between the pockets",
		"send it again with the same key",
		"sign with a wrong secret", "401", "the signature does not match", "ask for less than one cent", "422",
		"body.amount.amount_usdc: must be at least 1", "list the transactions of pocket 1", "close the second pocket",
		"LEDGER", "Operating", "1000.00", "paid in from outside", "-1000.00", "sum", "0.00",
		"everything as it should be",
	} {
		at := strings.Index(text, want)
		if at < 0 {
			t.Fatalf("%q is missing, or out of order, in\n%s", want, out.String())
		}
		text = text[at+len(want):]
	}
	if secret := regexp.MustCompile(
		`sandbox-signing-secret|not-the-signing-secret|Bearer|999999999|987654321`).FindString(
		out.String()); secret != "" {
		t.Errorf("the output shows %q", secret)
	}
}

func TestTheJourneyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Run(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v; want context.Canceled", err)
	}
}

// The first step that is not as it should be ends the journey with an error that names it.
func TestTheJourneyFailsWhenAStepDoes(t *testing.T) {
	failure := errors.New("broken")
	j := &journey{printer: &printer{out: &bytes.Buffer{}}}
	err := j.run([]step{
		{"one", func() error { return nil }},
		{"two", func() error { return check(false, "it is %d: %v", 2, failure) }},
		{"three", func() error { t.Error("the journey went on"); return nil }},
	})
	if err == nil || !strings.Contains(err.Error(), `step "two": not as it should be: it is 2: broken`) {
		t.Fatalf("run = %v", err)
	}
}

func TestDollars(t *testing.T) {
	for cents, want := range map[int64]string{0: "0.00", 5: "0.05", 100000: "1000.00", -100: "-1.00", -7: "-0.07"} {
		if got := dollars(cents); got != want {
			t.Errorf("dollars(%d) = %s; want %s", cents, got, want)
		}
	}
}
