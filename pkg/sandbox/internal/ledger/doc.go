// Package ledger keeps money as double entries in memory: each posting takes cents from one account and gives them to
// another, so the balances of all accounts always add up to zero. The sandbox's bank stands on it.
package ledger
