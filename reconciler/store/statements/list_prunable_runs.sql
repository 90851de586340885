-- Only a run that is over at Camber, and whose duplicates are: a late twin must still find its stop signal.
SELECT id, stash_path, marker, inbox_given
FROM camber_runs
WHERE backend = :backend AND account = :account AND state = 'finished' AND finished_at < now() - make_interval(secs => :age_seconds)
  AND stash_pruned_at IS NULL
  AND NOT EXISTS (
      SELECT FROM camber_sightings s
      WHERE s.run_id = camber_runs.id AND s.role = 'duplicate' AND s.credits IS NULL
        AND upper(coalesce(s.camber_status, '')) NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED', 'VANISHED'))
ORDER BY finished_at
LIMIT :limit
