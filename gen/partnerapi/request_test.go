package partnerapi_test

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

var anID = uuid.MustParse("497f6eca-6276-4993-bfeb-53cbbbba6f08")

func TestABuiltRequestIsWhatTheContractSays(t *testing.T) {
	cursor := "a b"
	list, err := partnerapi.BuildListPockets(&partnerapi.ListPocketsParams{Cursor: &cursor})
	if err != nil {
		t.Fatal(err)
	}
	if list.Operation.ID != "listPockets" || list.Path != "/api/v2/pockets/" || list.Query != "cursor=a+b" ||
		list.Header != nil || list.ContentType != "" || list.Body.Len() != 0 || list.Operation.Bare {
		t.Errorf("%+v", list)
	}
	login, err := partnerapi.BuildLogin(partnerapi.LoginRequest{Username: "u", Password: "p"})
	if err != nil || !login.Operation.Bare || login.ContentType != "application/json" ||
		string(login.Body.Bytes) != `{"password":"p","username":"u"}` {
		t.Errorf("%+v, %v", login, err)
	}
	upload, err := partnerapi.BuildUploadCustomerDocument(anID, "a/b%c", "image/png", strings.NewReader("xyz"))
	if err != nil || upload.Path != "/api/v1/customers/"+anID.String()+"/documents/a%2Fb%25c/file/" ||
		upload.ContentType != "image/png" || upload.Body.File == nil || upload.Body.Len() != 3 {
		t.Errorf("%+v, %v", upload, err)
	}
}

func TestARequestThatCannotBeSentSaysWhoseItIs(t *testing.T) {
	for name, build := range map[string]func() (partnerapi.Request, error){
		"an empty path parameter": func() (partnerapi.Request, error) {
			return partnerapi.BuildUploadCustomerDocument(anID, "", "image/png", strings.NewReader("x"))
		},
		"a path parameter that climbs": func() (partnerapi.Request, error) {
			return partnerapi.BuildUploadCustomerDocument(anID, "..", "image/png", strings.NewReader("x"))
		},
		"a content type of two lines": func() (partnerapi.Request, error) {
			return partnerapi.BuildUploadCustomerDocument(anID, "a", "image/png\r\nX: y", strings.NewReader("x"))
		},
		"no file": func() (partnerapi.Request, error) {
			return partnerapi.BuildUploadCustomerDocument(anID, "a", "image/png", nil)
		},
	} {
		request, err := build()
		if err == nil || request.Operation.ID != "uploadCustomerDocument" || request.Path != "" ||
			request.Body.File != nil {
			t.Errorf("%s: %+v, %v", name, request, err)
		}
	}
	_, err := partnerapi.BuildUploadCustomerDocument(anID, "a", "image/png", bytes.NewReader(make([]byte, 50<<20)))
	if !errors.Is(err, partnerapi.ErrRequestTooLarge) {
		t.Errorf("50 MiB: %v", err)
	}
}

// A file is read where it lies, from where it stood, as often as somebody asks.
func TestAFileIsNotCopied(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	request, err := partnerapi.BuildUploadCustomerDocument(anID, "a", "image/png", file)
	if err != nil || request.Body.File != io.ReaderAt(file) || request.Body.Offset != 4 || request.Body.Len() != 6 {
		t.Fatalf("%+v, %v", request.Body, err)
	}
	for range 2 {
		if text, err := io.ReadAll(request.Body.Open()); err != nil || string(text) != "456789" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestARequestBecomesAnHTTPRequestForAnyServer(t *testing.T) {
	request, err := partnerapi.BuildUploadCustomerDocument(anID, "a/b", "image/png", strings.NewReader("xyz"))
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/customers/" + anID.String() + "/documents/a%2Fb/file/"
	for _, c := range []struct{ base, want string }{
		{"https://example.com", "https://example.com" + path},
		{"https://example.com/", "https://example.com" + path},
		{"http://example.com:8080/a%2Fb", "http://example.com:8080/a%2Fb" + path},
		{"http://example.com/base/", "http://example.com/base" + path},
	} {
		base, err := url.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		r, err := request.HTTPRequest(t.Context(), base)
		if err != nil || r.URL.String() != c.want || r.Host != base.Host || r.Method != "POST" ||
			r.ContentLength != 3 || r.Header.Get("Content-Type") != "image/png" ||
			r.Header.Get("Accept") != "application/json" || r.Context() != t.Context() || base.String() != c.base {
			t.Fatalf("%s: %+v, %v", c.base, r, err)
		}
		for range 2 {
			again, err := r.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(again); err != nil || string(text) != "xyz" {
				t.Errorf("%q, %v", text, err)
			}
		}
	}
	request.Path = "/%zz"
	if _, err := request.HTTPRequest(t.Context(), &url.URL{Scheme: "https", Host: "example.com"}); err == nil {
		t.Error("a path that is not escaped is sent")
	}
}
