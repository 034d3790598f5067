package contracttest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Credentials may have in them what a shell or JSON would take for something else.
func TestAScriptLogsInWithWhateverTheCredentialsAre(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{
		`-n it's "quoted" $HOME $(id) ${x} ` + "`id`", `%s back\slash\n\"`, "two\nlines\n and\ta tab, a bell\x07",
		`größer 日本 & | ; > # ! *`,
	} {
		username, password, secret := odd, odd+" password-0123456789", "secret-0123456789 "+odd+" end"
		b, err := sandbox.New(sandbox.Config{Username: username, Password: signing.NewSecret(password),
			SigningSecret: signing.NewSecret(secret)})
		if err != nil {
			t.Fatalf("%q: %v", odd, err)
		}
		server := httptest.NewServer(b)
		t.Cleanup(func() { server.Close(); _ = b.Close() })
		f := Finding{Steps: []step{
			{Operation: "listPockets", Method: "GET", Path: "/api/v2/pockets/"},
			{Operation: "login", Method: "POST", Path: "/api/v1/login/", Media: mediaJSON,
				Body: text(`{"username":"${username}","password":"${password}"}`)},
			{Operation: "login", Method: "POST", Path: "/api/v1/login/", Media: mediaJSON,
				Body: text(`{"username":"${username}","password":"${password}x"}`)},
		}}
		shown := paste(t, server.URL, f.Script(), "JIKO_USERNAME="+username, "JIKO_PASSWORD="+password,
			"JIKO_SIGNING_SECRET="+secret)
		if got := statuses(shown); !slices.Equal(got, []string{"200", "200", "401"}) {
			t.Errorf("%q: the script gets %q\n%s", odd, got, shown)
		}
	}
}

// What a request has is sent as it is, also in an address.
func TestAScriptSendsWhatStandsForAVariable(t *testing.T) {
	t.Parallel()
	const odd = `a+b/c=&d "quoted" #? é%41`
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", mediaJSON)
		if strings.HasPrefix(r.URL.Path, "/api/v1/login/") {
			_, _ = w.Write([]byte(`{"token":"a"}`))
			return
		}
		asked = append(asked, r.URL.Query().Get("cursor"), r.URL.Path)
	}))
	t.Cleanup(server.Close)
	f := Finding{Steps: []step{{Prepare: "listPockets", Given: []string{"cursor"}},
		{Operation: "listPockets", Method: "GET", Path: "/api/v2/${cursor}/", Query: []pair{{"cursor", "${cursor}"}}}}}
	shown := paste(t, server.URL, f.Script(), "PREPARED_CURSOR="+odd)
	if want := []string{odd, "/api/v2/" + odd + "/"}; !slices.Equal(asked, want) {
		t.Errorf("it asks for %q, want %q\n%s", asked, want, shown)
	}
}

// Requests at the same time that have keys of their own have them in a script as well, and those under one key one.
func TestAScriptHasAKeyForEachOfManyRequests(t *testing.T) {
	t.Parallel()
	const key = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	for _, c := range []struct {
		name string
		step step
		keys int
		has  bool
	}{
		{"one key", step{Times: 4}, 1, false},
		{"keys of their own", step{Times: 4, OwnKeys: true}, 4, false},
		{"a key and others", step{Times: 4, OwnKeys: true, Key: key}, 4, true},
		{"a key", step{Times: 4, Key: key}, 1, true},
	} {
		var mu sync.Mutex
		keys, sent := map[string]bool{}, 0
		b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "login") {
				mu.Lock()
				keys[r.Header.Get("X-Jiko-Idempotency")] = true
				sent++
				mu.Unlock()
			}
			b.ServeHTTP(w, r)
		}))
		t.Cleanup(func() { server.Close(); _ = b.Close() })
		s := c.step
		s.Operation, s.Method, s.Path, s.Media = "createReportRequest", "POST", "/api/v1/report-requests/", mediaJSON
		s.Body = text(`{"date_from":"2023-01-01","date_to":"2023-01-31","type":"TRADE_REPORT"}`)
		after := step{Operation: "listReportRequests", Method: "GET", Path: "/api/v1/report-requests/"}
		shown := paste(t, server.URL, Finding{Steps: []step{s, after}}.Script())
		if len(keys) != c.keys || sent != 4 || keys[key] != c.has {
			t.Errorf("%s: %d requests have the keys %v\n%s", c.name, sent, keys, shown)
		}
		for _, status := range statuses(shown) {
			if status[0] != '2' && (c.keys > 1 || status != "409") {
				t.Errorf("%s: a request gets %s\n%s", c.name, status, shown)
			}
		}
	}
}

// A finding of a stranger's file is pasted, line by line: nothing of it is a line of its own.
func TestAScriptHasNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nrm -rf ~\x1b]0;t\x07\u202e\u0085\x7f"
	f := Finding{Check: checkByCode("F101"), Operation: "listPockets", Operations: []string{"listPockets"}, Place: evil,
		Rule: evil, Expected: evil, Got: evil, Source: evil, Steps: []step{{Operation: "listPockets", Method: "GET",
			Path: "/api/v2/pockets/", Header: []pair{{"X-Text", "a\ttab\x1b's"}}, Query: []pair{{"q", evil}}}}}
	texts := map[string]string{"the script": f.Script(), "the test": f.GoTest(), "the text": f.String()}
	for name, text := range texts {
		for _, r := range "\r\x1b\x07\u202e\u0085\x7f" {
			if strings.ContainsRune(text, r) {
				t.Errorf("%s has a %U: %q", name, r, text)
			}
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "rm ") {
				t.Errorf("%s has the line %q", name, line)
			}
		}
	}
}

// The tests of the findings of a report can stand beside each other, and none has a line that no editor would show.
func TestTestsOfFindingsStandBesideEachOther(t *testing.T) {
	t.Parallel()
	long := `{"note":"` + strings.Repeat("x", 3<<20) + `","other":"` + strings.Repeat("\u00e4`\x7f", 3) + `"}`
	var source strings.Builder
	source.WriteString("package some\n")
	for _, at := range []struct{ place, rule string }{
		{"body /a_b", "type"}, {"body /aB", "type"}, {"body /a_b", "enum"}, {"", ""}, {"header allow", "type"},
	} {
		f := Finding{Check: checkByCode("F102"), Operation: "createPocket", Place: at.place, Rule: at.rule,
			Steps: []step{{Operation: "createPocket", Method: "POST", Path: "/", Media: mediaJSON, Body: text(long)}}}
		test := f.GoTest()
		source.WriteString(test)
		for line := range strings.Lines(test) {
			if len(line) > 2000 {
				t.Errorf("a line has %d bytes", len(line))
			}
		}
		if test != f.GoTest() || strings.Count(test, "\n") > mostTestLines {
			t.Errorf("it is %s", test)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "some_test.go", source.String(), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			names[f.Name.Name] = true
		}
	}
	if len(names) != 5 {
		t.Errorf("the tests are called %v", names)
	}
}

// A token that is taken although it is spoilt has to be the same one in the script as in the run.
func TestAScriptSpoilsATokenAsTheStepsDo(t *testing.T) {
	t.Parallel()
	for _, given := range []string{"eyJh.bGci-_w", "abcA", "xyz0", "0123-abcdef", "ABCDEF99"} {
		var mu sync.Mutex
		var got []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			w.Header().Set("Content-Type", mediaJSON)
			if strings.HasPrefix(r.URL.Path, "/api/v1/login/") {
				_, _ = w.Write([]byte(`{"token":"` + given + `"}`))
				return
			}
			got = append(got, r.Header.Get("Authorization"))
			_, _ = w.Write([]byte(`{}`))
		}))
		t.Cleanup(server.Close)
		r := newTestRun(t, Config{URL: server.URL, Username: "a", Password: sandbox.DefaultPassword,
			SigningSecret: sandbox.DefaultSigningSecret})
		f := Finding{}
		for _, token := range []call.Token{call.TokenSpoilt, call.TokenCase} {
			f.Steps = append(f.Steps, step{Operation: "listPockets", Method: "GET", Path: "/api/v2/pockets/",
				Token: token})
		}
		if _, err := r.try(t.Context(), f.Steps); err != nil {
			t.Fatal(err)
		}
		paste(t, server.URL, f.Script())
		if len(got) != 4 || !slices.Equal(got[:2], got[2:]) || slices.Contains(got, "Bearer "+given) {
			t.Errorf("%q: the run and then the script send %q", given, got)
		}
	}
}

// A script sends bodies at the same time that differ.
func TestAScriptSendsOtherBodiesBesideTheFirst(t *testing.T) {
	t.Parallel()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(func() { server.Close(); _ = b.Close() })
	made := step{Operation: "createSubscription", Method: "POST", Path: "/api/v1/subscriptions/", Media: mediaJSON,
		Keep: map[string]string{"subscription_id": "/id"}, Body: text(`{"events":["card.status.open"],` +
			`"url":"http://127.0.0.1:1/","shared_secret":"0123456789abcdef"}`)}
	changed := callBy("updateSubscription", "subscription_id")
	changed.Media, changed.Times, changed.OwnKeys = mediaJSON, 2, true
	changed.Body, changed.Beside = text(`{"description":"first"}`), []body{body(`{"url":"http://127.0.0.1:2/"}`)}
	steps := Steps{made, changed, callBy("getSubscription", "subscription_id")}
	f := Finding{Check: checkByCode(codeReadBack), Steps: steps}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	shown := paste(t, server.URL, f.Script())
	for _, want := range []string{`"description":"first"`, `"url":"http://127.0.0.1:2/"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the script does not show %s:\n%s", want, shown)
		}
	}
	f.Steps[1].Times = 1
	if f.Validate() == nil {
		t.Error("a step is taken that has more bodies than requests")
	}
}

// A moment is shifted by a run and by a script alike.
func TestAMomentIsShifted(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{apart, -time.Millisecond, 0, -2 * time.Second} {
		vs := variables{"bound": "2026-03-02T16:00:00.0005+01:00"}
		s := step{Make: map[string]recipe.Made{"near": shift("bound", by)}}
		made, err := (&run{}).make(s.Make["near"], vs)
		moment, errMoment := time.Parse(time.RFC3339, made)
		want := time.Date(2026, 3, 2, 15, 0, 0, 500_000, time.UTC).Add(by)
		if err != nil || errMoment != nil || !moment.Equal(want) {
			t.Errorf("%s is made, want %s: %v", made, want, err)
		}
		if uses := s.uses(); len(uses) != 1 || uses[0] != "bound" {
			t.Errorf("it uses %v", uses)
		}
		var b strings.Builder
		s.script(&b)
		out, err := exec.Command("bash", "-c", `plain() { v=${1#\"}; printf '%s' "${v%\"}"; }; v_bound='"`+
			vs["bound"].(string)+`"'; `+b.String()+` plain "$v_near"`).CombinedOutput()
		if moment, errMoment := time.Parse(time.RFC3339, string(out)); err != nil || errMoment != nil ||
			!moment.Equal(want) {
			t.Errorf("a script makes %s, want %s: %v", out, want, err)
		}
	}
	if _, err := (&run{}).make(shift("bound", time.Second), variables{"bound": ""}); err == nil {
		t.Error("a moment is made of nothing")
	}
}
