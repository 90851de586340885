SELECT * FROM documents WHERE job_id = :job_id
