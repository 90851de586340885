SELECT a.run_id, a.id, a.job_id, a.number, a.inbox_number, a.nonce, j.user_id, s.definition ->> 'output_format' AS output_format,
       j.attempt_count, j.max_attempts, j.platform_faults, j.unknown_launches
FROM job_attempts a
JOIN jobs j ON j.id = a.job_id
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE a.run_id = ANY(:run_ids) AND a.state = 'assigned'
ORDER BY a.job_id
