SELECT a.id AS attempt_id, a.number, a.nonce,
       j.id, j.user_id, j.raw_path, j.mime_type, j.original_filename, j.options,
       s.id AS schema_id, s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition
FROM job_attempts a
JOIN jobs j ON j.id = a.job_id
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE a.run_id = :run_id AND a.inbox_number IS NOT DISTINCT FROM :inbox_number AND a.state = 'assigned'
ORDER BY j.priority DESC, a.created_at, j.id
