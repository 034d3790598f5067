-- The records of idempotency keys. A row is a key that is held (response is null) or done, until it expires; claiming an
-- expired key reuses its row.
--
-- There are no checks: PostgreSQL reads them anew for each statement, which takes a tenth of its time. The package sees to it that
-- a row is as it wrote it.
CREATE TABLE IF NOT EXISTS "idempotency_records" (
    scope        text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    fingerprint  bytea NOT NULL,
    -- The fencing token: every claim that succeeds takes the next one.
    token        bigint GENERATED ALWAYS AS IDENTITY,
    -- The name of the attempt to claim, if it has one, by which it finds itself when its answer is lost.
    attempt      bytea,
    -- Whether the claim took over from a holder whose lease had expired.
    took_over    boolean NOT NULL DEFAULT false,
    lease_until  timestamptz NOT NULL,
    -- When the record is forgotten, which is a window after it was last claimed, renewed or completed; -infinity if it was released.
    expires_at   timestamptz NOT NULL,
    time_window  interval NOT NULL,
    -- The row is not deleted before. That is when it would expire if nothing came after the claim, so that what comes after it
    -- changes no column that has an index, and PostgreSQL can leave the indexes alone.
    delete_after timestamptz NOT NULL,
    response     bytea,
    PRIMARY KEY (scope, key)
);
CREATE INDEX IF NOT EXISTS "idempotency_records_delete_after" ON "idempotency_records" (delete_after);
