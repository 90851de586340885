-- Jobs that another daemon is planning at this moment are passed over, not waited for.
SELECT j.id, j.user_id, j.raw_path, j.mime_type, j.original_filename, j.options,
       s.id AS schema_id, s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition,
       (SELECT coalesce(max(a.number), 0) + 1 FROM job_attempts a WHERE a.job_id = j.id) AS next_number
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE j.id = ANY(:ids)
  AND j.status = 'pending'
  AND j.held_reason IS NULL
  AND NOT j.rerun_requested
  AND NOT j.cancel_requested
  AND j.available_at <= now()
  -- Its fenced attempt may still be launched: that launch is decided first.
  AND NOT EXISTS (SELECT FROM undecided_launches u WHERE u.job_id = j.id)
ORDER BY j.id
FOR NO KEY UPDATE OF j SKIP LOCKED
