package contracttest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// judgedOfTexts are cases of judges that look at texts as they go out, or come.
func judgedOfTexts(t *testing.T) map[string][]judged {
	t.Helper()
	const always, never = "' OR '1'='1", "' OR '1'='2"
	condition := map[string]string{"always": always, "never": never, "place": "p"}
	found := list(nil, `{"id":"`+oneID+`"}`, "")
	asked := func(name, items string) said { return list([]pair{{"name", "nobody" + name}}, items, "") }
	item := `{"id":"` + otherID + `"}`
	named := func(name string, status int) said {
		return said{operation: "createCounterparty", sent: `{"name":"x` + name + `"}`, status: status}
	}

	place := map[string]string{"place": "p"}
	page := func(media, body string) said {
		s := said{operation: "getPocket", status: 404, answer: body, header: http.Header{"Content-Type": {media}}}
		return s
	}
	with := func(s said, name, value string) said { s.header.Set(name, value); return s }

	long := map[string]string{"place": "body /pocket_name", "bytes": "2"}
	letters := func(sent string, status int, answer string) said {
		return said{operation: "createPocket", sent: `{"pocket_name":"` + sent + `"}`, status: status, answer: answer}
	}
	const tooLong = `{"detail":[{"loc":["body","pocket_name"],"msg":"too long","type":"x"}]}`

	read := map[string]string{"operation": "getPocket"}
	packed := func(encoding, body string) said {
		return said{operation: "getPocket", status: 200, answer: body, header: http.Header{
			"Content-Encoding": {encoding}}}
	}
	isCut := packed("gzip", inGzip(t, `{"id":"1"}`)[:20])
	isCut.trouble = call.TroubleTooLarge
	return map[string][]judged{
		"injected": {
			{"a condition is carried out", []said{found, asked(never, ""), asked(always, item)}, condition,
				"F200 p condition"},
			{"a condition lets a write through", []said{named(never, 422), named(always, 201)}, condition,
				"F200 p condition"},
			{"both are texts that nothing has", []said{found, asked(never, ""), asked(always, "")}, condition, ""},
			{"both are texts, and ignored", []said{found, asked(never, item), asked(always, item)}, condition, ""},
			{"both are names", []said{named(never, 201), named(always, 201)}, condition, ""},
			{"both are refused", []said{named(never, 422), named(always, 422)}, condition, ""},
			{"there was no time for one", []said{named(never, 429), named(always, 201)}, condition, ""},
			{"there is no other", []said{found, asked(always, item)}, condition, ""},
		},
		"markup": {
			{"a page shows it", []said{page("text/html; charset=utf-8", "<p>"+markup)}, place, "F201 p reflected"},
			{"what is taken for a page shows it", []said{page("", markup)}, place, "F201 p reflected"},
			{"a page shows it in letters", []said{page("text/html", "&lt;script&gt;contracttest()&lt;/script&gt;")},
				place, ""},
			{"a page has scripts of its own", []said{page("text/html", "<script>own()</script>")}, place, ""},
			{"JSON has it", []said{page("application/json", `{"detail":"`+markup+`"}`)}, place, ""},
			{"a text has it", []said{page("text/plain", markup)}, place, ""},
			{"it must not be taken for a page", []said{with(page("", markup), "X-Content-Type-Options", "nosniff")},
				place, ""},
			{"it is a file to be saved", []said{with(page("text/html", markup), "Content-Disposition",
				`attachment; filename="x.html"`)}, place, ""},
			{"it is shown in the page", []said{with(page("text/html", markup), "Content-Disposition", "inline")}, place,
				"F201 p reflected"},
		},
		"length": {
			{"letters are counted as bytes", []said{letters("øø", 201, `{}`), letters("øøøø", 422, tooLong)}, long,
				"F923 body /pocket_name letters of 2 bytes"},
			{"it is taken", []said{letters("øø", 201, `{}`), letters("øøøø", 201, `{}`)}, long, ""},
			{"such letters are not taken at all", []said{letters("øø", 422, tooLong), letters("øøøø", 422, tooLong)},
				long, ""},
			{"something else is refused", []said{letters("øø", 201, `{}`), letters("øøøø", 422,
				`{"detail":[{"loc":["body","customer_id"],"msg":"no","type":"x"}]}`)}, long, ""},
			{"a rule of the bank's", []said{letters("øø", 201, `{}`), letters("øøøø", 422,
				`{"type":"limit","detail":"no"}`)}, long, ""},
			{"nobody knows what is refused", []said{letters("øø", 201, `{}`), letters("øøøø", 422, `{}`)}, long, ""},
		},
		"compressed": {
			{"it is not", []said{packed("gzip", `{"id":"1"}`)}, read, "F930 body compressed"},
			{"it ends too early", []said{packed("gzip", inGzip(t, `{"id":"1"}`)[:20])}, read, "F930 body compressed"},
			{"it is no JSON inside", []said{packed("X-GZIP", inGzip(t, "<p>"))}, read, "F101 body compressed"},
			{"it is JSON inside", []said{packed("gzip", inGzip(t, `{"id":"1"}`))}, read, ""},
			{"it does not say so", []said{packed("identity", `{"id":"1"}`)}, read, ""},
			{"it is so otherwise", []said{packed("br", "\x8b")}, read, ""},
			{"a refusal", []said{gone(packed("gzip", "no"), 404)}, read, ""},
			{"not all of it was read", []said{isCut}, read, ""},
		},
	}
}

func inGzip(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}
