-- The view is asked about what is held and the oldest that is open only: over a whole backlog it would be slow.
WITH asked AS (
    (SELECT id FROM jobs WHERE status = 'pending' AND held_reason IS NOT NULL ORDER BY created_at LIMIT :limit)
    UNION
    (SELECT id FROM jobs WHERE status IN ('pending', 'processing') ORDER BY created_at LIMIT :limit)
)
SELECT s.job_id, s.status, s.code, s.reason, s.run_id, s.since,
       round(extract(epoch FROM now() - s.since)::numeric, 1) AS since_seconds
FROM asked a
JOIN stuck_jobs s ON s.job_id = a.id
ORDER BY s.since, s.job_id
LIMIT :limit
