-- In the order of their ids, as all who lock several do.
SELECT id FROM camber_runs WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
