package zoo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// elsewhere are broken as servers are of which nobody thought who wrote the checks: one value, one state, one item or
// one way of several is wrong.
var elsewhere = slices.Concat(elsewhereAnswers, elsewhereInputs, elsewhereCallers, elsewhereKeys, elsewhereThings)

var elsewhereAnswers = []Animal{
	{
		Name: "second-item-differs", Fault: "The second trading strategy of a list has no description.",
		Checks: []string{"F101"}, Operations: []string{"listTradingStrategies"}, Place: "/description",
		Break: onSuccess(func(v any) any {
			if items, _ := in(v, "items").([]any); len(items) > 1 {
				lacking(items[1], "description")
			}
			return v
		}, "listTradingStrategies"),
	},
	{
		Name: "closed-lacks-strategy", Fault: "A pocket that is closed is shown without its strategy.",
		Checks: []string{"F101"}, Operations: []string{"getPocket"}, Place: "deposit_strategy_id",
		Break: onSuccess(func(v any) any {
			if in(v, "status") == "CLOSED" {
				lacking(v, "deposit_strategy_id")
			}
			return v
		}, "getPocket"),
	},
	{
		Name: "one-kind-has-words-for-directions", Fault: "Only wires among transactions go OUT, and are no DEBIT.",
		Checks: []string{"F101"}, Operations: []string{"listCustomerTransactions"}, Place: "/items",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if object["type"] == "WIRE" && object["direction"] == "DEBIT" {
					object["direction"] = "OUT"
				}
			})
		}, "listCustomerTransactions"),
	},
	{
		Name: "not-found-is-a-text", Fault: "What is not found is answered with JSON that is a text alone.",
		Checks: []string{"F101"}, Operations: []string{"listCustomerPockets"}, Place: "body",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusNotFound {
				a.setValue("not found")
			}
		}, "listCustomerPockets"),
	},
	{
		Name:   "null-for-missing",
		Fault:  "What an application has no customer for is null in each place where it is missing.",
		Checks: []string{"F101"}, Operations: []string{"getApplication"}, Place: "/exception_reasons",
		Break: onSuccess(func(v any) any {
			if reasons, _ := in(v, "exception_reasons").([]any); len(reasons) == 0 {
				with(v, "exception_reasons", nil)
			}
			return v
		}, "getApplication"),
	},
	{
		Name: "nothing-in-an-answer", Fault: "The configurations of pockets are answered with 200 and an empty body.",
		Checks: []string{"F101"}, Operations: []string{"listPocketConfigurations"}, Place: "body",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusOK {
				a.body = nil
			}
		}, "listPocketConfigurations"),
	},
	{
		Name: "day-is-a-moment", Fault: "The last day of earnings is a moment.",
		Checks: []string{"F101"}, Operations: []string{"getPocketEarnings"}, Place: "/date_to",
		Break: onSuccess(func(v any) any {
			day, _ := in(v, "date_to").(string)
			return with(v, "date_to", day+"T00:00:00Z")
		}, "getPocketEarnings"),
	},
	{
		Name: "byte-order-mark", Fault: "The JSON of a business application begins with a byte order mark.",
		Checks: []string{"F101"}, Operations: []string{"getBusinessApplication"}, Place: "json",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusOK {
				a.body = append([]byte("\xef\xbb\xbf"), a.body...)
			}
		}, "getBusinessApplication"),
	},
	{
		Name: "etag-without-quotes", Fault: "The ETag of an account has no quotes.",
		Checks: []string{"F922"}, Operations: []string{"listAccountPortals"}, Place: "header etag",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			a.header.Set("ETag", fmt.Sprintf("%x", len(a.body)))
		}, "listAccountPortals"),
	},
	{
		Name: "waits-a-negative-time", Fault: "Who is refused a swipe is told to come back some seconds ago.",
		Checks: []string{"F922"}, Operations: []string{"simulateCardSwipe"}, Place: "header retry-after",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status/100 == 4 {
				a.header.Set("Retry-After", "-3")
			}
		}, "simulateCardSwipe"),
	},
	{
		Name: "page-for-a-browser", Fault: "Agreements come as a page if a page is asked for.",
		Checks: []string{"F921"}, Operations: []string{"listAgreements"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			if accept := r.Header.Get("Accept"); a.status == http.StatusOK && strings.Contains(accept, "text/html") {
				a.header.Set(headerMedia, "text/html; charset=utf-8")
				a.body = []byte("<!doctype html><title>Agreements</title>")
			}
		}, "listAgreements"),
	},
	{
		Name: "refused-is-ok", Fault: "A virtual card that is refused is answered with 200, and success is false.",
		Checks: []string{"F920", "F102", "F101"}, Operations: []string{"createVirtualCard"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity {
				a.status = http.StatusOK
				a.setValue(map[string]any{"success": false, "errors": []any{"invalid"}})
			}
		}, "createVirtualCard"),
	},
	{
		Name: "slow-to-find-nothing", Fault: "It takes long to find that there is no such transaction.",
		Checks: []string{"F928"}, Operations: []string{"getTransaction"}, MaxResponseTime: mostTime,
		Break: func(b Bank) http.Handler {
			return onAnswer(func(_ *http.Request, a *answer) {
				if a.status == http.StatusNotFound {
					time.Sleep(mostTime + mostTime/4)
				}
			}, "getTransaction")(b)
		},
	},
	{
		Name: "large-pages-break-off", Fault: "The connection ends in the middle of the largest page of cards.",
		Checks: []string{"F930"}, Operations: []string{"listAccountCards"}, Place: "broken",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if r.URL.Query().Get("limit") == "100" && a.status == http.StatusOK {
				panic(http.ErrAbortHandler)
			}
			a.write(w)
		}, "listAccountCards"),
	},
	{
		Name: "stack-of-java", Fault: "A verification that is refused shows the classes of the server.",
		Checks: []string{"F209"}, Operations: []string{"verifyPlaidCounterparty"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusNotFound || a.status == http.StatusUnprocessableEntity {
				v := a.value()
				with(v, "trace_id", "java.lang.NullPointerException\n\tat com.bank.api.PlaidController.verify("+
					"PlaidController.java:81)")
				a.setValue(v)
			}
		}, "verifyPlaidCounterparty"),
	},
}

var elsewhereInputs = []Animal{
	{
		Name: "emoji-break", Fault: "A portal's name with a character of four bytes is a failure.",
		Checks: []string{"F100"}, Operations: []string{"createPocketPortal"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			name, _ := in(decode(body), "name").(string)
			return strings.ContainsFunc(name, func(c rune) bool { return c > 0xffff })
		}, "createPocketPortal"),
	},
	{
		Name: "leap-days-break", Fault: "A report from 29 February on is a failure.",
		Checks: []string{"F100"}, Operations: []string{"createReportRequest"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			from, _ := in(decode(body), "date_from").(string)
			_, err := time.Parse(time.DateOnly, from)
			return err == nil && strings.HasSuffix(from, "-02-29")
		}, "createReportRequest"),
	},
	{
		Name: "most-money-breaks", Fault: "A wire of the largest amount that there is overflows.",
		Checks: []string{"F100"}, Operations: []string{"createWire"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			n, _ := in(decode(body), "amount_usdc").(json.Number)
			cents, err := n.Int64()
			return err == nil && cents > 1<<62
		}, "createWire"),
	},
	{
		Name: "no-pockets-break", Fault: "A report of an empty list of pockets is a failure.",
		Checks: []string{"F100"}, Operations: []string{"createReportRequest"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			pockets, isThere := in(decode(body), "pocket_ids").([]any)
			return isThere && len(pockets) == 0
		}, "createReportRequest"),
	},
	{
		Name: "zero-bytes-break", Fault: "A description with U+0000 cannot be stored, which is a failure.",
		Checks: []string{"F100"}, Operations: []string{"createSubscription"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			text, _ := in(decode(body), "description").(string)
			return strings.Contains(text, "\x00")
		}, "createSubscription"),
	},
	{
		Name: "cursors-break", Fault: "A cursor that is none is a failure.",
		Checks: []string{"F100"}, Operations: []string{"listCustomerCardOrders"}, Place: "500",
		Break: onAnswer(func(r *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity && r.URL.Query().Get("cursor") != "" {
				*a = *problem(http.StatusInternalServerError)
			}
		}, "listCustomerCardOrders"),
	},
	{
		Name: "offset-behind-the-end-breaks", Fault: "An offset behind the last account is a failure.",
		Checks: []string{"F100"}, Operations: []string{"listCustomerAccounts"}, Place: "500",
		Break: onAnswer(func(r *http.Request, a *answer) {
			items, _ := in(a.value(), "items").([]any)
			if offset := r.URL.Query().Get("offset"); a.status == http.StatusOK && len(items) == 0 && len(offset) > 1 {
				*a = *problem(http.StatusInternalServerError)
			}
		}, "listCustomerAccounts"),
	},
	{
		Name: "no-change-breaks", Fault: "A change of nothing is a failure, as its SQL would be empty.",
		Checks: []string{"F100"}, Operations: []string{"updateBusinessApplication"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			asked, ok := decode(body).(map[string]any)
			return ok && len(asked) == 0
		}, "updateBusinessApplication"),
	},
	{
		Name:   "day-that-there-is-not",
		Fault:  "The last day of a report may be one that there is not: it is the next one.",
		Checks: []string{"F102"}, Operations: []string{"createReportRequest"}, Place: "date_to",
		Break: righting(func(v any) any {
			text, _ := in(v, "date_to").(string)
			var year, month, day int
			if n, _ := fmt.Sscanf(text, "%4d-%2d-%2d", &year, &month, &day); n == 3 && len(text) == 10 {
				with(v, "date_to", time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
			}
			return v
		}, "createReportRequest"),
	},
	{
		Name: "truth-is-a-text", Fault: "Whether to wait for a transfer may be a text.",
		Checks: []string{"F102"}, Operations: []string{"createOnUsTransfer"}, Place: "async_mode",
		Break: righting(func(v any) any {
			if text, ok := in(v, "async_mode").(string); ok {
				with(v, "async_mode", text == "true")
			}
			return v
		}, "createOnUsTransfer"),
	},
	{
		Name: "numbers-with-signs", Fault: "The limit of a list may be anything that begins with a number.",
		Checks: []string{"F102"}, Operations: []string{"listAccountTrades"}, Place: "limit",
		Break: queried(func(query url.Values) {
			digits := regexp.MustCompile(`^[+ ]?([0-9]+)`).FindStringSubmatch(query.Get("limit"))
			if n := len(digits); n > 0 {
				if limit, err := strconv.Atoi(digits[1]); err == nil && limit >= 1 && limit <= 100 {
					query.Set("limit", digits[1])
				}
			}
		}, "listAccountTrades"),
	},
	{
		Name: "ids-without-dashes", Fault: "The id of a counterparty may be written without dashes.",
		Checks: []string{"F102"}, Operations: []string{"createACHOrigination"}, Place: "counterparty_id",
		Break: righting(func(v any) any {
			text, _ := in(v, "counterparty_id").(string)
			if id, err := uuid.Parse(text); err == nil {
				with(v, "counterparty_id", id.String())
			}
			return v
		}, "createACHOrigination"),
	},
	{
		Name: "null-is-missing", Fault: "A name that is null is taken for one that is not there.",
		Checks: []string{"F102"}, Operations: []string{"updatePocket"}, Place: "pocket_name",
		Break: righting(func(v any) any {
			if object, ok := v.(map[string]any); ok && object["pocket_name"] == nil {
				delete(object, "pocket_name")
			}
			return v
		}, "updatePocket"),
	},
	{
		Name: "one-type-refused", Fault: "One type of transactions is no filter.",
		Checks: []string{"F923"}, Operations: []string{"listPocketTransactions"}, Place: "filter[type]",
		Break: onRequestAnswer(func(r *http.Request, _ []byte) *answer {
			if slices.Contains(r.URL.Query()["filter[type]"], "SWEEP") {
				a := refusalOf("filter[type]")
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"query", "filter[type]"},
					"type": "enum", "msg": "Input should be one of the types"}}})
				return a
			}
			return nil
		}, "listPocketTransactions"),
	},
	{
		Name: "bytes-that-are-no-text", Fault: "Bytes that are no UTF-8 are read as question marks.",
		Checks: []string{"F911"}, Operations: []string{"createPocket"},
		Break: readingAs(func(body []byte) []byte { return bytes.ToValidUTF8(body, []byte("?")) }, "createPocket"),
	},
	{
		Name: "json-with-commas", Fault: "A comma behind the last member is not minded.",
		Checks: []string{"F911", "F102"}, Operations: []string{"createCounterparty"}, Place: "json",
		Break: readingAs(func(body []byte) []byte {
			return regexp.MustCompile(`,\s*([}\]])`).ReplaceAll(body, []byte("$1"))
		}, "createCounterparty"),
	},
	{
		Name: "echo-in-its-place", Fault: "What is wrong with a PIN is told with the PIN as input.",
		Checks: []string{"F910"}, Operations: []string{"setCardPIN"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if sent := decode(body); a.status == http.StatusUnprocessableEntity && sent != nil {
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"body", "encrypted_pin"},
					"type": "value_error", "msg": "Input should be encrypted", "input": sent}}})
			}
			a.write(w)
		}, "setCardPIN"),
	},
	{
		Name: "redirect-looked-at", Fault: "The address that Plaid is to lead back to is looked at.",
		Checks: []string{"F202"}, Operations: []string{"createPlaidLinkToken"}, Place: "redirect_uri",
		Break: calling(func(a *answer) bool { return a.status == http.StatusOK },
			func(asked any) any { return in(asked, "redirect_uri") }, "createPlaidLinkToken"),
	},
	{
		Name: "unknown-name-on-a-page", Fault: "A page shows the name of a parameter that is not known.",
		Checks: []string{"F201"}, Operations: []string{"listCustomerACHOriginations"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			for name := range r.URL.Query() {
				known := []string{"cursor", "limit", "direction", "filter[status]"}
				if a.status == http.StatusOK && !slices.Contains(known, name) {
					a.status = http.StatusUnprocessableEntity
					showing(a, "There is no parameter "+name)
				}
			}
		}, "listCustomerACHOriginations"),
	},
	{
		Name: "key-of-statements-in-a-query", Fault: "The key of a statement is put into a query.",
		Checks: []string{"F200"}, Operations: []string{"listCustomerStatements"}, Place: "query key",
		Break: querying(`^[^\n]*'\)? *(OR|or) *\(?'1' *= *'1`, func(r *http.Request, _ string) {
			query := r.URL.Query()
			query.Del("key")
			r.URL.RawQuery = query.Encode()
		}, "listCustomerStatements"),
	},
}

var elsewhereCallers = []Animal{
	{
		Name: "signature-of-what-json-means", Fault: "A body is signed as it is written again.",
		Checks: []string{"F906", "F205"}, Operations: []string{"createPocket"},
		Break: lenient(func(c signed) bool {
			v := decode(c.body)
			again, err := json.Marshal(v)
			return v != nil && err == nil && c.given == c.bank.signature(c.key, c.path, again)
		}, "createPocket"),
	},
	{
		Name:   "unsigned-by-media-type",
		Fault:  "A body whose media type has a parameter is not held against its signature.",
		Checks: []string{"F906"}, Operations: []string{"createVirtualCard"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if strings.Contains(r.Header.Get(headerMedia), ";") {
				r.Header.Del(headerSignature)
				b.put(r, body)
			}
			b.serve(w, r, body)
		}, "createVirtualCard"),
	},
	{
		Name: "signature-of-a-key-in-capitals", Fault: "A key may be signed in capital letters.",
		Checks: []string{"F906"}, Operations: []string{"getAccount"}, Place: "key",
		Break: lenient(func(c signed) bool {
			return c.given == c.bank.signature(strings.ToUpper(c.key), c.path, c.body)
		}, "getAccount"),
	},
	{
		Name: "signature-of-a-path-in-any-case", Fault: "A path may be signed in capital letters.",
		Checks: []string{"F906"}, Operations: []string{"listCustomerCards"}, Place: "path",
		Break: lenient(func(c signed) bool {
			return c.given == c.bank.signature(c.key, strings.ToUpper(c.path), c.body)
		}, "listCustomerCards"),
	},
	{
		Name: "signature-was-right-once", Fault: "A signature that was right once is right for everything.",
		Checks: []string{"F906"}, Operations: []string{"listPocketPortals"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			seen := map[string]bool{}
			return lenient(func(c signed) bool {
				mu.Lock()
				defer mu.Unlock()
				if c.given != "" && c.given == c.want {
					seen[c.given] = true
				}
				return seen[c.given]
			}, "listPocketPortals")(b)
		},
	},
	{
		Name: "token-in-the-query", Fault: "A token may stand in the query.",
		Checks: []string{"F207"}, Operations: []string{"listCustomerTrades"},
		Break: asking(func(r *http.Request, query url.Values) {
			if token := query.Get("access_token"); token != "" && r.Header.Get(headerBearer) == "" {
				r.Header.Set(headerBearer, "Bearer "+token)
				query.Del("access_token")
			}
		}, "listCustomerTrades"),
	},
	{
		Name: "told-by-a-header", Fault: "A bad token is told from a bad signature by WWW-Authenticate.",
		Checks: []string{"F907"}, Operations: []string{"getCardOrder"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			knows := b.knowsToken(r)
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized && !knows {
				a.header.Set("Www-Authenticate", `Bearer error="invalid_token"`)
			}
			a.write(w)
		}, "getCardOrder"),
	},
	{
		Name: "method-by-a-header", Fault: "A header says what the method is.",
		Checks: []string{"F210"}, Operations: []string{"deleteSubscription", "getSubscription", "updateSubscription"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if method := r.Header.Get("X-Http-Method-Override"); method != "" {
				r.Method = method
			}
			b.serve(w, r, body)
		}, "getSubscription", "updateSubscription"),
	},
	{
		Name: "paths-of-any-case", Fault: "A path is found whatever its case.",
		Checks: []string{"F210"}, Operations: []string{"listEventTypes"},
		Break: func(b Bank) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				const right = "/api/v1/events/types/"
				if r.URL.Path != right && strings.EqualFold(r.URL.Path, right) {
					body, _ := io.ReadAll(r.Body)
					s := b.signedBy(r, body)
					r.URL.Path, r.URL.RawPath, r.RequestURI = right, "", right
					if s.given == s.want {
						b.put(r, body)
					}
					b.serve(w, r, body)
					return
				}
				b.ServeHTTP(w, r)
			})
		},
	},
	{
		Name: "options-of-anything", Fault: "OPTIONS says that a path has all methods.",
		Checks: []string{"F926"}, Operations: []string{"getWire"},
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method != http.MethodOptions {
				b.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Allow", "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE")
			w.WriteHeader(http.StatusNoContent)
		}, "getWire"),
	},
	{
		Name: "told-by-a-header-of-another", Two: true,
		Fault:  "Another's transaction is not found, and a header says of how many bytes it is.",
		Checks: []string{"F204"}, Operations: []string{"getTransaction"},
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if a.status != http.StatusNotFound || !p.isSigned(r, body) {
				return a
			}
			if shown := p.readAs(1-who, r, r.URL.Path); shown.status == http.StatusOK {
				a.header.Set("Etag", fmt.Sprintf(`"%x"`, len(shown.body)))
			}
			return a
		}, "getTransaction"),
	},
	{
		Name: "several-pockets-of-anybody", Two: true,
		Fault:  "Of the pockets whose transactions are asked for, nobody asks whose they are.",
		Checks: []string{"F206"}, Operations: []string{"listCustomerTransactions"}, Place: "pocket_id[]",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			pocket := r.URL.Query().Get("pocket_id[]")
			if pocket == "" || !p.isSigned(r, body) || hasItems(a) || r.URL.Query().Get("cursor") != "" {
				return a
			}
			list := p.readAs(1-who, r, "/api/v2/pockets/"+url.PathEscape(pocket)+"/transactions/")
			if own := p.readAs(who, r, strings.TrimSuffix(r.URL.Path, "transactions/")+"pockets/"); hasItems(list) &&
				own.status == http.StatusOK {
				return list
			}
			return a
		}, "listCustomerTransactions"),
	},
	{
		Name: "counterparty-of-anybody", Two: true,
		Fault:  "Whoever knows the id of a counterparty has a wire go to it.",
		Checks: []string{"F206"}, Operations: []string{"createWire"}, Place: "counterparty_id",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			whose := map[string]int{}
			return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
				mu.Lock()
				defer mu.Unlock()
				a := p.ask(who, r, body)
				if made, _ := in(a.value(), "id").(string); operationOf(r) == "createCounterparty" && made != "" {
					whose[made] = who
				}
				id, _ := in(decode(body), "counterparty_id").(string)
				owner, isKnown := whose[id]
				_, account, _ := strings.Cut(r.URL.Path, "/jiko-accounts/")
				account, _, _ = strings.Cut(account, "/")
				if a.status/100 != 4 || !isKnown || owner == who || !p.isSigned(r, body) ||
					p.readAs(who, r, "/api/v1/jiko-accounts/"+account+"/").status != http.StatusOK {
					return a
				}
				return &answer{status: http.StatusCreated, header: http.Header{}} // The money is on its way.
			}, "createCounterparty", "createWire")(b)
		},
	},
}

var elsewhereKeys = []Animal{
	{
		Name: "event-for-each-repeat", Fault: "An event that is triggered again under its key is sent again.",
		Checks: []string{"F901"}, Operations: []string{"triggerWebhook"},
		Break: rekeyed(func(call) string { return uuid.NewString() }, "triggerWebhook"),
	},
	{
		Name: "card-status-taken-back", Fault: "A late repeat locks a card again that was opened since.",
		Checks: []string{"F901"}, Operations: []string{"setCardStatus"}, Place: "undone",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "setCardStatus"),
	},
	{
		Name: "key-and-amount", Fault: "Under a key, only the amount of a wire is compared, and not to whom it goes.",
		Checks: []string{"F902"}, Operations: []string{"createWire"}, Place: "other_body",
		Break: replaying(func(c call) string {
			return c.key + c.r.URL.Path + fmt.Sprint(in(decode(c.body), "amount_usdc"))
		}, "createWire"),
	},
	{
		Name: "key-and-beginning", Fault: "The first 64 bytes of a business application are compared under its key.",
		Checks: []string{"F902"}, Operations: []string{"createBusinessApplication"}, Place: "other_body",
		Break: replaying(func(c call) string { return c.key + string(c.body[:min(64, len(c.body))]) },
			"createBusinessApplication"),
	},
	{
		Name: "replayed-as-it-is-now", Fault: "A repeat of a subscription shows what has become of it since.",
		Checks: []string{"F903"}, Operations: []string{"createSubscription"}, Place: "body",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			id, _ := in(a.value(), "id").(string)
			if a.header.Get("Idempotency-Replayed") != "" && a.status == http.StatusCreated {
				if now := b.read(r, "/api/v1/subscriptions/"+id+"/"); now.status == http.StatusOK {
					a.body = now.body
				}
			}
			a.write(w)
		}, "createSubscription"),
	},
	{
		Name: "unique-in-a-race", Fault: "Requests that overlap under one key fail, all but the first.",
		Checks: []string{"F100"}, Operations: []string{"createACHOrigination"}, Place: "500",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			underWay := map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				key := r.Header.Get(headerKey)
				mu.Lock()
				isSecond := underWay[key]
				underWay[key] = true
				mu.Unlock()
				if isSecond {
					problem(http.StatusInternalServerError).write(w)
					return
				}
				pause()
				b.serve(w, r, body)
				mu.Lock()
				delete(underWay, key)
				mu.Unlock()
			}, "createACHOrigination")(b)
		},
	},
	{
		Name: "nowhere-uses-up-keys", Fault: "What is not found is stored under its key.",
		Checks: []string{"F905"}, Operations: []string{"createAccountPortal"},
		Break: blocking(func(a *answer, _ call) bool { return a.status == http.StatusNotFound },
			"createAccountPortal"),
	},
}

var elsewhereThings = []Animal{
	{
		Name: "closed-listed-open", Fault: "The list of a customer's pockets shows closed ones as open.",
		Checks: []string{"F103"}, Operations: []string{"listCustomerPockets", "updatePocket"}, Place: "/status",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if _, has := object["pocket_name"]; has && object["status"] == "CLOSED" {
					object["status"] = "OPEN"
				}
			})
		}, "listCustomerPockets"),
	},
	{
		Name: "nothing-is-removed", Fault: "A subscription that there is not is removed with success.",
		Checks: []string{"F102"}, Operations: []string{"deleteSubscription"}, Place: "unknown_id",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusNotFound {
				a.status, a.body = http.StatusNoContent, nil
			}
		}, "deleteSubscription"),
	},
	{
		Name: "half-of-a-party", Fault: "A refused change of a related party has changed what is right in it.",
		Checks: []string{"F104"}, Operations: []string{"updateRelatedPartyApplication"}, Place: "refused",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			asked, ok := decode(body).(map[string]any)
			if s := b.signedBy(r, body); ok && a.status == http.StatusUnprocessableEntity && s.given == s.want {
				for name, value := range asked {
					half, _ := json.Marshal(map[string]any{name: value})
					b.rekey(r, half)
					b.ask(r, half)
				}
			}
			a.write(w)
		}, "updateRelatedPartyApplication"),
	},
	{
		Name:   "refused-portal-is-made",
		Fault:  "A portal whose name is too long is refused, and made with a shorter one.",
		Checks: []string{"F104"}, Operations: []string{"createAccountPortal"}, Place: "refused",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			name, _ := in(decode(body), "name").(string)
			if a.status == http.StatusUnprocessableEntity && len(name) > 128 {
				short, _ := json.Marshal(map[string]any{"name": name[:50]})
				b.rekey(r, short)
				b.ask(r, short)
			}
			a.write(w)
		}, "createAccountPortal"),
	},
	{
		Name: "verified-by-request", Fault: "A counterparty is in the status that the request has.",
		Checks: []string{"F203"}, Operations: []string{"createCounterparty"}, Place: "/status",
		Break: assigning("status", "createCounterparty"),
	},
	{
		Name: "virtual-cards-unlisted", Fault: "The list of an account's cards has plastic ones alone.",
		Checks: []string{"F927"}, Operations: []string{"listAccountCards"}, Place: "/items",
		Break: filtered(func(item any) bool { return in(item, "type") != "VIRTUAL" }, "listAccountCards"),
	},
	{
		Name:   "first-version-unlisted",
		Fault:  "The older list of counterparties lacks those that are made by the newer API.",
		Checks: []string{"F927"}, Operations: []string{"listCounterpartiesV1"}, Place: "/items",
		Break: filtered(func(item any) bool { return false }, "listCounterpartiesV1"),
	},
	{
		Name: "ach-below-anybody", Fault: "An ACH is found below whatever account.",
		Checks: []string{"F929"}, Operations: []string{"getACHOrigination"}, Place: "account_id",
		Break: belowAnybody("getACHOrigination"),
	},
	{
		Name: "ascii-alone", Fault: "Letters that are no ASCII become question marks when a pocket is stored.",
		Checks: []string{"F931"}, Operations: []string{"updatePocket", "createPocket"}, Place: "/pocket_name",
		Break: rewriting(func(asked map[string]any) {
			if name, ok := asked["pocket_name"].(string); ok {
				asked["pocket_name"] = strings.Map(func(c rune) rune {
					if c > 127 {
						return '?'
					}
					return c
				}, name)
			}
		}, "updatePocket", "createPocket"),
	},
	{
		Name: "escaped-for-html", Fault: "The description of a subscription is escaped as for a page.",
		Checks: []string{"F931"}, Operations: []string{"createSubscription", "updateSubscription"},
		Place: "/description",
		Break: rewriting(func(asked map[string]any) {
			if text, ok := asked["description"].(string); ok {
				asked["description"] = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&#34;", "'", "&#39;").
					Replace(text)
			}
		}, "createSubscription", "updateSubscription"),
	},
	{
		Name:   "first-event-alone",
		Fault:  "Of the types of events that a subscription is for, the first one is stored.",
		Checks: []string{"F931", "F908"}, Operations: []string{"createSubscription"},
		Break: rewriting(func(asked map[string]any) {
			if events, ok := asked["events"].([]any); ok && len(events) > 1 {
				asked["events"] = events[:1]
			}
		}, "createSubscription"),
	},
	{
		Name:   "listed-in-another-zone",
		Fault:  "The times in the list of subscriptions are local ones that say they are UTC.",
		Checks: []string{"F931"}, Operations: []string{"listSubscriptions"}, Place: "/time_created",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				for _, name := range []string{"time_created", "updated_at"} {
					if at, err := time.Parse(time.RFC3339, fmt.Sprint(object[name])); err == nil {
						object[name] = at.Add(-5 * time.Hour).Format(time.RFC3339Nano)
					}
				}
			})
		}, "listSubscriptions"),
	},
	{
		Name:   "dollars-in-one-list",
		Fault:  "The list of a customer's transactions has dollars, and all others cents.",
		Checks: []string{"F909", "F931"}, Operations: []string{"listCustomerTransactions"},
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if n, ok := object["value"].(json.Number); ok && len(n) > 2 {
					object["value"] = n[:len(n)-2]
				}
			})
		}, "listCustomerTransactions"),
	},
	{
		Name: "booked-twice", Fault: "Each credit is listed twice, under two ids.",
		Checks: []string{"F909"}, Operations: []string{"listPocketTransactions"},
		Break: onSuccess(func(v any) any {
			items, _ := in(v, "items").([]any)
			all := []any{}
			for _, item := range items {
				all = append(all, item)
				if copied, ok := item.(map[string]any); ok && copied["direction"] == "CREDIT" {
					again := map[string]any{}
					for name, value := range copied {
						again[name] = value
					}
					again["id"], again["transaction_id"] = named(fmt.Sprint(copied["id"])), named(
						fmt.Sprint(copied["transaction_id"]))
					all = append(all, again)
				}
			}
			return with(v, "items", all)
		}, "listPocketTransactions"),
	},
	{
		Name: "all-but-a-cent", Fault: "A withdrawal of everything leaves a cent.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			asked, ok := decode(body).(map[string]any)
			from, _ := in(asked, "from_account", "id").(string)
			if s := b.signedBy(r, body); !ok || in(asked, "amount", "type") != "FULL_WITHDRAWAL" || s.given != s.want {
				b.serve(w, r, body)
				return
			}
			total, _ := in(b.read(r, "/api/v2/pockets/"+from+"/").value(), "portfolio", "total_value",
				"value").(json.Number)
			if cents, err := total.Int64(); err == nil && cents > 1 {
				asked["amount"] = map[string]any{"type": "REQUESTED_AMOUNT", "amount_usdc": cents - 1}
				body, _ = json.Marshal(asked)
				b.put(r, body)
			}
			b.serve(w, r, body)
		}, "createOnUsTransfer"),
	},
	{
		Name: "one-credit-fewer", Fault: "Of several credits of one funding, the last one is not made.",
		Checks: []string{"F909"}, Operations: []string{"fundAccount"},
		Break: rewriting(func(asked map[string]any) {
			n, _ := asked["count"].(json.Number)
			if count, err := n.Int64(); err == nil && count > 1 {
				asked["count"] = count - 1
			}
		}, "fundAccount"),
	},
	{
		Name:   "pages-by-time",
		Fault:  "The next page has what is older than the last item, and not what is of the same moment.",
		Checks: []string{"F912"}, Operations: []string{"listSubscriptions"}, Place: "loses",
		Break: byTime("time_created", "listSubscriptions"),
	},
	{
		Name:   "few-without-a-limit",
		Fault:  "Without a limit a page of card orders has two, and is said to be the last one.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerCardOrders"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			v := a.value()
			items, _ := in(v, "items").([]any)
			if !r.URL.Query().Has("limit") && a.status == http.StatusOK && len(items) > 2 {
				with(v, "items", items[:2])
				a.setValue(with(v, "next_page", nil))
			}
		}, "listCustomerCardOrders"),
	},
	{
		Name: "filter-forgotten", Fault: "The second page of transactions forgets the direction.",
		Checks: []string{"F932", "F912"}, Operations: []string{"listPocketTransactions"},
		Break: func(b Bank) http.Handler {
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				query := r.URL.Query()
				cursor, isOurs := strings.CutPrefix(query.Get("cursor"), "all-")
				limit, _ := strconv.Atoi(query.Get("limit"))
				direction := query.Get("direction")
				if at, err := strconv.Atoi(cursor); isOurs && err == nil || direction != "" && limit > 0 &&
					query.Get("cursor") == "" {
					query.Del("cursor")
					query.Set("limit", "100")
					if isOurs {
						query.Del("direction")
					}
					r.URL.RawQuery = query.Encode()
					a := b.ask(r, body)
					v := a.value()
					if items, ok := in(v, "items").([]any); ok && a.status == http.StatusOK {
						with(v, "items", items[min(at, len(items)):min(at+limit, len(items))])
						with(with(v, "next_page", nil), "prev_page", nil)
						if at+limit < len(items) {
							with(v, "next_page", "all-"+strconv.Itoa(at+limit))
						}
						a.setValue(v)
					}
					a.write(w)
					return
				}
				b.serve(w, r, body)
			}, "listPocketTransactions")(b)
		},
	},
	{
		Name: "zone-of-a-bound", Fault: "The time zone of the beginning of a range is not looked at.",
		Checks: []string{"F932"}, Operations: []string{"listPocketTransactions"}, Place: "time_booked_from",
		Break: queried(func(query url.Values) {
			at, err := time.Parse(time.RFC3339, query.Get("time_booked_from"))
			if err == nil {
				_, offset := at.Zone()
				query.Set("time_booked_from", at.UTC().Add(time.Duration(offset)*time.Second).Format(time.RFC3339Nano))
			}
		}, "listPocketTransactions"),
	},
	{
		Name:   "first-pocket-of-several",
		Fault:  "Of several pockets whose transactions are asked for, the first one counts.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTransactions"}, Place: "pocket_id[]",
		Break: queried(func(query url.Values) {
			if all := query["pocket_id[]"]; len(all) > 1 {
				query["pocket_id[]"] = all[:1]
			}
		}, "listCustomerTransactions"),
	},
	{
		Name:   "false-is-a-text",
		Fault:  "That no sweeps are to be listed is taken for that they are, as false is not empty.",
		Checks: []string{"F932"}, Operations: []string{"listPocketTransactions"}, Place: "include_sweeps",
		Break: queried(func(query url.Values) {
			if query.Has("include_sweeps") {
				query.Set("include_sweeps", "true")
			}
		}, "listPocketTransactions"),
	},
	{
		Name: "less-than-the-amount", Fault: "An amount that is just small enough is left out.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTransactions"}, Place: "amount_to",
		Break: queried(func(query url.Values) {
			if n, err := strconv.ParseInt(query.Get("amount_to"), 10, 64); err == nil {
				query.Set("amount_to", strconv.FormatInt(n-1, 10))
			}
		}, "listCustomerTransactions"),
	},
	{
		Name:   "events-of-any-subscription",
		Fault:  "The list of events is not that of the subscription that is asked for.",
		Checks: []string{"F932"}, Operations: []string{"listEvents"}, Place: "subscription_id",
		Break: without("subscription_id", "listEvents"),
	},
	{
		Name: "event-of-another-state", Fault: "The event of a card that was locked says that it is open.",
		Checks: []string{"F908"}, Operations: []string{"triggerWebhook", "setCardStatus"},
		Break: relaying(func(p *posted) int {
			v := decode(p.body)
			if p.kind() == "card.status.locked" {
				with(in(v, "payload"), "status", "OPEN")
				p.body, _ = json.Marshal(v)
				p.sign(p.secrets[len(p.secrets)-1])
			}
			return 1
		}),
	},
	{
		Name: "one-event-under-two-ids", Fault: "An event comes a second time, under another id.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription", "triggerWebhook"},
		Break: relaying(func(p *posted) int {
			p.send()
			p.body, _ = json.Marshal(with(decode(p.body), "event_id", uuid.NewString()))
			p.sign(p.secrets[len(p.secrets)-1])
			return 1
		}),
	},
	{
		Name:   "silent-after-a-change",
		Fault:  "Whoever changes the description of a subscription gets no more events.",
		Checks: []string{"F908"}, Operations: []string{"updateSubscription"}, Place: "missing",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			silent := map[string]bool{}
			relay := relaying(func(p *posted) int {
				mu.Lock()
				defer mu.Unlock()
				if silent[p.to] {
					return 0
				}
				return 1
			})(b)
			urls := map[string]string{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				if id, ok := in(a.value(), "id").(string); ok && r.Method == http.MethodPost {
					urls[id], _ = in(a.value(), "url").(string)
				}
				if in(decode(body), "description") != nil && r.Method == http.MethodPatch && a.status/100 == 2 {
					silent[urls[lastPart(r.URL.Path)]] = true
				}
				mu.Unlock()
				a.write(w)
			}, "createSubscription", "updateSubscription")(Bank{relay, b.SigningSecret})
		},
	},
	{
		Name: "attempts-that-failed", Fault: "An event that was taken is listed as one that was not.",
		Checks: []string{"F908"}, Operations: []string{"listEvents"},
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if object["success"] == true {
					object["success"], object["response_code"] = false, json.Number("500")
				}
			})
		}, "listEvents"),
	},
}

// breakingOn fails on some requests.
func breakingOn(is func(r *http.Request, body []byte) bool, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		if s := b.signedBy(r, body); s.given == s.want && is(r, body) {
			problem(http.StatusInternalServerError).write(w)
			return
		}
		b.serve(w, r, body)
	}, operations...)
}

// asking changes a request by its query, which is not signed.
func asking(change func(*http.Request, url.Values), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		query := r.URL.Query()
		change(r, query)
		r.URL.RawQuery = query.Encode()
		b.serve(w, r, body)
	}, operations...)
}

// byTime cuts lists by the time of the last item of a page: of what is of the same moment, the rest is lost.
func byTime(name string, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		query := r.URL.Query()
		limit, err := strconv.Atoi(query.Get("limit"))
		if limit < 1 || limit > 99 || err != nil {
			b.serve(w, r, body)
			return
		}
		before := query.Get("cursor")
		query.Del("cursor")
		query.Set("limit", "100")
		r.URL.RawQuery = query.Encode()
		a := b.ask(r, body)
		items, ok := in(a.value(), "items").([]any)
		if a.status != http.StatusOK || !ok {
			a.write(w)
			return
		}
		var left []any
		for _, item := range items {
			if at, _ := in(item, name).(string); before == "" || at < before {
				left = append(left, item)
			}
		}
		v := with(with(a.value(), "prev_page", nil), "next_page", nil)
		if len(left) > limit {
			with(v, "next_page", in(left[limit-1], name))
			left = left[:limit]
		}
		a.setValue(with(v, "items", append([]any{}, left...)))
		a.write(w)
	}, operations...)
}

// righting makes something right of the JSON of requests that are rightly signed.
func righting(change func(v any) any, operations ...string) func(Bank) http.Handler {
	return readingAs(func(body []byte) []byte {
		v := decode(body)
		if v == nil || !json.Valid(body) {
			return body
		}
		mended, err := json.Marshal(change(v))
		if err != nil {
			return body
		}
		return mended
	}, operations...)
}

// readingAs hands on what another reader makes of the text of a body, if it is rightly signed.
func readingAs(change func(body []byte) []byte, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		if s := b.signedBy(r, body); s.given == s.want {
			body = change(body)
			b.put(r, body)
		}
		b.serve(w, r, body)
	}, operations...)
}
