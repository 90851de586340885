SELECT id, at, run_id, kind, argv, exit_code, duration_ms, cli_version, outcome, decided, cut, stdout, stderr
FROM cli_calls
WHERE (CAST(:call_id AS uuid) IS NOT NULL AND id = CAST(:call_id AS uuid))
   OR (CAST(:call_id AS uuid) IS NULL AND at >= now() - make_interval(secs => :age_seconds))
ORDER BY at, id
LIMIT :limit
