SELECT id AS run_id, marker, state, camber_job_id, camber_status, backend, log_bytes, log_tail
FROM camber_runs WHERE id = :id
