SELECT prune_events(CAST(:age_seconds AS double precision), CAST(:limit AS integer))
