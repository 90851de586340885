-- Fenced by the run's lease: a zombie settles nothing.
UPDATE job_attempts a
SET state = one.state, result = one.result, error = one.error, timings = one.timings, finished_at = now()
FROM camber_runs r,
     jsonb_to_recordset(CAST(:these AS jsonb))
         AS one (attempt_id uuid, state text, result jsonb, error jsonb, timings jsonb)
WHERE a.id = one.attempt_id AND a.state = 'assigned'
  AND r.id = a.run_id AND r.id = :run_id AND r.lease_owner = :owner AND r.epoch = :epoch AND r.lease_until > now()
RETURNING a.id
