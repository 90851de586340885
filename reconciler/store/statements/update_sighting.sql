UPDATE camber_sightings
SET camber_status = :status, credits = coalesce(:credits, credits), last_seen_at = now()
WHERE backend = :backend AND account = :account AND camber_job_id = :camber_job_id
