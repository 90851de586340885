SELECT has_column_privilege('jobs', 'original_filename', 'SELECT')
   AND has_column_privilege('documents', 'canonical_output', 'SELECT')
