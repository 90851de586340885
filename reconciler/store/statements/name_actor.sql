-- For this transaction only: the triggers write both into the history.
SELECT set_config('app.actor', :actor, true), set_config('app.reason', :reason, true)
