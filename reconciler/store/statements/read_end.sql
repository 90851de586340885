-- How a job that is over came to its end, and whether anything is asked of it.
SELECT j.status, j.error_details, j.attempt_count, j.max_attempts, j.completed_at, j.rerun_requested, j.cancel_requested,
       round(extract(epoch FROM now() - j.completed_at)::numeric, 1) AS since_seconds,
       d.job_id IS NOT NULL AS has_document, coalesce(d.stale, false) AS stale, e.actor, e.session_user_name, e.reason
FROM jobs j
LEFT JOIN documents d ON d.job_id = j.id
LEFT JOIN LATERAL (SELECT actor, session_user_name, reason FROM job_events
                   WHERE job_id = j.id AND new_status = j.status AND old_status IS DISTINCT FROM new_status
                   ORDER BY id DESC LIMIT 1) AS e ON true
WHERE j.id = :job_id
