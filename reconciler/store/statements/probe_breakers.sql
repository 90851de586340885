-- One daemon gets the try. Should it die on the way, another one gets it when the time is up.
UPDATE breakers
SET state = 'half_open', retry_at = now() + make_interval(secs => :seconds), updated_at = now()
WHERE dependency = ANY(:dependencies) AND state <> 'closed' AND retry_at <= now()
RETURNING dependency
