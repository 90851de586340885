INSERT INTO breakers (dependency, state, failures, reason)
VALUES (:dependency, 'closed', 0, :reason || ', for ' || round(CAST(:seconds AS numeric), 1) || ' s')
ON CONFLICT (dependency) DO UPDATE
SET state = 'closed', failures = 0, opened_at = NULL, retry_at = NULL, reason = excluded.reason, updated_at = now()
