package bank

import "testing"

// The contract lets neither through; so does the bank, whoever asks.
func TestWhatTheContractRefusesTheBankRefusesToo(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 100)
	refusedAt(t, w.try(t, func(x *Tx) error {
		_, err := x.CreateTransfer(TransferOrder{From: w.first, To: w.second, Cents: 1})
		return err
	}), "body", "type")
	_, err := DepositStrategy(nil, nil)
	refusedAt(t, err, "body", "trading_strategy_id")
}
