-- The records of idempotency keys. A row is a key that is held (response is null) or done, until it expires; claiming an
-- expired key reuses its row.
CREATE TABLE IF NOT EXISTS "idempotency_records" (
    scope       text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The fencing token: every claim that succeeds takes the next one.
    token       bigint GENERATED ALWAYS AS IDENTITY CHECK (token > 0),
    -- The name of the attempt to claim, by which it finds itself when its answer is lost; 16 zeros for none.
    attempt     bytea NOT NULL,
    -- Whether the claim took over from a holder whose lease had expired.
    took_over   boolean NOT NULL DEFAULT false,
    lease_until timestamptz NOT NULL,
    -- When the record is forgotten, which is a window after it was last claimed, renewed or completed; -infinity if it was released.
    expires_at  timestamptz NOT NULL,
    time_window interval NOT NULL CHECK (time_window > interval '0'),
    response    bytea,
    PRIMARY KEY (scope, key)
);
CREATE INDEX IF NOT EXISTS "idempotency_records_expires_at" ON "idempotency_records" (expires_at);
