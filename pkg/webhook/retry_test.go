package webhook_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/webhook"
)

func TestADeliveryComesAgainAfterEveryFailure(t *testing.T) {
	codes := webhook.RetryStatusCodes()
	for _, c := range []struct {
		name  string
		codes []int32
	}{
		{"of a secret that is being changed", []int32{401, 403}},
		{"of a proxy whose server restarts", []int32{404, 408, 421, 425, 499, 500, 502, 503, 504}},
		{"of a proxy that takes no body like this", []int32{400, 411, 413, 415, 431}},
		{"of an overload", []int32{420, 429, 503, 507, 508, 509, 529, 598, 599}},
		{"of a network that lost the server", []int32{520, 521, 522, 523, 524, 525, 526, 527, 530}},
		{"of a load balancer", []int32{460, 463, 464, 494, 495, 496, 497, 561}},
		{"of a maintenance page", []int32{301, 302, 303, 307, 308, 405}},
	} {
		for _, code := range c.codes {
			if !slices.Contains(codes, code) {
				t.Errorf("%d %s loses the event", code, c.name)
			}
		}
	}
	for _, code := range codes {
		if code < 300 || code > 599 {
			t.Errorf("%d leads to another delivery", code)
		}
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(codes))); len(sorted) != len(codes) {
		t.Error("a status is listed twice")
	}
	if codes[0] = 0; webhook.RetryStatusCodes()[0] == 0 {
		t.Error("a caller can change the statuses for others")
	}
}

// Nothing that a Handler refuses is handled, whatever the reason.
func TestADeliveryThatAHandlerRefusesComesAgain(t *testing.T) {
	codes := webhook.RetryStatusCodes()
	if len(webhook.Reasons()) < 18 {
		t.Fatalf("there are only the reasons %v", webhook.Reasons())
	}
	for _, reason := range webhook.Reasons() {
		refusal := webhook.NewRefusal(reason)
		if !slices.Contains(codes, int32(refusal.Status)) {
			t.Errorf("%s is answered with %d, which loses the event", reason, refusal.Status)
		}
		if waits := refusal.RetryAfter > 0; waits !=
			(refusal.Status == http.StatusServiceUnavailable || refusal.Status == http.StatusConflict) {
			t.Errorf("%s is answered with %d and asks for a wait of %s", reason, refusal.Status, refusal.RetryAfter)
		}
		if refusal.Detail() == "" {
			t.Errorf("%s says nothing", reason)
		}
	}
}
