UPDATE outbox SET last_error = :error, available_at = now() + make_interval(secs => :pause_seconds)
 WHERE id = :id AND delivered_at IS NULL
