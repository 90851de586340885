-- Nothing changed: set the next look and give the lease back.
UPDATE camber_runs
SET next_poll_at = now() + make_interval(secs => :poll_seconds),
    absent_count = CASE WHEN :missed THEN absent_count + 1 ELSE 0 END,
    absent_since = CASE WHEN :absent THEN coalesce(absent_since, now()) END,
    camber_status = coalesce(:camber_status, camber_status),
    log_bytes = greatest(log_bytes, :log_bytes),
    log_tail = coalesce(:log_tail, log_tail),
    reason_text = coalesce(left(:reason, 500), reason_text),
    lease_owner = NULL,
    lease_until = NULL
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
RETURNING id
