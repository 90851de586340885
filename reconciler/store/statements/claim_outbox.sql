-- Take the message that has been due longest, and put it off before it is tried: a process that dies while it tells
-- loses nothing, and another one tells it again.
UPDATE outbox SET attempts = attempts + 1, available_at = now() + make_interval(secs => :lease_seconds)
 WHERE id = (
    SELECT id FROM outbox
     WHERE delivered_at IS NULL AND available_at <= now() AND created_at > now() - make_interval(secs => :age_seconds)
     ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, job_id, event, payload, attempts, created_at
