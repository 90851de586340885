-- What was known as the owner stays the owner.
INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role, camber_status)
VALUES (:backend, :account, :camber_job_id, :run_id, 'duplicate', :status)
ON CONFLICT (backend, account, camber_job_id) DO NOTHING
RETURNING camber_job_id
