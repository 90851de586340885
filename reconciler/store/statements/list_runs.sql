SELECT o.run_id, o.marker, o.state, o.backend, o.camber_job_id, o.camber_status, o.node_size, o.attempts_total,
       o.attempts_settled, o.reason_code, o.reason_text, o.lease_host, o.launch_seconds, o.queue_seconds,
       o.run_seconds, o.credits, o.duplicates, o.created_at, o.finished_at,
       o.inbox_given, extract(epoch FROM o.lingers_until - now())::float8 AS lingers_seconds,
       round(extract(epoch FROM coalesce(o.finished_at, now()) - o.created_at)::numeric, 1) AS age_seconds
FROM run_overview o
WHERE (CAST(:state AS text) IS NULL OR o.state = :state)
  AND (CAST(:after AS uuid) IS NULL
       -- The first part is for the index: it cannot use a comparison of rows with a question.
       OR (o.created_at <= (SELECT p.created_at FROM camber_runs p WHERE p.id = :after)
           AND (o.created_at, o.run_id) < (SELECT p.created_at, p.id FROM camber_runs p WHERE p.id = :after)))
ORDER BY o.created_at DESC, o.run_id DESC
LIMIT :limit
