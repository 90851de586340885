-- One that is over and shows no times has no cost that anybody can tell. They may come late, but not for ever.
SELECT s.camber_job_id, s.camber_status, r.node_size
FROM camber_sightings s
JOIN camber_runs r ON r.id = s.run_id
WHERE s.backend = :backend AND s.account = :account AND s.role = 'duplicate' AND s.credits IS NULL
  AND s.camber_status IS DISTINCT FROM 'VANISHED'
  AND (coalesce(upper(s.camber_status), '') NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED')
       OR s.last_seen_at < s.first_seen_at + interval '1 hour')
  AND s.last_seen_at <= now() - make_interval(secs => :age_seconds)
ORDER BY s.last_seen_at
LIMIT :limit
