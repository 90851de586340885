SELECT r.id, r.marker, r.stash_path,
       array_remove(array_agg(a.id) FILTER (WHERE a.state <> 'assigned'), NULL) AS superseded,
       count(*) FILTER (WHERE a.state = 'assigned') AS assigned
FROM camber_runs r
JOIN job_attempts a ON a.run_id = r.id
WHERE r.id = ANY(:ids)
GROUP BY r.id
