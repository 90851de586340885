-- What a pass of prune would find, by kind. The same conditions as in the statements that remove it.
SELECT 'folders' AS kind, count(*) AS total FROM camber_runs
WHERE state = 'finished' AND stash_pruned_at IS NULL AND backend = :backend
  AND finished_at < now() - make_interval(secs => :folder_seconds)
UNION ALL
SELECT 'logs', count(*) FROM camber_runs
WHERE state = 'finished' AND log_tail IS NOT NULL AND finished_at < now() - make_interval(secs => :log_seconds)
UNION ALL
SELECT 'evidence', count(*) FROM cli_calls WHERE at < now() - make_interval(secs => :evidence_seconds)
UNION ALL
SELECT 'messages', count(*) FROM outbox WHERE created_at < now() - make_interval(secs => :message_seconds)
UNION ALL
SELECT 'events', count(*) FROM job_events e LEFT JOIN jobs j ON j.id = e.job_id
WHERE e.at < now() - make_interval(secs => :event_seconds)
  AND (j.id IS NULL OR j.status IN ('completed', 'failed', 'cancelled'))
UNION ALL
SELECT 'objects', count(*) FROM jobs
WHERE completed_at IS NOT NULL AND (objects_removed_at IS NULL OR objects_removed_at < completed_at)
  AND completed_at < now() - make_interval(secs => :object_seconds) AND is_at_rest(id)
UNION ALL
SELECT 'jobs', count(*) FROM jobs
WHERE completed_at < now() - make_interval(secs => :job_seconds) AND is_at_rest(id)
