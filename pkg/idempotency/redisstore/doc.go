// Package redisstore keeps idempotency keys in Redis, where any number of processes share them:
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
//	store, err := redisstore.New(client, redisstore.Config{})
//
// Each step is one round trip: a script that Redis runs atomically, on a single key, so it works with Redis Cluster
// too. It needs Redis 6 or later; its tests pass on 6.0, 7.0 and 7.4. All times are by the server's clock, so the
// clients' clocks do not matter.
//
// # What Redis must be told
//
// A store that forgets a claim executes a request twice. Redis keeps what it has acknowledged only with these settings:
//
//	appendonly yes
//	appendfsync always
//	maxmemory-policy noeviction
//
// The first two let a claim survive a crash of the server. With appendfsync everysec, the claims and responses of the
// last second or two can be lost, and without an append-only file all since the last snapshot. The third keeps Redis
// from dropping records to make room. At maxmemory, claims of new keys then fail with [idempotency.ErrFull], and
// responses cannot be stored, so that their requests stay in progress: leave room. There are no shares of it: one scope
// can fill it for all.
//
// [Store.Check] looks whether the server has these settings; call it when a program starts. Servers that are rented
// often do not tell; it says which of them you have to look up.
//
// # What is promised
//
// One server, or a cluster of masters without failover, keeps all of the contract of [idempotency.Store], whatever
// crashes, as long as the disk keeps what was synced to it.
//
// With replicas that Sentinel or a cluster can promote, less is promised. Replication is asynchronous, so a claim that
// was acknowledged but had not reached the replica is unknown after a failover, and a repeat is executed again. WAIT
// does not change that: it says that replicas have received a write, not that one of those will be promoted. In a
// partition, likewise, the old master accepts claims for a while that are lost when it returns. Where a second
// execution moves money twice, run without automatic failover and be unavailable instead, or use a store whose claims
// are part of the transaction that has the effect.
//
// The server's clock decides when a window is over. If it is set forward, windows end early; if it is set back, they
// last longer. Tokens grow all the same. The one exception is a key whose record was dropped, a minute after it was
// released or its window was over, if the clock is then set back by more than a minute.
//
// # What is stored
//
// The record of the scope "acme" and the key K is the string idempotency:acme:K; the scope is escaped as in the query
// of a URL. It has 123 bytes besides the response, and Redis drops it between 60 and 90 seconds after its window.
// The response is in clear unless a Guard encrypts it. Checksums guard the record: one that somebody changed, or put
// under another key, is neither executed nor replayed. Claiming it fails with [idempotency.ErrCorrupt] until it is
// deleted or dropped.
//
// # Deadlines
//
// A step ends with the deadline of its context. [New] refuses a client that does not heed deadlines, since it would
// wait half a minute for a server that is gone, and callers do not wait that long. A cancellation without a deadline is
// noticed only between attempts, each of which the client's ReadTimeout bounds.
//
// The client may retry. If the connection breaks before the answer to a claim arrives, the claim that it sends again
// gets the hold that it was given the first time. Only a release that is sent again fails with [idempotency.ErrLost],
// which is true by then.
package redisstore
