package recipe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Runner follows recipes against a sandbox, one after another: it is not for concurrent use, since recipes move the
// clock. BaseURL, the credentials and nothing else are needed. Others may use the sandbox meanwhile: rules that recipes
// add are for their own requests alone.
type Runner struct {
	// BaseURL is that of the sandbox, without a slash at its end.
	BaseURL       string
	Username      string
	Password      signing.Secret
	SigningSecret signing.Secret
	// Client sends the requests; nil means http.DefaultClient.
	Client *http.Client

	token string
	// requests is how many it has sent so far.
	requests int
}

var validator = sync.OnceValue(func() *validation.Validator {
	d, err := contract.Document()
	if err != nil {
		panic(err) // It is part of the program.
	}
	return validation.Must(validation.Config{Document: d})
})

// Run makes the things of a recipe and takes its steps. It fails where an answer has another status or other values
// than the recipe says, or is not what the contract says. Steps that say how to undo them are undone at the end, also
// if Run fails or ctx has ended.
func (r *Runner) Run(ctx context.Context, recipe Recipe) (err error) {
	vs := variables{"nobody": Nobody, "username": r.Username, "password": r.Password.Reveal()}
	var undo []Step
	isDone := true // Whether the last step that can be undone has certainly been taken.
	defer func() {
		if wrong := r.undo(ctx, undo, isDone, vs); wrong != nil {
			err = errors.Join(err, fmt.Errorf("%s: undo, %w", recipe.Name(), wrong))
		}
	}()
	take := func(what string, steps []Step) error {
		for i, s := range steps {
			if s.Undo != nil {
				undo = append(undo, *s.Undo)
			}
			if err := r.step(ctx, s, vs); err != nil {
				isDone = s.Undo == nil
				return fmt.Errorf("%s%s step %d, %s: %w", recipe.Name(), what, i+1, s.title(), err)
			}
		}
		return nil
	}
	for _, t := range recipe.Things {
		if err := take(", "+t.Name, t.Steps); err != nil {
			return err
		}
	}
	return take(":", recipe.Steps)
}

// undoTimeout is how long it may take to undo what a recipe has done, for which its own ctx may be over.
const undoTimeout = 10 * time.Second

// undo sends requests that undo steps, the last one first. Of a step that has failed it is not known whether there is
// anything to undo, since the answer alone may be lost: that nothing is there is fine then.
func (r *Runner) undo(ctx context.Context, steps []Step, isLastDone bool, vs variables) error {
	if len(steps) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	var errs []error
	for i, s := range slices.Backward(steps) {
		a, err := r.send(ctx, s, vs)
		if err == nil && (isLastDone || i+1 < len(steps) || a.status != http.StatusNotFound) {
			err = a.check(s, vs)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.title(), err))
		}
	}
	return errors.Join(errs...)
}

func (s Step) title() string {
	switch {
	case s.Operation != "":
		return s.Operation
	case s.Clock != nil:
		return "clock"
	case s.Path != "":
		return s.Method + " " + s.Path
	}
	return "make"
}

func (r *Runner) step(ctx context.Context, s Step, vs variables) error {
	for name, made := range s.Make {
		value, err := made.value(vs)
		if err != nil {
			return err
		}
		vs[name] = value
	}
	switch {
	case s.Clock != nil:
		return r.move(ctx, *s.Clock)
	case s.Path == "":
		return nil
	}
	a, err := r.send(ctx, s, vs)
	if err != nil {
		return err
	}
	return a.check(s, vs)
}

// answer is what came back.
type answer struct {
	status int
	text   []byte
	value  any
}

// maxAnswerBytes bounds what is read of an answer.
const maxAnswerBytes = 16 << 20

// send sends the request of a step. One of the contract is signed, and its answer checked against the contract.
func (r *Runner) send(ctx context.Context, s Step, vs variables) (answer, error) {
	body, media, err := s.content(vs)
	if err != nil {
		return answer{}, err
	}
	target := r.BaseURL + vs.text(s.Path, url.PathEscape)
	query := url.Values{}
	for name, text := range s.Query {
		query.Set(name, vs.text(text, func(s string) string { return s }))
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, s.Method, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	if err := r.sign(ctx, request, s, body); err != nil {
		return answer{}, err
	}
	for name, text := range s.Header {
		request.Header.Set(name, vs.text(text, func(s string) string { return s }))
	}
	return r.do(request, s.Operation != "")
}

// content is the body of the request of a step, and its media type.
func (s Step) content(vs variables) (body []byte, media string, err error) {
	switch {
	case s.File != nil:
		body, err = s.File.Content()
		return body, s.File.Media, err
	case s.Body == nil:
		return nil, "", nil
	}
	body, err = json.Marshal(vs.fill(s.Body))
	return body, jsonMedia, err
}

// idempotency is the header with the key of a request, which is part of what is signed.
const idempotency = "x-jiko-idempotency"

// sign gives a request what its operation asks for.
func (r *Runner) sign(ctx context.Context, request *http.Request, s Step, body []byte) error {
	o, ok := operationByID(s.Operation)
	if !ok || o.Bare {
		return nil
	}
	if r.token == "" {
		if err := r.login(ctx); err != nil {
			return fmt.Errorf("login: %w", err)
		}
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	key := s.Header[idempotency]
	if key == "" {
		key = uuid.NewString()
	}
	return authentication.SignRequest(request, r.SigningSecret, key, body)
}

// login gets a token, which is good for an hour of the sandbox's clock: until it is moved.
func (r *Runner) login(ctx context.Context) error {
	s := Step{Operation: "login", Method: http.MethodPost, Path: "/api/v1/login/",
		Body: map[string]any{"username": r.Username, "password": r.Password.Reveal()}}
	a, err := r.send(ctx, s, nil)
	if err != nil {
		return err
	}
	token, _ := find(a.value, "/token")
	if len(token) != 1 || a.status != http.StatusOK {
		return fmt.Errorf("%d: %s", a.status, a.excerpt())
	}
	r.token = fmt.Sprint(token[0])
	return nil
}

func (r *Runner) do(request *http.Request, isChecked bool) (answer, error) {
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	r.requests++
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode}
	if a.text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes)); err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(a.text))
	if isChecked {
		if err := validator().CheckResponse(response); err != nil {
			return answer{}, fmt.Errorf("%d is not an answer of the contract: %w", a.status, err)
		}
	}
	if len(a.text) > 0 && strings.Contains(response.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.text, &a.value); err != nil {
			return answer{}, fmt.Errorf("read the answer: %w", err)
		}
	}
	return a, nil
}

// excerpt is the beginning of an answer, for errors.
func (a answer) excerpt() string {
	const most = 400
	if len(a.text) > most {
		return string(a.text[:most]) + "…"
	}
	return string(a.text)
}

// check compares an answer with what a step says of it, and keeps what that asks for.
func (a answer) check(s Step, vs variables) error {
	if a.status != s.Status {
		return fmt.Errorf("%d in the place of %d: %s", a.status, s.Status, a.excerpt())
	}
	for _, pointer := range slices.Sorted(maps.Keys(s.Want)) {
		want, err := plain(vs.fill(s.Want[pointer]))
		if err != nil {
			return err
		}
		found, err := find(a.value, pointer)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(found, func(v any) bool { return reflect.DeepEqual(v, want) }) {
			return fmt.Errorf("%s is %v and not %v: %s", pointer, found, want, a.excerpt())
		}
	}
	for name, pointer := range s.Keep {
		found, err := find(a.value, pointer)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0] == nil {
			return fmt.Errorf("there is nothing to keep at %s: %s", pointer, a.excerpt())
		}
		vs[name] = found[0]
		if strings.Contains(pointer, "/*") {
			vs[name] = found
		}
	}
	return nil
}

// move moves the clock, after which the token is no good any more.
func (r *Runner) move(ctx context.Context, c Clock) error {
	clock := Step{Method: http.MethodGet, Path: controls + "clock/"}
	body := map[string]any{"by": c.By}
	switch {
	case c.Run != "":
		body = map[string]any{"run": c.Run}
	case c.BusinessDay != "":
		a, err := r.send(ctx, clock, nil)
		if err != nil {
			return err
		}
		to, err := a.businessDay(c.BusinessDay)
		if err != nil {
			return err
		}
		body = map[string]any{"time": to.Format(time.RFC3339)}
	}
	clock.Method, clock.Body, clock.Status = http.MethodPost, body, http.StatusOK
	r.token = ""
	a, err := r.send(ctx, clock, nil)
	if err != nil {
		return err
	}
	return a.check(clock, nil)
}

// businessDay is a time of day on the Federal Reserve's next business day, after what the clock shows.
func (a answer) businessDay(at string) (time.Time, error) {
	hour, err := time.Parse("15:04", at)
	if err != nil {
		return time.Time{}, err
	}
	shown, _ := find(a.value, "/time")
	if len(shown) != 1 {
		return time.Time{}, fmt.Errorf("the clock says %d: %s", a.status, a.excerpt())
	}
	now, err := time.Parse(time.RFC3339, fmt.Sprint(shown[0]))
	if err != nil {
		return time.Time{}, err
	}
	return calendar.FederalReserve.After(calendar.DateOf(now)).At(hour.Hour(), hour.Minute()), nil
}
