-- For this transaction only. Each question is planned for its own values: a plan for any filter would read everything.
SELECT set_config('statement_timeout', :milliseconds, true), set_config('plan_cache_mode', 'force_custom_plan', true)
