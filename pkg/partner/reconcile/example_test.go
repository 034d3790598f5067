package reconcile_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/partnertest"
	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// exampleClient is a client of an API that has one event and one wire.
func exampleClient() *partner.Client {
	var event partner.Event
	err := event.UnmarshalJSON([]byte(`{"event_id":"6b1f0f0e-1c1b-4d0e-9f57-0c3d8f2d5a01",
		"event_type":"transfers.wire.out.success","timestamp":"2026-03-30T21:00:00Z",
		"payload":{"jiko_account_id":"8a7ec6c0-2701-40a1-8954-68870964b50d",
		"wire_id":"4854014d-5540-4f0c-9efe-a0137f01e1da"}}`))
	if err != nil {
		panic(err)
	}
	return &partner.Client{Services: partner.Services{
		Events: &partnertest.Events{ListFunc: func(context.Context, *partner.ListEventsParams, ...partner.CallOption) (
			*partner.PastEventPage, error) {
			return &partner.PastEventPage{Items: []partner.PastEvent{{Event: event}}}, nil
		}},
		Wires: &partnertest.Wires{ListFunc: func(context.Context, *partner.ListWiresParams, ...partner.CallOption) (
			*partner.WirePage, error) {
			return &partner.WirePage{Items: []partner.Wire{{
				ID:          uuid.MustParse("4854014d-5540-4f0c-9efe-a0137f01e1da"),
				Status:      partner.Ptr(partner.WireStatusSuccess),
				Description: partner.Ptr("INV-1001"),
				TimeCreated: partner.Ptr(time.Date(2026, 3, 30, 15, 0, 0, 0, time.UTC)),
			}}}, nil
		}},
	}}
}

// An event that never came, and a wire whose outcome the program therefore does not know.
func ExampleReconciler_Run() {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	reconciler, err := reconcile.New(reconcile.Config{
		Client: exampleClient(),
		Now:    func() time.Time { return now },
	})
	if err != nil {
		panic(err)
	}
	report, err := reconciler.Run(context.Background(),
		reconcile.Scope{
			Customers: []uuid.UUID{uuid.MustParse("160c0c4b-9966-4dc1-a916-8407eb10d74e")},
			Payments:  []reconcile.Object{reconcile.ObjectWire},
			From:      now.AddDate(0, 0, -10),
		},
		reconcile.Beliefs{
			Events: reconcile.Values[reconcile.Event](),
			Payments: reconcile.Values(reconcile.Payment{
				Object:    reconcile.ObjectWire,
				Reference: "INV-1001",
				State:     reconcile.StateOpen,
				Created:   time.Date(2026, 3, 30, 15, 0, 0, 0, time.UTC),
			}),
		})
	if err != nil {
		panic(err)
	}
	fmt.Println(report)
	for _, finding := range report.Findings {
		fmt.Println(finding)
	}
	// Output:
	// 1 missing, 0 doubled, 0 late, 1 different (2 calls)
	// missing (program): event 6b1f0f0e-1c1b-4d0e-9f57-0c3d8f2d5a01 transfers.wire.out.success
	// different (program): wire 4854014d-5540-4f0c-9efe-a0137f01e1da: state
}

// A finding says what to do, in a word for programs and in a sentence for people.
func ExampleFinding_Action() {
	finding := reconcile.Finding{Kind: reconcile.KindLate, Side: reconcile.SideAPI, Object: reconcile.ObjectWire,
		ID: uuid.MustParse("4854014d-5540-4f0c-9efe-a0137f01e1da")}
	fmt.Println(finding.Action())
	fmt.Println(finding.Advice())
	// Output:
	// ask
	// ask the provider why the payment is still open, and set Due to when to look again; do not pay it again
}

// What a program knows may come from a database, row by row.
func ExampleBeliefs() {
	events := func(ctx context.Context, db *sql.DB) iter.Seq2[reconcile.Event, error] {
		return func(yield func(reconcile.Event, error) bool) {
			rows, err := db.QueryContext(ctx, `SELECT id, type, happened, received, handled, reviewed FROM events
				WHERE happened > now() - interval '10 days'`)
			if err != nil {
				yield(reconcile.Event{}, err)
				return
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var e reconcile.Event
				err := rows.Scan(&e.ID, &e.Type, &e.Timestamp, &e.Received, &e.Handled, &e.Reviewed)
				if !yield(e, err) || err != nil {
					return
				}
			}
			if err := rows.Err(); err != nil {
				yield(reconcile.Event{}, err)
			}
		}
	}
	beliefs := func(ctx context.Context, db *sql.DB) reconcile.Beliefs {
		return reconcile.Beliefs{Events: events(ctx, db)}
	}
	_ = beliefs
}

// store is where a program keeps what it knows, as in the guide.
type store interface {
	Events(ctx context.Context) iter.Seq2[reconcile.Event, error]
	Payments(ctx context.Context) iter.Seq2[reconcile.Payment, error]
	Handle(ctx context.Context, event *webhook.Event) error
	SaveEvent(ctx context.Context, event reconcile.Event) error
	SavePayment(ctx context.Context, payment reconcile.Payment) error
	Tell(ctx context.Context, finding reconcile.Finding, advice string) error
}

func compareDaily(ctx context.Context, client *partner.Client, store store, customers []uuid.UUID) error {
	reconciler, err := reconcile.New(reconcile.Config{Client: client})
	if err != nil {
		return err
	}
	report, err := reconciler.Run(ctx,
		reconcile.Scope{Customers: customers, From: time.Now().AddDate(0, 0, -10)},
		reconcile.Beliefs{Events: store.Events(ctx), Payments: store.Payments(ctx)})
	if report != nil {
		err = errors.Join(err, repair(ctx, store, report))
	}
	return err
}

func repair(ctx context.Context, store store, report *reconcile.Report) error {
	for _, finding := range report.Findings {
		if err := repairOne(ctx, store, finding); err != nil {
			return err
		}
	}
	return nil
}

func repairOne(ctx context.Context, store store, finding reconcile.Finding) error {
	switch finding.Action() {
	case reconcile.ActionHandle:
		event, err := webhook.Parse(finding.Event.API.Raw)
		if err != nil {
			return err
		}
		if err := store.Handle(ctx, event); err != nil {
			return err
		}
		return store.SaveEvent(ctx, finding.Event.API.Record())
	case reconcile.ActionCorrect:
		if finding.Event != nil {
			return store.SaveEvent(ctx, finding.Event.Corrected())
		}
		return store.SavePayment(ctx, finding.Payment.Corrected())
	default: // Somebody has to look at it.
		return store.Tell(ctx, finding, finding.Advice())
	}
}

var _ = compareDaily

// The guide's code is code that is compiled: each line of it stands in this file.
func TestTheGuideShowsCodeThatCompiles(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/reconcile.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	compiled := map[string]bool{}
	for line := range strings.Lines(string(source)) {
		compiled[strings.TrimSpace(line)] = true
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 2 {
		t.Fatalf("the guide shows %d pieces of code", len(blocks))
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			if line = strings.TrimSpace(line); !compiled[line] {
				t.Errorf("this line of the guide is not in example_test.go: %s", line)
			}
		}
	}
	for _, action := range []reconcile.Action{reconcile.ActionHandle, reconcile.ActionDistrust, reconcile.ActionUndo,
		reconcile.ActionReread, reconcile.ActionCorrect, reconcile.ActionRecord, reconcile.ActionFail,
		reconcile.ActionRecover, reconcile.ActionMerge, reconcile.ActionAsk} {
		if !strings.Contains(string(guide), fmt.Sprintf("| `%s` |", action)) {
			t.Errorf("the guide does not say what to do with %s", action)
		}
	}
}
