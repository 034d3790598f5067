package zoo

import (
	"bytes"
	"compress/gzip"
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

// fromTheField are broken as what banks run is: by their frameworks, gateways, caches and replicas. Whoever wrote them
// had not read the checks.
var fromTheField = slices.Concat(fieldAnswers, fieldInputs, fieldCallers, fieldKeys, fieldThings, fieldMoney,
	fieldLists, fieldEvents)

var fieldAnswers = []Animal{
	{
		Name: "zeros-left-out", Fault: "Who writes the JSON leaves out a number that is 0, as protobuf does.",
		Checks: []string{"F101"}, Operations: []string{"listCustomerPockets"}, Place: "/value",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if object["value"] == json.Number("0") {
					delete(object, "value")
				}
			})
		}, "listCustomerPockets"),
	},
	{
		Name: "gzip-without-its-end", Fault: "What is compressed for who can read it lacks its last bytes.",
		Checks: []string{"F930", "F101"}, Operations: []string{"listAgreements"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			if a.status != http.StatusOK || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				return
			}
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = w.Write(a.body)
			_ = w.Close()
			a.header.Set("Content-Encoding", "gzip")
			a.body = packed.Bytes()[:packed.Len()-10]
		}, "listAgreements"),
	},
	{
		Name:   "etag-of-the-path",
		Fault:  "The ETag of a pocket stays when it changes, so that who has an old one is told that it is the newest.",
		Checks: []string{"F931", "F922"}, Operations: []string{"getPocket", "updatePocket"},
		Break: onAnswer(func(r *http.Request, a *answer) {
			if a.status != http.StatusOK {
				return
			}
			tag := strconv.Quote(named(r.URL.Path))
			a.header.Set("ETag", tag)
			if r.Header.Get("If-None-Match") == tag {
				a.status, a.body = http.StatusNotModified, nil
			}
		}, "getPocket"),
	},
	{
		Name: "minutes-are-months", Fault: "A list writes months in the place of minutes: mm is MM.",
		Checks: []string{"F931", "F932", "F912"}, Operations: []string{"listPocketTransactions", "getTransaction"},
		Place: "time_booked",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if text, _ := object["time_booked"].(string); len(text) > 16 {
					object["time_booked"] = text[:14] + text[5:7] + text[16:]
				}
			})
		}, "listPocketTransactions"),
	},
	{
		Name:   "one-of-five-is-another-version",
		Fault:  "A fifth of the answers comes from a server of the next version, where names are in camel case.",
		Checks: []string{"F101"}, Operations: []string{"listCustomerPortals"}, Place: "/items",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			count := 0
			return onSuccess(func(v any) any {
				mu.Lock()
				defer mu.Unlock()
				if count++; count%5 != 0 {
					return v
				}
				return each(v, func(object map[string]any) {
					for _, name := range []string{"object_type", "next_page", "prev_page"} {
						if value, has := object[name]; has {
							delete(object, name)
							first, second, _ := strings.Cut(name, "_")
							object[first+strings.ToUpper(second[:1])+second[1:]] = value
						}
					}
					if id, has := object["id"]; has {
						delete(object, "id")
						object["portalId"] = id
					}
				})
			}, "listCustomerPortals")(b)
		},
	},
	{
		Name: "secrets-in-the-list", Fault: "The list of subscriptions shows their secrets.",
		Checks: []string{"F101", "F209", "F910"}, Operations: []string{"listSubscriptions", "createSubscription"},
		Place: "shared_secret",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			secrets := map[any]any{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				v := a.value()
				if a.status == http.StatusCreated {
					secrets[in(v, "id")] = in(decode(body), "shared_secret")
				}
				if a.status == http.StatusOK {
					a.setValue(each(v, func(object map[string]any) {
						if secret := secrets[object["id"]]; secret != nil {
							object["shared_secret"] = secret
						}
					}))
				}
				a.write(w)
			}, "listSubscriptions", "createSubscription")(b)
		},
	},
	{
		Name: "stack-of-node", Fault: "A file that is refused is answered with where in the server it was.",
		Checks: []string{"F209"}, Operations: []string{"uploadApplicationDocument"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity {
				v := a.value()
				with(v, "instance", "TypeError: Cannot read properties of undefined (reading 'mimetype')\n    at "+
					"upload (/usr/src/app/src/routes/documents.js:48:23)\n    at Layer.handle "+
					"(/usr/src/app/node_modules/express/lib/router/layer.js:95:5)")
				a.setValue(v)
			}
		}, "uploadApplicationDocument"),
	},
	{
		Name: "changed-at-a-time-of-its-own", Fault: "Last-Modified of the keys is a time as JSON has it.",
		Checks: []string{"F922"}, Operations: []string{"listPublicKeys"}, Place: "header last-modified",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			a.header.Set("Last-Modified", "2026-01-05T09:30:00Z")
		}, "listPublicKeys"),
	},
	{
		Name: "problem-of-a-framework", Fault: "What is not found is told as the framework does, as problem+json.",
		Checks: []string{"F921"}, Operations: []string{"getWire"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusNotFound {
				a.header.Set(headerMedia, "application/problem+json")
			}
		}, "getWire"),
	},
	{
		Name:   "slow-for-many-years",
		Fault:  "There is no index for trades from long ago: it takes long to look for them.",
		Checks: []string{"F928"}, Operations: []string{"listCustomerTrades"}, MaxResponseTime: mostTime,
		Break: slowly(func(r *http.Request) bool {
			from, err := time.Parse(time.RFC3339, r.URL.Query().Get("trade_datetime_from"))
			return err == nil && from.Year() < 2010
		}, "listCustomerTrades"),
	},
}

var fieldInputs = []Animal{
	{
		Name: "leading-zeros-lost", Fault: "A routing number is kept as a number: its zero in front is gone.",
		Checks: []string{"F931"}, Operations: []string{"getCounterparty", "createCounterparty"},
		Place: "routing_number",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if text, ok := object["routing_number"].(string); ok {
					object["routing_number"] = strings.TrimLeft(text, "0")
				}
			})
		}, "getCounterparty"),
	},
	{
		Name: "phone-for-display", Fault: "A customer's new phone number is shown as it is written in letters.",
		Checks: []string{"F931"}, Operations: []string{"updateCustomer", "getCustomer"}, Place: "phone_number",
		Break: onSuccess(func(v any) any {
			if text, _ := in(v, "phone_number").(string); len(text) == 12 && strings.HasPrefix(text, "+1") {
				with(v, "phone_number", fmt.Sprintf("(%s) %s-%s", text[2:5], text[5:8], text[8:]))
			}
			return v
		}, "updateCustomer", "getCustomer"),
	},
	{
		Name:   "half-characters-break",
		Fault:  "One half of a surrogate pair cannot be written to the database: a failure.",
		Checks: []string{"F100"}, Operations: []string{"createApplication"}, Place: "500",
		Break: breakingOn(func(_ *http.Request, body []byte) bool {
			return halves.Match(body) && !pairs.Match(body)
		}, "createApplication"),
	},
	{
		Name:   "zones-of-others-refused",
		Fault:  "A moment is refused that has an offset, as it is no Instant.",
		Checks: []string{"F923"}, Operations: []string{"listCustomerTrades"}, Place: "trade_datetime",
		Break: onRequestAnswer(func(r *http.Request, _ []byte) *answer {
			for _, name := range []string{"trade_datetime_from", "trade_datetime_to"} {
				text := r.URL.Query().Get(name)
				if _, err := time.Parse(time.RFC3339, text); err == nil && !strings.HasSuffix(text, "Z") {
					a := problem(http.StatusUnprocessableEntity)
					a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"query", name},
						"type": "value_error", "msg": "Text could not be parsed"}}})
					return a
				}
			}
			return nil
		}, "listCustomerTrades"),
	},
	{
		Name: "lengths-in-bytes", Fault: "The length of a portal's name is counted in bytes.",
		Checks: []string{"F923"}, Operations: []string{"updateAccountPortal"}, Place: "/name",
		Break: refusing("name", func(v any) bool {
			name, _ := v.(string)
			return len(name) > 50 && len([]rune(name)) <= 50
		}, "updateAccountPortal"),
	},
	{
		Name:   "reasons-by-number",
		Fault:  "A reason to close a card may be told by its number, as Java's enums have one.",
		Checks: []string{"F102"}, Operations: []string{"closeCard"}, Place: "closure_reason",
		Break: righting(func(v any) any {
			n, isNumber := in(v, "closure_reason").(json.Number)
			reasons := []string{"LOST", "STOLEN", "DAMAGED", "NEVER_RECEIVED", "EXPIRED", "CANCELED"}
			if at, err := strconv.Atoi(n.String()); isNumber && err == nil && at >= 0 && at < len(reasons) {
				with(v, "closure_reason", reasons[at])
				if at < 2 && in(v, "lost_stolen_date") == nil {
					with(v, "lost_stolen_date", "2026-01-05")
				}
			}
			return v
		}, "closeCard"),
	},
	{
		Name:   "pattern-before-a-line-break",
		Fault:  "A pattern's end matches before a line break, as in Python and Ruby.",
		Checks: []string{"F102"}, Operations: []string{"createACHOrigination"}, Place: "company_entry_description",
		Break: righting(func(v any) any {
			if text, ok := in(v, "company_entry_description").(string); ok && len(text) > 1 {
				with(v, "company_entry_description", strings.TrimSuffix(text, "\n"))
			}
			return v
		}, "createACHOrigination"),
	},
	{
		Name: "json-with-comments", Fault: "JSON may have comments.",
		Checks: []string{"F911"}, Operations: []string{"createCounterparty"},
		Break: readingAs(func(body []byte) []byte {
			if json.Valid(body) {
				return body
			}
			return comments.ReplaceAll(body, nil)
		}, "createCounterparty"),
	},
	{
		Name:   "echo-of-a-number",
		Fault:  "The number of somebody's passport or social security is repeated if it is refused.",
		Checks: []string{"F910"}, Operations: []string{"createRelatedPartyApplication"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			number, _ := in(decode(body), "identification_number", "identification_number").(string)
			if a.status == http.StatusUnprocessableEntity && number != "" {
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"body", "identification_number"},
					"type": "value_error", "msg": "rejected value [" + number + "]"}}})
			}
			a.write(w)
		}, "createRelatedPartyApplication"),
	},
}

var (
	halves   = regexp.MustCompile(`(?i)\\ud[89a-f][0-9a-f]{2}`)
	pairs    = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	comments = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)//[^"\n]*$`)
)

var fieldCallers = []Animal{
	{
		Name:   "gateway-caches-reads",
		Fault:  "A gateway keeps what an account was, and shows it to whoever asks for it next.",
		Checks: []string{"F207"}, Operations: []string{"getAccount"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			known := map[string]*answer{}
			return onAnswer(func(r *http.Request, a *answer) {
				mu.Lock()
				defer mu.Unlock()
				switch first := known[r.URL.RequestURI()]; {
				case a.status == http.StatusOK:
					known[r.URL.RequestURI()] = a
				case a.status == http.StatusUnauthorized && first != nil:
					*a = *first
				}
			}, "getAccount")(b)
		},
	},
	{
		Name:   "below-what-everybody-may",
		Fault:  "Paths that begin like that of the health need no token; then dots are resolved.",
		Checks: []string{"F207"}, Operations: []string{"listPockets", "getHealth"},
		Break: dotted,
	},
	{
		Name: "one-session", Fault: "Who logs in again has to do without the token of before, although it is not over.",
		Checks: []string{"F205"}, Operations: []string{"login", "listEventTypes"},
		Break: withTokens(func(b Bank, given *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			if operationOf(r) != "login" && given.gave(r) && !given.has(r) {
				a := refusal(http.StatusUnauthorized)
				a.write(w)
				return
			}
			b.serve(w, r, body)
		}),
	},
	{
		Name:   "good-tokens-in-a-challenge",
		Fault:  "WWW-Authenticate calls a token invalid if it is one, and not if it is good.",
		Checks: []string{"F907"}, Operations: []string{"listAccountPortals"},
		Break: withTokens(func(b Bank, given *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized {
				a.header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				if given.has(r) {
					a.header.Set("WWW-Authenticate", `Bearer`)
				}
			}
			a.write(w)
		}),
	},
	{
		Name: "login-by-an-operator", Fault: "A password may be an object, which a database takes for a condition.",
		Checks: []string{"F200", "F207", "F102"}, Operations: []string{"login"}, Place: "password",
		Break: loggingIn(func(asked any) bool {
			condition, _ := in(asked, "password").(map[string]any)
			for name := range condition {
				if name == "$ne" || name == "$gt" || name == "$regex" || name == "$exists" {
					return true
				}
			}
			return false
		}),
	},
	{
		Name: "statements-of-anybodys-account", Two: true,
		Fault:  "Statements are those of the accounts that are asked for, whoever has them.",
		Checks: []string{"F206"}, Operations: []string{"listCustomerStatements"},
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			account := r.URL.Query().Get("account[]")
			if account == "" || a.status == http.StatusNotFound || !p.isSigned(r, body) || !p.hasToken(r) {
				return a
			}
			owner, _ := in(p.readAs(1-who, r, "/api/v2/pockets/"+account+"/").value(), "customer_id").(string)
			parts, at := owned(r.URL.Path)
			if owner == "" || at == 0 {
				return a
			}
			parts[at] = owner
			of := r.Clone(r.Context())
			of.URL.Path = strings.Join(parts, "/")
			of.RequestURI = of.URL.RequestURI()
			return p.askAs(1-who, of, body)
		}, "listCustomerStatements"),
	},
}

// dotted resolves dots behind the path of the health, and signs and authorizes what comes out by the last token.
func dotted(b Bank) http.Handler {
	var mu sync.Mutex
	last := ""
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.Header.Get(headerBearer); token != "" {
			a := ask(b, r)
			if a.status == http.StatusOK {
				mu.Lock()
				last = token
				mu.Unlock()
			}
			a.write(w)
			return
		}
		if rest, isBelow := strings.CutPrefix(r.URL.Path, "/health/../"); isBelow && r.Method == http.MethodGet {
			r.URL.Path, r.URL.RawPath = "/"+rest, ""
			r.RequestURI = r.URL.RequestURI()
			mu.Lock()
			r.Header.Set(headerBearer, last)
			mu.Unlock()
			b.rekey(r, nil)
		}
		b.ServeHTTP(w, r)
	})
}

var fieldKeys = []Animal{
	{
		Name:   "keys-of-each-program",
		Fault:  "A key counts along with the User-Agent, which is another one after a deployment.",
		Checks: []string{"F901"}, Operations: []string{"createPocket"},
		Break: rekeyed(func(c call) string { return named(c.key + c.r.UserAgent()) }, "createPocket"),
	},
	{
		Name: "few-keys-remembered", Fault: "A cache has room for the last twenty keys.",
		Checks: []string{"F901"}, Operations: []string{"fundAccount"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var order []string
			times := map[string]int{}
			return rekeyed(func(c call) string {
				mu.Lock()
				defer mu.Unlock()
				if !slices.Contains(order, c.key) {
					order = append(order, c.key)
					times[c.key]++
					order = order[max(0, len(order)-20):]
				}
				return named(c.key + strconv.Itoa(times[c.key]))
			}, "fundAccount")(b)
		},
	},
	{
		Name: "keys-for-a-quarter", Fault: "A key is forgotten after a quarter of an hour.",
		Checks: []string{"F901"}, Operations: []string{"createOnUsTransfer"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var now time.Duration
			first := map[string]time.Duration{}
			right := rekeyed(func(c call) string {
				mu.Lock()
				defer mu.Unlock()
				at, known := first[c.key]
				if !known || now-at >= 15*time.Minute {
					at = now
					first[c.key] = at
				}
				return named(c.key + at.String())
			}, "createOnUsTransfer")(b)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && r.URL.Path == "/__sandbox/clock/" {
					body, _ := io.ReadAll(r.Body)
					by, _ := in(decode(body), "by").(string)
					if d, err := time.ParseDuration(by); err == nil {
						mu.Lock()
						now += d
						mu.Unlock()
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
				}
				right.ServeHTTP(w, r)
			})
		},
	},
	{
		Name:   "nothing-while-under-way",
		Fault:  "What comes while its key is under way is answered with what is stored by then, which is nothing.",
		Checks: []string{"F101", "F903", "F904"}, Operations: []string{"createCardOrder"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			underWay := map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				key := r.Header.Get(headerKey)
				s := b.signedBy(r, body)
				mu.Lock()
				is := underWay[key]
				underWay[key] = true
				mu.Unlock()
				if is && s.given == s.want {
					a := refusal(http.StatusCreated)
					a.body = []byte("null")
					a.write(w)
					return
				}
				time.Sleep(window)
				b.serve(w, r, body)
				mu.Lock()
				delete(underWay, key)
				mu.Unlock()
			}, "createCardOrder")(b)
		},
	},
	{
		Name: "keys-and-bodies-in-any-case", Fault: "Of two bodies, the database does not look at capitals.",
		Checks: []string{"F902"}, Operations: []string{"createPocket"},
		Break: replaying(func(c call) string { return c.key + c.r.URL.Path + strings.ToLower(string(c.body)) },
			"createPocket"),
	},
}

var fieldThings = []Animal{
	{
		Name: "removed-party-changed", Fault: "Who was taken out of a business can still be changed.",
		Checks:     []string{"F103"},
		Operations: []string{"deleteRelatedPartyApplication", "updateRelatedPartyApplication"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			removed := map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				if r.Method == http.MethodDelete && a.status == http.StatusNoContent {
					removed[r.URL.Path] = true
				}
				asked, ok := decode(body).(map[string]any)
				if s := b.signedBy(r, body); r.Method == http.MethodPatch && removed[r.URL.Path] && ok &&
					s.given == s.want && a.status/100 == 4 && a.status != http.StatusUnauthorized {
					a.status = http.StatusOK
					a.setValue(with(asked, "id", lastPart(r.URL.Path)))
				}
				a.write(w)
			}, "deleteRelatedPartyApplication", "updateRelatedPartyApplication")(b)
		},
	},
	{
		Name: "customer-by-request", Fault: "The application of a business takes from its body which customer it is.",
		Checks: []string{"F203"}, Operations: []string{"createBusinessApplication"}, Place: "customer_id",
		Break: assigning("customer_id", "createBusinessApplication"),
	},
	{
		Name:   "counterparty-of-another-customer",
		Fault:  "An ACH transfer may be with a counterparty of another customer.",
		Checks: []string{"F929"}, Operations: []string{"createACHOrigination"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			good, known := map[string]string{}, map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				asked := decode(body)
				id, _ := in(asked, "counterparty_id").(string)
				s := b.signedBy(r, body)
				switch other := good[r.URL.Path]; {
				case a.status == http.StatusOK:
					good[r.URL.Path], known[id] = id, true
				case a.status == http.StatusUnprocessableEntity && known[id] && other != "" && other != id &&
					s.given == s.want:
					changed, _ := json.Marshal(with(asked, "counterparty_id", other))
					b.rekey(r, changed)
					if made := b.ask(r, changed); made.status == http.StatusOK {
						made.setValue(with(made.value(), "counterparty_id", id))
						a = made
					}
				}
				a.write(w)
			}, "createACHOrigination")(b)
		},
	},
	{
		Name: "one-type-not-found", Fault: "A counterparty on this bank is created and listed, and cannot be read.",
		Checks: []string{"F927"}, Operations: []string{"createCounterparty", "getCounterparty"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusOK && in(a.value(), "type") == "on_us" {
				a.status = http.StatusNotFound
				a.body = []byte(`{"detail":"Not Found"}`)
			}
		}, "getCounterparty"),
	},
	{
		Name: "refused-counterparty-is-made", Fault: "A counterparty whose address is refused is left in the list.",
		Checks: []string{"F104"}, Operations: []string{"createCounterparty", "listCounterparties"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			good := map[string][]byte{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				last := good[r.URL.Path]
				s := b.signedBy(r, body)
				switch {
				case a.status == http.StatusCreated && in(decode(body), "address") != nil:
					good[r.URL.Path] = body
				case a.status == http.StatusUnprocessableEntity && last != nil && s.given == s.want &&
					in(decode(body), "routing_number") != nil && in(decode(body), "counterparty_name") != nil:
					b.rekey(r, last)
					b.ask(r, last)
				}
				a.write(w)
			}, "createCounterparty")(b)
		},
	},
	{
		Name:   "every-second-read-is-old",
		Fault:  "Every second read of a card comes from a replica that does not know of its lock yet.",
		Checks: []string{"F931"}, Operations: []string{"setCardStatus", "getCardStatus"}, Place: "status",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			first, count := map[string]*answer{}, map[string]int{}
			return onAnswer(func(r *http.Request, a *answer) {
				mu.Lock()
				defer mu.Unlock()
				if a.status != http.StatusOK {
					return
				}
				count[r.URL.Path]++
				if old := first[r.URL.Path]; old == nil {
					first[r.URL.Path] = a
				} else if count[r.URL.Path]%2 == 0 {
					a.body = old.body
				}
			}, "getCardStatus")(b)
		},
	},
	{
		Name: "closed-card-opens", Fault: "A card that is closed for good can be opened.",
		Checks: []string{"F103"}, Operations: []string{"closeCard", "setCardStatus", "getCardStatus"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			closed, open := map[string]bool{}, map[string]any{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				parts := strings.Split(r.URL.Path, "/")
				card := strings.Join(parts[:len(parts)-2], "/")
				asked := in(decode(body), "status")
				switch s := b.signedBy(r, body); {
				case operationOf(r) == "closeCard":
					closed[card] = closed[card] || a.status == http.StatusNoContent
				case r.Method == http.MethodPatch && a.status == http.StatusUnprocessableEntity && closed[card] &&
					s.given == s.want && (asked == "OPEN" || asked == "LOCKED"):
					open[card] = asked
					a.status = http.StatusOK
					a.setValue(map[string]any{"card_id": parts[len(parts)-3], "status": asked})
				case r.Method == http.MethodGet && a.status == http.StatusOK && open[card] != nil:
					a.setValue(with(a.value(), "status", open[card]))
				}
				a.write(w)
			}, "closeCard", "setCardStatus", "getCardStatus")(b)
		},
	},
	{
		Name:   "day-of-a-zone",
		Fault:  "The first day of a report is midnight in New York, which is the day before at the server.",
		Checks: []string{"F931"}, Operations: []string{"createReportRequest", "listReportRequests"}, Place: "date_from",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				text, _ := object["date_from"].(string)
				if day, err := time.Parse(time.DateOnly, text); err == nil {
					object["date_from"] = day.AddDate(0, 0, -1).Format(time.DateOnly)
				}
			})
		}, "createReportRequest", "listReportRequests"),
	},
	{
		Name:   "removal-of-a-method-left-over",
		Fault:  "A counterparty can be removed, as there was a DELETE in the version before.",
		Checks: []string{"F210"}, Operations: []string{"getCounterparty"},
		Break: onMethod(func(b Bank, w http.ResponseWriter, r *http.Request, _ partnerapi.Operation) {
			if r.Method == http.MethodDelete && b.knowsToken(r) {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			b.ServeHTTP(w, r)
		}, "getCounterparty"),
	},
}

var fieldMoney = []Animal{
	{
		Name:   "overdraft-by-the-sum",
		Fault:  "A pocket may give what it does not have: what is looked at is what the customer has in all.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			asked := decode(body)
			from, _ := in(asked, "from_account", "id").(string)
			amount, _ := in(asked, "amount", "amount_usdc").(json.Number)
			cents, err := amount.Int64()
			isShort := in(a.value(), "reason") == "INSUFFICIENT_FUNDS"
			if s := b.signedBy(r, body); isShort && err == nil && s.given == s.want && cents < 4_999_999 {
				b.fund(r.Clone(r.Context()), from, amount)
				with(asked, "transfer_id", uuid.NewString())
				changed, _ := json.Marshal(asked)
				b.rekey(r, changed)
				a = b.ask(r, changed)
			}
			a.write(w)
		}, "createOnUsTransfer"),
	},
	{
		Name: "returned-twice", Fault: "An ACH transfer that was returned is paid back twice.",
		Checks: []string{"F909"}, Operations: []string{"createACHOrigination", "getACHOrigination"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			done := map[any]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				mu.Lock()
				defer mu.Unlock()
				v := a.value()
				status, id := in(v, "status"), in(v, "id")
				cents, _ := in(v, "amount", "value").(json.Number)
				account, _ := in(v, "jiko_account_id").(string)
				if a.status == http.StatusOK && (status == "FAILED" || status == "CANCELLED") && !done[id] {
					done[id] = true
					b.fund(r, account, cents)
				}
				a.write(w)
			}, "getACHOrigination")(b)
		},
	},
	{
		Name: "value-without-cash", Fault: "The value of a pocket is that of its securities, without its cash.",
		Checks: []string{"F909"}, Operations: []string{"getPocket"},
		Break: onSuccess(func(v any) any {
			total, ok := in(v, "portfolio", "total_value", "value").(json.Number)
			cash, _ := in(v, "portfolio", "cash", "value").(json.Number)
			sum, err := total.Int64()
			if less, bad := cash.Int64(); ok && err == nil && bad == nil {
				with(in(v, "portfolio", "total_value"), "value", sum-less)
			}
			return v
		}, "getPocket"),
	},
}

var fieldLists = []Animal{
	{
		Name: "months-from-zero", Fault: "Statements of a month are those of the one after it: months begin with 0.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerStatements"}, Place: "key",
		Break: queried(func(query url.Values) {
			if month, err := time.Parse("2006-01", query.Get("key")); err == nil {
				query.Set("key", month.AddDate(0, 1, 0).Format("2006-01"))
			}
		}, "listCustomerStatements"),
	},
	{
		Name: "amounts-compared-as-texts", Fault: "The least amount is compared as a text: 9 is more than 10.",
		Checks: []string{"F932"}, Operations: []string{"listPocketTransactions"}, Place: "amount_from",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			query := r.URL.Query()
			from := query.Get("amount_from")
			if _, err := strconv.ParseInt(from, 10, 64); err != nil {
				b.serve(w, r, body)
				return
			}
			query.Del("amount_from")
			r.URL.RawQuery = query.Encode()
			a := b.ask(r, body)
			if items, ok := in(a.value(), "items").([]any); ok && a.status == http.StatusOK {
				kept := slices.DeleteFunc(items, func(item any) bool {
					cents, _ := in(item, "amount", "value").(json.Number)
					return cents.String() < from
				})
				a.setValue(with(a.value(), "items", append([]any{}, kept...)))
			}
			a.write(w)
		}, "listPocketTransactions"),
	},
	{
		Name: "last-day-excluded", Fault: "Trades of the last day that is asked for are left out, as it is a midnight.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTrades"}, Place: "book_date_to",
		Break: queried(func(query url.Values) {
			if day, err := time.Parse(time.DateOnly, query.Get("book_date_to")); err == nil {
				query.Set("book_date_to", day.AddDate(0, 0, -1).Format(time.DateOnly))
			}
		}, "listCustomerTrades"),
	},
	{
		Name: "wires-of-every-customer", Fault: "Wires are not those of the customer who is asked for.",
		Checks: []string{"F932"}, Operations: []string{"listWires"}, Place: "customer_id",
		Break: without("customer_id", "listWires"),
	},
}

var fieldEvents = []Animal{
	{
		Name:   "event-of-what-was-refused",
		Fault:  "The event of a card's lock goes out before it is known whether it may be locked.",
		Checks: []string{"F908"}, Operations: []string{"setCardStatus"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			last := map[string]*posted{}
			relay := relaying(func(p *posted) int {
				if strings.HasPrefix(p.kind(), "card.status.") {
					mu.Lock()
					last[p.to] = p
					mu.Unlock()
				}
				return 1
			})(b)
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				a := b.ask(r, body)
				if s := b.signedBy(r, body); s.given == s.want && a.status == http.StatusUnprocessableEntity {
					mu.Lock()
					for _, p := range last {
						again := *p
						v := with(decode(p.body), "event_id", uuid.NewString())
						again.header = p.header.Clone()
						again.body, _ = json.Marshal(v)
						again.sign(p.secrets[len(p.secrets)-1])
						again.send()
					}
					mu.Unlock()
				}
				a.write(w)
			}, "setCardStatus")(Bank{relay, b.SigningSecret})
		},
	},
	{
		Name: "from-and-to-swapped", Fault: "The event of a transfer has its two accounts the other way round.",
		Checks: []string{"F908"}, Operations: []string{"createOnUsTransfer", "createSubscription"},
		Break: relaying(func(p *posted) int {
			v := decode(p.body)
			from, to := in(v, "payload", "origin_account_id"), in(v, "payload", "destination_account_id")
			if from != nil {
				with(with(in(v, "payload"), "origin_account_id", to), "destination_account_id", from)
				p.body, _ = json.Marshal(v)
				p.sign(p.secrets[len(p.secrets)-1])
			}
			return 1
		}),
	},
}
