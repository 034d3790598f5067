package fault_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want fault.Fault
	}{
		"a kind alone":         {"reset", fault.Fault{Kind: fault.Reset}},
		"members after it":     {"reset;when=after;delay=20ms", fault.Fault{Kind: "reset", When: "after", Delay: 2e7}},
		"blanks do not count":  {" html ; status = 504 ", fault.Fault{Kind: fault.HTML, Status: 504}},
		"all that a delay has": {"delay; delay=1s; jitter=2s", fault.Fault{Kind: "delay", Delay: 1e9, Jitter: 2e9}},
		"a wait that is asked": {"status; status=429; retry_after=3600",
			fault.Fault{Kind: fault.Status, Status: 429, RetryAfter: 3600}},
		"a speed": {"bandwidth; bytes_per_second=1000", fault.Fault{Kind: fault.Bandwidth, BytesPerSecond: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fault.Parse(test.text)
			if err != nil || got != test.want {
				t.Errorf("%+v, %v", got, err)
			}
			if again, err := fault.Parse(got.String()); err != nil || again != got {
				t.Errorf("%q is read as %+v, %v", got.String(), again, err)
			}
		})
	}
}

func TestWhatIsNoFaultSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "kind: is missing",
		"rest":                               "did you mean reset?",
		"reset; wen=after":                   "did you mean when?",
		"reset; when":                        "want a kind, and then name=value",
		"reset; when=":                       "want a kind, and then name=value",
		"reset;":                             "want a kind, and then name=value",
		"reset; when=after; when=before":     "when: it stands twice",
		"reset; when=never":                  "when: want one of before, after, middle for reset",
		"status; when=middle":                "when: want one of before, after for status",
		"truncate; when=after":               "when: truncate has one moment alone",
		"delay":                              "delay: is missing",
		"delay; delay=5":                     "delay: want a time with its unit",
		"delay; delay=-1s":                   "delay: want a time up to 10m0s",
		"delay; delay=11m":                   "delay: want a time up to 10m0s",
		"delay; delay=9m; jitter=2m":         "jitter: want a time that makes no more than 10m0s",
		"bandwidth":                          "bytes_per_second: want at least 1",
		"reset; bytes_per_second=5":          "bytes_per_second: is for bandwidth alone",
		"status; status=200":                 "status: want one of 400 to 599",
		"status; status=x":                   "status: want a whole number",
		"reset; status=500":                  "status: is for status and html alone",
		"reset; retry_after=5":               "retry_after: is for status and html alone",
		"status; retry_after=100000":         "retry_after: want seconds, up to 86400",
		"reset; " + strings.Repeat("a", 600): "it has more than 512 bytes",
	} {
		if _, err := fault.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"reset; when=after", "delay; delay=1s; jitter=2s",
		"status; status=429; retry_after=1", "bandwidth;bytes_per_second=1", ";;;", "html; status=0x1F6"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := fault.Parse(text)
		if err != nil {
			return
		}
		if err := got.Check(); err != nil {
			t.Errorf("%q is read, and refused: %v", text, err)
		}
		if again, err := fault.Parse(got.String()); err != nil || again != got {
			t.Errorf("%+v is written as %q and read as %+v, %v", got, got.String(), again, err)
		}
	})
}

func TestJSONHasWhatFilesHave(t *testing.T) {
	text, err := json.Marshal(fault.Fault{Kind: fault.Status, When: fault.After, Delay: 1500 * time.Millisecond,
		Jitter: time.Second, Status: 429, RetryAfter: 7})
	const want = `{"kind":"status","when":"after","status":429,"retry_after":7,"delay":"1.5s","jitter":"1s"}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

func TestJitterIsDrawn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	f := fault.Fault{Kind: fault.Delay, Delay: time.Second, Jitter: time.Second}
	var delays []time.Duration
	for range 50 {
		drawn := f.Draw(random)
		if drawn.Jitter != 0 || drawn.Delay < time.Second || drawn.Delay > 2*time.Second {
			t.Fatalf("%+v", drawn)
		}
		delays = append(delays, drawn.Delay)
	}
	slices.Sort(delays)
	if len(slices.Compact(delays)) < 40 {
		t.Errorf("%v", delays)
	}
}

// Programs that call the controls read the rules that they have set.
func TestAFaultIsReadFromJSONAsItIsWritten(t *testing.T) {
	for _, want := range []fault.Fault{
		{}, {Kind: fault.Reset, When: fault.After},
		{Kind: fault.Delay, Delay: 1500 * time.Millisecond, Jitter: time.Nanosecond},
		{Kind: fault.HTML, Status: 502, RetryAfter: 7}, {Kind: fault.Bandwidth, BytesPerSecond: 1},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := fault.Fault{Jitter: time.Hour} // What is not there is zero.
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	got := fault.Fault{Kind: fault.Reset}
	err := json.Unmarshal([]byte(`{"kind":"delay","delay":150}`), &got)
	if err == nil || got.Kind != fault.Reset {
		t.Errorf("%+v, %v", got, err)
	}
	problem := new(fault.Problem)
	err = json.Unmarshal([]byte(`{"kind":"delay","jitter":"soon"}`), &got)
	if !errors.As(err, &problem) || problem.Member != "jitter" || got.Kind != fault.Reset {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryKindCanHappen(t *testing.T) {
	for _, kind := range fault.Kinds() {
		f := fault.Fault{Kind: kind}
		switch kind {
		case fault.Delay:
			f.Delay = time.Second
		case fault.Bandwidth:
			f.BytesPerSecond = 1
		default:
		}
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
