-- What an operator's filter means; a filter that is null leaves nothing out, nor does a limit that is null.
SELECT id
FROM jobs
WHERE (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:error_code AS text) IS NULL OR error_details ->> 'code' = :error_code)
  AND (CAST(:user_id AS uuid) IS NULL OR user_id = :user_id)
  AND (CAST(:since_seconds AS double precision) IS NULL
       OR updated_at > now() - make_interval(secs => CAST(:since_seconds AS double precision)))
  AND (NOT CAST(:held AS boolean) OR held_reason IS NOT NULL)
ORDER BY id
LIMIT CAST(:limit AS bigint)
