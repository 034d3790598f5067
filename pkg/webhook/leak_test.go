package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

// Whatever goes wrong, neither the log nor an answer has anything of the body, the signature or the secret.
func TestNothingOfADeliveryGetsOut(t *testing.T) {
	secret := signing.NewSecret(marker + "-" + marker)
	var log, answers bytes.Buffer
	down := errors.New("the store is down")
	s := newHooks()
	var failure func(*webhook.Event) error
	config := webhook.Config{
		Secrets: []signing.Secret{newSecret, secret}, Store: s, StoreTimeout: time.Millisecond, MaxBodyBytes: 2000,
		Handle: func(_ context.Context, event *webhook.Event) error { return failure(event) },
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})),
	}
	handler, err := webhook.New(config)
	if err != nil {
		t.Fatal(err)
	}
	var signatures []string
	deliver := func(event any, change func(*http.Request)) {
		request := webhooktest.Request(t, "https://example.com/"+marker+"/?"+marker, secret, event)
		signatures = append(signatures, request.Header.Get(signing.HeaderSignature))
		if change != nil {
			change(request)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		_, _ = fmt.Fprintln(&answers, w.Code, w.Header(), w.Body)
	}

	for _, failure = range []func(*webhook.Event) error{
		func(*webhook.Event) error { return nil },
		func(event *webhook.Event) error { return fmt.Errorf("%v cannot be handled: %+v", event, *event) },
		func(event *webhook.Event) error { panic(event) },
		func(event *webhook.Event) error { panic(*event) },
		func(event *webhook.Event) error { panic(fmt.Sprintf("%#v", event)) },
	} {
		event := newEvent(t)
		deliver(event, nil)
		deliver(event, nil)
		deliver(webhook.Unknown{Raw: []byte(`{"event_type": "` + marker + `"}`)}, nil)
	}
	for _, c := range refusals {
		deliver([]byte(strings.NewReplacer(`"a"`, `"`+marker+`"`, "somebody", marker, id, marker).Replace(c.body)), nil)
	}
	deliver([]byte(strings.Repeat(marker, 1000)), nil)
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = marker },
		func(r *http.Request) { r.Header.Set("Content-Type", marker+"/"+marker) },
		func(r *http.Request) { r.Header.Set(signing.HeaderSignature, marker) },
		func(r *http.Request) { r.Header.Add(signing.HeaderSignature, marker) },
	} {
		deliver(newEvent(t), change)
	}
	s.complete = func() error { return down }
	s.release = s.complete
	deliver(newEvent(t), nil)
	s.claim = func() (idempotency.Outcome, error) { return idempotency.Outcome{}, down }
	deliver(newEvent(t), nil)

	if lines := strings.Count(log.String(), "\n"); lines < len(refusals)+15 {
		t.Errorf("only %d lines are logged", lines)
	}
	for name, text := range map[string]string{"the log": log.String(), "an answer": answers.String(),
		"the configuration": fmt.Sprintf("%+v %#v", config, config)} {
		for _, secret := range append(signatures, marker, newSecret.Reveal()) {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s: %s", name, secret, text)
			}
		}
	}
}

// A contract that holds the marker itself would make the tests blind.
func TestTheMarkerIsNotInTheContract(t *testing.T) {
	if bytes.Contains(partnergo.Spec(), []byte(marker)) {
		t.Fatal("choose another marker")
	}
}
