-- What the CLI said where something was decided by it, the newest first; streams as they are kept.
SELECT id, at, run_id, kind, argv, exit_code, duration_ms, cli_version, outcome, cut, stdout, stderr
FROM cli_calls
WHERE run_id = ANY(:run_ids) AND decided
ORDER BY at DESC, id
LIMIT :limit
