package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
)

// What a file or a server has written moves no cursor.
func TestWhatWasReplayedIsPlainText(t *testing.T) {
	t.Parallel()
	finding := contracttest.Finding{Check: contracttest.Checks()[0], Operation: "getPocket",
		Place: "body /\x1b[2J\x1b[1;1H\r\nFIXED \u202eall"}
	var b strings.Builder
	if err := report.WriteReplayed(&b, []contracttest.Replayed{
		{Finding: finding, Outcome: contracttest.OutcomeFailed},
		{Finding: finding, Outcome: contracttest.OutcomeError, Err: errors.New("it says \x1b]0;title\x07\nFIXED")},
	}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\r\u202e") || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("it is %q", b.String())
	}
	for _, want := range []string{"FAILED F100", "getPocket body /", "ERROR ", "0 fixed, 1 failed, 1 could not"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q has no %q", b.String(), want)
		}
	}
}
