-- One UTC day's credits by node size: what is known, and the seconds of what is not known yet. Each part by its index.
-- A run that lingers counts as one that stays for its whole time from now on. A fenced or held run may go on at Camber; one that ended today without a cost may have run.
WITH counted AS (
    SELECT node_size, credits, attempts_total, started_at, 0 AS lingering FROM camber_runs
    WHERE backend = :backend AND finished_at >= date_trunc('day', now(), 'UTC') AND finished_at IS NOT NULL
      AND (credits IS NOT NULL OR camber_job_id IS NOT NULL)
    UNION ALL
    SELECT node_size, credits, attempts_total, started_at,
           CASE WHEN state IN ('collecting', 'abandoned') THEN 0 ELSE linger_seconds END
    FROM camber_runs
    WHERE backend = :backend
      AND state IN ('planned', 'launching', 'unknown', 'submitted', 'queued', 'running', 'collecting', 'abandoned')
), by_size AS (
    SELECT node_size, coalesce(sum(credits), 0) AS credits,
           coalesce(sum(lingering
                        + greatest(:startup + attempts_total * :each, extract(epoch FROM now() - started_at)::float8))
                    FILTER (WHERE credits IS NULL), 0) AS seconds
    FROM counted
    GROUP BY node_size
)
SELECT node_size, credits, seconds FROM by_size
UNION ALL
SELECT r.node_size, coalesce(sum(s.credits), 0), 0
FROM camber_sightings s JOIN camber_runs r ON r.id = s.run_id
WHERE s.backend = :backend AND s.role = 'duplicate' AND s.first_seen_at >= date_trunc('day', now(), 'UTC')
GROUP BY r.node_size
