SELECT o.run_id, o.state, o.camber_job_id, o.camber_status, o.node_size, o.attempts_total, o.attempts_settled,
       o.reason_text, o.lease_host, o.queue_seconds, o.run_seconds, o.duplicates,
       round(extract(epoch FROM now() - o.created_at)::numeric, 1) AS age_seconds
FROM run_overview o
WHERE o.state <> 'finished'
ORDER BY o.created_at
LIMIT :limit
