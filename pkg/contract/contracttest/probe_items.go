package contracttest

import (
	"context"
)

// pairs of a list and the read of one of its items.
var itemReads = []struct{ list, read, id, ids string }{
	{"listPocketTransactions", "getTransaction", "/items/0/transaction_id", "/items/*/transaction_id"},
	{"listCustomerTransactions", "getTransaction", "/items/0/transaction_id", "/items/*/transaction_id"},
	{"listAccountTransactions", "getAccountTransaction", "/items/0/id", itemIDs},
	{"listCustomerAccounts", "getAccount", "/items/0/id", itemIDs},
	{"listCustomerTransactionsV1", "getAccountTransaction", "/items/0/id", itemIDs},
}

// items reads what a list has, which has to be there, and the same.
func (r *run) items(ctx context.Context) error {
	for _, p := range itemReads {
		if !r.tests([]string{p.list, p.read}) {
			continue
		}
		g, err := r.known(ctx, operationByID(p.list))
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue
		}
		list := g.request()
		list.Keep = map[string]string{theThing: p.id}
		o := operationByID(p.read)
		parameters := o.in("path")
		read, ok := o.readOf(g.ids(thing, parameters[len(parameters)-1].Name))
		if !ok {
			continue
		}
		first, second := read, read
		first.Want = []want{{judgeThere, map[string]string{"write": p.list, "id": thing}}}
		second.Want = []want{{judgeListSame, map[string]string{"list": p.list, "id": thing, "ids": p.ids}}}
		list2 := g.request()
		if _, err := r.on(ctx, g, list, first, list2, second); leaveOut(err) != nil {
			return err
		}
	}
	return nil
}
