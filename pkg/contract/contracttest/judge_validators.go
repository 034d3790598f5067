package contracttest

import (
	"net/http"
	"reflect"
)

// judgeValidator wants the ETag of what has changed to be another one: whoever has the old one would be told
// that it is the newest.
var judgeValidator = register("validator", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write, place := t.lastWrite(at, args["write"])
	if !succeeded(e) || write == nil || !write.isAbout(args["id"]) {
		return nil
	}
	tag := e.answer.Header.Get("Etag")
	asked, err := decodeNumbers(write.sent.Body)
	object, _ := asked.(map[string]any)
	for i := place - 1; i >= 0 && tag != "" && err == nil; i-- {
		before := t.of(i)
		if !succeeded(before) || before.step.Method != http.MethodGet || before.sent.Target != e.sent.Target {
			continue
		}
		for _, name := range sortedKeys(object) {
			was, is := member(before.value, name), member(e.value, name)
			if was == nil || is == nil || reflect.DeepEqual(was, is) || before.answer.Header.Get("Etag") != tag {
				continue
			}
			return blame(failure{code: codeHeaders, place: "header etag", rule: "stale",
				expected: "another one, as " + write.step.Operation + " has changed what it is about",
				got:      "the one from before", source: "RFC 9110, 8.8.1"}, e.step.Operation, write.step.Operation)
		}
		return nil
	}
	return nil
})
