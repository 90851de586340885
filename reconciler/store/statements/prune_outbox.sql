DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE created_at < now() - make_interval(secs => :age_seconds) ORDER BY created_at LIMIT :limit)
