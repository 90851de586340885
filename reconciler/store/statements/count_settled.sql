UPDATE camber_runs
SET attempts_settled = (SELECT count(*) FROM job_attempts WHERE run_id = :id AND state <> 'assigned')
WHERE id = :id
