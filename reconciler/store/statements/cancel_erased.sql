-- What is under way for a person who is to be erased is given up first; the requests duty carries it out.
UPDATE jobs j
SET cancel_requested = true, request_reason = 'the person is to be erased', updated_at = now()
FROM erasures e
WHERE e.finished_at IS NULL AND j.user_id = e.user_id AND j.created_at <= e.asked_at
  AND j.status IN ('pending', 'processing') AND NOT j.cancel_requested
