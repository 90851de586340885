-- Fenced by the lease: a zombie writes nothing.
UPDATE camber_runs
SET attempts_settled = (SELECT count(*) FROM job_attempts WHERE run_id = :id AND state <> 'assigned')
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
