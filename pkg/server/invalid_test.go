package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Outside of the chain nothing is known of the operation, and the usual shape is right.
func TestWriteInvalidTakesTheUsualShape(t *testing.T) {
	w := httptest.NewRecorder()
	server.WriteInvalid(w, httptest.NewRequest(http.MethodGet, "/", nil), validation.Violation{
		Location: []any{"body", "a", 0}, Rule: "required", Message: "is required",
	})
	if w.Code != http.StatusUnprocessableEntity ||
		strings.TrimSpace(
			w.Body.String()) != `{"detail":[{"loc":["body","a",0],"msg":"is required","type":"required"}]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
