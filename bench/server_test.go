package bench_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/jiko-partner/partner-go/bench"
)

// All servers under load give the same answers, and only those that claim to check do so.
func TestServersAnswerAlikeAndCheckWhatTheySayTheyCheck(t *testing.T) {
	requests, err := bench.Requests()
	if err != nil {
		t.Fatal(err)
	}
	servers, err := bench.Servers()
	if err != nil {
		t.Fatal(err)
	}
	list, transfer := requests[0], requests[2]
	serve := func(handler http.Handler, r *bench.Request, change func(*http.Request)) *httptest.ResponseRecorder {
		request := httptest.NewRequest(r.Request.Method, r.Request.URL.String(), bytes.NewReader(r.Body))
		request.Header = r.Request.Header.Clone()
		change(request)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		return w
	}
	for _, r := range []*bench.Request{list, transfer} {
		var want any
		for i, s := range servers {
			w := serve(s.Handler, r, func(*http.Request) {})
			var got any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code/100 != 2 {
				t.Fatalf("%s answers %s with %d %s", s.Name, r.Name, w.Code, w.Body)
			}
			if i == 0 {
				want = got
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("%s answers %s with %v, and %s with %v", s.Name, r.Name, got, servers[0].Name, want)
			}
		}
	}
	for _, s := range servers {
		checks := s.Without != ""
		forged := serve(s.Handler, transfer, func(r *http.Request) { r.Header.Set("x-jiko-signature", "AAAA") })
		if (forged.Code == http.StatusUnauthorized) != checks {
			t.Errorf("%s answers a forged signature with %d", s.Name, forged.Code)
		}
		invalid := bench.NewRequest("", transfer.Request.URL.Path, []byte(`{"type":"INTERNAL_REALLOCATION"}`))
		w := serve(s.Handler, invalid, func(*http.Request) {})
		if (w.Code == http.StatusUnprocessableEntity) != checks {
			t.Errorf("%s answers an invalid transfer with %d", s.Name, w.Code)
		}
	}
}

// sink is a writer that keeps nothing, so that what is measured is the handler.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// What a handler costs without net/http and the kernel around it.
func BenchmarkServers(b *testing.B) {
	requests, err := bench.Requests()
	if err != nil {
		b.Fatal(err)
	}
	servers, err := bench.Servers()
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range []*bench.Request{requests[0], requests[2]} {
		for _, s := range servers {
			b.Run(r.Request.Method+"/"+s.Name, func(b *testing.B) {
				b.ReportAllocs()
				request := httptest.NewRequest(r.Request.Method, r.Request.URL.String(), http.NoBody)
				request.Header = r.Request.Header
				body := bytes.NewReader(r.Body)
				w := &sink{http.Header{}}
				for b.Loop() {
					if len(r.Body) > 0 {
						body.Reset(r.Body)
						request.Body, request.ContentLength = io.NopCloser(body), int64(len(r.Body))
					}
					clear(w.header)
					s.Handler.ServeHTTP(w, request)
				}
			})
		}
	}
}

// What is measured as refused is refused, of what is measured as accepted by the same operation.
func TestRefusalsAreRefusedAndNothingElse(t *testing.T) {
	handler, err := bench.RefusalHandler()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{4000, 100_000} {
		for _, r := range bench.Refusals(size) {
			if len(r.Refused.Body) < size/2 || len(r.Accepted.Body) > size*3/2+500 {
				t.Errorf("%s, %s: %d and %d bytes", r.Filling, r.Defect, len(r.Accepted.Body), len(r.Refused.Body))
			}
			for _, request := range []*bench.Request{r.Accepted, r.Refused} {
				if err := request.Do(handler); err != nil {
					t.Errorf("%s, %s: %v", r.Filling, r.Defect, err)
				}
			}
		}
	}
}
