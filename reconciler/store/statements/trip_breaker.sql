-- Full jitter, drawn by the caller: daemons that failed together do not come back together.
INSERT INTO breakers AS b (dependency, state, failures, reason, opened_at, retry_at)
VALUES (:dependency, CASE WHEN :allowed <= 1 THEN 'open' ELSE 'closed' END, 1, :reason,
        CASE WHEN :allowed <= 1 THEN now() END,
        CASE WHEN :allowed <= 1 THEN now() + make_interval(secs => :base_seconds * (0.1 + 0.9 * :jitter)) END)
ON CONFLICT (dependency) DO UPDATE
SET failures = b.failures + 1, reason = excluded.reason, updated_at = now(),
    state = CASE WHEN b.state <> 'closed' OR b.failures + 1 >= :allowed THEN 'open' ELSE 'closed' END,
    opened_at = CASE WHEN b.state <> 'closed' OR b.failures + 1 >= :allowed THEN coalesce(b.opened_at, now()) END,
    retry_at = CASE WHEN b.state <> 'closed' OR b.failures + 1 >= :allowed
        THEN now() + make_interval(secs =>
            least(:max_seconds, :base_seconds * 2.0 ^ least(greatest(b.failures + 1 - :allowed, 0), 20))
            * (0.1 + 0.9 * :jitter)) END
RETURNING b.state
