-- It is looked for by its marker again, and goes on from what Camber shows.
UPDATE camber_runs
SET state = 'unknown', next_poll_at = now(), submit_deadline = coalesce(submit_deadline, now()), own_faults = 0,
    absent_count = 0, absent_since = NULL, reason_code = 'released', reason_text = :reason, updated_at = now()
WHERE id = ANY(:ids) AND state = 'held'
RETURNING id
