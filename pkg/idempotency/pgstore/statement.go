package pgstore

import "strings"

// statements are the store's SQL for one table, one statement per step.
type statements struct {
	claim, claimTx                                                          claims
	again, complete, completeTx, completeOwn, renew, release, deleteExpired string
}

// claims are the statements for a claim, for one that may take over, and to ask whether a transaction has the key.
type claims struct{ claim, takeOver, free string }

func newStatements(table string) statements {
	write := func(sql string, more ...string) string {
		// The table's name comes last, so that nothing in it is replaced.
		for _, pair := range [][]string{more, {"@now", now}, {"@table", table}} {
			sql = strings.NewReplacer(pair...).Replace(sql)
		}
		return sql
	}
	claims := func(lock string) claims {
		return claims{
			claim:    write(claim, "@lock", lock, "@abandoned", "false", "@lapsed", "false"),
			takeOver: write(claim, "@lock", lock, "@abandoned", abandoned, "@lapsed", lapsed),
			free:     "SELECT " + lock + "($1::bigint)",
		}
	}
	return statements{
		claim:         claims("pg_try_advisory_xact_lock_shared"),
		claimTx:       claims("pg_try_advisory_xact_lock"),
		again:         write(again),
		complete:      write(complete),
		completeTx:    write(completeTx, "@durable", durable),
		completeOwn:   write(completeOwn, "@durable", durable),
		renew:         write(renew),
		release:       write(release),
		deleteExpired: write(deleteExpired),
	}
}

// now is the time. Unlike now(), statement_timestamp() moves on within a transaction. Unlike clock_timestamp(), it is
// earlier than the snapshot that the statement reads: a lease that has expired by it had expired, unrenewed, when the
// snapshot was taken. A statement that has to wait for a row believes that it is earlier than it is, and may take a
// record for alive that has just expired, which is safe. The first parameter is for tests, which move the clock.
const now = `(statement_timestamp() + $1::interval)`

// claim writes a row if no row counts, and otherwise returns the one there is. The store makes sense of that, since
// evaluating expressions is what takes PostgreSQL time here.
//
// Whether to write is decided by the WHERE of ON CONFLICT, which looks at the row's latest version under its lock; the
// version that was seen can be older. If it decides against writing, nothing is claimed, and the claim is asked again.
//
// The advisory lock keeps claims from waiting for a transaction of ClaimTx: they do not see its row, and would wait for
// it when they insert theirs. Such a transaction has the lock alone until it ends, while other claims share it for one
// statement. It protects nothing; the row does. Two keys that happen to have the same lock only tell each other that
// they are in progress. The lock is taken before the token, so that no token is lower than one that was given out, and
// rolled back, since.
const claim = `
WITH seen AS MATERIALIZED (
	SELECT true AS there, r.token, r.fingerprint, r.attempt, r.lease_until, r.expires_at, r.time_window,
		CASE WHEN r.fingerprint = $4::bytea THEN r.response END AS response
	FROM @table r
	WHERE r.scope = $2::text AND r.key = $3::text
), claimed AS (
	INSERT INTO @table AS r (scope, key, fingerprint, attempt, lease_until, expires_at, time_window, delete_after)
	SELECT $2::text, $3::text, $4::bytea, $8::bytea, @now + $5::interval, @now + $6::interval, $6::interval,
		@now + $6::interval
	WHERE CASE
		WHEN EXISTS (SELECT FROM seen r WHERE (r.expires_at <= @now OR @abandoned) IS NOT TRUE) THEN false
		WHEN current_setting('synchronous_commit') = 'off' THEN false
		ELSE @lock($7::bigint)
	END
	ON CONFLICT (scope, key) DO UPDATE SET
		fingerprint = excluded.fingerprint,
		attempt = excluded.attempt,
		token = DEFAULT,
		took_over = r.expires_at > @now,
		lease_until = excluded.lease_until,
		expires_at = excluded.expires_at,
		time_window = excluded.time_window,
		delete_after = excluded.delete_after,
		response = NULL
	WHERE r.expires_at <= @now OR @lapsed
	RETURNING r.token, r.took_over
)
SELECT current_setting('synchronous_commit') = 'off', @now, claimed.token, claimed.took_over, seen.*
FROM (SELECT) AS one LEFT JOIN seen ON true LEFT JOIN claimed ON true`

// lapsed says that a claim of the same request holds the row, and that its lease is over. What it says of attempts is
// idempotency.Attempt.Contradicts.
const lapsed = `(r.fingerprint = $4::bytea AND r.response IS NULL AND r.lease_until <= @now
	AND (substring(r.attempt FOR 3) = decode('f19e52', 'hex')
		AND substring(r.attempt FOR 4) = substring($8::bytea FOR 4)
		AND substring(r.attempt FROM 5 FOR 5) <> substring($8::bytea FROM 5 FOR 5)) IS NOT TRUE)`

// abandoned says the same of the row that was seen, if this package wrote it and this attempt does not hold it.
const abandoned = `(` + lapsed + ` AND (r.attempt = $8::bytea) IS NOT TRUE AND r.token > 0
	AND r.time_window > interval '0' AND isfinite(r.lease_until) AND isfinite(r.expires_at))`

// again begins lease and window anew, for the attempt that has the hold.
const again = `
UPDATE @table SET lease_until = @now + $5::interval, expires_at = @now + $6::interval, time_window = $6::interval
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND response IS NULL AND expires_at > @now
RETURNING took_over`

// complete keeps the response if there is one already.
const complete = `
UPDATE @table SET response = coalesce(response, $5::bytea),
	expires_at = CASE WHEN response IS NULL THEN @now + time_window ELSE expires_at END
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND expires_at > @now`

// completeTx differs from complete in three ways. It takes the advisory lock, unless the transaction has it from
// ClaimTx, so that nobody waits for the row. It completes a record that has expired, since nobody can have claimed it
// meanwhile: the transaction has the row, or else the token would differ. A released record has expired at -infinity.
// And it lets nobody believe in a commit that is not on disk.
const completeTx = `
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock($6::bigint)), durable AS MATERIALIZED (@durable)
UPDATE @table SET response = coalesce(response, $5::bytea),
	expires_at = CASE WHEN response IS NULL THEN @now + time_window ELSE expires_at END
FROM lock, durable
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND expires_at > '-infinity'`

// completeOwn is completeTx for the transaction that has claimed. If it is another one, the claim is not its own: the
// handler has committed the first.
const completeOwn = `
WITH durable AS MATERIALIZED (@durable)
UPDATE @table r SET response = $5::bytea, expires_at = @now + r.time_window
FROM durable
WHERE r.scope = $2::text AND r.key = $3::text AND r.token = $4::bigint
	AND r.xmin::text = (txid_current() & 4294967295)::text`

// durable undoes what a handler may have set for the rest of its transaction.
const durable = `SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
	THEN set_config('synchronous_commit', 'on', true) END`

const renew = `
UPDATE @table SET lease_until = @now + $5::interval, expires_at = @now + time_window
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND response IS NULL AND expires_at > @now`

// release keeps the row. If it were deleted, a claim that took its token from the sequence earlier could insert a lower
// one than the row had.
const release = `
UPDATE @table SET expires_at = '-infinity', lease_until = @now, delete_after = @now
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND response IS NULL AND expires_at > @now`

// deleteExpired leaves rows alone for a minute, for the same reason, and skips those that somebody is claiming.
const deleteExpired = `
WITH expired AS MATERIALIZED (
	SELECT scope, key FROM @table
	WHERE delete_after <= @now - interval '1 minute' AND expires_at <= @now - interval '1 minute'
		AND lease_until <= @now - interval '1 minute'
	ORDER BY delete_after LIMIT $2::bigint
	FOR UPDATE SKIP LOCKED
)
DELETE FROM @table r USING expired WHERE r.scope = expired.scope AND r.key = expired.key`
