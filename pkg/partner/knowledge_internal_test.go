package partner

import (
	"os"
	"strings"
	"testing"
)

// The table in docs/client.md is what the code does.
func TestOutcomesAreWhatTheDocsSay(t *testing.T) {
	text, err := os.ReadFile("../../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	columns := []knowledge{{harmless: true}, {}, {history: true}, {history: true, doubt: true},
		{history: true, doubt: true, late: true}}
	rows := 0
	for kind, name := range []string{"unsent", "lost", "unclear", "turned away", "refused", "known", "broken", "done"} {
		_, row, found := strings.Cut(string(text), "\n| **"+name+"**")
		row, _, _ = strings.Cut(row, "|\n")
		cells := strings.Split(row, "|")[1:]
		if !found || len(cells) != len(columns) {
			t.Errorf("the row of %s has %d columns", name, len(cells))
			continue
		}
		rows++
		for i, before := range columns {
			want, _, _ := strings.Cut(strings.Trim(cells[i], " ¹"), ",")
			if want == "" {
				want, _, _ = strings.Cut(strings.TrimSpace(cells[0]), ",")
			}
			if got := outcomeNames[before.conclude(reply(kind))]; got != want {
				t.Errorf("%s, %+v: %s, the docs say %s", name, columns[i], got, want)
			}
		}
	}
	if rows != int(replyDone)+1 {
		t.Errorf("%d rows", rows)
	}
	// What a read was known by before: nothing, or an attempt that was written.
	read := knowledge{harmless: true, doubt: true}
	if got := read.conclude(replyUnsent); got != OutcomeNoEffect {
		t.Errorf("a read that was written before: %s", got)
	}
}

var outcomeNames = map[Outcome]string{
	OutcomeNotSent: "NotSent", OutcomeRefused: "Refused", OutcomeUnknown: "Unknown",
	OutcomeReceivedBefore: "ReceivedBefore", OutcomeDoneUnreadable: "DoneUnreadable", OutcomeDone: "Done",
	OutcomeRefusedThisTime: "RefusedThisTime", OutcomeTooLate: "TooLate", OutcomeNoEffect: "NoEffect",
}

func TestEveryOutcomeSaysWhatItIsAndWhatToDo(t *testing.T) {
	if len(outcomes) != len(outcomeNames) {
		t.Errorf("%d outcomes have texts, %d a name", len(outcomes), len(outcomeNames))
	}
	for outcome, name := range outcomeNames {
		if outcome.String() == "" || outcome.Advice() == "" {
			t.Errorf("%s has no text", name)
		}
	}
}
