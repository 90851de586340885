SELECT min(id_floor)
FROM camber_runs
WHERE backend = :backend AND account = :account AND created_at > now() - make_interval(secs => :horizon_seconds)
