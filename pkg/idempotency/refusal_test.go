package idempotency_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestARefusalIsWrittenInEitherShape(t *testing.T) {
	refusal := idempotency.Refusal{Status: 409, Reason: idempotency.ReasonStillInProgress,
		RetryAfter: 1500 * time.Millisecond}
	const detail = `a request with this idempotency key is still in progress`
	w := httptest.NewRecorder()
	idempotency.WriteRefusal(w, nil, refusal)
	if w.Code != 409 || w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Type") != "application/json" ||
		w.Body.String() != `{"type":"idempotency_in_progress","detail":"`+detail+`"}` {
		t.Errorf("WriteRefusal: %d %v %s", w.Code, w.Header(), w.Body)
	}
	w = httptest.NewRecorder()
	idempotency.WriteProblem(w, nil, refusal)
	if w.Code != 409 || w.Header().Get("Retry-After") != "2" ||
		w.Header().Get("Content-Type") != "application/problem+json" || w.Body.String() !=
		`{"type":"idempotency_in_progress","title":"Conflict","status":409,"detail":"`+detail+`"}` {
		t.Errorf("WriteProblem: %d %v %s", w.Code, w.Header(), w.Body)
	}
}
