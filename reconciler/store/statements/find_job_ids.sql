-- Those whose id lies within a prefix: a range, so that the primary key finds them.
SELECT id FROM jobs WHERE id BETWEEN CAST(:least AS uuid) AND CAST(:greatest AS uuid) ORDER BY id LIMIT :limit
