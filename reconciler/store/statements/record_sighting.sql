INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role, camber_status)
VALUES (:backend, :account, :camber_job_id, :run_id, 'owner', :camber_status)
ON CONFLICT (backend, account, camber_job_id) DO UPDATE
SET camber_status = excluded.camber_status, last_seen_at = now()
