UPDATE owed_signals SET due_at = now() + make_interval(secs => :seconds) WHERE run_id = :run_id AND due_at = :receipt
