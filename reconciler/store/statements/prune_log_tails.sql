UPDATE camber_runs SET log_tail = NULL WHERE id IN (
    SELECT id FROM camber_runs
    WHERE state = 'finished' AND log_tail IS NOT NULL AND finished_at < now() - make_interval(secs => :age_seconds)
    ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED)
