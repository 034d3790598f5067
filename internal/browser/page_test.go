package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A page is a file in a browser without a network.
type page struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // It is the browser's tab.
	url string

	mu sync.Mutex
	// complaints are what the console shows, and asked are the requests that were made.
	complaints, asked []string
}

// chromium is the path of a browser, without which tests are skipped, but not where everything is to be tested.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "there is no browser: install the package chromium of Debian")
	return ""
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// axeCore is the script that looks for what is hard to read or to reach. npm has installed it with the other tools.
func axeCore(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "tools", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed: make check-contract installs the tools of npm")
	}
	return string(content)
}

// open opens a file in a window of a width.
func open(t *testing.T, path string, width int64) *page {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)),
		// No name leads anywhere, and the proxy that is asked for addresses is none.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.ProxyServer("127.0.0.1:9"),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // It refuses to be run by root otherwise.
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx, url: "file://" + path}
	if err := chromedp.Listen(ctx, p.heard); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	p.resize(width)
	p.do(chromedp.Navigate(p.url))
	return p
}

// heard notes what a page asks for, and what it complains of.
func (p *page) heard(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked = append(p.asked, e.Request.URL)
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console.%s", e.Type))
	}
}

// quiet fails the test if the page asked for anything but itself, or had something to complain of.
func (p *page) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) == 0 {
		p.t.Error("nobody has seen the page asked for")
	}
	for _, url := range p.asked {
		if url != p.url {
			p.t.Errorf("it asks for %s", url)
		}
	}
	for _, text := range p.complaints {
		p.t.Errorf("it complains: %s", text)
	}
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// ask takes an action that finds something out.
func ask[T any](p *page, action chromedp.Action[T]) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatal(err)
	}
	return value
}

// call sends a command of the protocol.
func call[P, R any](p *page, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatal(err)
	}
}

// eval evaluates an expression of JavaScript, and waits for what it promises.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	return ask(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// looks has the page look as it does for a medium, and for a color scheme.
func (p *page) looks(medium, scheme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// fold hides what can be hidden, or shows it.
func (p *page) fold(isFolded bool) {
	p.t.Helper()
	eval[int](p, fmt.Sprintf(`document.querySelectorAll("details").forEach(d => { d.open = %v; }), 0`, !isFolded))
}

// resize gives the window a width. Narrow ones are those of a phone.
func (p *page) resize(width int64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800,
		DeviceScaleFactor: 1, Mobile: width < 600})
}

// isVisible reports whether the first element of a selector is drawn. It needs no script of the page's.
func (p *page) isVisible(selector string) bool {
	p.t.Helper()
	return eval[bool](p, fmt.Sprintf(`document.querySelector(%q).checkVisibility({visibilityProperty: true})`,
		selector))
}

// audit is what axe-core complains of.
func (p *page) audit(axe string) []string {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](axe))
	return eval[[]string](p, `axe.run().then(r => [...r.violations, ...r.incomplete].map(v =>
		v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " +
			n.any.map(a => a.message).join()).join(" | ")))`)
}

// shoot keeps a picture of the page, in the folder that BROWSER_PICTURES names.
func (p *page) shoot(name string, width int64, scheme string) {
	p.t.Helper()
	folder := os.Getenv("BROWSER_PICTURES")
	if folder == "" {
		return
	}
	picture := ask(p, chromedp.FullScreenshot(100))
	path := filepath.Join(folder, strings.Join([]string{name, fmt.Sprint(width), scheme}, "-")+".png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
