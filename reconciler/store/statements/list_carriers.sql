SELECT id, marker, state, camber_job_id
FROM camber_runs
WHERE marker = ANY(:markers) AND backend = :backend AND account = :account
