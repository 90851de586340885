-- Written with what was decided by them, so a while after they ended: by this clock, and in their order.
INSERT INTO cli_calls
    (id, at, daemon_id, run_id, kind, argv, exit_code, duration_ms, cli_version, outcome, decided, cut, stdout, stderr,
     stdout_sha256, stderr_sha256)
VALUES
    (:id, clock_timestamp() - make_interval(secs => :age_seconds), :daemon_id, :run_id, :kind, CAST(:argv AS jsonb),
     :exit_code, :duration_ms, :cli_version, :outcome, :decided, :cut, :stdout, :stderr, :stdout_sha256, :stderr_sha256)
