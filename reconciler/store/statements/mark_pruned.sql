-- All its Camber jobs are over, so there is nobody left to be told anything.
WITH paid AS (
    DELETE FROM owed_signals WHERE run_id = :id
)
UPDATE camber_runs SET stash_pruned_at = now() WHERE id = :id
