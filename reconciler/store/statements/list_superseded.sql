-- A twin may show up when the run's folder is gone, and its jobs too: then it is told by the store alone.
SELECT r.id, r.marker, CASE WHEN r.stash_pruned_at IS NULL THEN r.stash_path END AS stash_path,
       array_agg(a.id) FILTER (WHERE a.state <> 'assigned') AS superseded,
       count(*) FILTER (WHERE a.state = 'assigned') AS assigned,
       -- It waits for more, and goes on as long as any document of it was not in vain.
       r.state = 'running' AND r.linger_seconds > 0
           AND count(*) FILTER (WHERE a.state IN ('succeeded', 'failed')) > 0 AS lingers
FROM camber_runs r
LEFT JOIN job_attempts a ON a.run_id = r.id
WHERE r.id = ANY(:ids)
GROUP BY r.id
