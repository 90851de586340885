SELECT a.id, a.number, a.state, a.nonce, a.error, a.timings, a.created_at, a.finished_at,
       r.id AS run_id, r.marker, r.state AS run_state, r.camber_job_id, r.camber_status, r.stash_path, r.reason_text
FROM job_attempts a
JOIN camber_runs r ON r.id = a.run_id
WHERE a.job_id = :job_id
ORDER BY a.number
