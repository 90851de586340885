-- Runs planned within the time, and those that are still under way, as seconds before now by the database's clock.
SELECT r.id AS run_id, r.state, r.reason_code, r.reason_text, r.camber_job_id, r.attempts_total, r.attempts_settled,
       verdicts.succeeded, verdicts.failed, now() AS now,
       extract(epoch FROM now() - r.created_at)::double precision AS planned_ago,
       extract(epoch FROM now() - r.submitted_at)::double precision AS submitted_ago,
       extract(epoch FROM now() - r.started_at)::double precision AS started_ago,
       extract(epoch FROM now() - r.finished_at)::double precision AS finished_ago
FROM (
    SELECT id, state, reason_code, reason_text, camber_job_id, attempts_total, attempts_settled, created_at, submitted_at,
           started_at, finished_at
    FROM camber_runs WHERE created_at >= now() - make_interval(secs => :seconds)
    UNION
    SELECT id, state, reason_code, reason_text, camber_job_id, attempts_total, attempts_settled, created_at, submitted_at,
           started_at, finished_at
    FROM camber_runs WHERE state <> 'finished'
) AS r
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE a.state = 'succeeded') AS succeeded,
                           count(*) FILTER (WHERE a.state = 'failed') AS failed
                    FROM job_attempts a WHERE a.run_id = r.id) AS verdicts
ORDER BY r.created_at DESC, r.id DESC
LIMIT :limit
