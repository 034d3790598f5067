// Package redisstore keeps idempotency records in Redis, so that any number of processes share them:
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
//	store, err := redisstore.New(client, redisstore.Config{})
//
// Each step is one round trip: a script that Redis runs as a whole, on a single key, so that Redis Cluster is fine too.
// It needs Redis 6 or later; its tests pass on 6.0, 7.0 and 7.4. The time is that of the server, and the clocks of the
// clients do not matter.
//
// # What Redis must be told
//
// A store that forgets a claim executes a request twice. Redis keeps what it has acknowledged only if it is told to:
//
//	appendonly yes
//	appendfsync always
//	maxmemory-policy noeviction
//
// Of these, the first two make a claim survive a crash of the server: with appendfsync everysec, the claims and
// responses of the last second or two can be gone, and without an append-only file, all since the last snapshot. The
// third keeps Redis from dropping records to make room. At maxmemory, claims of new keys then fail with
// [idempotency.ErrFull], and responses cannot be stored, whose requests stay in progress: leave room.
//
// # What is promised
//
// With one server, or with a cluster of masters without failover, all of the contract of [idempotency.Store], whatever
// crashes, as long as the disk keeps what was synced to it.
//
// With replicas that can be promoted, by Sentinel or by a cluster, less: replication is asynchronous, so a claim that
// was acknowledged and had not reached the replica is unknown after a failover, and a repeat is executed again. WAIT
// does not change that: it tells that replicas have received a write, not that one of those will be promoted. The same
// goes for a partition, in which the old master accepts claims for a while that are lost when it returns. Where a
// second execution moves money twice, run without automatic failover and be unavailable instead, or use a store whose
// claims are part of the transaction that has the effect.
//
// The server's clock decides when a window is over. If it is set forward, windows end early by as much; if it is set
// back, they last longer. Tokens grow all the same, except for a key whose record was dropped, a minute after it was
// released or its window was over, if the clock was set back by more than that.
//
// # What is stored
//
// The record of the scope "acme" and the key K is the string idempotency:acme:K, with the scope escaped as in a URL's
// query where it needs that. It has 123 bytes besides the response, and Redis drops it a minute to a minute and a half
// after its window. Checksums guard it: a record that somebody changed, or put under another key, is neither executed
// nor replayed. Claiming it fails with [idempotency.ErrCorrupt] until it is deleted or dropped.
//
// # Deadlines
//
// Steps end with the deadline of their context. A client that does not heed deadlines is refused by [New], for a caller
// who waits half a minute for a server that is gone has been given up by its own. A cancellation without a deadline is
// noticed only between attempts; the client's ReadTimeout bounds those.
//
// The client's retries are welcome. They do no harm: a claim that is sent again, because the connection broke before
// the answer arrived, gets the hold that it was given the first time. Only a release that is sent again says
// [idempotency.ErrLost], which is true by then.
package redisstore
