-- What the run was given stands in its inbox. Under its lease, which stays.
UPDATE camber_runs SET inbox_put = inbox_given
WHERE id = :id AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
RETURNING id
