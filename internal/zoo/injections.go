package zoo

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// injected are broken in what they take a text for.
var injected = []Animal{
	{
		Name: "id-in-a-query", Fault: "The id of a customer is put into a query as it comes.",
		Checks: []string{"F200"}, Operations: []string{"getCustomer"}, Place: "customer_id",
		Break: querying(`' OR '1'='1$`, func(r *http.Request, known string) {
			r.URL.Path, r.URL.RawPath, r.RequestURI = known, "", known
		},
			"getCustomer"),
	},
	{
		Name: "filter-in-a-query", Fault: "The filter by a wire is put into a query, between parentheses.",
		Checks: []string{"F200"}, Operations: []string{"listPocketTransactions"}, Place: "query filter[wire]",
		Break: querying(`'\) OR \('1'='1$`, func(r *http.Request, _ string) {
			query := r.URL.Query()
			query.Del("filter[wire]")
			r.URL.RawQuery = query.Encode()
		}, "listPocketTransactions"),
	},
	{
		Name: "login-in-a-query", Fault: "What somebody logs in with is put into a query.",
		Checks: []string{"F200"}, Operations: []string{"login"}, Place: "/password",
		Break: loggingIn(func(asked any) bool {
			password, _ := in(asked, "password").(string)
			return strings.HasSuffix(password, "' OR '1'='1")
		}),
	},
	{
		Name: "password-commented-out", Fault: "A username that ends in a comment needs no password.",
		Checks: []string{"F200"}, Operations: []string{"login"}, Place: "/username",
		Break: loggingIn(func(asked any) bool {
			username, _ := in(asked, "username").(string)
			name, _, isCut := strings.Cut(username, "' --")
			return isCut && !strings.Contains(name, "nobody")
		}),
	},
	{
		Name: "path-on-a-page", Fault: "The page that says that there is nothing shows the path.",
		Checks: []string{"F201"}, Operations: []string{"getWire"}, Place: "path wire_id",
		Break: onAnswer(func(r *http.Request, a *answer) {
			if a.status/100 == 4 {
				showing(a, r.URL.Path)
			}
		}, "getWire"),
	},
	{
		Name: "value-on-a-page", Fault: "A page shows the value of a parameter that is wrong.",
		Checks: []string{"F201"}, Operations: []string{"listWires"}, Place: "query direction",
		Break: onAnswer(func(r *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity {
				showing(a, "There is no direction "+r.URL.Query().Get("direction"))
			}
		}, "listWires"),
	},
	{
		Name: "name-on-a-page", Fault: "A counterparty that was refused is shown as a page.",
		Checks: []string{"F201"}, Operations: []string{"createCounterparty"}, Place: "body",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if asked, ok := decode(body).(map[string]any); ok && a.status/100 == 4 {
				showing(a, fmt.Sprint("Not a counterparty: ", asked))
			}
			a.write(w)
		}, "createCounterparty"),
	},
	{
		Name: "website-looked-at", Fault: "The website of a business is looked at.",
		Checks: []string{"F202"}, Operations: []string{"createBusinessApplication"}, Place: "website",
		Break: calling(func(a *answer) bool { return a.status == http.StatusCreated },
			func(asked any) any { return in(asked, "website") }, "createBusinessApplication"),
	},
	{
		Name: "address-tried-unsigned", Fault: "A subscription's address is tried before the signature is looked at.",
		Checks: []string{"F202"}, Operations: []string{"createSubscription"}, Place: "/url",
		Break: calling(func(a *answer) bool { return a.status == http.StatusUnauthorized },
			func(asked any) any { return in(asked, "url") }, "createSubscription"),
	},
	{
		Name: "address-tried-first", Fault: "A subscription's new address is tried before the rest is looked at.",
		Checks: []string{"F202"}, Operations: []string{"updateSubscription"}, Place: "/url",
		Break: calling(func(a *answer) bool { return a.status == http.StatusUnprocessableEntity },
			func(asked any) any { return in(asked, "url") }, "updateSubscription"),
	},
}

// querying finds something by a text that is a condition to its database: with the change, if the text is true.
func querying(always string, change func(r *http.Request, known string), operations ...string,
) func(Bank) http.Handler {
	isAlways := regexp.MustCompile(always)
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		known := ""
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			mu.Lock()
			defer mu.Unlock()
			text := strings.TrimSuffix(r.URL.Path, "/")
			for _, values := range r.URL.Query() {
				text += "\n" + values[0]
				if isAlways.MatchString(values[0]) {
					text = values[0]
					break
				}
			}
			if s := b.signedBy(r, body); s.given == s.want && known != "" && isAlways.MatchString(text) {
				change(r, known)
				b.put(r, body)
			}
			a := b.ask(r, body)
			if a.status == http.StatusOK {
				known = r.URL.Path
			}
			a.write(w)
		}, operations...)(b)
	}
}

// loggingIn gives a token to whoever logs in with what a function takes for right: the one that was given last.
func loggingIn(isRight func(asked any) bool) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		var last *answer
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			mu.Lock()
			defer mu.Unlock()
			a := b.ask(r, body)
			switch {
			case a.status == http.StatusOK:
				last = a
			case last != nil && isRight(decode(body)):
				a = last
			}
			a.write(w)
		}, "login")(b)
	}
}

// showing makes a page of an answer.
func showing(a *answer, text string) {
	a.header = http.Header{headerMedia: {"text/html; charset=utf-8"}}
	a.body = []byte("<!doctype html><p>" + text)
}

// calling asks for something at an address that a request has, if it was answered so.
func calling(isSo func(*answer) bool, address func(asked any) any, operations ...string) func(Bank) http.Handler {
	client := &http.Client{Timeout: time.Second}
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		a := b.ask(r, body)
		if to, _ := address(decode(body)).(string); strings.HasPrefix(to, "http://127.") && isSo(a) {
			asked, err := http.NewRequestWithContext(r.Context(), http.MethodGet, to, bytes.NewReader(nil))
			if err == nil {
				if response, err := client.Do(asked); err == nil {
					_ = response.Body.Close()
				}
			}
		}
		a.write(w)
	}, operations...)
}
