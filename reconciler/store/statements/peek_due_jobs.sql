-- The most urgent pending jobs that are due. Takes no lock: whoever plans them locks them again by id.
SELECT j.id, j.user_id, j.priority, j.raw_path, j.mime_type, j.original_filename, j.options, j.input_bytes,
       s.id AS schema_id, s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition,
       extract(epoch FROM now() - greatest(j.created_at, j.started_at)) AS age_seconds
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE j.status = 'pending'
  AND j.held_reason IS NULL
  AND NOT j.rerun_requested
  AND NOT j.cancel_requested
  AND j.available_at <= now()
  AND NOT EXISTS (
      -- Its fenced attempt may still be launched: that launch is decided first.
      SELECT FROM job_attempts a JOIN camber_runs r ON r.id = a.run_id
      WHERE a.job_id = j.id AND r.state IN ('planned', 'launching', 'unknown'))
ORDER BY j.priority DESC, j.available_at, j.id
LIMIT :limit
