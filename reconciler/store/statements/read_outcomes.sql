SELECT id, status, error_details ->> 'code' AS error_code, held_reason, waiting_reason,
       round(extract(epoch FROM coalesce(completed_at, now()) - created_at)::numeric, 1) AS age_seconds
FROM jobs WHERE id = ANY(:ids)
