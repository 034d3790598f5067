package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// handlerTransport serves requests without a connection.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, served)
	response := w.Result()
	response.Request = r
	return response, nil
}

// inProcess is a client that reaches the sandbox without a connection.
func (w *world) inProcess(t testing.TB, config partner.Config) *partner.Client {
	t.Helper()
	config.BaseURL = "http://localhost"
	config.HTTPClient = &http.Client{Transport: validator().Transport(handlerTransport{w.bank})}
	client, err := partner.New(config)
	return must(t, client, err)
}
