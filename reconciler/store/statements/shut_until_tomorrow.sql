-- The day's credits are spent. The pause is over by itself when the next UTC day begins.
INSERT INTO breakers AS b (dependency, state, failures, reason, opened_at, retry_at)
VALUES (:dependency, 'open', 1, :reason, now(), date_trunc('day', now(), 'UTC') + interval '1 day')
ON CONFLICT (dependency) DO UPDATE
SET state = 'open', failures = 1, reason = excluded.reason, opened_at = coalesce(b.opened_at, now()),
    retry_at = excluded.retry_at, updated_at = now()
WHERE b.state <> 'open' OR b.retry_at <> excluded.retry_at OR b.reason <> excluded.reason
RETURNING b.opened_at = now() AS opened
