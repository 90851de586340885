SELECT at, kind, old_status, new_status, attempt_id, detail, reason, actor, session_user_name, application_name
FROM job_events
WHERE job_id = :job_id
ORDER BY id
