package server_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestARepeatedWriteIsReplayedAndARepeatedReadIsNot(t *testing.T) {
	s := start(t)
	payments, reads := 0, 0
	s.fund = func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		payments++
		return partnerserver.FundAccountAccepted{}, nil
	}
	s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
		reads++
		return partnerserver.ListAgreementsOK{Body: partnerapi.AgreementBundle{
			Documents: []partnerapi.AgreementDocument{}}}, nil
	}
	key := uuid.NewString()
	for n := range 2 {
		write, read := request(t, http.MethodPost, fund, fundBody), request(t, http.MethodGet, agreements, "")
		sign(t, write, newSecret, key, fundBody)
		sign(t, read, newSecret, key, "")
		w := serve(t, plain(), write)
		if replayed := w.Header().Get(idempotency.HeaderReplayed) == "true"; w.Code != http.StatusAccepted ||
			replayed != (n == 1) {
			t.Errorf("write %d: %d, replayed: %v", n, w.Code, replayed)
		}
		if w := serve(t, plain(), read); w.Code != http.StatusOK || w.Header().Get(idempotency.HeaderReplayed) != "" {
			t.Errorf("read %d: %d %s", n, w.Code, w.Body)
		}
	}
	if payments != 1 || reads != 2 {
		t.Errorf("paid %d times, read %d times", payments, reads)
	}
}

func TestAKeyOfAnotherRequestIsRefusedInTheContractsShape(t *testing.T) {
	start(t)
	key := uuid.NewString()
	for n, body := range []string{fundBody, strings.Replace(fundBody, "100", "101", 1)} {
		r := request(t, http.MethodPost, fund, body)
		sign(t, r, newSecret, key, body)
		w := serve(t, plain(), r)
		if n == 0 {
			continue
		}
		if got := strings.Join(entries(t, w), "; "); w.Code != http.StatusUnprocessableEntity ||
			got != "header.x-jiko-idempotency idempotency_key_reused" {
			t.Errorf("%d %s", w.Code, got)
		}
	}
}

// reading keeps what a store is given.
type reading struct {
	idempotency.Store

	given []byte
}

func (s *reading) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	s.given = append(s.given, response...)
	return s.Store.Complete(ctx, hold, response)
}

func TestAnswersAreEncryptedBeforeTheStoreGetsThem(t *testing.T) {
	s := start(t)
	executed := 0
	s.fund = func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		executed++
		return nil, &server.Error{Status: http.StatusGatewayTimeout, Detail: "of Jane Roe"}
	}
	encryption, err := idempotency.NewEncryptionKey("2026-12", []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	keys := []idempotency.EncryptionKey{encryption}
	store := &reading{Store: new(idempotency.Memory)}
	send := func(repeats server.Repeats, key string, status, times int) {
		t.Helper()
		r := request(t, http.MethodPost, fund, fundBody)
		sign(t, r, newSecret, key, fundBody)
		w := serve(t, newServer(t, server.Config{API: s, Store: store, Repeats: repeats}), r)
		if w.Code != status || executed != times ||
			status == http.StatusGatewayTimeout && !strings.Contains(w.Body.String(), "Jane Roe") {
			t.Errorf("%d %s; executed %d times", w.Code, w.Body, executed)
		}
	}
	encrypted, inClear := uuid.NewString(), uuid.NewString()
	send(server.Repeats{EncryptionKeys: keys}, encrypted, 504, 1)
	if len(store.given) == 0 || strings.Contains(string(store.given), "Jane Roe") {
		t.Errorf("the store was given %q", store.given)
	}
	send(server.Repeats{EncryptionKeys: keys}, encrypted, 504, 1)
	send(server.Repeats{}, inClear, 504, 2)
	send(server.Repeats{EncryptionKeys: keys}, inClear, 500, 2)
	send(server.Repeats{EncryptionKeys: keys, AcceptClear: true}, inClear, 504, 2)
}

// dead is a store that nobody answers for.
type dead struct{ idempotency.Store }

func (dead) Claim(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
	return idempotency.Outcome{}, idempotency.ErrFull
}

func TestWithoutItsStoreNothingIsExecuted(t *testing.T) {
	s := start(t)
	s.store = dead{}
	s.fund = func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		t.Error("executed")
		return partnerserver.FundAccountAccepted{}, nil
	}
	w := serve(t, plain(), request(t, http.MethodPost, fund, fundBody))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" ||
		!strings.Contains(detail(t, w), "nothing was executed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(s.log.String(), `"event":"failed"`) {
		t.Errorf("the log says nothing of it: %s", s.log.String())
	}
}

// An operation that answers what the contract does not have is found out, if that is asked for.
func TestAnswersCanBeHeldToTheContract(t *testing.T) {
	for _, mode := range []validation.ResponseMode{validation.ResponseModeOff, validation.ResponseModeLog,
		validation.ResponseModeEnforce} {
		var log strings.Builder
		wrong := &bank{agreements: func(context.Context) (partnerserver.ListAgreementsOutput, error) {
			return partnerserver.ListAgreementsOK{
				Body: partnerapi.AgreementBundle{Documents: []partnerapi.AgreementDocument{{}}}}, nil
		}}
		handler, err := server.New(server.Config{
			API: wrong, Lookup: authentication.FixedTokens(
				map[string]authentication.Caller{token: {ID: "acme", Secrets: []signing.Secret{newSecret}}}),
			Responses: mode, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		w := serve(t, handler, request(t, http.MethodGet, agreements, ""))
		want := http.StatusOK
		if mode == validation.ResponseModeEnforce {
			want = http.StatusInternalServerError
		}
		if w.Code != want || (mode != validation.ResponseModeOff) != strings.Contains(log.String(),
			"differs from the contract") {
			t.Errorf("mode %d: %d %s; log %s", mode, w.Code, w.Body, log.String())
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("mode %d: %s", mode, w.Body)
		}
	}
}

func TestNewRefusesRepeatsThatMakeNoSense(t *testing.T) {
	_, err := server.New(server.Config{
		API: &bank{}, Lookup: authentication.FixedTokens(nil), Store: new(idempotency.Memory),
		Repeats: server.Repeats{Timeout: time.Minute, Lease: time.Second},
	})
	if err == nil || !strings.HasPrefix(err.Error(), "server: ") || !strings.Contains(err.Error(), "lease") {
		t.Errorf("New = %v", err)
	}
}
