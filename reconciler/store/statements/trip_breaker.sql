INSERT INTO breakers AS b (dependency, state, failures, reason, opened_at, retry_at)
VALUES (:dependency, 'open', 1, :reason, now(), now() + make_interval(secs => :base_seconds))
ON CONFLICT (dependency) DO UPDATE
SET state = 'open', failures = b.failures + 1, reason = excluded.reason, opened_at = coalesce(b.opened_at, now()),
    retry_at = now() + make_interval(secs => least(:max_seconds, :base_seconds * 2.0 ^ least(b.failures, 20))),
    updated_at = now()
