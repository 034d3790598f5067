// Package partnertest has fakes of the services of package partner, for tests of what is built on it. A fake has a
// function per operation; a test sets those that it expects, and a call of any other fails it by name, "partnertest:
// OnUsTransfers.Get was called and is not set", and returns [ErrUnset]. [New] makes a client of [Fakes]:
//
//	client, fakes := partnertest.New(t)
//	fakes.OnUsTransfers.CreateFunc = func(_ context.Context, body partner.CreateOnUsTransferRequest,
//		_ ...partner.CallOption) (*partner.OnUsTransfer, error) {
//		return &partner.OnUsTransfer{Status: partner.OnUsTransferStatusPending}, nil
//	}
//	err := payOut(ctx, client)
//
// The iterators beside the lists, All and the like, walk the pages of the list's function unless they have a function
// of their own. Code that takes one service gets one fake: &partnertest.OnUsTransfers{T: t, CreateFunc: …}.
//
// The fakes answer at once and check nothing. To test against something that keeps accounts, checks signatures and
// validates requests, point a real client at package sandbox.
package partnertest
