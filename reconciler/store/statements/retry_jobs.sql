UPDATE jobs j
SET status = 'pending', current_attempt_id = NULL, error_details = one.error || jsonb_build_object('at', now()),
    attempt_count = attempt_count + one.job_faults,
    platform_faults = CASE WHEN one.job_faults > 0 THEN 0 ELSE j.platform_faults + one.platform_faults END,
    unknown_launches = CASE WHEN one.forgiven THEN 0 ELSE j.unknown_launches END + one.unknown_launches,
    held_reason = coalesce(one.held_reason, j.held_reason), waiting_reason = one.waiting_reason,
    camber_job_id = :camber_job_id, available_at = now() + make_interval(secs => one.pause_seconds), updated_at = now()
FROM jsonb_to_recordset(CAST(:these AS jsonb))
    AS one (job_id uuid, attempt_id uuid, error jsonb, job_faults integer, platform_faults integer,
            unknown_launches integer, forgiven boolean, held_reason text, waiting_reason text,
            pause_seconds double precision)
WHERE j.id = one.job_id AND j.status = 'processing' AND j.current_attempt_id = one.attempt_id
