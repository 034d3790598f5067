-- The records of idempotency keys. A row is a key that is held (response is null) or done, until it expires. Claiming
-- an expired key reuses its row.
--
-- There are no checks: PostgreSQL would parse them for each statement, which takes a tenth of its time. The package
-- makes sure that a row is as it wrote it.
CREATE TABLE IF NOT EXISTS "idempotency_records" (
    scope        text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    fingerprint  bytea NOT NULL,
    -- The fencing token. Every successful claim takes the next one.
    token        bigint GENERATED ALWAYS AS IDENTITY,
    -- The name of the attempt that claimed, if it has one. By it a claim whose answer was lost finds itself.
    attempt      bytea,
    -- Whether the claim took over from a holder whose lease had expired.
    took_over    boolean NOT NULL DEFAULT false,
    lease_until  timestamptz NOT NULL,
    -- When the record is forgotten: a window after it was last claimed, renewed or completed, or -infinity once it was
    -- released.
    expires_at   timestamptz NOT NULL,
    time_window  interval NOT NULL,
    -- The row is not deleted before this. It is when the row would expire if nothing came after the claim, so that what
    -- comes later changes no indexed column, and PostgreSQL can leave the indexes alone.
    delete_after timestamptz NOT NULL,
    response     bytea,
    PRIMARY KEY (scope, key)
);
CREATE INDEX IF NOT EXISTS "idempotency_records_delete_after" ON "idempotency_records" (delete_after);
