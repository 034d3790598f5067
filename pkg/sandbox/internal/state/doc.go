// Package state keeps records in memory, in tables with indexes, and changes them in transactions.
//
// One transaction runs at a time. It sees its own changes, and either all of them take effect or none. What it changed
// is handed to a [Store] when it commits; the next transaction may begin before the store is done, so that the store
// can write many at once, but nobody is told of a transaction, or of what was read from it, before it lasts. If the
// store fails, what it did not write is undone in memory, too.
//
// The package knows nothing of banks. Whoever uses it says what a record is, and by what it is found.
package state
