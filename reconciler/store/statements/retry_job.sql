UPDATE jobs
SET status = 'pending', current_attempt_id = NULL, error_details = CAST(:error AS jsonb) || jsonb_build_object('at', now()),
    attempt_count = attempt_count + :job_faults,
    platform_faults = CASE WHEN :job_faults > 0 THEN 0 ELSE platform_faults + :platform_faults END,
    unknown_launches = CASE WHEN :forgiven THEN 0 ELSE unknown_launches END + :unknown_launches,
    held_reason = coalesce(:held_reason, held_reason), waiting_reason = :waiting_reason, camber_job_id = :camber_job_id,
    available_at = now() + make_interval(secs => :pause_seconds), updated_at = now()
WHERE id = :job_id AND status = 'processing' AND current_attempt_id = :attempt_id
RETURNING id
