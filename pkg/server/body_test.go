package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestAJSONBodyIsBounded(t *testing.T) {
	start(t)
	padded := func(n int) string { return fundBody + strings.Repeat(" ", n-len(fundBody)) }
	for _, c := range []struct {
		name string
		size int
		want int
	}{
		{"a body of the limit passes", smallBody, http.StatusAccepted},
		{"one byte more is too much", smallBody + 1, http.StatusRequestEntityTooLarge},
		{"much more is too much", 100 * smallBody, http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, known := range []bool{true, false} {
				r := request(t, http.MethodPost, fund, padded(c.size))
				if !known { // As with chunks.
					r.ContentLength = -1
				}
				w := serve(t, plain(), r)
				if w.Code != c.want {
					t.Errorf("length known %t: %d %s; want %d", known, w.Code, w.Body, c.want)
				}
				if w.Code != http.StatusAccepted {
					detail(t, w)
				}
			}
		})
	}
}

// zeros is a body that is never all in memory on the caller's side.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAFileIsBoundedToo(t *testing.T) {
	start(t)
	byDefault, err := server.New(server.Config{API: &bank{}, Lookup: authentication.FixedTokens(
		map[string]authentication.Caller{token: {ID: "acme", Secrets: []signing.Secret{newSecret}}})})
	if err != nil {
		t.Fatal(err)
	}
	const limit = 8 * smallBody
	for _, c := range []struct {
		name    string
		handler http.Handler
		size    int64
		want    int
	}{
		{"a file of the limit passes", plain(), limit, http.StatusOK},
		{"one byte more is too much", plain(), limit + 1, http.StatusRequestEntityTooLarge},
		{"the default is what the contract allows", byDefault, 50<<20 - 1, http.StatusOK},
		{"one byte more is too much by default", byDefault, 50 << 20, http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, http.MethodPost, upload, "")
			r.Header.Set("Content-Type", "application/pdf")
			key := uuid.NewString()
			signer, err := signing.NewSigner(newSecret, key, upload)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(signer, zeros{}, c.size); err != nil {
				t.Fatal(err)
			}
			r.Header.Set(idempotency.Header, key)
			r.Header.Set(signing.HeaderSignature, signer.Signature())
			r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, c.size)), c.size
			if w := serve(t, c.handler, r); w.Code != c.want {
				t.Errorf("%d %s; want %d", w.Code, w.Body, c.want)
			}
		})
	}
}

// Clients that break off leave half a body. No operation may run on it.
func TestABodyThatBreaksOff(t *testing.T) {
	s := start(t)
	s.fund = func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		t.Error("the operation runs")
		return partnerserver.FundAccountAccepted{}, nil
	}
	listening := httptest.NewServer(plain())
	defer listening.Close()
	key := uuid.NewString()
	signature, err := signing.Sign(newSecret, key, fund, []byte(fundBody))
	if err != nil {
		t.Fatal(err)
	}
	head := "POST " + fund +
		" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
		token +
		"\r\n" + idempotency.Header + ": " + key + "\r\n" + signing.HeaderSignature + ": " + signature + "\r\n"
	for _, c := range []struct {
		name, rest string
		want       int
	}{
		{"a Content-Length that promises more", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(fundBody)+10, fundBody),
			http.StatusBadRequest},
		{"a Content-Length that promises less", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(fundBody)-1, fundBody),
			http.StatusUnauthorized},
		{"a chunk that ends early", fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(fundBody)+10,
			fundBody), http.StatusBadRequest},
		{"chunks without an end", fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(fundBody),
			fundBody), http.StatusBadRequest},
		{"a chunk with no length", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), "tcp",
				listening.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = connection.Close() }()
			_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(connection, head+c.rest); err != nil {
				t.Fatal(err)
			}
			if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || response.StatusCode != c.want || !strings.Contains(string(body), `"detail"`) ||
				strings.Contains(string(body), marker) {
				t.Errorf("%s %s %v; want %d", response.Status, body, err, c.want)
			}
		})
	}
}

// What is refused is named by its place and rule, never by its value.
func TestAnInvalidBodyIsNeverRepeated(t *testing.T) {
	start(t)
	const id = `"account_id":"` + pocketID + `"`
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"a wrong type", `{` + id + `,"amount_usdc":"` + marker + `"}`, []string{"body.amount_usdc type"}},
		{"a value out of range", `{` + id + `,"amount_usdc":0}`, []string{"body.amount_usdc minimum"}},
		{"a missing member", `{` + id + `}`, []string{"body.amount_usdc required"}},
		{"two things at once", `{"account_id":"` + marker + `","amount_usdc":-5}`,
			[]string{"body.account_id format", "body.amount_usdc minimum"}},
		{"a repeated member", `{` + id + `,"amount_usdc":1,"amount_usdc":4999999}`,
			[]string{"body.amount_usdc duplicate_member"}},
		{"a member repeated in another spelling of its name", `{` + id + `,"amount_usdc":1,"amount_us\u0064c":4999999}`,
			[]string{"body.amount_usdc duplicate_member"}},
		{"a member that differs in case alone", `{` + id + `,"amount_usdc":1,"Amount_USDC":4999999}`,
			[]string{"body.amount_usdc member_case"}},
		{"bytes after the value", `{` + id + `,"amount_usdc":1}{"` + marker + `":1}`, []string{"body json_invalid"}},
		{"no JSON", marker, []string{"body json_invalid"}},
		{"an amount that only looks whole after rounding", `{` + id + `,"amount_usdc":1.00000000000000000000001}`,
			[]string{"body.amount_usdc type"}},
		{"another type at the root", `["` + marker + `"]`, []string{"body type"}},
		{"no body", "", []string{"body required"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, handler := range []http.Handler{plain(), development()} {
				r := request(t, http.MethodPost, fund, c.body)
				r.Header.Set("Content-Type", "application/json")
				w := serve(t, handler, r)
				if w.Code != http.StatusUnprocessableEntity {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if got := entries(t, w); !slices.Equal(got, c.want) {
					t.Errorf("%q; want %q", got, c.want)
				}
			}
		})
	}
	t.Run("a query parameter", func(t *testing.T) {
		w := serve(t, plain(), request(t, http.MethodGet, "/api/v2/pockets/?limit="+marker, ""))
		if got := entries(t, w); w.Code != http.StatusUnprocessableEntity ||
			!slices.Equal(got, []string{"query.limit type"}) {
			t.Errorf("%d %q", w.Code, got)
		}
	})
	t.Run("another media type", func(t *testing.T) {
		r := request(t, http.MethodPost, fund, fundBody)
		r.Header.Set("Content-Type", "text/plain")
		if w := serve(t, plain(), r); w.Code != http.StatusUnsupportedMediaType ||
			w.Header().Get("Accept") != "application/json" {
			t.Errorf("%d, Accept %q, %s", w.Code, w.Header().Get("Accept"), w.Body)
		}
	})
	t.Run("where the contract has a shape of its own", func(t *testing.T) {
		target := "/api/v2/customers/" + pocketID + "/pockets/" + pocketID + "/"
		w := serve(t, plain(), request(t, http.MethodPatch, target, `{"status":"`+marker+`"}`))
		var body partnerapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusUnprocessableEntity ||
			body.Type != "invalid_request" || body.Instance != target ||
			!strings.HasPrefix(body.Detail, "body.status ") || body.TraceID == nil ||
			*body.TraceID != w.Header().Get(server.HeaderRequestID) {
			t.Errorf("%d %s: %v", w.Code, w.Body, err)
		}
	})
	t.Run("an identification number", func(t *testing.T) {
		// Right but for its neighbour, so that it is a value that was looked at.
		w := serve(t, plain(), request(t, http.MethodPost, "/api/v1/applications/",
			`{"identification_number":"`+marker+`","email":"`+marker+`"}`))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// Some numbers are valid JSON and valid by the contract, and still no int64 in Go's eyes. Nothing of them may come
// back.
func TestANumberThatCannotBeDecodedIsRefused(t *testing.T) {
	s := start(t)
	s.fund = func(_ context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		if in.Body.AmountUSDC != 100 {
			t.Errorf("the operation gets %d", in.Body.AmountUSDC)
		}
		return partnerserver.FundAccountAccepted{}, nil
	}
	for _, number := range []string{"1e2", "100.0", "1E+2", "10000e-2", "1e400", "9223372036854775808"} {
		w := serve(t, plain(), request(t, http.MethodPost, fund, strings.Replace(fundBody, "100", number, 1)))
		if w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", number, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), number) {
			t.Errorf("%s comes back: %s", number, w.Body)
		}
	}
	for _, number := range []string{"9223372036854775808", "1e2", "-1"} {
		w := serve(t, plain(), request(t, http.MethodGet,
			"/api/v2/pockets/"+pocketID+"/transactions/?amount_from="+number, ""))
		if w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity &&
			w.Code != http.StatusNotImplemented {
			t.Errorf("%s: %d %s", number, w.Code, w.Body)
		}
	}
}

// The bytes that were signed are the bytes that everything behind sees, odd spacing and all.
func TestTheBytesStayTheSame(t *testing.T) {
	s := start(t)
	body := "\n { \"amount_usdc\" : 100 ,\t\"account_id\":\"" + pocketID + "\", \"company_name\":\"\\u00e9\" } \r\n"
	s.fund = func(_ context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		if in.Body.AmountUSDC != 100 || in.Body.AccountID.String() != pocketID || *in.Body.CompanyName != "é" ||
			in.Body.Count != nil {
			t.Errorf("the operation gets %+v: no default may be filled in", in.Body)
		}
		return partnerserver.FundAccountAccepted{}, nil
	}
	for _, known := range []bool{true, false} {
		key := uuid.NewString()
		for _, c := range []struct {
			body   string
			status int
		}{{body, http.StatusAccepted}, {body, http.StatusAccepted},
			{strings.TrimSpace(body), http.StatusUnprocessableEntity}} {
			r := request(t, http.MethodPost, fund, c.body)
			sign(t, r, newSecret, key, c.body)
			if !known {
				r.ContentLength = -1
			}
			// A byte less is another request: what tells requests apart sees the bytes too.
			if w := serve(t, plain(), r); w.Code != c.status {
				t.Errorf("%d %s for %q", w.Code, w.Body, c.body)
			}
		}
	}
}
