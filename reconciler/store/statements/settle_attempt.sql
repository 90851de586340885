-- Fenced by the run's lease: a zombie settles nothing.
UPDATE job_attempts a
SET state = :state, result = CAST(:result AS jsonb), error = CAST(:error AS jsonb), timings = CAST(:timings AS jsonb),
    finished_at = now()
FROM camber_runs r
WHERE a.id = :attempt_id AND a.state = 'assigned'
  AND r.id = a.run_id AND r.lease_owner = :owner AND r.epoch = :epoch AND r.lease_until > now()
RETURNING a.job_id
