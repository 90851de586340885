-- A fenced run goes on at Camber and holds its slot until Camber shows it over.
SELECT count(*)
FROM camber_runs
WHERE backend = :backend AND account = :account
  AND (state IN ('planned', 'launching', 'unknown', 'submitted', 'queued', 'running')
       OR (state = 'abandoned' AND camber_job_id IS NOT NULL))
