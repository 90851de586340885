UPDATE job_attempts SET state = 'superseded', finished_at = now() WHERE job_id = ANY(:ids) AND state = 'assigned'
