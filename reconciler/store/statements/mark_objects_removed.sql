-- Only if it is still the same end of the job: after a rerun there are objects again.
UPDATE jobs SET objects_removed_at = now() WHERE id = :id AND completed_at = :completed_at
