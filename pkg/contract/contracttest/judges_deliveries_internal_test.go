package contracttest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	aHook     = "7d3f0c1e-6f5c-4a39-9d0e-2f0f2f5a7c11"
	otherHook = "8e4a1d2f-6f5c-4a39-9d0e-2f0f2f5a7c11"
	hooksOwn  = "secret-of-a-subscription"
)

// deliveredTo is a receiver to which these bodies have come, signed.
func deliveredTo(t *testing.T, hook string, bodies ...string) *receiver {
	t.Helper()
	c := &receiver{byPath: map[string][]delivery{}}
	for _, content := range bodies {
		signature, err := signing.SignWebhook(signing.NewSecret(hooksOwn), []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		value, _ := decodeNumbers([]byte(content))
		c.byPath[hook] = append(c.byPath[hook], delivery{body: []byte(content), value: value, header: http.Header{
			"X-Jiko-Signature": {signature}, "Content-Type": {mediaJSON}}})
	}
	return c
}

// anEvent is an event of the contract under an id, about the application aKey, and its type.
func anEvent(t *testing.T, id string) (content, kind string) {
	t.Helper()
	for _, example := range operationByID("triggerWebhook").exampleBodies() {
		about, has := graft(example.body, "/payload/application_id", json.RawMessage(`"`+aKey+`"`))
		changed, ok := graft(about, "/event_id", json.RawMessage(`"`+id+`"`))
		value, err := decodeNumbers(changed)
		if kind, _ = member(value, "event_type").(string); has && ok && err == nil &&
			strings.HasPrefix(kind, "application.") {
			return string(changed), kind
		}
	}
	t.Fatal("the contract has no example of an event about an application")
	return "", ""
}

// judgedOfDeliveries are cases of judges that look at what has come to a receiver.
func judgedOfDeliveries(t *testing.T) map[string][]judged {
	t.Helper()
	came := func(bodies ...string) *receiver { return deliveredTo(t, aHook, bodies...) }
	event, kind := anEvent(t, oneID)
	other, _ := anEvent(t, otherID)
	third, _ := anEvent(t, otherHook)
	unsigned, old := came(event), came(event)
	unsigned.byPath[aHook][0].header.Del("X-Jiko-Signature")
	signature, err := signing.SignWebhook(signing.NewSecret("the-secret-from-before"), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	old.byPath[aHook][0].header.Set("X-Jiko-Signature", signature)
	args := map[string]string{"other": otherID, "hook": aHook, "secret": hooksOwn, "old": "the-secret-from-before",
		"events": oneID, "types": kind, "operation": "updateSubscription", "event": oneID, "rule": "r"}
	both := map[string]string{"hook": aHook, "secret": hooksOwn, "events": oneID + " " + otherID, "types": kind}
	all := map[string]string{"hook": aHook, "secret": hooksOwn, "events": oneID + " " + otherID + " " + otherHook,
		"types": kind}
	outcome := map[string]string{"hook": aHook, "secret": hooksOwn, "events": aKey, "types": kind, "about": aKey,
		"operation": "createOnUsTransfer", "read": "getOnUsTransfer"}
	twoIDs := map[string]string{"hook": aHook, "secret": hooksOwn, "events": oneID, "types": kind,
		"object": aKey}
	wait := func(came *receiver) said { return said{await: true, came: came} }
	trigger := said{operation: "triggerWebhook", status: 202, key: aKey, sent: event}
	anew := trigger
	anew.key = otherID
	listed := func(came *receiver) []said {
		return []said{{operation: "updateSubscription", status: 200}, trigger, wait(came), {operation: "listEvents",
			status: 200, answer: `{"items":[{"event":` + event + `}]}`}}
	}
	types := said{operation: "listEventTypes", status: 200}
	of := func(status string, hasWaited bool) []said {
		steps := []said{transfer("PENDING", "100"), wait(came()), {operation: "getOnUsTransfer", status: 200,
			answer: `{"id":"` + aKey + `","status":"` + status + `"}`}}
		if hasWaited {
			steps = append(steps, wait(came()))
		}
		return append(steps, said{operation: "listEvents", status: 200, answer: `{"items":[]}`})
	}

	card := map[string]string{"hook": aHook, "operation": "setCardStatus"}
	set := func(status int) said { return said{operation: "setCardStatus", sent: "{}", status: status} }

	asked := func(operation string) map[string]string {
		return map[string]string{"hook": aHook, "operation": operation, "place": "p"}
	}
	naming := func(operation, hook string, status int) said {
		return said{operation: operation, sent: `{"url":"https://r.example/` + hook + `/"}`, status: status}
	}

	theirs := map[string]string{"hook": aHook, "event": oneID}
	subscribed := func(status int) said { return byTheOther(naming("createSubscription", aHook, status)) }
	return map[string][]judged{
		"delivered": {
			{"it did not come", listed(came()), args, "F908 event missing r"},
			{"it came twice", listed(came(event, event)), args, "F908 event doubled r"},
			{"it came without a signature", listed(unsigned), args, "F908 header x-jiko-signature unsigned r"},
			{"it came signed with the old secret", listed(old), args, "F908 header x-jiko-signature old_secret r"},
			{"it came once", listed(came(event)), args, ""},
			{"a later one came first", listed(came(other, event)), both, "F908 event order " + kind},
			{"each came in its turn", listed(came(event, other)), both, ""},
			{"the last one came first", listed(came(third, event, other)), all, "F908 event order " + kind},
			{"nothing tells that a transfer is done", of("COMPLETED", true), outcome, "F908 event no_event"},
			{"it may be told later, as it was read to be done just now", of("COMPLETED", false), outcome, ""},
			{"it is not done", of("PENDING", true), outcome, ""},
			{"the first one came again, which is no order", listed(came(event, other, event)), both,
				"F908 event doubled"},
			{"it came under another id as well", listed(came(event, other)), twoIDs, "F908 event another_id"},
			{"another one came as well", listed(came(event, other)), args, ""},
			{"nothing listens", listed(nil), args, ""},
			{"nobody has waited", append(listed(came())[:2:2], listed(came())[3]), args, ""},
		},
		"triggered": {
			{"it came twice, and was asked for once", []said{trigger, trigger, wait(came(event, event, other)), types},
				args, "F901 effect delivered"},
			{"all come twice", []said{trigger, trigger, wait(came(event, event, other, other)), types}, args, ""},
			{"it came once", []said{trigger, trigger, wait(came(event, other)), types}, args, ""},
			{"it was asked for twice", []said{trigger, anew, wait(came(event, event, other)), types}, args, ""},
			{"nothing listens", []said{trigger, trigger, wait(nil), types}, args, ""},
		},
		"never": {
			{"it came although nobody wants it", listed(came(event)), args, "F908 event r"},
			{"it did not", listed(came()), args, ""},
			{"it had happened before", append([]said{trigger}, listed(came(event))...), args, ""},
			{"another one came", listed(came(other)), args, ""},
		},
		"uncalled": {
			{"what was refused has an event", []said{set(200), set(422), wait(came(event, other)), types}, card,
				"F908 event refused"},
			{"what succeeded has one", []said{set(200), set(422), wait(came(event)), types}, card, ""},
			{"what succeeded has one, which came twice", []said{set(200), set(422), wait(came(event, event)), types},
				card, ""},
			{"each that succeeded has one", []said{set(200), set(422), set(200), wait(came(event, other)), types}, card,
				""},
			{"nothing was refused", []said{set(200), wait(came(event, other)), types}, card, ""},
			{"one has failed, and may have been done", []said{set(200), set(500), set(422), wait(came(event, other)),
				types}, card, ""},
			{"nothing listens", []said{set(200), set(422), wait(nil), types}, card, ""},
		},
		"not_asked": {
			{"an address of a request is asked", []said{naming("createApplication", aHook, 201), wait(came("")), types},
				asked("createApplication"), "F202 p asked"},
			{"that of a subscription that was refused", []said{naming("createSubscription", aHook, 422),
				wait(came(event)), types}, asked("createSubscription"), "F202 p asked"},
			{"that of a subscription", []said{naming("createSubscription", aHook, 201), wait(came(event)), types},
				asked("createSubscription"), ""},
			{"that of a subscription that was refused at first", []said{naming("createSubscription", aHook, 422),
				naming("createSubscription", aHook, 201), wait(came(event)), types}, asked("createSubscription"), ""},
			{"that of a subscription that has failed, and may be there", []said{naming("createSubscription", aHook,
				500), wait(came(event)), types}, asked("createSubscription"), ""},
			{"nobody asks", []said{naming("createApplication", aHook, 201), wait(came()), types},
				asked("createApplication"), ""},
			{"another address is asked", []said{naming("createApplication", aHook, 201), wait(deliveredTo(t, otherHook,
				event)), types}, asked("createApplication"), ""},
			{"nothing listens", []said{naming("createApplication", aHook, 201), wait(nil), types},
				asked("createApplication"), ""},
		},
		"foreign_delivery": {
			{"the caller's event comes to another", []said{subscribed(201), trigger, wait(came(event)), types}, theirs,
				"F206 delivery another_caller"},
			{"an event of their own comes", []said{subscribed(201), trigger, wait(came(other)), types}, theirs, ""},
			{"it is the other caller's event", []said{subscribed(201), byTheOther(trigger), wait(came(event)), types},
				theirs, ""},
			{"the caller's own subscription is told", []said{naming("createSubscription", aHook, 201), trigger,
				wait(came(event)), types}, theirs, ""},
			{"the other caller may not subscribe", []said{subscribed(422), trigger, wait(came(event)), types},
				theirs, ""},
			{"it was never triggered", []said{subscribed(201), gone(trigger, 422), wait(came(event)), types}, theirs,
				""},
			{"nothing listens", []said{subscribed(201), trigger, wait(nil), types}, theirs, ""},
		},
	}
}
