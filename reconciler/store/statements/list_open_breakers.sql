SELECT dependency, reason, retry_at FROM breakers WHERE state = 'open' AND retry_at > now() ORDER BY dependency
