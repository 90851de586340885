-- What a run carries. No file name and nothing that was read: the accepted frame holds figures only.
SELECT a.id AS attempt_id, a.job_id, a.number, a.state, a.error, a.timings, a.finished_at, j.status,
       (a.result -> 'outcome' ->> 'quality_score')::double precision AS quality_score, a.result IS NOT NULL AS has_frame,
       round(extract(epoch FROM a.finished_at - a.created_at)::numeric, 1) AS took_seconds
FROM job_attempts a
JOIN jobs j ON j.id = a.job_id
WHERE a.run_id = :run_id
ORDER BY a.created_at, a.job_id
LIMIT :limit
