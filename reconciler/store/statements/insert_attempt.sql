INSERT INTO job_attempts (id, job_id, number, run_id, inbox_number, nonce)
VALUES (:id, :job_id, :number, :run_id, :inbox_number, :nonce)
