package partner_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestAStrictSignatureIsOverWhatIsSent(t *testing.T) {
	verified := 0
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		verified++
		body, _ := io.ReadAll(r.Body)
		at, signature, err := signing.ParseStrict(r.Header.Get(signing.HeaderStrict))
		if err != nil {
			t.Error(err)
			return
		}
		signer, err := signing.Strict{Time: at, Method: r.Method, Target: r.RequestURI,
			Key: r.Header.Get(idempotency.Header)}.Signer(secret)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = signer.Write(body)
		if err := signer.Verify(signature); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
		}
		answer(w, http.StatusNotFound, `{"detail":"no"}`)
	})
	client := a.configured(t, func(c *partner.Config) { c.StrictSignatures = true })
	limit := 7
	_ = read(t.Context(), client)
	_, _ = client.Pockets.List(t.Context(), &partner.ListPocketsParams{Limit: &limit})
	_, _ = client.OnUsTransfers.Create(t.Context(), order(t, uuid.New(), uuid.New(), 1))
	if verified != 3 {
		t.Errorf("%d requests", verified)
	}
}
