-- The jobs that are due, the most urgent first; within a priority the users take turns, the longest unserved first, and
-- what a user has in flight counts as turns taken. Takes no lock: whoever plans them locks them again by id.
--
-- However long the backlog is, only its edge is read: the claim skips from priority to priority and from user to user on
-- ix_jobs_turn, beginning behind the user who was served last, until it has as many users as there may be jobs. So
-- everybody comes round: whoever was left out stands nearer to the front of the next claim.
--
-- The skip compares and sorts by (priority, user_id): no other index has that order, so no statistics, however old, can
-- talk the planner into reading a user's whole past.
WITH RECURSIVE priorities AS (
    (SELECT j.priority FROM waiting_jobs j ORDER BY j.priority DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT j.priority FROM waiting_jobs j
            WHERE j.priority < p.priority
            ORDER BY j.priority DESC LIMIT 1)
    FROM priorities p
    WHERE p.priority IS NOT NULL
), urgent AS (
    -- Where the foremost of these have no job left, the next pass comes to those behind.
    SELECT p.priority,
           coalesce((SELECT t.user_id FROM user_turns t WHERE t.priority = p.priority
                     ORDER BY t.served_at DESC LIMIT 1),
                    '00000000-0000-0000-0000-000000000000') AS served_last
    FROM priorities p CROSS JOIN LATERAL (
        SELECT FROM waiting_jobs j
        WHERE (j.priority, j.user_id) >= (p.priority, '00000000-0000-0000-0000-000000000000')
          AND j.priority <= p.priority AND j.available_at <= now()
        ORDER BY j.priority, j.user_id LIMIT 1) AS is_due
    WHERE p.priority IS NOT NULL
    ORDER BY p.priority DESC
    LIMIT 4
), waiting AS (
    SELECT u.priority, turn.user_id, turn.place
    FROM urgent u CROSS JOIN LATERAL (
        WITH RECURSIVE round AS (
            SELECT u.served_last AS user_id, 0 AS place, false AS wrapped
            UNION ALL
            SELECT found.user_id, r.place + 1, found.wrapped
            FROM round r CROSS JOIN LATERAL (
                (SELECT next.user_id, r.wrapped FROM (
                     SELECT j.user_id FROM waiting_jobs j
                     WHERE j.available_at <= now()
                       AND (j.priority, j.user_id) > (u.priority, r.user_id) AND j.priority <= u.priority
                     ORDER BY j.priority, j.user_id LIMIT 1) AS next
                 WHERE NOT r.wrapped OR next.user_id <= u.served_last)
                UNION ALL
                (SELECT first.user_id, true FROM (
                     SELECT j.user_id FROM waiting_jobs j
                     WHERE j.available_at <= now()
                       AND (j.priority, j.user_id) >= (u.priority, '00000000-0000-0000-0000-000000000000')
                       AND j.priority <= u.priority
                     ORDER BY j.priority, j.user_id LIMIT 1) AS first
                 WHERE NOT r.wrapped AND first.user_id <= u.served_last)
                LIMIT 1
            ) AS found
            WHERE r.place < :limit
        )
        SELECT r.user_id, r.place FROM round r WHERE r.place > 0
    ) AS turn
), counted AS (
    SELECT w.priority, w.user_id, w.place, t.served_at, flying.jobs AS in_flight,
           count(*) OVER (PARTITION BY w.priority) AS users
    FROM waiting w
    LEFT JOIN user_turns t ON t.priority = w.priority AND t.user_id = w.user_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS jobs FROM (
            SELECT FROM jobs j WHERE j.user_id = w.user_id AND j.status = 'processing' LIMIT :limit) AS under_way
    ) AS flying
), picked AS (
    SELECT mine.id, c.priority, c.in_flight + mine.number AS turn, c.served_at, c.place
    FROM counted c CROSS JOIN LATERAL (
        SELECT due.id, row_number() OVER (ORDER BY due.available_at, due.id) AS number
        FROM (
            SELECT j.id, j.available_at FROM waiting_jobs j
            WHERE j.priority = c.priority AND j.user_id = c.user_id AND j.available_at <= now()
              -- Its fenced attempt may still be launched: that launch is decided first.
              AND NOT EXISTS (SELECT FROM undecided_launches u WHERE u.job_id = j.id)
            ORDER BY j.available_at, j.id
            -- Enough to fill the claim though half of the users have one job only; never the square of it.
            LIMIT 8 + 2 * :limit / c.users
        ) AS due
    ) AS mine
    ORDER BY c.priority DESC, turn, c.served_at NULLS FIRST, c.place
    LIMIT :limit
)
SELECT j.id, j.user_id, j.priority, j.raw_path, j.mime_type, j.original_filename, j.options, j.input_bytes,
       j.error_details ->> 'code' AS last_error,
       s.id AS schema_id, s.name AS schema_name, s.version AS schema_version, s.definition AS schema_definition,
       extract(epoch FROM now() - greatest(j.created_at, j.started_at)) AS age_seconds
FROM picked p
JOIN jobs j ON j.id = p.id
JOIN portal_schemas s ON s.id = j.portal_schema_id
ORDER BY p.priority DESC, p.turn, p.served_at NULLS FIRST, p.place, j.id
