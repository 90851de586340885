-- Only a run that is over at Camber: a late twin must still find its stop signal.
SELECT id, stash_path, marker
FROM camber_runs
WHERE backend = :backend AND account = :account AND state = 'finished' AND finished_at < now() - make_interval(secs => :age_seconds)
  AND stash_pruned_at IS NULL
ORDER BY finished_at
LIMIT :limit
