-- The latest earlier run of any of its jobs whose launch was never known.
UPDATE camber_runs r
SET relaunch_of = (
    SELECT e.run_id
    FROM job_attempts a
    JOIN job_attempts e ON e.job_id = a.job_id AND e.number < a.number
    WHERE a.run_id = r.id AND e.error ->> 'code' = 'LAUNCH_UNKNOWN'
    ORDER BY e.created_at DESC
    LIMIT 1)
WHERE id = ANY(:ids)
