package bank

import "github.com/google/uuid"

// KindV1 is the kind of a transaction as v1 calls it.
type KindV1 string

// The kinds of v1. (Source: the contract.)
const (
	CardV1     KindV1 = "CARD"
	CashBackV1 KindV1 = "CASH_BACK"
	ACHV1      KindV1 = "ACH"
	WireV1     KindV1 = "WIRE"
	WireFeeV1  KindV1 = "WIRE_FEE"
	GenericV1  KindV1 = "GENERIC"
	OnUsV1     KindV1 = "ON_US"
)

// KindV1 is the kind that v1 has for a transaction. A fee that belongs to something is that of a wire. (Inferred; so is
// that v1 calls GENERIC what it has no kind for.)
func (t *Transaction) KindV1() KindV1 {
	switch t.Kind {
	case KindCard:
		return CardV1
	case KindACH:
		return ACHV1
	case KindWire:
		return WireV1
	case KindOnUs:
		return OnUsV1
	case KindFee:
		if t.Reference != uuid.Nil {
			return WireFeeV1
		}
		return GenericV1
	default:
		return GenericV1
	}
}

// PocketTransaction returns a transaction of a pocket, by its own id or by that of the whole, unless it is a sweep:
// those of v1 have none.
func (t *Tx) PocketTransaction(pocket, id uuid.UUID) (*Transaction, error) {
	found := t.transactions.Get(id)
	if found == nil {
		t.transactionsByRef.Of(id).Each(func(x *Transaction) bool {
			if x.PocketID == pocket {
				found = x
			}
			return found == nil
		})
	}
	if found == nil || found.PocketID != pocket || found.Kind == KindSweep {
		return nil, notFound()
	}
	return found, nil
}

var transactionV1Rules = []Rule{
	{[]string{"listCustomerTransactionsV1", "listAccountTransactions", "getAccountTransaction"}, "Sweeps are no " +
		"transactions of v1.", Documented, "the contract, of the lists; inferred of the single one"},
	{[]string{"listCustomerTransactionsV1", "listAccountTransactions", "getAccountTransaction"}, "Amounts have no " +
		"sign; transaction_type_title says the direction.", Inferred, "v1.29, examples"},
	{[]string{"listCustomerTransactionsV1", "listAccountTransactions", "getAccountTransaction"}, "A fee that belongs " +
		"to a wire is a WIRE_FEE; other fees and credits are GENERIC. A card transaction is a pre-authorization " +
		"until it is settled.", Inferred, ""},
	{[]string{"listCustomerTransactionsV1", "listAccountTransactions"}, "The sandbox pays no cash back, so there is " +
		"no CASH_BACK.", Unknown, ""},
}
