INSERT INTO job_attempts (id, job_id, number, run_id, nonce) VALUES (:id, :job_id, :number, :run_id, :nonce)
