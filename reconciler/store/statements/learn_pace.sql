-- What the recent runs needed: the newest :runs of those that ended within :age_seconds, on ix_camber_runs_finished_at.
-- A row without a schema is the start-up of a run: what its time at Camber exceeds its documents' compute by.
-- One that lingered waited too: its start-up ends where its first document was begun.
-- Where the start that Camber shows is the creation, it shows none: then the moment counts at which we saw it running.
WITH recent AS (
    SELECT id, started_at, linger_seconds, extract(epoch FROM camber_finished_at
        - coalesce(nullif(camber_started_at, camber_created_at), started_at))::float8 AS seconds
    FROM camber_runs
    WHERE finished_at > now() - make_interval(secs => :age_seconds) AND backend = :backend
      AND camber_finished_at IS NOT NULL
    ORDER BY finished_at DESC
    LIMIT :runs
), measured AS (
    SELECT a.run_id, j.portal_schema_id AS schema_id, a.finished_at,
           (SELECT sum(stage.value::float8) FROM jsonb_each_text(a.timings) AS stage) / 1000 AS seconds
    FROM recent r
    JOIN job_attempts a ON a.run_id = r.id AND a.state = 'succeeded' AND jsonb_typeof(a.timings) = 'object'
    JOIN jobs j ON j.id = a.job_id
)
SELECT m.schema_id, count(*) AS samples, avg(m.seconds) AS seconds
FROM measured m
WHERE m.seconds IS NOT NULL
GROUP BY m.schema_id
UNION ALL
SELECT NULL, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0,
           CASE WHEN r.linger_seconds > 0 THEN extract(epoch FROM done.first_at - r.started_at)::float8 - done.first_seconds
                ELSE r.seconds - done.seconds / :processes END))
FROM recent r
JOIN LATERAL (SELECT sum(m.seconds) AS seconds, min(m.finished_at) AS first_at, min(m.seconds) AS first_seconds
              FROM measured m WHERE m.run_id = r.id) AS done ON done.seconds IS NOT NULL
WHERE r.seconds > 0
