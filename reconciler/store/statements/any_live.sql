SELECT EXISTS (SELECT FROM job_attempts WHERE run_id = :run_id AND state = 'assigned')
