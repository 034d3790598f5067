package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	loginPath  = "/api/v1/login/"
	fundPath   = "/api/v1/sandbox/fund/"
	uploadPath = "/api/v1/customers/497f6eca-6276-4993-bfeb-53cbbbba6f08/documents/BYLAWS/file/"
	goodToken  = "a-token-of-the-loopback-server"
)

// GuardedServer is pkg/server for one caller, as it stands on the Internet: who else comes is a stranger.
func GuardedServer() (*http.Server, error) {
	api, err := operations()
	if err != nil {
		return nil, err
	}
	caller := authentication.Caller{ID: "acme", Secrets: []signing.Secret{signing.NewSecret(secret)}}
	whole, err := server.New(server.Config{
		API: api, Lookup: authentication.FixedTokens(map[string]authentication.Caller{goodToken: caller}),
	})
	if err != nil {
		return nil, err
	}
	return server.NewHTTPServer("", whole), nil
}

// Refusal is a body that is refused beside one of its size that is accepted, by the same operation.
type Refusal struct {
	// Filling is what makes the body large, and Defect why it is refused.
	Filling, Defect   string
	Accepted, Refused *Request
}

// RefusalHandler is pkg/server for a caller who signs. The refusals of strangers are held up, which is not what a
// refusal costs.
func RefusalHandler() (http.Handler, error) {
	guarded, err := GuardedServer()
	if err != nil {
		return nil, err
	}
	return guarded.Handler, nil
}

// Refusals returns the worst bodies of nearly size bytes that are known. What is refused differs from what is accepted
// by as little as can be.
func Refusals(size int) []Refusal {
	const needed = `"account_id":"8a7ec6c0-2701-40a1-8954-68870964b50d","amount_usdc":100`
	fund := func(filling, defect, accepted, refused string) Refusal {
		r := Refusal{
			filling, defect,
			NewRequest(filling, fundPath, []byte(accepted)), NewRequest(filling, fundPath, []byte(refused)),
		}
		r.Refused.Refused = true
		return r
	}
	many := func(element string) string {
		return strings.TrimSuffix(strings.Repeat(element+",", size/(len(element)+1)), ",")
	}
	members := func() string {
		var b strings.Builder
		for i := 0; b.Len() < size-64; i++ {
			fmt.Fprintf(&b, `"m%d":%d,`, i, i%10)
		}
		return strings.TrimSuffix(b.String(), ",")
	}()
	var all []Refusal
	for _, filling := range []struct{ name, text string }{
		{"numbers", "[" + many("1") + "]"}, {"empty lists", "[" + many("[]") + "]"},
		{"empty objects", "[" + many("{}") + "]"}, {"short texts", "[" + many(`"a"`) + "]"},
		{"one text", `"` + strings.Repeat("a", size) + `"`}, {"escapes", `"` + strings.Repeat(`\u00e9`, size/6) + `"`},
		{"members", "{" + members + "}"},
		{"objects", "[" + many(`{"a":1,"b":"c"}`) + "]"},
	} {
		accepted := "{" + needed + `,"x":` + filling.text + "}"
		for _, defect := range []struct{ name, refused string }{
			{"nothing else", `{"x":` + filling.text + "}"},
			{"a wrong type before", `{"account_id":1,"x":` + filling.text + "}"},
			{"a wrong type behind", `{"x":` + filling.text + `,"account_id":1}`},
			{"a member twice", "{" + needed + `,"x":` + filling.text + `,"amount_usdc":1}`},
			{"without an end", accepted[:len(accepted)-1]},
			{"and more", accepted + "]"},
		} {
			all = append(all, fund(filling.name, defect.name, accepted, defect.refused))
		}
	}
	const own = "members of its own"
	flat := "{" + needed + "," + members + "}"
	return append(all,
		fund(own, "one twice", flat, "{"+needed+","+members+`,"amount_usdc":1}`),
		fund(own, "a twin in another case", flat, "{"+needed+","+members+`,"Amount_usdc":1}`),
		fund(own, "nothing else", flat, "{"+members+"}"))
}

// Stranger is a request of somebody who has no business here, over and over.
type Stranger struct {
	Name string
	Text []byte
}

// Strangers returns what costs a server most, of those who are unknown and of those with a token that was stolen.
func Strangers() []Stranger {
	numbers := func(size int) []byte {
		return []byte(`{"x":[` + strings.Repeat("1,", (size-10)/2) + `1]}`)
	}
	request := func(path, media, token string, body []byte, chunked bool) []byte {
		var b bytes.Buffer
		fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n", path, media)
		if token != "" {
			fmt.Fprintf(&b, "Authorization: Bearer %s\r\n%s: 497f6eca-6276-4993-bfeb-53cbbbba6f08\r\n%s: %s\r\n", token,
				idempotency.Header, signing.HeaderSignature, "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=")
		}
		if chunked {
			fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		} else {
			fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
		}
		return b.Bytes()
	}
	const json, pdf = "application/json", "application/pdf"
	return []Stranger{
		{"a login of 4 KiB", request(loginPath, json, "", numbers(4<<10), false)},
		{"a login of 1 MiB", request(loginPath, json, "", numbers(1<<20), false)},
		{"a login of 1 MiB in chunks", request(loginPath, json, "", numbers(1<<20), true)},
		{"an unknown token, 256 KiB", request(transfersPath, json, "unknown", numbers(256<<10), false)},
		{"a stolen token, 32 KiB", request(transfersPath, json, goodToken, numbers(32<<10), false)},
		{"a stolen token, 1 MiB", request(transfersPath, json, goodToken, numbers(1<<20), false)},
		{"a stolen token, a file of 8 MiB", request(uploadPath, pdf, goodToken, make([]byte, 8<<20), false)},
	}
}

// StolenToken returns the headers of a caller whose token is good and whose signature is not.
func StolenToken() string {
	return fmt.Sprintf("Authorization: Bearer %s\r\n%s: 497f6eca-6276-4993-bfeb-53cbbbba6f08\r\n%s: %s\r\n", goodToken,
		idempotency.Header, signing.HeaderSignature, "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94=")
}
