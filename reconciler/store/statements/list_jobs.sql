SELECT j.id, j.status, s.name AS schema_name, j.original_filename, j.attempt_count, j.camber_job_id, j.error_details,
       j.waiting_reason, j.held_reason, j.created_at, j.started_at, j.completed_at,
       extract(epoch FROM coalesce(j.completed_at, now()) - j.created_at) AS age_seconds
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE (CAST(:status AS text) IS NULL OR j.status = :status)
ORDER BY j.created_at DESC, j.id
LIMIT :limit
