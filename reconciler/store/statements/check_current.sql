SELECT id FROM jobs WHERE id = :job_id AND status = 'processing' AND current_attempt_id = :attempt_id
