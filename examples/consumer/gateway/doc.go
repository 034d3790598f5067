// Package gateway is what the other teams of this house call in the place of the bank: the operations that they need,
// of the bank's own contract, for the pockets that are theirs. They have names and secrets of the house; those of the
// bank are here alone. It is a module of its own, so that what a server needs stays out of the go.mod of payouts.
//
// Its stubs are generated, in the package house of the module above, from what partner.yaml says. Its test is a
// contract test.
package gateway
