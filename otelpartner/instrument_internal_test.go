package otelpartner

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func TestAnAttemptThatIsNeverSentIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var i instrumentation
		ctx, cancel := context.WithCancel(t.Context())
		i.expect(partner.Attempt{Number: 1}, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
		if _, ok := i.expected.Load(ctx); !ok {
			t.Error("it is not remembered")
		}
		cancel()
		synctest.Wait()
		i.expected.Range(func(any, any) bool {
			t.Error("it is remembered for ever")
			return false
		})
	})
}
