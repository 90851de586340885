SELECT o.run_id, o.marker, o.backend, o.account, o.state, o.camber_job_id, o.camber_status, o.node_size,
       o.attempts_total, o.attempts_settled, o.reason_code, o.reason_text, o.absent_count, o.lease_host, o.next_poll_at,
       o.launch_seconds, o.queue_seconds, o.run_seconds, o.credits, o.credits_per_document, o.duplicates, o.created_at,
       o.finished_at, r.bundle_hash, r.relaunch_of, r.submitted_at, r.started_at, r.log_bytes, r.log_tail, r.stash_path,
       o.inbox_given, extract(epoch FROM o.lingers_until - now())::float8 AS lingers_seconds,
       round(extract(epoch FROM coalesce(o.finished_at, now()) - o.created_at)::numeric, 1) AS age_seconds
FROM run_overview o
JOIN camber_runs r ON r.id = o.run_id
WHERE o.run_id = :run_id
