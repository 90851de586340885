-- Jobs at rest whose objects are old enough to go, or are a person's who is to be erased: with all that names an object.
-- An upload that another job names too stays until that one's turn comes.
WITH due AS (
    (SELECT id FROM jobs
     WHERE completed_at IS NOT NULL AND (objects_removed_at IS NULL OR objects_removed_at < completed_at)
       AND completed_at < now() - make_interval(secs => :age_seconds) AND is_at_rest(id)
     ORDER BY completed_at LIMIT :limit)
    UNION
    (SELECT j.id FROM erasures e
     JOIN jobs j ON j.user_id = e.user_id AND j.created_at <= e.asked_at
     WHERE e.finished_at IS NULL
       AND j.completed_at IS NOT NULL AND (j.objects_removed_at IS NULL OR j.objects_removed_at < j.completed_at)
       AND is_at_rest(j.id)
     LIMIT :limit)
)
SELECT j.id, j.user_id, j.completed_at, j.raw_path, s.definition,
       EXISTS (SELECT FROM jobs o
               WHERE o.raw_path = j.raw_path AND o.id <> j.id
                 AND (o.completed_at IS NULL OR o.objects_removed_at IS NULL OR o.objects_removed_at < o.completed_at)
              ) AS upload_shared,
       ARRAY(SELECT a.number || '-' || a.nonce FROM job_attempts a WHERE a.job_id = j.id ORDER BY a.number) AS attempts
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
WHERE j.id IN (SELECT id FROM due)
ORDER BY j.completed_at
LIMIT :limit
