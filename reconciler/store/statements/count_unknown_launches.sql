SELECT coalesce(max(j.unknown_launches), 0)
FROM job_attempts a
JOIN jobs j ON j.id = a.job_id
WHERE a.run_id = :run_id AND a.state = 'assigned'
