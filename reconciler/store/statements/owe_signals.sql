INSERT INTO owed_signals AS o (run_id, due_at)
SELECT id, clock_timestamp() FROM unnest(CAST(:ids AS uuid[])) AS one (id) ORDER BY id
ON CONFLICT (run_id) DO UPDATE SET due_at = excluded.due_at
