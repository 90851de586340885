SELECT dependency, state, failures, coalesce(retry_at > now(), false) AS waits FROM breakers
