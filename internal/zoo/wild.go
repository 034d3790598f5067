package zoo

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/uuid"
)

// wild are faults that were thought of by somebody who had not seen what is looked for.
var wild = slices.Concat(wildAnswers, wildRequests, wildKeys, wildPages, wildEvents, wildCallers)

var wildAnswers = []Animal{
	{
		Name:   "number-whole-after-update",
		Fault:  "The answer to an update of a related party has the identification number as it was sent, not masked.",
		Checks: []string{"F101"},
		Operations: []string{"updateRelatedPartyApplication", "listRelatedPartyApplications",
			"createRelatedPartyApplication"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			number := in(decode(body), "identification_number", "identification_number")
			if v := a.value(); a.status == http.StatusOK && number != nil {
				with(in(v, "identification_number"), "identification_number", number)
				a.setValue(v)
			}
			a.write(w)
		}, "updateRelatedPartyApplication"),
	},
	{
		Name: "documents-asked-for-once",
		Fault: "Which documents are asked for is worked out when it is read for the " +
			"first time, and not again when the company or its people change.",
		Checks:     []string{"F931"},
		Operations: []string{"listDocumentRequests", "updateBusinessApplication", "createRelatedPartyApplication"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			first := map[string][]byte{}
			return onAnswer(func(r *http.Request, a *answer) {
				mu.Lock()
				defer mu.Unlock()
				if a.status != http.StatusOK {
					return
				}
				if first[r.URL.Path] == nil {
					first[r.URL.Path] = a.body
				}
				a.body = first[r.URL.Path]
			}, "listDocumentRequests")(b)
		},
	},
	{
		Name: "days-but-for-the-last", Fault: "The earnings of a range of days are without those of its last day.",
		Checks: []string{"F909"}, Operations: []string{"getPocketEarnings", "fundAccount", "getPocket"}, Place: "range",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			query := r.URL.Query()
			from, to := query.Get("date_from"), query.Get("date_to")
			last, err := time.Parse(time.DateOnly, to)
			if query.Get("period") != "range" || err != nil || from > to {
				b.serve(w, r, body)
				return
			}
			if from < to {
				query.Set("date_to", last.AddDate(0, 0, -1).Format(time.DateOnly))
				r.URL.RawQuery = query.Encode()
			}
			a := b.ask(r, body)
			if v := a.value(); a.status == http.StatusOK {
				if from == to {
					with(in(v, "earnings"), "value", 0)
					lacking(in(v, "earnings"), "formatted")
				}
				a.setValue(with(v, "date_to", to))
			}
			a.write(w)
		}, "getPocketEarnings"),
	},
	{
		Name:   "discount-in-percent",
		Fault:  "The discount yield of a strategy is in percent, its other yield a fraction.",
		Checks: []string{"F909"}, Operations: []string{"listTradingStrategies"}, Place: "discount_yield",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				text, _ := object["discount_yield"].(string)
				if fraction, ok := new(big.Rat).SetString(text); ok {
					object["discount_yield"] = fraction.Mul(fraction, big.NewRat(100, 1)).FloatString(4)
				}
			})
		}, "listTradingStrategies"),
	},
	{
		Name: "settled-at-midnight",
		Fault: "When a transaction settled is shown as the beginning of that day, which may " +
			"be before it was booked.",
		Checks: []string{"F931"}, Operations: []string{"listPocketTransactions"}, Place: "time_settled",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if at, ok := object["time_settled"].(string); ok && len(at) > 10 {
					object["time_settled"] = at[:10] + "T00:00:00+00:00"
				}
			})
		}, "listPocketTransactions"),
	},
	{
		Name:       "notional-of-one",
		Fault:      "The notional of a trade is what one security cost, not what was paid in all.",
		Checks:     []string{"F909"},
		Operations: []string{"listAccountTrades", "listCustomerTrades", "fundAccount"}, Place: "notional",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				quantity, _ := object["quantity"].(json.Number)
				notional, _ := in(object, "notional", "value").(json.Number)
				many, _ := quantity.Int64()
				if cents, err := notional.Int64(); err == nil && many > 1 {
					object["notional"] = map[string]any{"value": cents / many, "currency": "USD"}
				}
			})
		}, "listAccountTrades"),
	},
	{
		Name:       "maturity-confirmed",
		Fault:      "There is a confirmation of a maturity, with an address that leads nowhere.",
		Checks:     []string{"F920"},
		Operations: []string{"getTradeConfirmation", "listAccountTrades", "fundAccount"}, Place: "maturity",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			account, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/jiko-accounts/"), "/trades/")
			trade, _, _ := strings.Cut(rest, "/")
			if a.status == http.StatusNotFound {
				trades := b.read(r, "/api/v1/jiko-accounts/"+account+"/trades/").value()
				each(trades, func(object map[string]any) {
					if object["id"] == trade && object["activity"] == "MATURITY" {
						a = &answer{http.StatusOK, a.header, nil}
						a.setValue(map[string]any{"url": "https://files.example.com/" + trade + ".pdf"})
					}
				})
			}
			a.write(w)
		}, "getTradeConfirmation"),
	},
	{
		Name: "statement-of-the-month-it-was-made",
		Fault: "The key of a monthly statement is the month in which it was " +
			"made, not the one that it covers.",
		Checks: []string{"F909"}, Operations: []string{"listAccountStatements", "createPocket", "fundAccount"},
		Place: "key",
		Break: func(b Bank) http.Handler {
			shifted := func(key any, by int) any {
				text, _ := key.(string)
				if month, err := time.Parse("2006-01", text); err == nil {
					return month.AddDate(0, by, 0).Format("2006-01")
				}
				return key
			}
			shown := onSuccess(func(v any) any {
				return each(v, func(object map[string]any) {
					if object["key"] != nil {
						object["key"] = shifted(object["key"], 1)
					}
				})
			}, "listAccountStatements")(b)
			return asking(func(_ *http.Request, query url.Values) {
				if query.Has("key") {
					asked, _ := shifted(query.Get("key"), -1).(string)
					query.Set("key", asked)
				}
			}, "listAccountStatements")(Bank{shown, b.SigningSecret})
		},
	},
	{
		Name: "routing-number-as-a-number",
		Fault: "v1 keeps routing numbers as numbers: those that begin with a zero come " +
			"without it.",
		Checks:     []string{"F101"},
		Operations: []string{"getCounterpartyV1", "listCounterpartiesV1", "createCounterparty", "getCounterparty"},
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if number, ok := object["routing_number"].(string); ok {
					object["routing_number"] = strings.TrimLeft(number, "0")
				}
			})
		}, "getCounterpartyV1", "listCounterpartiesV1"),
	},
	{
		Name: "cards-of-a-customer-from-a-cache",
		Fault: "The cards of a customer have the status in which they were listed " +
			"for the first time.",
		Checks: []string{"F931"}, Operations: []string{"listCustomerCards"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			first := map[any]any{}
			return onSuccess(func(v any) any {
				mu.Lock()
				defer mu.Unlock()
				return each(v, func(object map[string]any) {
					id, isCard := object["card_id"]
					if !isCard {
						return
					}
					if first[id] == nil {
						first[id] = object["status"]
					}
					object["status"] = first[id]
				})
			}, "listCustomerCards")(b)
		},
	},
}

var wildRequests = []Animal{
	{
		Name: "eighteen-this-year",
		Fault: "Whoever will be 18 before the year ends counts as 18: the years alone are " +
			"compared.",
		Checks: []string{"F102"}, Operations: []string{"createApplication"}, Break: eighteenThisYear,
	},
	{
		Name:   "five-megabytes-for-all",
		Fault:  "A customer's document of any type may have 5 MB, not 50.",
		Checks: []string{"F923"}, Operations: []string{"uploadCustomerDocument"},
		Break: onRequestAnswer(func(r *http.Request, body []byte) *answer {
			for _, small := range []string{"ID_FRONT", "ID_BACK", "SELFIE", "PASSPORT"} {
				if strings.Contains(r.URL.Path, "/"+small+"/") {
					return nil
				}
			}
			if len(body) <= 5<<20 || len(body) >= 50<<20 {
				return nil
			}
			return refusalOf("file")
		}, "uploadCustomerDocument"),
	},
	{
		Name: "rename-resets-reinvestment",
		Fault: "A pocket that is renamed loses its strategy for matured T-bills: it " +
			"becomes the one for new money again.",
		Checks: []string{"F931"}, Operations: []string{"updatePocket", "getPocket", "createPocket"},
		Place: "reinvestment_strategy_id",
		Break: rewritingOnce(func(b Bank, r *http.Request, asked map[string]any) {
			_, has := asked["reinvestment_strategy_id"]
			if has || asked["pocket_name"] == nil || asked["status"] != nil {
				return
			}
			deposit := asked["deposit_strategy_id"]
			if deposit == nil {
				deposit = in(b.read(r, r.URL.Path).value(), "deposit_strategy_id")
			}
			if deposit != nil {
				asked["reinvestment_strategy_id"] = deposit
			}
		}, "updatePocket"),
	},
	{
		Name: "all-but-the-cents", Fault: "A full withdrawal moves whole dollars and leaves the cents behind.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer", "getPocket", "fundAccount"},
		Place: "emptied",
		Break: rewritingOnce(func(b Bank, r *http.Request, asked map[string]any) {
			from, _ := in(asked, "from_account", "id").(string)
			if in(asked, "amount", "type") != "FULL_WITHDRAWAL" || asked["type"] == "PARTNER_CUSTOMER_FUNDING" {
				return
			}
			pocket := b.read(r, "/api/v2/pockets/"+from+"/").value()
			worth, _ := in(pocket, "portfolio", "total_value", "value").(json.Number)
			if cents, err := worth.Int64(); err == nil && cents >= 100 {
				asked["amount"] = map[string]any{"type": "REQUESTED_AMOUNT", "amount_usdc": cents - cents%100}
			}
		}, "createOnUsTransfer"),
	},
	{
		Name: "description-in-utf16",
		Fault: "The 100 characters of a description are counted in units of UTF-16, of which " +
			"an emoji has two.",
		Checks: []string{"F923"}, Operations: []string{"createOnUsTransfer"},
		Break: refusing("description", func(v any) bool {
			text, _ := v.(string)
			return utf8.RuneCountInString(text) <= 100 && len(utf16.Encode([]rune(text))) > 100
		}, "createOnUsTransfer"),
	},
	{
		Name: "pattern-before-a-newline",
		Fault: "The dollar sign of a pattern also matches before a newline at the end: a " +
			"company_entry_description may end with one.",
		Checks:     []string{"F102"},
		Operations: []string{"createACHOrigination"}, Place: "company_entry_description",
		Break: changing(func(asked map[string]any) {
			if text, ok := asked["company_entry_description"].(string); ok {
				asked["company_entry_description"] = strings.TrimSuffix(text, "\n")
			}
		}, "createACHOrigination"),
	},
	{
		Name:   "first-account-alone",
		Fault:  "Of several accounts that were chosen in Plaid Link, the first one alone becomes a counterparty.",
		Checks: []string{"F931"}, Operations: []string{"createPlaidCounterparties", "listCounterpartiesV1"},
		Break: changing(func(asked map[string]any) {
			if accounts, ok := asked["accounts"].([]any); ok && len(accounts) > 1 {
				asked["accounts"] = accounts[:1]
			}
		}, "createPlaidCounterparties"),
	},
	{
		Name: "five-credits-at-most", Fault: "More than five credits at once are taken, and five are made.",
		Checks: []string{"F909"}, Operations: []string{"fundAccount", "listPocketTransactions", "getPocket"},
		Place: "count",
		Break: changing(func(asked map[string]any) {
			count, _ := asked["count"].(json.Number)
			if n, err := count.Int64(); err == nil && n > 5 && n < 10 {
				asked["count"] = 5
			}
		}, "fundAccount"),
	},
	{
		Name: "half-a-signature", Fault: "The first 16 of the 32 bytes of a signature are compared.",
		Checks: []string{"F906"}, Operations: []string{"createCardOrder"},
		Break: lenient(func(s signed) bool {
			given, err := base64.StdEncoding.DecodeString(s.given)
			want, _ := base64.StdEncoding.DecodeString(s.want)
			return err == nil && len(given) == len(want) && bytes.Equal(given[:16], want[:16])
		}, "createCardOrder"),
	},
	{
		Name: "signature-over-compact-json",
		Fault: "A signature is compared with that of the JSON as the server would " +
			"write it, without spaces, not of the bytes that came.",
		Checks: []string{"F906"}, Operations: []string{"createReportRequest"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			var compact bytes.Buffer
			s := b.signedBy(r, body)
			switch {
			case json.Compact(&compact, body) != nil || bytes.Equal(compact.Bytes(), body):
			case s.given == b.signature(s.key, s.path, compact.Bytes()):
				r.Header.Del(headerSignature)
				b.put(r, body)
			case s.given == s.want:
				problem(http.StatusUnauthorized).write(w)
				return
			}
			b.serve(w, r, body)
		}, "createReportRequest"),
	},
	{
		Name: "one-token-at-a-time", Fault: "A login ends the token of the login before, also within its 60 minutes.",
		Checks: []string{"F205"}, Operations: []string{"listWires", "login"},
		Break: withTokens(func(b Bank, given *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			if given.gave(r) && !given.has(r) {
				problem(http.StatusUnauthorized).write(w)
				return
			}
			b.serve(w, r, body)
		}, "listWires"),
	},
	{
		Name: "token-that-was-there-already",
		Fault: "Who logs in again within ten minutes gets the same token, which " +
			"is said to end 60 minutes from now, yet ends as before.",
		Checks: []string{"F205"}, Operations: []string{"login", "listAgreements"},
		Break: func(b Bank) http.Handler {
			type login struct {
				token any
				ends  time.Time
			}
			var mu sync.Mutex
			last := map[any]login{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				v := a.value()
				text, _ := in(v, "expires").(string)
				if ends, err := time.Parse(time.RFC3339, text); err == nil && a.status == http.StatusOK {
					mu.Lock()
					defer mu.Unlock()
					who := in(decode(body), "username")
					if before, known := last[who]; known && ends.Sub(before.ends) < 10*time.Minute {
						a.setValue(with(v, "token", before.token))
					} else {
						last[who] = login{in(v, "token"), ends}
					}
				}
				a.write(w)
			}, "login")(b)
		},
	},
	{
		Name: "health-looks-at-tokens", Fault: "Health refuses a token that has ended, though it needs none.",
		Checks: []string{"F205"}, Operations: []string{"getHealth", "login"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if r.Header.Get(headerBearer) != "" && !b.knowsToken(r) {
				problem(http.StatusUnauthorized).write(w)
				return
			}
			b.serve(w, r, body)
		}, "getHealth"),
	},
	{
		Name: "patches-lose-each-other",
		Fault: "An update of a subscription reads all of it and writes all of it back: of " +
			"two at the same time, one is lost.",
		Checks: []string{"F931"}, Place: "lost_at_once",
		Operations: []string{"updateSubscription", "getSubscription", "createSubscription"},
		Break: rewritingOnce(func(b Bank, r *http.Request, asked map[string]any) {
			now := b.read(r, r.URL.Path)
			if now.status != http.StatusOK || len(asked) == 0 {
				return
			}
			time.Sleep(5 * window)
			for _, name := range []string{"description", "events", "url", "retry_policy", "status"} {
				if _, known := asked[name]; !known && in(now.value(), name) != nil {
					asked[name] = in(now.value(), name)
				}
			}
		}, "updateSubscription"),
	},
	{
		Name:   "delivered-without-the-query",
		Fault:  "The URL of a subscription loses its query when events are posted there.",
		Checks: []string{"F908"}, Place: "url address",
		Operations: []string{"createSubscription", "updateSubscription", "triggerWebhook"},
		Break:      deliveringWithoutQuery,
	},
}

var wildKeys = []Animal{
	{
		Name: "keys-for-forty-minutes", Fault: "A key is forgotten after forty minutes, not after an hour.",
		Checks: []string{"F901"}, Operations: []string{"createAccountPortal"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			first := map[string]time.Time{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				c := call{b, r, body, operationOf(r), r.Header.Get(headerKey)}
				now := b.now(r)
				mu.Lock()
				was, known := first[c.key]
				if !known {
					first[c.key] = now
				}
				mu.Unlock()
				if known && now.Sub(was) >= 40*time.Minute {
					c.underKey(named(c.key + "again")).write(w)
					return
				}
				c.asIs().write(w)
			}, "createAccountPortal")(b)
		},
	},
	{
		Name:       "rejected-is-tried-again",
		Fault:      "A repeat of an origination that was REJECTED is carried out as a new one.",
		Checks:     []string{"F901"},
		Operations: []string{"createACHOrigination", "listACHOriginations", "getACHOrigination"},
		Break: remembering(func(_ Bank, m *memory, c call) *answer {
			var a *answer
			if another := m.keys[c.key]; another != "" {
				a = c.underKey(another)
			} else {
				a = c.asIs()
			}
			if a.status/100 == 2 && in(a.value(), "status") == "REJECTED" {
				m.keys[c.key] = uuid.NewString()
			}
			return a
		}, "createACHOrigination"),
	},
	{
		Name: "done-before-it-is-done",
		Fault: "A repeat that comes while the first request is under way is answered as a " +
			"success with nothing in it.",
		Checks: []string{"F101"}, Operations: []string{"createCounterparty"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			underWay := map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				s := b.signedBy(r, body)
				if s.given != s.want || s.key == "" {
					b.serve(w, r, body)
					return
				}
				mu.Lock()
				isRepeat := underWay[s.key]
				underWay[s.key] = true
				mu.Unlock()
				if isRepeat {
					a := problem(http.StatusCreated)
					a.body = []byte("{}")
					a.write(w)
					return
				}
				time.Sleep(5 * window)
				a := b.ask(r, body)
				mu.Lock()
				delete(underWay, s.key)
				mu.Unlock()
				a.write(w)
			}, "createCounterparty")(b)
		},
	},
	{
		Name: "key-pair-again",
		Fault: "The details of a card can be had again under a public key that was used for them " +
			"before.",
		Checks: []string{"F102"}, Operations: []string{"getVirtualCard", "createVirtualCard"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			first := map[string]*answer{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				key, _ := in(decode(body), "public_key").(string)
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				known := first[r.URL.Path+key]
				switch {
				case a.status == http.StatusOK && known == nil:
					first[r.URL.Path+key] = a
				case a.status == http.StatusUnprocessableEntity && known != nil && isPlain(body) &&
					bytes.Contains(a.body, []byte("public_key")):
					a = known
				}
				a.write(w)
			}, "getVirtualCard")(b)
		},
	},
}

var wildPages = []Animal{
	{
		Name:   "offset-goes-round",
		Fault:  "An offset behind the last account begins with the first one again.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerAccounts"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			query := r.URL.Query()
			offset, err := strconv.Atoi(query.Get("offset"))
			a := b.ask(r, body)
			items, _ := in(a.value(), "items").([]any)
			number, _ := in(a.value(), "count").(json.Number)
			count, _ := strconv.Atoi(number.String())
			if err == nil && a.status == http.StatusOK && len(items) == 0 && count > 0 && offset >= count {
				query.Set("offset", strconv.Itoa(offset%count))
				r.URL.RawQuery = query.Encode()
				a = b.ask(r, body)
				a.setValue(with(a.value(), "offset", offset))
			}
			a.write(w)
		}, "listCustomerAccounts"),
	},
	{
		Name:   "amounts-by-their-sign",
		Fault:  "amount_from is held against signed amounts: what went out is below any of it.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTransactions"}, Place: "amount_from",
		Break: onAnswer(func(r *http.Request, a *answer) {
			from, err := strconv.Atoi(r.URL.Query().Get("amount_from"))
			if err != nil || from <= 0 || a.status != http.StatusOK {
				return
			}
			v := a.value()
			kept := []any{}
			items, _ := in(v, "items").([]any)
			for _, item := range items {
				if in(item, "direction") != "DEBIT" {
					kept = append(kept, item)
				}
			}
			a.setValue(with(v, "items", kept))
		}, "listCustomerTransactions"),
	},
	{
		Name:   "order-of-the-first-page",
		Fault:  "With order asc, the pages after the first one have their items newest first.",
		Checks: []string{"F912"}, Operations: []string{"listPocketTransactions", "fundAccount"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			if query := r.URL.Query(); query.Get("order") != "asc" || query.Get("cursor") == "" {
				return
			}
			v := a.value()
			if items, ok := in(v, "items").([]any); ok && a.status == http.StatusOK {
				slices.Reverse(items)
				a.setValue(with(v, "items", items))
			}
		}, "listPocketTransactions"),
	},
	{
		Name:   "no-match-no-filter",
		Fault:  "A filter for cards that matches nothing is as good as none: everything is listed.",
		Checks: []string{"F932"}, Operations: []string{"listAccountTransactions", "fundAccount"}, Place: "filter[card]",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			query := r.URL.Query()
			if query.Has("filter[card]") && a.status == http.StatusOK && !hasItems(a) {
				query.Del("filter[card]")
				r.URL.RawQuery = query.Encode()
				a = b.ask(r, body)
			}
			a.write(w)
		}, "listAccountTransactions"),
	},
	{
		Name: "moments-without-their-offset",
		Fault: "The offset of timestamp_from and timestamp_to is dropped: what the " +
			"clock showed elsewhere is taken for UTC.",
		Checks: []string{"F932"}, Operations: []string{"listAccountTransactions"}, Place: "timestamp_from",
		Break: asking(func(_ *http.Request, query url.Values) {
			for _, name := range []string{"timestamp_from", "timestamp_to"} {
				if at, err := time.Parse(time.RFC3339, query.Get(name)); err == nil {
					query.Set(name, at.Format("2006-01-02T15:04:05.999999999")+"Z")
				}
			}
		}, "listAccountTransactions"),
	},
	{
		Name: "unsettled-settled-by-any-day", Fault: "settlement_date_to lets trades pass that have not settled yet.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTrades", "fundAccount"},
		Place: "settlement_date_to",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			query := r.URL.Query()
			to := query.Get("settlement_date_to")
			if _, err := time.Parse(time.DateOnly, to); err != nil {
				b.serve(w, r, body)
				return
			}
			query.Del("settlement_date_to")
			r.URL.RawQuery = query.Encode()
			a := b.ask(r, body)
			if v := a.value(); a.status == http.StatusOK {
				kept := []any{}
				items, _ := in(v, "items").([]any)
				for _, item := range items {
					if day, settled := in(item, "settled_date").(string); !settled || day <= to {
						kept = append(kept, item)
					}
				}
				a.setValue(with(v, "items", kept))
			}
			a.write(w)
		}, "listCustomerTrades"),
	},
	{
		Name: "cursor-counts-pages",
		Fault: "A cursor is the number of a page: who asks for another limit on the way misses " +
			"reports or has them twice.",
		Checks: []string{"F912"}, Operations: []string{"listReportRequests"},
		Break: cutting(func(cursor, limit, count int) (from, prev, next int) {
			return cursor * limit, cursor - 1, cursor + 1
		}, "listReportRequests"),
	},
	{
		Name: "page-before-by-one",
		Fault: "The page before ends with the first counterparty of this one, and so begins one " +
			"too late.",
		Checks: []string{"F912"}, Operations: []string{"listCounterparties"},
		Break: cutting(func(cursor, limit, count int) (from, prev, next int) {
			prev = -1
			if cursor > 0 {
				prev = max(0, cursor-limit+1)
			}
			return cursor, prev, cursor + limit
		}, "listCounterparties"),
	},
}

var wildEvents = []Animal{
	{
		Name: "each-attempt-another-id",
		Fault: "The id of an event is made when it is sent: an attempt that is repeated has " +
			"another one.",
		Checks: []string{"F908"}, Place: "event_id",
		Operations: []string{"createSubscription", "triggerWebhook", "listEvents"},
		Break: func(b Bank) http.Handler {
			again := attempts()
			return relayingBack(func(p *posted) int {
				if again(p) {
					p.body, _ = json.Marshal(with(decode(p.body), "event_id", uuid.NewString()))
					if len(p.secrets) > 0 {
						p.sign(p.secrets[len(p.secrets)-1])
					}
				}
				return 1
			}, asTaken)(b)
		},
	},
	{
		Name: "repeated-in-another-spelling",
		Fault: "An attempt that is repeated writes the JSON anew, and has the signature " +
			"of the first one.",
		Checks: []string{"F908"}, Place: "signature again",
		Operations: []string{"createSubscription", "triggerWebhook"},
		Break: func(b Bank) http.Handler {
			again := attempts()
			return relayingBack(func(p *posted) int {
				if again(p) {
					p.body, _ = json.MarshalIndent(decode(p.body), "", " ")
				}
				return 1
			}, asTaken)(b)
		},
	},
	{
		Name: "nothing-but-200", Fault: "Only 200 counts as delivered: after a 204 an event comes again.",
		Checks: []string{"F908"}, Place: "doubled 204",
		Operations: []string{"createSubscription", "listEvents", "triggerWebhook"},
		Break: func(b Bank) http.Handler {
			const unheard = 599
			relayed := relayingBack(func(*posted) int { return 1 }, func(status int) int {
				if status == http.StatusNoContent {
					return unheard
				}
				return status
			})(b)
			return onSuccess(func(v any) any {
				return each(v, func(object map[string]any) {
					if object["response_code"] == json.Number(strconv.Itoa(unheard)) {
						object["response_code"] = http.StatusNoContent
					}
				})
			}, "listEvents")(Bank{relayed, b.SigningSecret})
		},
	},
	{
		Name: "who-gave-and-who-got",
		Fault: "The event of an on-us transfer that succeeded has its two accounts the wrong " +
			"way round.",
		Checks: []string{"F908"}, Operations: []string{"createSubscription", "createOnUsTransfer"},
		Break: relaying(func(p *posted) int {
			if p.kind() == "transfers.on-us.success" && len(p.secrets) > 0 {
				v := decode(p.body)
				from, to := in(v, "payload", "origin_account_id"), in(v, "payload", "destination_account_id")
				with(with(in(v, "payload"), "origin_account_id", to), "destination_account_id", from)
				p.body, _ = json.Marshal(v)
				p.sign(p.secrets[len(p.secrets)-1])
			}
			return 1
		}),
	},
	{
		Name: "every-attempt-a-success",
		Fault: "An attempt counts as a success in the list of events when there was any " +
			"answer, a 500 as well.",
		Checks: []string{"F908"}, Place: "/success attempts",
		Operations: []string{"listEvents", "createSubscription", "triggerWebhook"},
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if code, ok := object["response_code"].(json.Number); ok && code != "0" {
					object["success"] = true
				}
			})
		}, "listEvents"),
	},
	{
		Name: "after-the-second",
		Fault: "Events are kept after the second of the moment that is given, not after the moment: " +
			"those of the same second are lost.",
		Checks: []string{"F932"}, Place: "query after", Operations: []string{"listEvents", "triggerWebhook"},
		Break: asking(func(_ *http.Request, query url.Values) {
			if at, err := time.Parse(time.RFC3339, query.Get("after")); err == nil && at.Nanosecond() != 0 {
				query.Set("after", at.Truncate(time.Second).Add(time.Second).Format(time.RFC3339))
			}
		}, "listEvents"),
	},
}

var wildCallers = []Animal{
	{
		Name: "wires-of-anothers-pocket", Fault: "Who names a pocket sees its wires, whoever's it is.",
		Checks: []string{"F206"}, Operations: []string{"listWires"}, Place: "pocket_id", Two: true,
		Break: seeingBy("pocket_id", "listWires"),
	},
	{
		Name: "events-of-anothers-subscription", Fault: "Who names a subscription sees its events, whoever's it is.",
		Checks: []string{"F206"}, Place: "query subscription_id",
		Operations: []string{"listEvents", "createSubscription", "triggerWebhook"}, Two: true,
		Break: seeingBy("subscription_id", "listEvents"),
	},
}

// seeingBy shows what is another's to whoever names it in a parameter.
func seeingBy(name string, operations ...string) func(Bank) http.Handler {
	return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
		a := p.ask(who, r, body)
		if r.URL.Query().Get(name) != "" && a.status == http.StatusOK && !hasItems(a) {
			if others := p.askAs(1-who, r, body); others.status == http.StatusOK {
				return others
			}
		}
		return a
	}, operations...)
}

// now is what the clock of the right server shows.
func (b Bank) now(r *http.Request) time.Time {
	text, _ := in(b.read(r, "/__sandbox/clock/").value(), "time").(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Now()
	}
	return at
}

// rewritingOnce changes the JSON of requests that are rightly signed, and repeats of them as it did first. What it does
// not change is handed on as it came, and so is JSON that two readers would read differently.
func rewritingOnce(change func(b Bank, r *http.Request, asked map[string]any), operations ...string,
) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var known sync.Map
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			asked, ok := decode(body).(map[string]any)
			if s := b.signedBy(r, body); ok && isPlain(body) && s.given == s.want && len(r.Header[headerKey]) == 1 {
				first, _ := known.LoadOrStore(s.key+s.path+string(body), sync.OnceValue(func() []byte {
					before, _ := json.Marshal(asked)
					change(b, r, asked)
					if changed, _ := json.Marshal(asked); !bytes.Equal(changed, before) {
						return changed
					}
					return body
				}))
				if changed, ok := first.(func() []byte); ok {
					body = changed()
				}
				b.put(r, body)
			}
			b.serve(w, r, body)
		}, operations...)(b)
	}
}

// changing is rewritingOnce of what needs no look at the right server.
func changing(change func(asked map[string]any), operations ...string) func(Bank) http.Handler {
	return rewritingOnce(func(_ Bank, _ *http.Request, asked map[string]any) { change(asked) }, operations...)
}

// isPlain reports whether a body is one JSON text in which no object has a member twice, in whatever case.
func isPlain(body []byte) bool {
	type object struct {
		names map[string]bool
		// isName says that what comes next is the name of a member.
		isName bool
	}
	var within []*object
	d := json.NewDecoder(bytes.NewReader(body))
	for json.Valid(body) && utf8.Valid(body) {
		token, err := d.Token()
		if err != nil {
			return true
		}
		var inside *object
		if len(within) > 0 {
			inside = within[len(within)-1]
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if inside != nil {
				inside.isName = inside.names != nil
			}
			next := &object{}
			if token == json.Delim('{') {
				next.names, next.isName = map[string]bool{}, true
			}
			within = append(within, next)
			continue
		case json.Delim('}'), json.Delim(']'):
			within = within[:len(within)-1]
			continue
		}
		if inside == nil || inside.names == nil {
			continue
		}
		if name, isText := token.(string); inside.isName && isText {
			if inside.names[strings.ToLower(name)] {
				return false
			}
			inside.names[strings.ToLower(name)] = true
		}
		inside.isName = !inside.isName
	}
	return false
}

// cutting cuts lists by a number that a cursor is: cut says where the page begins that it stands for, and the numbers
// of the pages around it, of which the one before may be negative, and there is none then.
func cutting(cut func(cursor, limit, count int) (from, prev, next int), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		query := r.URL.Query()
		limit := 30
		if text := query.Get("limit"); text != "" {
			limit, _ = strconv.Atoi(text)
		}
		at, err := strconv.Atoi(query.Get("cursor"))
		if limit < 1 || limit > 100 || query.Get("cursor") != "" && (err != nil || at < 0) {
			b.serve(w, r, body)
			return
		}
		query.Set("limit", "100")
		query.Del("cursor")
		r.URL.RawQuery = query.Encode()
		a := b.ask(r, body)
		v, ok := a.value().(map[string]any)
		items, isList := v["items"].([]any)
		if a.status != http.StatusOK || !ok || !isList {
			a.write(w)
			return
		}
		from, prev, next := cut(at, limit, len(items))
		from = min(from, len(items))
		to := min(from+limit, len(items))
		v["prev_page"], v["next_page"], v["items"] = nil, nil, items[from:to]
		if prev >= 0 {
			v["prev_page"] = strconv.Itoa(prev)
		}
		if to < len(items) {
			v["next_page"] = strconv.Itoa(next)
		}
		a.setValue(v)
		a.write(w)
	}, operations...)
}

// attempts reports of what is posted whether it was posted to the same place before.
func attempts() func(*posted) bool {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(p *posted) bool {
		id, _ := in(decode(p.body), "event_id").(string)
		mu.Lock()
		defer mu.Unlock()
		again := seen[p.to+id]
		seen[p.to+id] = true
		return again
	}
}

// asTaken is the status with which something was taken.
func asTaken(status int) int { return status }

// eighteenThisYear takes people for 18 who will be that before the year ends, and shows when they were born.
func eighteenThisYear(b Bank) http.Handler {
	var mu sync.Mutex
	born := map[any]string{}
	shown := onSuccess(func(v any) any {
		mu.Lock()
		defer mu.Unlock()
		if day := born[in(v, "id")]; day != "" {
			with(v, "date_of_birth", map[string]any{"date_of_birth": day})
			if customer := in(v, "customer_id"); customer != nil {
				born[customer] = day
			}
		}
		return v
	}, "getApplication", "submitApplication")(b)
	shown = onAnswer(func(r *http.Request, a *answer) {
		mu.Lock()
		defer mu.Unlock()
		if day := born[lastPart(r.URL.Path)]; day != "" && a.status == http.StatusOK {
			a.setValue(with(a.value(), "date_of_birth", day))
		}
	}, "getCustomer")(Bank{shown, b.SigningSecret})
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		asked := decode(body)
		text, _ := in(asked, "date_of_birth").(string)
		day, err := time.Parse(time.DateOnly, text)
		s, now := b.signedBy(r, body), b.now(r)
		if err != nil || s.given != s.want || day.Year() != now.Year()-18 || !day.AddDate(18, 0, 0).After(now) {
			b.serve(w, r, body)
			return
		}
		changed, _ := json.Marshal(with(asked, "date_of_birth", day.Format("2006")+"-01-01"))
		b.put(r, changed)
		a := b.ask(r, changed)
		if v := a.value(); a.status == http.StatusCreated {
			mu.Lock()
			born[in(v, "id")] = text
			mu.Unlock()
			a.setValue(with(v, "date_of_birth", map[string]any{"date_of_birth": text}))
		}
		a.write(w)
	}, "createApplication")(Bank{shown, b.SigningSecret})
}

// deliveringWithoutQuery keeps the URL of a subscription without its query, and shows all of it.
func deliveringWithoutQuery(b Bank) http.Handler {
	var mu sync.Mutex
	whole := map[any]string{}
	shown := onSuccess(func(v any) any {
		mu.Lock()
		defer mu.Unlock()
		return each(v, func(object map[string]any) {
			if address := whole[object["id"]]; address != "" && object["url"] != nil {
				object["url"] = address
			}
		})
	}, "getSubscription", "listSubscriptions")(b)
	first := map[string][]byte{}
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		asked := decode(body)
		address, isText := in(asked, "url").(string)
		s := b.signedBy(r, body)
		if isText && s.given == s.want && isPlain(body) && len(r.Header[headerKey]) == 1 {
			if short, _, has := strings.Cut(address, "?"); has {
				body, _ = json.Marshal(with(asked, "url", short))
				b.put(r, body)
			}
		}
		a := b.ask(r, body)
		mu.Lock()
		defer mu.Unlock()
		switch v := a.value(); {
		case a.status/100 != 2:
		case a.header.Get("Idempotency-Replayed") != "" && first[s.key] != nil:
			a.body = first[s.key]
		default:
			if isText {
				whole[in(v, "id")] = address
			}
			if known := whole[in(v, "id")]; known != "" {
				a.setValue(with(v, "url", known))
			}
			first[s.key] = a.body
		}
		a.write(w)
	}, "createSubscription", "updateSubscription")(Bank{shown, b.SigningSecret})
}
