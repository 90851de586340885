-- Of the run's own Camber job the run knows the state and the cost; a sighting has them of duplicates only.
SELECT s.camber_job_id, s.role, s.first_seen_at, s.last_seen_at,
       CASE s.role WHEN 'owner' THEN r.camber_status ELSE s.camber_status END AS camber_status,
       CASE s.role WHEN 'owner' THEN r.credits ELSE s.credits END AS credits
FROM camber_sightings s JOIN camber_runs r ON r.id = s.run_id
WHERE s.run_id = :run_id
ORDER BY s.role DESC, s.camber_job_id
