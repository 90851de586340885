INSERT INTO job_attempts (id, job_id, number, run_id, nonce, inbox_number)
SELECT id, job_id, number, run_id, nonce, inbox_number
FROM jsonb_to_recordset(CAST(:these AS jsonb))
    AS one (id uuid, job_id uuid, number integer, run_id uuid, nonce text, inbox_number integer)
