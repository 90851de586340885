-- Intent before effect: the runs are known, and leased to their planner, before anything is sent.
INSERT INTO camber_runs AS r
    (id, marker, backend, account, state, id_floor, bundle_hash, stash_path, node_size, command, attempts_total,
     linger_seconds, take_seconds, next_poll_at, lease_owner, lease_until, epoch)
SELECT id, marker, backend, account, 'planned', id_floor, bundle_hash, stash_path, node_size, command, attempts_total,
       linger_seconds, take_seconds, now(), :owner, now() + make_interval(secs => :lease_seconds), 1
FROM jsonb_to_recordset(CAST(:these AS jsonb))
    AS one (id uuid, marker text, backend text, account text, id_floor bigint, bundle_hash text, stash_path text,
            node_size text, command text, attempts_total integer, linger_seconds float8, take_seconds float8)
RETURNING r.*, now() AS now
