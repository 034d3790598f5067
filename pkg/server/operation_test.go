package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// escapes are ways to spell the value of a path's parameter.
var escapes = map[string]func(string) string{
	"as it is":              func(value string) string { return value },
	"one character escaped": func(value string) string { return fmt.Sprintf("%%%02X", value[0]) + value[1:] },
	"one in lower case":     func(value string) string { return fmt.Sprintf("%%%02x", value[0]) + value[1:] },
	"all of them escaped":   escapeAll,
	"the last one escaped": func(value string) string {
		return value[:len(value)-1] + escapeAll(value[len(value)-1:])
	},
	"with an encoded hyphen": func(value string) string { return strings.ReplaceAll(value, "-", "%2D") },
}

func escapeAll(value string) string {
	var b strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&b, "%%%02X", value[i])
	}
	return b.String()
}

// The operation that was checked is the one that runs, whatever the path is spelled like.
func TestEveryOperationRunsHoweverItIsSpelled(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	// Every operation says its name: none of them is implemented.
	handler, err := server.New(server.Config{
		API: partnerserver.UnimplementedStrictServer{}, Lookup: authentication.FixedTokens(
			map[string]authentication.Caller{token: {ID: "acme", Secrets: []signing.Secret{newSecret}}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range partnerapi.Operations() {
		declared := document.Paths.Value(operation.Path).GetOperation(operation.Method)
		media, body := exampleBody(t, declared)
		for name, escape := range escapes {
			target, header := exampleTarget(t, operation.Path, declared, escape)
			r := request(t, operation.Method, target, body)
			if media != "" {
				r.Header.Set("Content-Type", media)
			}
			maps.Copy(r.Header, header)
			w := serve(t, handler, r)
			if w.Code != http.StatusNotImplemented ||
				!strings.HasPrefix(detail(t, w), operation.ID+" is not implemented") {
				t.Errorf("%s, %s: %d %s", operation.ID, name, w.Code, w.Body)
			}
		}
	}
}

// exampleBody is a body that the contract gives as an example, with its media type.
func exampleBody(t *testing.T, operation *openapi3.Operation) (media, body string) {
	t.Helper()
	if operation.RequestBody == nil {
		return "", ""
	}
	declared := operation.RequestBody.Value.Content
	if declared.Get("application/json") == nil {
		return slices.Sorted(maps.Keys(declared))[0], "a file"
	}
	content := declared["application/json"]
	value := content.Example
	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		value = content.Examples[name].Value.Value
	}
	if value == nil {
		value = content.Schema.Value.Example
	}
	text, err := json.Marshal(value)
	if err != nil || value == nil {
		t.Fatalf("the contract has no example of the body of %s: %v", operation.OperationID, err)
	}
	return "application/json", string(text)
}

// exampleTarget is a path with its query string, and the headers that the operation needs beyond those of all requests.
func exampleTarget(t *testing.T, path string, operation *openapi3.Operation, escape func(string) string) (string,
	http.Header) {
	t.Helper()
	query, header := url.Values{}, http.Header{}
	for _, ref := range operation.Parameters {
		p := ref.Value
		value, _ := p.Example.(string)
		if value == "" {
			value, _ = p.Schema.Value.Example.(string)
		}
		switch {
		case p.In == openapi3.ParameterInPath:
			if value == "" {
				t.Fatalf("the contract has no example of %s of %s", p.Name, operation.OperationID)
			}
			path = strings.ReplaceAll(path, "{"+p.Name+"}", escape(value))
		case !p.Required, strings.HasPrefix(p.Name, "x-jiko-"), p.Name == "content-length":
		case p.In == openapi3.ParameterInQuery:
			query.Set(p.Name, value)
		case p.In == openapi3.ParameterInHeader:
			header.Set(p.Name, value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, header
}

// The operation gets the values that were checked: its parameters are decoded once, and none is taken for another.
func TestTheParametersOfAPathAreThoseThatWereChecked(t *testing.T) {
	for _, c := range []struct {
		name, customer, documentType string
		want                         int
	}{
		{"as they are", pocketID, "BYLAWS", http.StatusOK},
		{"escaped", escapeAll(pocketID), escapeAll("BYLAWS"), http.StatusOK},
		{"one of them escaped", pocketID, "%42YLAWS", http.StatusOK},
		{"escaped twice", pocketID, "%2542YLAWS", http.StatusUnprocessableEntity},
		{"with an encoded slash", pocketID, "BYLAWS%2F", http.StatusUnprocessableEntity},
		{"with a slash", pocketID, "BYLAWS/x", http.StatusNotFound},
		{"changed places", "BYLAWS", pocketID, http.StatusUnprocessableEntity},
		{"empty", pocketID, "", http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			var got []string
			s.upload = func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
				partnerserver.UploadCustomerDocumentOutput, error) {
				got = append(got, in.CustomerID.String(), string(in.DocumentType))
				return partnerserver.UploadCustomerDocumentOK{
					Body: partnerapi.UploadedDocument{DocumentID: uuid.New(), Success: true}}, nil
			}
			r := request(t, http.MethodPost, "/api/v1/customers/"+c.customer+"/documents/"+c.documentType+"/file/", "x")
			r.Header.Set("Content-Type", "application/pdf")
			w := serve(t, plain(), r)
			if w.Code != c.want {
				t.Fatalf("%d %s; want %d", w.Code, w.Body, c.want)
			}
			if w.Code == http.StatusOK && !slices.Equal(got, []string{pocketID, "BYLAWS"}) {
				t.Errorf("the operation got %q", got)
			}
		})
	}
}

// counting is a body that counts what is read of it.
type counting struct {
	content *bytes.Reader
	bytes   int
	closed  bool
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.content.Read(b)
	c.bytes += n
	return n, err
}

func (c *counting) Close() error { c.closed = true; return nil }

// Each byte is taken off the wire once, and the same bytes are verified, validated, fingerprinted and decoded: they are
// held in one place, which the operation reads, too.
func TestTheBodyIsReadOnce(t *testing.T) {
	file := "%PDF-1.7\x00\xff" + strings.Repeat("x", smallBody)
	for _, c := range []struct {
		name, target, media, content string
		chunked, inFile              bool
		want                         int
	}{
		{"JSON", fund, "application/json", fundBody, false, false, http.StatusAccepted},
		{"JSON in chunks", fund, "application/json", fundBody, true, false, http.StatusAccepted},
		{"a file", upload, "application/pdf", file, false, false, http.StatusOK},
		{"a file in chunks", upload, "application/pdf", file, true, false, http.StatusOK},
		{"a large file", upload, "application/pdf", file + file + file + file + file, false, true, http.StatusOK},
		{"a large file in chunks", upload, "application/pdf", file + file + file + file + file, true, true,
			http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			var got []byte
			s.fund = func(_ context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput,
				error) {
				if in.Body.AmountUSDC != 100 {
					t.Errorf("the operation got %+v", in.Body)
				}
				got = []byte(fundBody)
				return partnerserver.FundAccountAccepted{}, nil
			}
			s.upload = func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
				partnerserver.UploadCustomerDocumentOutput, error) {
				held, ok := in.Body.(interface {
					io.Seeker
					InFile() bool
				})
				if !ok || held.InFile() != c.inFile {
					t.Fatalf("the operation reads a %T, not what is held, or not where it should be", in.Body)
				}
				var err error
				got, err = io.ReadAll(in.Body)
				if _, seekErr := held.Seek(0, io.SeekStart); seekErr != nil {
					t.Error(seekErr)
				}
				if again, err := io.ReadAll(in.Body); err != nil || !bytes.Equal(got, again) {
					t.Error("the operation reads other bytes than are held")
				}
				return partnerserver.UploadCustomerDocumentOK{
					Body: partnerapi.UploadedDocument{DocumentID: uuid.New(), Success: true}}, err
			}
			r := request(t, http.MethodPost, c.target, c.content)
			r.Header.Set("Content-Type", c.media)
			body := &counting{content: bytes.NewReader([]byte(c.content))}
			r.Body = body
			if c.chunked {
				r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
			}
			if w := serve(t, plain(), r); w.Code != c.want {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if body.bytes != len(c.content) || body.content.Len() != 0 {
				t.Errorf("%d bytes of %d were read", body.bytes, len(c.content))
			}
			if string(got) != c.content || len(s.claims) != 1 {
				t.Errorf("the operation got %d bytes, and the store %d claims", len(got), len(s.claims))
			}
		})
	}
}
