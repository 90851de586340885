UPDATE jobs
SET waiting_reason = :reason, available_at = now() + make_interval(secs => :seconds), updated_at = now()
WHERE id = :id AND status = 'pending'
