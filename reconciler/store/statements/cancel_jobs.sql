-- A finished job stays as it is: only its flag is cleared. A cancelled job's result is ignored.
WITH picked AS (
    SELECT id, status, request_reason FROM jobs WHERE cancel_requested AND NOT rerun_requested ORDER BY id LIMIT :limit
    FOR NO KEY UPDATE SKIP LOCKED
), fenced AS (
    UPDATE job_attempts SET state = 'superseded', finished_at = now()
    WHERE job_id IN (SELECT id FROM picked) AND state = 'assigned'
    RETURNING job_id, run_id
)
UPDATE jobs j
SET status = CASE WHEN p.status IN ('pending', 'processing') THEN 'cancelled' ELSE p.status END,
    completed_at = CASE WHEN p.status IN ('pending', 'processing') THEN now() ELSE j.completed_at END,
    held_reason = CASE WHEN p.status IN ('pending', 'processing') THEN NULL ELSE j.held_reason END,
    waiting_reason = NULL, cancel_requested = false, request_reason = NULL, updated_at = now()
FROM picked p LEFT JOIN fenced f ON f.job_id = p.id
WHERE j.id = p.id
RETURNING j.id, f.run_id, p.status AS old_status
