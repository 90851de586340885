-- Intent before effect: the run is known, and leased to its planner, before anything is sent.
INSERT INTO camber_runs
    (id, marker, backend, account, state, id_floor, bundle_hash, stash_path, node_size, command, attempts_total,
     linger_seconds, take_seconds, next_poll_at, lease_owner, lease_until, epoch)
VALUES
    (:id, :marker, :backend, :account, 'planned', :id_floor, :bundle_hash, :stash_path, :node_size, :command,
     :attempts_total, :linger_seconds, :take_seconds, now(), :owner, now() + make_interval(secs => :lease_seconds), 1)
