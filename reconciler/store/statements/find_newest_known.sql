-- A job that Camber has denied for longer than any lag is no proof that a list is whole: two that are gone must not hide each other.
SELECT max(r.camber_job_id)
FROM camber_runs r
WHERE r.backend = :backend AND r.account = :account AND r.id <> :sought AND (r.absent_since IS NULL OR r.absent_since > now() - make_interval(secs => :settle_seconds))
  AND NOT EXISTS (
      SELECT FROM camber_sightings s
      WHERE s.backend = r.backend AND s.account = r.account AND s.camber_job_id = r.camber_job_id
        AND s.camber_status = 'VANISHED')
