package document

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
)

// TradesCSV writes trades as RFC 4180 has it, with a line of names first; amounts are dollars with two digits after the
// point, dates YYYY-MM-DD, and what is not known is empty. (Inferred: the format of a TRADE_REPORT is not documented.)
//
// Texts are on one line, and one that a spreadsheet would take for a formula, since it begins with = + - or @, has an
// apostrophe put before it. Numbers are numbers, so a negative amount keeps its sign.
func TradesCSV(trades []Trade) ([]byte, error) {
	records := [][]string{{
		"trade_id", "pocket_id", "trade_datetime", "trade_date", "settlement_date", "activity", "cusip", "description",
		"quantity", "price", "amount", "maturity_date", "yield_to_maturity",
	}}
	for i, t := range trades {
		if err := t.Check(); err != nil {
			return nil, within(item("Trades", i), err)
		}
		traded, settled := "", ""
		if !t.Traded.IsZero() {
			traded = t.Traded.UTC().Format(time.RFC3339)
		}
		if !t.SettlementDate.IsZero() {
			settled = date(t.SettlementDate)
		}
		records = append(records, []string{
			harmless(t.ID), harmless(t.PocketID), traded, date(t.TradeDate), settled, string(t.Activity),
			harmless(t.CUSIP), harmless(t.Description), count(t.Quantity), t.Price, decimal(t.AmountCents),
			date(t.MaturityDate), t.YieldToMaturity,
		})
	}
	return writeCSV(records)
}

// TransactionsCSV writes lines of a bank account in the manner of TradesCSV. They may be some of many, so that their
// balances need not follow from each other.
func TransactionsCSV(lines []Line) ([]byte, error) {
	records := [][]string{{"date", "description", "amount", "balance"}}
	for i, line := range lines {
		name := item("Lines", i)
		if err := firstError(civil(name+".Date", line.Date), bounded(name+".AmountCents", line.AmountCents),
			bounded(name+".BalanceCents", line.BalanceCents)); err != nil {
			return nil, err
		}
		records = append(records, []string{
			date(line.Date), harmless(line.Description), decimal(line.AmountCents), decimal(line.BalanceCents),
		})
	}
	return writeCSV(records)
}

func writeCSV(records [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll(records); err != nil {
		return nil, fmt.Errorf("document: writing CSV: %w", err)
	}
	return b.Bytes(), nil
}

// harmless makes a text one that no spreadsheet computes. The full-width signs count too: Asian versions take them.
func harmless(s string) string {
	s = oneLine(s)
	for _, sign := range []string{"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"} {
		if strings.HasPrefix(s, sign) {
			return "'" + s
		}
	}
	return s
}
