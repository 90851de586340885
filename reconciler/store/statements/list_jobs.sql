-- A page of jobs, the newest first; the next page begins after the last id of this one. No file name: a reader may list too.
SELECT j.id, j.status, j.user_id, s.name AS schema_name, s.version AS schema_version, j.attempt_count, j.camber_job_id,
       j.error_details ->> 'code' AS error_code, j.waiting_reason, j.held_reason, j.rerun_requested, j.cancel_requested,
       j.created_at, j.started_at, j.completed_at,
       round(extract(epoch FROM coalesce(j.completed_at, now()) - j.created_at)::numeric, 1) AS age_seconds
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE (CAST(:status AS text) IS NULL OR j.status = :status)
  AND (CAST(:error_code AS text) IS NULL OR j.error_details ->> 'code' = :error_code)
  AND (CAST(:user_id AS uuid) IS NULL OR j.user_id = :user_id)
  AND (CAST(:since_seconds AS double precision) IS NULL
       OR j.updated_at > now() - make_interval(secs => CAST(:since_seconds AS double precision)))
  AND (NOT CAST(:held AS boolean) OR j.held_reason IS NOT NULL)
  AND (CAST(:schema AS text) IS NULL OR s.name = :schema)
  AND (CAST(:after AS uuid) IS NULL
       -- The first part is for the index: it cannot use a comparison of rows with a question.
       OR (j.created_at <= (SELECT p.created_at FROM jobs p WHERE p.id = :after)
           AND (j.created_at, j.id) < (SELECT p.created_at, p.id FROM jobs p WHERE p.id = :after)))
ORDER BY j.created_at DESC, j.id DESC
LIMIT :limit
