package sandbox_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// Whatever has two ids in its path is found only below the customer, the pocket or the application that it is of.
func TestNothingIsFoundBelowAStranger(t *testing.T) {
	c := newExampleCalls(t)
	w := c.world
	customer := uuid.MustParse(c.customer)
	pocket := uuid.MustParse(c.pocket)
	w.closePocket(t, customer, uuid.MustParse(c.spare))
	peers, err := w.Pockets.ListForCustomer(t.Context(), uuid.MustParse(c.peer), nil)
	if err != nil {
		t.Fatal(err)
	}
	peerPocket := peers.Items[0].ID.String()
	ids := map[string]string{"pocket": c.pocket}
	ids["card"] = w.virtualCard(t, pocket).String()
	ids["plastic"] = w.physicalCard(t, pocket).String()
	ids["order"] = w.order(t, pocket).String()
	ids["portal"] = w.openPortal(t, pocket).ID.String()
	ids["ach party"] = w.payee(t, customer, "ACH").String()
	ids["wire party"] = w.payee(t, customer, "WIRE").String()
	b, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	party, err := w.Businesses.CreateRelatedParty(t.Context(), b.ID, owner(nil))
	if err != nil {
		t.Fatal(err)
	}
	ids["party"] = party.ID.String()
	ids["transfer"] = w.move(t, pocket, uuid.MustParse(c.other), requested(100)).ID.String()
	o, err := w.ACH.Create(t.Context(), pocket, origination(uuid.MustParse(ids["ach party"]), debit, 5))
	ids["ach"] = must(t, o, err).ID.String()
	x, err := w.Transactions.ListForPocket(t.Context(), pocket, nil)
	ids["transaction"] = read(t, must(t, x, err).Items[0])[0].id.String()
	trades, err := w.Trades.ListForAccount(t.Context(), pocket, nil)
	ids["trade"] = must(t, trades, err).Items[0].ID.String()
	strangers := []string{c.peer, peerPocket, c.other}
	for _, operation := range partnerapi.Operations() {
		if strings.Count(operation.Path, "_id}") != 2 {
			continue
		}
		t.Run(operation.ID, func(t *testing.T) {
			declared := c.document.Paths.Value(operation.Path).GetOperation(operation.Method)
			body := bodies(t, declared)[0]
			for _, stranger := range strangers {
				for kind, id := range ids {
					a := c.raw(t, uuid.NewString(), operation.Method,
						twoIDs.ReplaceAllString(operation.Path, "${1}"+stranger+"${2}"+id+"${3}"), body.text)
					if a.status != http.StatusNotFound {
						t.Errorf("a %s of somebody else: %d %s", kind, a.status, a.body)
					}
				}
			}
		})
	}
}

var twoIDs = regexp.MustCompile(`^(.*)\{\w+_id\}(.*)\{\w+_id\}(.*)$`)
