SELECT camber_job_id, role, camber_status, credits, first_seen_at, last_seen_at
FROM camber_sightings
WHERE run_id = :run_id
ORDER BY role DESC, camber_job_id
