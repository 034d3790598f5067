package partner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

const pocketOK = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","customer_id":"160c0c4b-9966-4dc1-a916-8407eb10d74e",` +
	`"pocket_name":"P",` +
	`"deposit_strategy_id":"UST-4W","reinvestment_strategy_id":null,"status":"OPEN","object_type":"Pocket"}`

func TestWhatTheContractDoesNotKnowYetIsDecoded(t *testing.T) {
	id := uuid.New()
	t.Run("a new member", func(t *testing.T) {
		a, _ := scripted(t, raw(200, "application/json",
			strings.Replace(pocketOK, "{", `{"colour":{"deep":[1]},"STATUS2":null,`, 1)))
		if pocket, err := a.client(t).Pockets.Get(t.Context(), id, nil); err != nil ||
			pocket.Status != partner.PocketStatusOpen {
			t.Errorf("%+v, %v", pocket, err)
		}
	})
	t.Run("a new value of an enumeration", func(t *testing.T) {
		a, _ := scripted(t, raw(200, "application/json", strings.Replace(pocketOK, `"OPEN"`, `"HIBERNATING"`, 1)))
		if pocket, err := a.client(t).Pockets.Get(t.Context(), id, nil); err != nil ||
			pocket.Status != "HIBERNATING" || pocket.Status.Valid() {
			t.Errorf("%+v, %v", pocket, err)
		}
	})
	t.Run("a new kind of customer", func(t *testing.T) {
		const text = `{"type":"TRUST","id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","trustee":"T"}`
		a, _ := scripted(t, raw(200, "application/json", text))
		customer, err := a.client(t).Customers.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		value, err := customer.Value()
		if unknown, ok := value.(partner.UnknownVariant); err != nil || !ok || unknown.Discriminator != "TRUST" ||
			string(unknown.Raw) != text {
			t.Errorf("%#v, %v", value, err)
		}
	})
	t.Run("a new kind of transaction in a list", func(t *testing.T) {
		a, _ := scripted(t, raw(200, "application/json",
			`{"items":[{"type":"TELEPATHY","id":1},{"type":"TELEPATHY"}],"next_page":null,"something":"new"}`))
		n := 0
		for transaction, err := range a.client(t).Transactions.AllForPocket(t.Context(), id, nil) {
			if err != nil {
				t.Fatal(err)
			}
			value, err := transaction.Value()
			if unknown, ok := value.(partner.UnknownVariant); err != nil || !ok ||
				unknown.Discriminator != "TELEPATHY" {
				t.Errorf("%#v, %v", value, err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d transactions", n)
		}
	})
	t.Run("another success", func(t *testing.T) {
		for _, code := range []int{200, 202, 203, 299} {
			a, _ := scripted(t, raw(code, "application/json; charset=utf-8", transferOK))
			if err := pay(t.Context(), t, a.client(t)); err != nil {
				t.Errorf("%d: %v", code, err)
			}
		}
	})
	t.Run("a body where none is expected", func(t *testing.T) {
		a, _ := scripted(t, raw(200, "text/plain", "thank you"))
		if err := a.client(t).Subscriptions.Delete(t.Context(), id); err != nil {
			t.Error(err)
		}
	})
	t.Run("a new shape of a refusal", func(t *testing.T) {
		a, _ := scripted(t, raw(422, "application/problem+json",
			`{"title":"new","detail":{"why":"marker"},"type":7,"trace_id":[]}`))
		if err := pay(t.Context(), t, a.client(t)); !errors.Is(err, partner.ErrValidation) ||
			strings.Contains(err.Error(), "marker") {
			t.Error(err)
		}
	})
}

func TestAnAnswerThatDoesNotFitIsNotRepeatedInTheError(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"an id that is not a UUID", strings.Replace(pocketOK, "497f6eca", "ssn-marker-", 1), "malformed"},
		{"an id of another kind", strings.Replace(pocketOK, `"497f6eca-6276-4993-bfeb-53cbbbba6f08"`, `{"x":"marker"}`,
			1), "member id"},
		{"a text where a name of a status is", strings.Replace(pocketOK, `"OPEN"`, `["marker"]`, 1), "status"},
		{"bytes after the value", pocketOK + ` marker`, "not JSON"},
		{"HTML that says that it is JSON", `<html>marker</html>`, "not JSON"},
		{"a text", `"marker"`, ""},
		{"a number", `4111111111111111`, ""},
		{"control characters", "{\"id\":\"\x00marker\"}", "not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, raw(200, "application/json", c.body))
			pocket, err := a.client(t).Pockets.Get(t.Context(), uuid.New(), nil)
			var failure *partner.Error
			if !errors.As(err, &failure) || !errors.Is(err, partner.ErrUnreadable) || pocket != nil ||
				failure.StatusCode != 200 || len(s.requests()) != 1 {
				t.Fatalf("%v, %v after %d requests", pocket, err, len(s.requests()))
			}
			for _, text := range []string{err.Error(), failure.Dump()} {
				if strings.Contains(text, "marker") || strings.Contains(text, "411111") {
					t.Errorf("the answer is repeated: %s", text)
				}
				if !strings.Contains(text, c.want) {
					t.Errorf("it does not say %q: %s", c.want, text)
				}
			}
			if string(failure.Body) != c.body {
				t.Error("the answer itself is not there")
			}
		})
	}
	t.Run("an amount that is no whole number of cents", func(t *testing.T) {
		for _, amount := range []string{"1.5", "1e30", `"1"`, "99999999999999999999"} {
			a, _ := scripted(t, raw(201, "application/json",
				strings.Replace(transferOK, `"value":1`, `"value":`+amount, 1)))
			transfer, err := a.client(t).OnUsTransfers.Create(t.Context(), order(t, uuid.New(), uuid.New(), 1))
			if err == nil { // The details are a union, which is decoded when it is asked for.
				_, err = transfer.Transfer.Value()
			}
			if err == nil {
				t.Errorf("%s was taken for an amount", amount)
			}
		}
	})
}
