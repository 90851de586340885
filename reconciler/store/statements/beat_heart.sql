INSERT INTO daemons (id, host, pid, version, duties)
VALUES (:id, :host, :pid, :version, CAST(:duties AS jsonb))
ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), duties = excluded.duties
