package browser_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

var brokenReport *contracttest.Report

// broken is a report of a server that is broken in several ways. It is made once.
func broken(t *testing.T) *contracttest.Report {
	t.Helper()
	if brokenReport == nil {
		brokenReport = makeBroken(t)
	}
	return brokenReport
}

func makeBroken(t *testing.T) *contracttest.Report {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	var handler http.Handler = b
	for _, animal := range zoo.All() {
		if slices.Contains([]string{"pocket-without-status", "created-is-ok", "strange-status", "moved",
			"accepted-is-created"}, animal.Name) {
			handler = animal.Break(zoo.Bank{Handler: handler, SigningSecret: sandbox.DefaultSigningSecret})
		}
	}
	r, err := contracttest.Run(t.Context(), contracttest.Config{Handler: handler, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret, AllowWrites: true, Seed: 7,
		Generated: 1, MaxTime: time.Hour, Operations: []string{"getPocket", "createCounterparty", "getApplication",
			"listEventTypes", "fundAccount", "getWire", "getOnUsTransfer", "listCustomerCards"},
		Excluded: []contracttest.Exclusion{
			{Check: "F920", Operation: "fundAccount", Reason: "it will be accepted from May on"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) < 4 || len(r.Excluded) != 1 {
		t.Fatalf("%d findings, %d excluded", len(r.Findings), len(r.Excluded))
	}
	// What a run of a better server would not show.
	r.Warnings = append(r.Warnings, "nothing was written: operations that change something were not tested")
	r.Unfinished = append(r.Unfinished, "generated")
	r.Operations = append(r.Operations,
		contracttest.OperationReport{ID: "createVirtualCard", Tag: "Cards", Requests: 12345,
			Statuses: map[int]int{0: 1, 401: 12300, 403: 30, 404: 4, 405: 4, 409: 2, 413: 2, 415: 2}},
		contracttest.OperationReport{ID: "getCustomerBrokerageAccountDocument", Tag: "Cards"})
	long := r.Findings[0]
	long.Expected, long.Place = strings.Repeat("averylongwordwithoutaspace", 20), "body /"+strings.Repeat("a/*/", 60)
	r.Findings = append(r.Findings, long)
	return r
}

// file is a report in a file.
func file(t *testing.T, r *contracttest.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteHTML(&b, r, report.About{URL: "https://partner.example.com/bank", Version: "1.2.3",
		Writes:  true,
		Started: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), Took: 12345 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheReportIsReadInABrowser(t *testing.T) {
	r := broken(t)
	p := open(t, file(t, r), 1200)

	shown := eval[[]string](p, `
		[...document.querySelectorAll("#findings ~ article, #findings ~ nav ~ article")].map(a => {
		const box = a.getBoundingClientRect();
		return box.width > 0 && box.height > 0 ? a.innerText : "";
	})`)
	if len(shown) != len(r.Findings) {
		t.Fatalf("%d findings are shown of %d", len(shown), len(r.Findings))
	}
	for i, f := range r.Findings {
		for _, text := range []string{f.Check.Code, f.Check.Finds, f.Operation, f.Expected, f.Got, f.Source} {
			if !strings.Contains(shown[i], text) {
				t.Errorf("finding %d does not show %q: %s", i+1, text, shown[i])
			}
		}
	}
	body := eval[string](p, `document.body.innerText`)
	for _, text := range []string{"FAILED: ", "it will be accepted from May on", "never succeeded", "never called",
		"401 × 12,300", "the phase generated is not through", "--seed 7 --allow-writes"} {
		if !strings.Contains(body, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	p.quiet()
}

// What is folded is unfolded from the keyboard, with or without scripts.
func TestAScriptIsUnfoldedByTheKeyboard(t *testing.T) {
	r := broken(t)
	path := file(t, r)
	for name, isScripted := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			p := open(t, path, 1200)
			if !isScripted {
				call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
				p.do(chromedp.Reload())
			}
			const script = "#finding-1-script"
			if p.isVisible(script) {
				t.Error("the script is shown at once")
			}
			p.do(chromedp.Focus(chromedp.CSS("#finding-1 summary")), chromedp.KeyEvent(kb.Enter))
			if !p.isVisible(script) {
				t.Error("the script is not shown")
			}
			if got := p.isVisible("#finding-1 button"); got != isScripted {
				t.Errorf("a button is shown: %v", got)
			}
			if text := ask(p, chromedp.TextContent(chromedp.CSS(script))); text != r.Findings[0].Script() {
				t.Errorf("the script is another one: %s", text)
			}
			if text := ask(p, chromedp.TextContent(chromedp.CSS("#finding-1-test"))); text != r.Findings[0].GoTest() {
				t.Errorf("the test is another one: %s", text)
			}
			p.quiet()
		})
	}
}

func TestTheButtonCopies(t *testing.T) {
	r := broken(t)
	p := open(t, file(t, r), 1200)
	// What is copied is told, as nobody has allowed the page to look at it again.
	eval[bool](p, `{
		const write = navigator.clipboard.writeText.bind(navigator.clipboard);
		navigator.clipboard.writeText = text => { window.copied = text; return write(text); };
	} true`)
	p.do(chromedp.Focus(chromedp.CSS("#finding-1 summary")), chromedp.KeyEvent(kb.Enter),
		chromedp.Click(chromedp.CSS("#finding-1 button")))
	said := ask(p, chromedp.Poll[string](
		`(says => says !== "Copy it" && says)(document.querySelector("#finding-1 button").textContent)`))
	if said != "Copied" {
		t.Errorf("the button says %q", said)
	}
	copied := eval[string](p, `window.copied`)
	if copied != r.Findings[0].Script() {
		t.Errorf("what is copied is %q", copied)
	}
	p.quiet()
}

// Wherever it is read, nothing is cut off, and nothing is hard to read or to reach.
func TestThePageIsReadableOnAnyScreen(t *testing.T) {
	axe := axeCore(t)
	for name, path := range map[string]string{"broken": file(t, broken(t)),
		"nothing": file(t, &contracttest.Report{})} {
		p := open(t, path, 360)
		for _, width := range []int64{360, 1200} {
			p.resize(width)
			for _, scheme := range []string{"light", "dark"} {
				p.looks("", scheme)
				p.fold(true)
				p.shoot(name, width, scheme)
				p.fold(false)
				wide := eval[[]string](p, `[...document.querySelectorAll("body *")].filter(e => {
					const box = e.getBoundingClientRect();
					return !e.closest("thead") && (box.right > innerWidth + 0.5 || box.left < -0.5);
				}).map(e => e.tagName + " " + e.className + " " + e.textContent.slice(0, 40))`)
				scrolls := eval[int64](p, `document.documentElement.scrollWidth`)
				if scrolls > width || len(wide) > 0 {
					t.Errorf("%s at %d: it scrolls to %d, because of %q", name, width, scrolls,
						wide[:min(len(wide), 5)])
				}
				for _, complaint := range p.audit(axe) {
					t.Errorf("%s at %d, %s: %s", name, width, scheme, complaint)
				}
				p.shoot(name+"-open", width, scheme)
			}
		}
		p.quiet()
	}
}

func TestOnPaperNothingIsCutOff(t *testing.T) {
	p := open(t, file(t, broken(t)), 800)
	p.fold(false)
	p.looks("print", "light")
	cut := eval[int](p, `[...document.querySelectorAll("pre")].filter(e => e.scrollHeight > e.clientHeight + 1).length`)
	if cut > 0 {
		t.Errorf("%d texts are cut off", cut)
	}
	if p.isVisible("button") {
		t.Error("a button is printed")
	}
}

// Nothing of a report becomes a part of the page, and nothing of a page reaches the network.
func TestAReportOfAStrangersIsText(t *testing.T) {
	const strange = `</pre></script><script>window.gotcha = 1</script><img src=x onerror="window.gotcha = 2">` +
		`"onfocus="window.gotcha=3" autofocus x="'><a href="javascript:gotcha">{{.}}</a>`
	f := contracttest.Finding{Check: contracttest.Check{Code: strange, Name: strange, Finds: strange},
		Operation: strange, Operations: []string{strange}, Place: strange, Rule: strange, Expected: strange,
		Got:    strange,
		Source: strange, Evidence: strange, Phase: strange, Reason: strange}
	steps, err := json.Marshal([]map[string]any{{"method": "GET", "path": "/" + strange, "body": strange}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(steps, &f.Steps); err != nil {
		t.Fatal(err)
	}
	p := open(t, file(t, &contracttest.Report{Findings: []contracttest.Finding{f, f, f, f},
		Excluded: []contracttest.Finding{f}, Warnings: []string{strange}, Unfinished: []string{strange},
		Operations: []contracttest.OperationReport{{ID: strange, Tag: strange}}}), 1200)
	found := eval[[]string](p,
		`[...document.querySelectorAll("script, img, a, [onfocus], [autofocus]")].map(e => e.outerHTML.slice(0, 60))`)
	stray := slices.DeleteFunc(slices.Clone(found), func(html string) bool {
		return strings.HasPrefix(html, `<a href="#`)
	})
	if len(found) != 10 || len(stray) != 1 || !strings.HasPrefix(stray[0], "<script>// A button") {
		t.Errorf("the page has %q, want nine links within it and its script", found)
	}
	if eval[bool](p, `"gotcha" in window`) {
		t.Error("a text of the report was run")
	}
	p.quiet()

	refused := eval[[]string](p, `new Promise(done => {
		const refused = [];
		addEventListener("securitypolicyviolation", e => {
			refused.push(e.effectiveDirective);
			if (refused.length === 4) done(refused.sort());
		});
		const add = (tag, what) => document.body.append(Object.assign(document.createElement(tag), what));
		add("img", {src: "https://example.com/x.png"});
		add("style", {textContent: "* { color: red }"});
		add("script", {textContent: "window.gotcha = 4"});
		fetch("https://example.com/").catch(() => {});
	})`)
	want := []string{"connect-src", "img-src", "script-src-elem", "style-src-elem"}
	if !slices.Equal(refused, want) {
		t.Errorf("the policy refuses %q, want %q", refused, want)
	}
}
