-- What there is of one person, and how far an erasure of them has come.
SELECT (SELECT count(*) FROM jobs WHERE user_id = :user_id) AS jobs,
       (SELECT count(*) FROM jobs WHERE user_id = :user_id AND status IN ('pending', 'processing')) AS under_way,
       (SELECT count(*) FROM jobs WHERE user_id = :user_id AND completed_at IS NOT NULL AND held_reason IS NOT NULL)
           AS on_hold,
       e.asked_at, e.finished_at, e.jobs_removed, e.reason
FROM (SELECT 1) AS always
LEFT JOIN LATERAL (
    SELECT * FROM erasures WHERE user_id = :user_id ORDER BY id DESC LIMIT 1) AS e ON true
