-- The watch duty fences its live attempts and puts their jobs back.
UPDATE camber_runs
SET state = 'abandoned', next_poll_at = now(), reason_code = 'given_up', reason_text = :reason, updated_at = now()
WHERE id = ANY(:ids) AND state = 'held'
RETURNING id
