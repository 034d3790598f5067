package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"
)

// controlled does what a request to the controls asks for, and returns the status and the body of the answer. What the
// document says of the request has been made sure of.
type controlled func(*Sandbox, http.ResponseWriter, *http.Request) (status int, answer any, err error)

// controls are the operations of the document.
var controls = map[string]controlled{
	"getControlDocument": func(_ *Sandbox, w http.ResponseWriter, _ *http.Request) (int, any, error) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(controlDocument) // The client is gone, or not.
		return http.StatusOK, nil, nil
	},
	"getControlDocumentAsJSON": func(*Sandbox, http.ResponseWriter, *http.Request) (int, any, error) {
		var document any
		err := yaml.Unmarshal(controlDocument, &document)
		return http.StatusOK, document, err
	},
	"getState": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		state, err := s.State()
		if err != nil || r.URL.Query().Get("check") != "true" {
			return http.StatusOK, state, err
		}
		checked := struct {
			State
			Check string `json:"check"`
		}{state, "ok"}
		if err := s.Check(); err != nil { // That it does not add up is what was asked for.
			checked.Check = err.Error()
		}
		return http.StatusOK, checked, nil
	},
	"getClock": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		return s.clock(nil)
	},
	"moveClock": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		return s.clock(s.moveClock(r))
	},
	"reset": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		return s.clock(s.Reset(r.Context()))
	},
	"listSnapshots": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		return http.StatusOK, map[string]any{"snapshots": append([]Snapshot{}, s.Snapshots()...)}, nil
	},
	"takeSnapshot": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		var in struct {
			Name string `json:"name"`
		}
		if err := decode(r, &in); err != nil {
			return 0, nil, err
		}
		made, err := s.TakeSnapshot(r.Context(), in.Name)
		return http.StatusCreated, made, err
	},
	"deleteSnapshot": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		return http.StatusNoContent, nil, s.DeleteSnapshot(named(r))
	},
	"restoreSnapshot": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		return s.clock(s.RestoreSnapshot(r.Context(), named(r)))
	},
	"settleObject": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		id, err := uuid.Parse(named(r))
		if err == nil {
			err = s.SettleNow(r.Context(), id)
		}
		return http.StatusNoContent, nil, err
	},
	"decideObject": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		var d Decision
		id, err := uuid.Parse(named(r))
		if err = errors.Join(err, decode(r, &d)); err == nil {
			err = s.Decide(r.Context(), id, d)
		}
		return http.StatusNoContent, nil, err
	},
	"receiveWire":  receiveWire,
	"listRequests": listRequests,
	"clearRequests": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		s.ClearRequests()
		return http.StatusNoContent, nil, nil
	},
	"listRules": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		return http.StatusOK, s.shownRules(), nil
	},
	"addRules": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		rules, err := readRules(r)
		if err == nil {
			err = s.AddRules(rules...)
		}
		return http.StatusCreated, s.shownRules(), err
	},
	"setRules": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		rules, err := readRules(r)
		if err == nil {
			err = s.SetRules(rules...)
		}
		return http.StatusOK, s.shownRules(), err
	},
	"clearRules": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		return http.StatusNoContent, nil, s.SetRules()
	},
	"removeRule": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		return http.StatusNoContent, nil, s.RemoveRule(named(r))
	},
	"listAllEvents": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		below, _ := strconv.ParseUint(r.URL.Query().Get("below"), 10, 64)
		page, err := s.Events(r.Context(), EventQuery{Below: below, Limit: pageLimit(r)})
		return http.StatusOK, page, err
	},
	"getDeliveries": func(s *Sandbox, _ http.ResponseWriter, _ *http.Request) (int, any, error) {
		return http.StatusOK, s.shownDeliveries(), nil
	},
	"setDeliveryFaults": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		err := s.readDeliveryFaults(r)
		return http.StatusOK, s.shownDeliveries(), err
	},
	"getLedger": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		reference, _ := uuid.Parse(r.URL.Query().Get("reference")) // The Nil UUID is all of them.
		return s.shownLedger(r, LedgerQuery{Reference: reference})
	},
	"getPocketLedger": func(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
		id, err := uuid.Parse(named(r))
		if err != nil || id == uuid.Nil {
			return 0, nil, ErrNotFound
		}
		return s.shownLedger(r, LedgerQuery{Pocket: id})
	},
}

// named is the part of the path that names something, behind its kind: /__sandbox/snapshots/NAME/restore/.
func named(r *http.Request) string {
	const place = 3
	return strings.Split(r.URL.Path, "/")[place]
}

// decode reads the body.
func decode(r *http.Request, into any) error { return json.NewDecoder(r.Body).Decode(into) }

// clock answers with what the clock shows, unless it could not be moved.
func (s *Sandbox) clock(err error) (int, any, error) {
	return http.StatusOK, struct {
		Time   time.Time `json:"time"`
		Frozen bool      `json:"frozen"`
	}{s.bank.Time(), s.bank.Frozen()}, err
}

// moveClock moves the clock by what the body has of these:
//
//	{"time": "2026-01-05T15:00:00Z"}  sets the clock, RFC 3339. It stands still from then on.
//	{"by": "36h"}                     advances it by a duration of Go, such as 90s or 1h30m, with days of 24 hours
//	                                  before it if need be: 2d or 1d12h. A clock that goes on its own still does.
//	{"run": "until_quiet"}            goes from one thing that is awaited to the next until nothing is, as
//	                                  [Sandbox.RunUntilQuiet] does. A clock that goes on its own still does.
//
// But for [Sandbox.RestoreSnapshot] and [Sandbox.Reset] the clock never goes back, and not beyond the year 2100: no
// calendar here knows the holidays after it.
func (s *Sandbox) moveClock(r *http.Request) error {
	var in struct {
		Time *time.Time `json:"time"`
		By   *string    `json:"by"`
	}
	if err := decode(r, &in); err != nil {
		return badBody("date-time", "must be as 2026-01-05T15:00:00Z", "time")
	}
	switch {
	case in.Time != nil:
		return s.SetClock(r.Context(), *in.Time)
	case in.By == nil:
		return s.RunUntilQuiet(r.Context())
	}
	by, err := readDuration(*in.By)
	if err != nil {
		return badBody("duration", err.Error(), "by")
	}
	return s.Advance(r.Context(), by)
}

// readDuration reads how far the clock is to move, and says what is wrong with that.
func readDuration(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	switch {
	case errors.Is(err, errTooLong):
		return 0, errors.New("must end before the year 2101")
	case err == nil && d < 0, err != nil && isDuration(strings.TrimPrefix(text, "-")):
		return 0, errors.New("the clock never goes back")
	case err != nil:
		return 0, errors.New("must be a time with its unit, such as 90s, 36h, 2d or 1d12h")
	}
	return d, nil
}

func isDuration(text string) bool {
	d, err := parseDuration(text)
	return (err == nil || errors.Is(err, errTooLong)) && d >= 0
}

func receiveWire(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in IncomingWire
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	id, err := s.ReceiveWire(r.Context(), in)
	return http.StatusCreated, map[string]uuid.UUID{"wire_id": id}, err
}

func listRequests(s *Sandbox, _ http.ResponseWriter, r *http.Request) (int, any, error) {
	q := r.URL.Query()
	query := RequestQuery{Operation: q.Get("operation")}
	query.Status, _ = strconv.Atoi(q.Get("status")) // What is not there is zero.
	query.After, _ = strconv.ParseUint(q.Get("after"), 10, 64)
	query.Limit, _ = strconv.Atoi(q.Get("limit"))
	if since := q.Get("since"); since != "" {
		var err error
		if query.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return 0, nil, err
		}
	}
	return http.StatusOK, map[string]any{"requests": s.Requests(query)}, nil
}

// readRules reads rules as a file has them, or one alone.
func readRules(r *http.Request) ([]Rule, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var one struct {
		Do json.RawMessage `json:"do"`
	}
	alone := json.Unmarshal(text, &one) == nil && one.Do != nil
	if alone {
		text = append(append([]byte("[\n"), text...), "\n]"...)
	}
	rules, err := ReadRules("", bytes.NewReader(text))
	if wrong := (*RulesError)(nil); alone && errors.As(err, &wrong) {
		for _, p := range wrong.Problems {
			p.Line = max(p.Line-1, 0)
		}
	}
	return rules, err
}

func (s *Sandbox) shownRules() any {
	rules := s.Rules()
	if rules == nil {
		rules = []RuleCount{}
	}
	return map[string]any{"rules": rules}
}

func (s *Sandbox) shownDeliveries() any {
	return map[string]any{"counts": s.Deliveries(), "faults": s.DeliveryFaults()}
}

// readDeliveryFaults has deliveries go wrong as the body says.
func (s *Sandbox) readDeliveryFaults(r *http.Request) error {
	var faults DeliveryFaults
	err := decode(r, &faults)
	if wrong := (*switchError)(nil); errors.As(err, &wrong) {
		return badBody("duration", "must be "+wrong.want, wrong.name)
	}
	if err != nil {
		return err
	}
	return s.SetDeliveryFaults(faults)
}

const defaultPage = 100

func pageLimit(r *http.Request) int {
	if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
		return limit
	}
	return defaultPage
}

func (s *Sandbox) shownLedger(r *http.Request, q LedgerQuery) (int, any, error) {
	q.After, _ = strconv.Atoi(r.URL.Query().Get("after"))
	q.Limit = pageLimit(r)
	page, err := s.Ledger(r.Context(), q)
	return http.StatusOK, page, err
}
