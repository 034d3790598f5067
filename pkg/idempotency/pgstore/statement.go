package pgstore

import "strings"

// statements are the store's SQL for one table, one statement per step.
type statements struct {
	claim, claimTx, complete, completeTx, renew, release, deleteExpired string
}

func newStatements(table string) statements {
	write := func(sql string, more ...string) string {
		// The table's name comes last: whatever is in it, nothing in it is replaced.
		for _, pair := range [][]string{more, {"@intact", intact, "@named", named, "@now", now}, {"@table", table}} {
			sql = strings.NewReplacer(pair...).Replace(sql)
		}
		return sql
	}
	return statements{
		claim:         write(claim, "@lock", "pg_try_advisory_xact_lock_shared"),
		claimTx:       write(claim, "@lock", "pg_try_advisory_xact_lock"),
		complete:      write(complete),
		completeTx:    write(completeTx),
		renew:         write(renew),
		release:       write(release),
		deleteExpired: write(deleteExpired),
	}
}

// now is the time. In a transaction statement_timestamp() moves on, which now() does not. And it comes before the snapshot that
// the statement reads, which clock_timestamp() does not: a lease that has expired by it had expired, unrenewed, when the
// snapshot was taken. A statement that has to wait for a row takes it for earlier than it is, and a record for alive that
// has just expired, which is safe. The first parameter is there for tests, which move the clock.
const now = `(statement_timestamp() + $1::bigint * interval '1 microsecond')`

// intact says that a row is one that this package wrote.
const intact = `(r.token > 0 AND octet_length(r.fingerprint) = 32 AND r.time_window > interval '0'
		AND isfinite(r.lease_until) AND isfinite(r.expires_at))`

// named says that a row is held by the attempt that claims.
const named = `(r.attempt = $9::bytea AND r.attempt <> decode(repeat('00', 16), 'hex'))`

// claim answers from the row if there is one that counts. Otherwise, and only then, it writes.
//
// An attempt that has the row already gets its hold once more. It cannot have two: who writes is decided by what was seen.
//
// What decides about writing is the row's latest version, under its lock, in the WHERE of ON CONFLICT: the one that was seen can
// be older. When that says no, nothing is claimed although the advisory lock was free, and the claim has to be asked again.
//
// The advisory lock is there so that nobody waits for a transaction of ClaimTx: others do not see its row, and would wait for
// it when they insert theirs. Such a transaction has the lock alone until it ends; claims by themselves share it for the
// length of a statement. It protects nothing, the row does: two keys that have the same lock can only answer each other that
// they are in progress. It is taken before the token, so that no token is lower than one that was given out, and rolled back,
// since.
const claim = `
WITH settings AS MATERIALIZED (
	SELECT current_setting('synchronous_commit') = 'off' AS asynchronous
), seen AS MATERIALIZED (
	SELECT coalesce(r.expires_at <= @now, false) AS free,
		coalesce(@intact, false) AS intact,
		coalesce(r.fingerprint = $4::bytea, false) AS same,
		r.response IS NOT NULL AS done,
		coalesce(r.expires_at > @now AND @intact AND r.fingerprint = $4::bytea AND r.response IS NULL AND @named, false) AS again,
		CASE WHEN @intact THEN (extract(epoch FROM r.lease_until - @now) * 1000000)::bigint END AS remaining,
		r.response
	FROM @table r
	WHERE r.scope = $2::text AND r.key = $3::text
), lock AS MATERIALIZED (
	SELECT @lock($8::bigint) AS taken
	FROM settings
	WHERE NOT asynchronous AND NOT EXISTS (
		SELECT FROM seen
		WHERE NOT free AND (again OR NOT ($7::boolean AND intact AND same AND NOT done AND remaining <= 0))
	)
), claimed_again AS (
	UPDATE @table AS r SET lease_until = @now + $5::bigint * interval '1 millisecond',
		expires_at = @now + $6::bigint * interval '1 millisecond', time_window = $6::bigint * interval '1 millisecond'
	FROM seen
	WHERE seen.again AND r.scope = $2::text AND r.key = $3::text AND r.fingerprint = $4::bytea AND r.response IS NULL AND @named
		AND r.expires_at > @now
	RETURNING r.token, r.took_over
), claimed AS (
	INSERT INTO @table AS r (scope, key, fingerprint, attempt, lease_until, expires_at, time_window)
	SELECT $2::text, $3::text, $4::bytea, $9::bytea, @now + $5::bigint * interval '1 millisecond',
		@now + $6::bigint * interval '1 millisecond', $6::bigint * interval '1 millisecond'
	FROM lock
	WHERE taken
	ON CONFLICT (scope, key) DO UPDATE SET
		fingerprint = excluded.fingerprint,
		attempt = excluded.attempt,
		token = DEFAULT,
		took_over = r.expires_at > @now,
		lease_until = excluded.lease_until,
		expires_at = excluded.expires_at,
		time_window = excluded.time_window,
		response = NULL
	WHERE r.expires_at <= @now
		OR $7::boolean AND r.fingerprint = $4::bytea AND r.response IS NULL AND r.lease_until <= @now
	RETURNING r.token, r.took_over
)
SELECT settings.asynchronous, lock.taken, coalesce(claimed.token, claimed_again.token),
	coalesce(claimed.took_over, claimed_again.took_over), coalesce(seen.again, false), coalesce(seen.intact, false), coalesce(seen.same, false), coalesce(seen.done, false), seen.remaining,
	CASE WHEN seen.intact AND seen.same AND NOT seen.free THEN seen.response END
FROM settings LEFT JOIN lock ON true LEFT JOIN claimed ON true LEFT JOIN claimed_again ON true LEFT JOIN seen ON true`

// complete leaves a response in place that is there already.
const complete = `
UPDATE @table SET response = coalesce(response, $5::bytea),
	expires_at = CASE WHEN response IS NULL THEN @now + time_window ELSE expires_at END
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND expires_at > @now`

// completeTx differs from complete in two ways. It takes the advisory lock, if the transaction does not have it from ClaimTx, so
// that nobody waits for the row. And a record that has expired can be completed, since nobody can have claimed it meanwhile: the
// transaction has the row, or else the token would be another. A record that was released has expired at -infinity.
const completeTx = `
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock($6::bigint))
UPDATE @table SET response = coalesce(response, $5::bytea),
	expires_at = CASE WHEN response IS NULL THEN @now + time_window ELSE expires_at END
FROM lock
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND expires_at > '-infinity'`

const renew = `
UPDATE @table SET lease_until = @now + $5::bigint * interval '1 millisecond', expires_at = @now + time_window
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND response IS NULL AND expires_at > @now`

// release keeps the row: if it were deleted, a claim that took its token from the sequence before could insert a lower one than
// the row had.
const release = `
UPDATE @table SET expires_at = '-infinity', lease_until = @now
WHERE scope = $2::text AND key = $3::text AND token = $4::bigint AND response IS NULL AND expires_at > @now`

// deleteExpired leaves rows alone for a minute, for the same reason, and those that somebody is claiming.
const deleteExpired = `
WITH expired AS MATERIALIZED (
	SELECT scope, key FROM @table
	WHERE expires_at <= @now - interval '1 minute' AND lease_until <= @now - interval '1 minute'
	ORDER BY expires_at LIMIT $2::bigint
	FOR UPDATE SKIP LOCKED
)
DELETE FROM @table r USING expired WHERE r.scope = expired.scope AND r.key = expired.key`
