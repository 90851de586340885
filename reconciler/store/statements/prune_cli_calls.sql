DELETE FROM cli_calls WHERE id IN (
    SELECT id FROM cli_calls WHERE at < now() - make_interval(secs => :age_seconds) ORDER BY at LIMIT :limit)
