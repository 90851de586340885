-- Runs whose Camber jobs were seen to be over are taken before their turn, found by the unique key of the job. What had
-- a fault of our own keeps its pause.
WITH ended AS (
    SELECT id
    FROM camber_runs
    WHERE backend = :backend
      AND account = :account
      AND camber_job_id = ANY(CAST(:camber_job_ids AS bigint[]))
      AND state = ANY(:states)
      AND own_faults = 0
      AND (lease_until IS NULL OR lease_until < now())
    ORDER BY next_poll_at
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE camber_runs r
SET lease_owner = :owner, lease_until = now() + make_interval(secs => :lease_seconds), epoch = r.epoch + 1
FROM ended
WHERE r.id = ended.id
RETURNING r.*, now() AS now
