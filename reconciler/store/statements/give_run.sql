-- Intent before effect: that a run which lingers is given these documents is committed before they stand in its inbox.
-- Only while nobody looks at it; whoever gave it something meanwhile was faster.
UPDATE camber_runs
SET inbox_given = :number, given_at = now(), attempts_total = attempts_total + :documents,
    lease_owner = :owner, lease_until = now() + make_interval(secs => :lease_seconds), epoch = epoch + 1,
    updated_at = now()
WHERE id = :run_id AND state = 'running' AND linger_seconds > 0 AND inbox_given = :number - 1 AND inbox_put = inbox_given
  AND (lease_until IS NULL OR lease_until < now())
RETURNING epoch
