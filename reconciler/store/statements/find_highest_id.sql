SELECT max(camber_job_id)
FROM (SELECT camber_job_id FROM camber_runs WHERE backend = :backend AND account = :account
      UNION ALL
      SELECT camber_job_id FROM camber_sightings WHERE backend = :backend AND account = :account
      UNION ALL
      SELECT id_floor FROM camber_runs WHERE backend = :backend AND account = :account) AS known
