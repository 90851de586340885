-- The figures of one scrape, as (figure, label, count, age of the oldest in seconds).
-- Only rows that live are read, each part by a partial index: what is finished does not make a scrape slower.
SELECT 'jobs' AS figure, 'pending' AS label, count(*) AS total,
       extract(epoch FROM now() - min(created_at)) AS oldest_seconds
  FROM jobs WHERE status = 'pending' AND held_reason IS NULL
UNION ALL
SELECT 'jobs', 'held', count(*), extract(epoch FROM now() - min(updated_at))
  FROM jobs WHERE status = 'pending' AND held_reason IS NOT NULL
UNION ALL
SELECT 'jobs', 'processing', count(*), extract(epoch FROM now() - min(started_at))
  FROM jobs WHERE status = 'processing'
UNION ALL
SELECT 'jobs', 'requested', count(*), extract(epoch FROM now() - min(updated_at))
  FROM jobs WHERE rerun_requested OR cancel_requested
UNION ALL
SELECT 'runs', state, count(*), extract(epoch FROM now() - min(created_at))
  FROM camber_runs WHERE state <> 'finished' GROUP BY state
UNION ALL
SELECT 'breakers', dependency, (state <> 'closed')::int, extract(epoch FROM now() - opened_at)
  FROM breakers
UNION ALL
SELECT 'daemons', 'alive', count(*), extract(epoch FROM now() - max(heartbeat_at))
  FROM daemons WHERE stopped_at IS NULL AND heartbeat_at > now() - make_interval(secs => :alive_seconds)
UNION ALL
SELECT 'credits', 'today', coalesce(sum(credits), 0), NULL
  FROM (SELECT credits FROM camber_runs WHERE finished_at >= date_trunc('day', now())
        UNION ALL
        SELECT credits FROM camber_sightings WHERE role = 'duplicate' AND first_seen_at >= date_trunc('day', now())) AS c
UNION ALL
SELECT 'duplicates', 'today', count(*), NULL
  FROM camber_sightings WHERE role = 'duplicate' AND first_seen_at >= date_trunc('day', now())
