SELECT w.code, w.reason, w.since, w.until, w.run_id,
       round(extract(epoch FROM now() - w.since)::numeric, 1) AS since_seconds,
       round(extract(epoch FROM w.until - now())::numeric, 1) AS until_seconds
FROM why_waiting w WHERE w.job_id = :job_id
