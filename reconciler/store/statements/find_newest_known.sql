SELECT max(camber_job_id) FROM camber_runs WHERE backend = :backend AND account = :account
