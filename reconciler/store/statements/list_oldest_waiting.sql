-- The view is asked about a handful of jobs only: over a whole backlog it would be slow.
SELECT w.job_id, w.status, w.code, w.reason, w.run_id,
       round(extract(epoch FROM now() - j.created_at)::numeric, 1) AS age_seconds
FROM (SELECT id, created_at FROM jobs WHERE status IN ('pending', 'processing') ORDER BY created_at, id LIMIT :limit) AS j
JOIN why_waiting w ON w.job_id = j.id
ORDER BY j.created_at, j.id
