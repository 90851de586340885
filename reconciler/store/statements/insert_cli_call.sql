INSERT INTO cli_calls
    (id, daemon_id, run_id, kind, argv, exit_code, duration_ms, cli_version, outcome, decided, cut, stdout, stderr,
     stdout_sha256, stderr_sha256)
VALUES
    (:id, :daemon_id, :run_id, :kind, CAST(:argv AS jsonb), :exit_code, :duration_ms, :cli_version, :outcome, :decided,
     :cut, :stdout, :stderr, :stdout_sha256, :stderr_sha256)
