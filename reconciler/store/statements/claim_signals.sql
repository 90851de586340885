-- Put off before they are paid: a process that dies while it tells a worker loses nothing, and another one tells it again.
UPDATE owed_signals o SET due_at = clock_timestamp() + make_interval(secs => :seconds)
FROM (SELECT d.run_id FROM owed_signals d JOIN camber_runs r ON r.id = d.run_id
      WHERE d.due_at <= now() AND r.backend = :backend
      ORDER BY d.due_at LIMIT :limit
      FOR UPDATE OF d SKIP LOCKED) AS due
WHERE o.run_id = due.run_id
RETURNING o.run_id, o.due_at
