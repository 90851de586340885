-- What an operator may see of a job: no name of a file, no key of the upload, nothing that the person said of it.
SELECT j.id, j.user_id, j.portal_schema_id, j.mime_type, j.priority, j.input_bytes, j.status, j.attempt_count,
       j.platform_faults, j.own_faults, j.unknown_launches, j.max_attempts, j.available_at, j.waiting_reason,
       j.held_reason, j.current_attempt_id, j.camber_job_id, j.error_details, j.rerun_requested, j.cancel_requested,
       j.request_reason, j.created_at, j.updated_at, j.started_at, j.completed_at,
       s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE j.id = :id
