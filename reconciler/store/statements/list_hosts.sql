-- Runs that linger with this very worker and can be given more: what they had is in the store, and none is a twin's, which
-- would take it too. A left time counts to the end of its stay, or while it has work, until it takes no more.
SELECT l.run_id, l.inbox_given, l.assigned, l.answered > 0 AS answers,
       EXISTS (SELECT FROM job_attempts a
               WHERE a.run_id = l.run_id AND a.inbox_number > 0 AND a.state IN ('succeeded', 'failed')) AS takes,
       extract(epoch FROM now() - l.started_at)::float8 AS ran_seconds,
       extract(epoch FROM coalesce(l.lingers_until, l.takes_until) - now())::float8 AS left_seconds
FROM lingering_runs l
WHERE l.backend = :backend AND l.account = :account AND l.bundle_hash = :bundle_hash AND l.inbox_put = l.inbox_given
  AND NOT EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = l.run_id AND s.role = 'duplicate')
ORDER BY coalesce(l.given_at, l.started_at) DESC, l.run_id
