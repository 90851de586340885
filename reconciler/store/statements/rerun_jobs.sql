-- Start afresh from any state: the live attempt is superseded, clocks and budgets are reset, history stays.
WITH picked AS (
    SELECT id, status, request_reason FROM jobs WHERE rerun_requested ORDER BY id LIMIT :limit
    FOR NO KEY UPDATE SKIP LOCKED
), fenced AS (
    UPDATE job_attempts SET state = 'superseded', finished_at = now()
    WHERE job_id IN (SELECT id FROM picked) AND state = 'assigned'
    RETURNING job_id, run_id
)
UPDATE jobs j
SET status = 'pending', rerun_requested = false, cancel_requested = false, request_reason = NULL,
    current_attempt_id = NULL, attempt_count = 0, platform_faults = 0, own_faults = 0, unknown_launches = 0,
    held_reason = NULL, waiting_reason = NULL, error_details = NULL, available_at = now(), started_at = NULL,
    completed_at = NULL, updated_at = now()
FROM picked p LEFT JOIN fenced f ON f.job_id = p.id
WHERE j.id = p.id
RETURNING j.id, f.run_id, p.status AS old_status
