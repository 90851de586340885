DELETE FROM owed_signals WHERE run_id = :run_id AND due_at = :receipt
