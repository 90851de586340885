-- By the first characters of the id, by the marker, or by Camber's number.
SELECT id FROM camber_runs
WHERE (CAST(:least AS uuid) IS NOT NULL AND id BETWEEN CAST(:least AS uuid) AND CAST(:greatest AS uuid))
   OR marker = :text OR camber_job_id = CAST(:camber_job_id AS bigint)
ORDER BY id LIMIT :limit
