package partner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// showings are all the ways in which an error comes to be seen.
func showings(t *testing.T, failure *partner.Error) map[string]string {
	t.Helper()
	var text, structured bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Error("x", "err", failure, "value", *failure, "joined",
		errors.Join(failure, errors.New("other")))
	slog.New(slog.NewJSONHandler(&structured, nil)).Error("x", "err", failure, "value", *failure, "within",
		map[string]any{"err": failure, "value": *failure})
	encoded, err := json.Marshal(map[string]any{"err": failure, "value": *failure, "list": []partner.Error{*failure}})
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Err   error
		Value partner.Error
	}
	return map[string]string{
		"Error": failure.Error(), "Dump": failure.Dump(), "slog": text.String(), "slog as JSON": structured.String(),
		"JSON": string(encoded),
		"%v":   fmt.Sprintf("%v %v", failure, *failure), "%+v": fmt.Sprintf("%+v %+v", failure, *failure),
		"%#v": fmt.Sprintf("%#v %#v", failure, *failure), "%s": fmt.Sprintf("%s %s", failure, *failure),
		"%q": fmt.Sprintf("%q %q", failure, *failure), "%d": fmt.Sprintf("%d %d", failure, *failure),
		"%x":      fmt.Sprintf("%x %x", failure, *failure),
		"wrapped": fmt.Errorf("wrapped: %w", failure).Error(),
		"within":  fmt.Sprintf("%v %+[1]v %#[1]v", holder{failure, *failure}),
	}
}

// What a server writes into an answer is on the error for whoever asks, and nowhere that a log would take it from.
func TestAServersTextIsNotShown(t *testing.T) {
	const ssn = "078-05-1120"
	detail := func(text string) string { return fmt.Sprintf(`{"detail":%q}`, text) }
	field := func(loc, kind string) string {
		return fmt.Sprintf(`{"detail":[{"loc":[%s],"msg":"no","type":%q}]}`, loc, kind)
	}
	problem := func(kind, id string) string {
		return fmt.Sprintf(`{"type":%q,"instance":"/","detail":"no","trace_id":%q}`, kind, id)
	}
	for _, c := range []struct {
		name, id, body string
		// hidden must not be seen, shown must.
		hidden, shown []string
	}{
		{"a text that echoes an SSN", "", detail("not valid: " + ssn), []string{ssn}, nil},
		{"a text that echoes the token", "", detail("no such token: token-marker"), []string{"token-marker"}, nil},
		{"a text with control characters", "", detail("a\u0085b\u009b2Jc\u202ed\u2066e\u2028f"), []string{"2J"}, nil},
		{"a message that echoes an SSN", "", `{"detail":[{"loc":["body","ssn"],"msg":"` + ssn + ` is not valid",` +
			`"type":"value_error","input":"` + ssn + `","ctx":{"given":"` + ssn + `"}}]}`, []string{ssn},
			[]string{"body.ssn", "value_error"}},
		{"a place that is an SSN", "", field(`"body","people","`+ssn+`","name"`, "missing"), []string{ssn},
			[]string{"body.people.{unknown}.name (missing)"}},
		{"a place that is an SSN without hyphens", "", field(`"body","078051120"`, "missing"), []string{"078051120"},
			[]string{"body.{unknown}"}},
		{"a place that is a number", "", field(`"body",78051120`, "missing"), []string{"78051120"}, nil},
		{"a place that is a mail address", "", field(`"body","jane@example.com"`, "missing"), []string{"jane"}, nil},
		{"a place that is a value of the request", "", field(`"body","descriptionmarker"`, "missing"),
			[]string{"descriptionmarker"}, []string{"body.{unknown} (missing)"}},
		{"a place that is a name of the request", "", field(`"body","description"`, "missing"), nil,
			[]string{"body.description (missing)"}},
		{"a place that is the token", "", field(`"header","token-marker"`, "missing"), []string{"token-marker"}, nil},
		{"a place with control characters", "", field(`"body","a\u009b2J","\u202eb"`, "missing"), []string{"2J"}, nil},
		{"a place with an index and a parameter", "",
			field(`"query","filter[status]",3,"address_line_2","__root__"`, "value_error.number.not_gt"), nil,
			[]string{"query.filter[status].3.address_line_2.__root__ (value_error.number.not_gt)"}},
		{"a rule that is an SSN", "", field(`"body"`, ssn), []string{ssn}, nil},
		{"a rule that has an SSN", "", field(`"body"`, "ssn_"+ssn), []string{ssn}, nil},
		{"a rule that is a value of the request", "", field(`"body"`, "descriptionmarker"),
			[]string{"descriptionmarker"}, nil},
		{"a type that is a token", "", problem("Bearer token-marker", ""), []string{"token-marker"}, nil},
		{"a type that is the token", "", problem("token-marker", ""), []string{"token-marker"}, nil},
		{"a type that has the signing secret", "", problem("not_"+signingMarker, ""), []string{signingMarker}, nil},
		{"a type that is a JWT", "", problem("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
			""), []string{"eyJ"}, nil},
		{"a type that is a sentence", "", problem("Jane has no money", ""), []string{"Jane"}, nil},
		{"a type with a line break", "", problem("pocket\nstatus=200", ""), []string{"status=200"}, nil},
		{"a type by name", "", problem("pocket_not_empty", ""), nil, []string{"pocket_not_empty"}},
		{"a type by URL", "", problem("https://errors.example.com/problems/out-of-credit", ""), nil,
			[]string{"https://errors.example.com/problems/out-of-credit"}},
		{"an id that is an SSN", ssn, "", []string{ssn}, nil},
		{"an id that is an SSN without hyphens", "078051120", "", []string{"078051120"}, nil},
		{"an id that has an SSN", "request-" + ssn, "", []string{ssn}, nil},
		{"an id that is a card's number", "4111-1111-1111-1111", "", []string{"4111-1111"}, nil},
		{"an id that has a card's number", "a4111111111111111", "", []string{"41111111"}, nil},
		{"an id that is the token", "token-marker", "", []string{"token-marker"}, nil},
		{"an id that is the token's header", "Bearer token-marker", "", []string{"token-marker"}, nil},
		{"an id that has the token", "request-7-token-marker", "", []string{"token-marker"}, nil},
		{"an id that is the signing secret", signingMarker, "", []string{signingMarker}, nil},
		{"an id that is a value of the request", "8a7ec6c0-2701-40a1-8954-68870964b50d", "",
			[]string{"8a7ec6c0-2701-40a1-8954-68870964b50d"}, nil},
		{"an id with control characters", "abc-1\u009b2J", "", []string{"2J"}, nil},
		{"an id of words", "Jane-Doe", "", []string{"Jane"}, nil},
		{"an id that is too long", strings.Repeat("a1", 100), "", []string{"a1a1a1a1a1"}, nil},
		{"an id that is an address of mail", "jane1@example.com", "", []string{"jane"}, nil},
		{"an id", "request-7", "", nil, []string{"request-7"}},
		{"an id that is a UUID", "12345678-9012-3456-7890-123456789abc", "", nil,
			[]string{"12345678-9012-3456-7890-123456789abc"}},
		{"an id of a load balancer", "Root=1-5759e988-bd862e3fe1be46a994272793", "", nil, []string{"Root=1-5759e988"}},
		{"a trace id", "", problem("a", "5f0c8f2b11d54c8e9d550a3f0c8f2b11"), nil,
			[]string{"5f0c8f2b11d54c8e9d550a3f0c8f2b11"}},
		{"a trace id that is an SSN", "", problem("a", ssn), []string{ssn}, nil},
		{"a trace id that is the token", "", problem("a", "token-marker"), []string{"token-marker"}, nil},
		{"a member that is an SSN", "", `{"` + ssn + `":1,"jane@example.com":{},"known":[]}`, []string{ssn, "jane"},
			nil},
		{"a member that is the token", "", `{"detail":{"token-marker":1}}`, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["X-Request-Id"] = []string{c.id}
				for _, name := range []string{"Server", "Via", "Retry-After", "Content-Language"} {
					w.Header()[name] = []string{ssn + " token-marker\u009b2J"}
				}
				answer(w, 422, c.body)
			})
			var log logBuffer
			client := a.configured(t, func(config *partner.Config) {
				config.Logger, config.SigningSecret = log.logger(), signing.NewSecret(signingMarker)
				config.Username, config.Password, config.Tokens = "", signing.NewSecret(""), tokens(goodToken)
			})
			text := "descriptionmarker"
			amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: 1})
			if err != nil {
				t.Fatal(err)
			}
			request, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
				Description: &text, Amount: amount,
				FromAccount: partner.JikoAccountReference{ID: uuid.MustParse("8a7ec6c0-2701-40a1-8954-68870964b50d"),
					Type: partner.JikoAccountReferenceTypeJikoAccount},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.OnUsTransfers.Create(t.Context(), request)
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.StatusCode != 422 {
				t.Fatal(err)
			}
			if failure.Header.Get("X-Request-Id") != c.id || string(failure.Body) != c.body {
				t.Errorf("who asks does not get it: %q, %q", failure.Header, failure.Body)
			}
			shown := showings(t, failure)
			shown["the client's log"] = log.String()
			for name, text := range shown {
				checkShowing(t, name, text, append(c.hidden, ssn, "2J"))
				if !strings.Contains(text, failure.IdempotencyKey.String()) {
					t.Errorf("%s lacks the key: %s", name, text)
				}
			}
			for _, want := range c.shown {
				if !strings.Contains(failure.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, failure)
				}
			}
		})
	}
}

const signingMarker = "signing-secret-marker"

// checkShowing wants a text without what is hidden and without a character that does not show.
func checkShowing(t *testing.T, name, text string, hidden []string) {
	t.Helper()
	for _, secret := range hidden {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows %q: %s", name, secret, text)
		}
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%s has %U: %q", name, r, text)
			break
		}
	}
}

// The login is a call as well, and its refusal part of another call's error.
func TestALoginsRefusalIsNotShown(t *testing.T) {
	for name, step := range map[string]http.HandlerFunc{
		"its text": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 401, `{"detail":"user-marker has not the password password-marker"}`)
		},
		"its id": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "user-marker:password-marker:1")
			answer(w, 401, `{"type":"password-marker","detail":[{"loc":["body","password-marker"],"msg":"",`+
				`"type":"user-marker"}]}`)
		},
		"its answer": raw(200, "application/json", `{"token":7,"expires":"password-marker"}`),
	} {
		t.Run(name, func(t *testing.T) {
			client, log := refusedLogin(t, step)
			err := read(t.Context(), client)
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Operation.ID != "listAgreements" {
				t.Fatal(err)
			}
			shown := showings(t, failure)
			shown["the client's log"] = log.String()
			for name, text := range shown {
				checkShowing(t, name, text, []string{"marker"})
			}
		})
	}
}

func refusedLogin(t *testing.T, step http.HandlerFunc) (*partner.Client, *logBuffer) {
	t.Helper()
	a := newAPI(t, agreementsOK)
	a.Config.Handler = step
	log := new(logBuffer)
	client := a.configured(t, func(c *partner.Config) { c.Logger, c.Username = log.logger(), "user-marker" })
	newClock(client)
	return client, log
}

// An error that a program has made itself is shown by the same rules.
func TestAnErrorOfOnesOwnIsShownByTheSameRules(t *testing.T) {
	failure := &partner.Error{
		Operation: partner.Operation{Method: "POST", Path: "/a\u009b2J/"}, StatusCode: 999, Type: "not a type: marker",
		Detail: "marker", RequestID: "marker", Fields: []partner.FieldError{{Location: "body.mark er", Rule: "mark er",
			Message: "marker"}},
		Header: http.Header{"Content-Type": {"text/html; charset=marker 1"}, "Retry-After": {"123456789012"},
			"Date": {"marker"}, "Server": {"nginx/1.25.3"}, "Via": {"1.1 varnish (Varnish/7.1)"}},
		Body: []byte("marker"), Err: errors.New("cause\u2028of \x7f two lines\xff"),
	}
	for name, text := range showings(t, failure) {
		checkShowing(t, name, text, []string{"marker", "mark er", "123456789012"})
		if !strings.Contains(text, "999") || !strings.Contains(text, "cause") {
			t.Errorf("%s: %s", name, text)
		}
	}
	for _, want := range []string{"header Content-Type: not shown\n", "header Retry-After: not shown\n",
		"header Date: not shown\n", "header Server: nginx/1.25.3\n", "header Via: 1.1 varnish (Varnish/7.1)\n",
		"type: not shown\n", "request id: not shown\n", "field: body.{unknown}: not shown\n"} {
		if !strings.Contains(failure.Dump(), want) {
			t.Errorf("the dump lacks %q:\n%s", want, failure.Dump())
		}
	}
	var none *partner.Error
	if text := fmt.Sprint(none); text != "<nil>" {
		t.Errorf("none is %q", text)
	}
}

// A caller's own code may say what it likes, in one line.
func TestAnErrorOfTheCallersIsShown(t *testing.T) {
	a := newAPI(t, agreementsOK)
	gone := errors.New("the vault\nis sealed")
	for name, change := range map[string]func(*partner.Config){
		"a source of tokens": func(c *partner.Config) {
			c.Username, c.Password = "", signing.NewSecret("")
			c.Tokens = tokens(func(string) (string, error) { return "", gone })
		},
		"credentials": func(c *partner.Config) {
			c.Username, c.Password = "", signing.NewSecret("")
			c.CredentialsFunc = func(context.Context) (string, signing.Secret, error) {
				return "", signing.Secret{}, gone
			}
		},
		"a signing secret": func(c *partner.Config) {
			c.SigningSecret = signing.NewSecret("")
			c.SigningSecretFunc = func() (signing.Secret, error) { return signing.Secret{}, gone }
		},
		"a middleware": func(c *partner.Config) {
			c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(http.RoundTripper) http.RoundTripper {
				return roundTripper(func(*http.Request) (*http.Response, error) { return nil, gone })
			}}
		},
	} {
		client := a.configured(t, change)
		newClock(client)
		if err := read(t.Context(), client); !errors.Is(err, gone) ||
			!strings.Contains(err.Error(), "the vault is sealed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
