SELECT o.run_id, o.state, o.camber_job_id, o.camber_status, o.node_size, o.attempts_total, o.attempts_settled,
       o.reason_text, o.lease_host, o.queue_seconds, o.run_seconds, o.duplicates,
       o.inbox_given, extract(epoch FROM o.lingers_until - now())::float8 AS lingers_seconds,
       round(extract(epoch FROM now() - o.created_at)::numeric, 1) AS age_seconds
FROM run_overview o
WHERE o.state <> 'finished'
ORDER BY o.created_at
LIMIT :limit
