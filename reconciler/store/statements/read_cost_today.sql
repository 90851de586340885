SELECT runs, documents, credits, duplicate_credits, total_credits, runs_without_cost
FROM cost_daily WHERE day = (now() AT TIME ZONE 'UTC')::date
