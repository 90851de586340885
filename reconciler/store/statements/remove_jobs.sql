-- The function looks once more at each of them.
SELECT remove_jobs(ARRAY(
    (SELECT id FROM jobs
     WHERE completed_at < now() - make_interval(secs => :age_seconds) AND objects_removed_at >= completed_at
       AND is_at_rest(id)
     ORDER BY completed_at LIMIT :limit)
    UNION
    (SELECT j.id FROM erasures e
     JOIN jobs j ON j.user_id = e.user_id AND j.created_at <= e.asked_at
     WHERE e.finished_at IS NULL AND j.objects_removed_at >= j.completed_at AND is_at_rest(j.id)
     LIMIT :limit)
))
