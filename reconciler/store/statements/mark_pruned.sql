UPDATE camber_runs SET stash_pruned_at = now() WHERE id = :id
