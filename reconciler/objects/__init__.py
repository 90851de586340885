"""Objects: the bytes of documents, in DigitalOcean Spaces or in any other store that speaks S3.

Law: the only place that knows S3. Callers see keys, sizes, hashes and links; they get the errors of `errors.py`, chosen
by what to do about them, and no others. Nothing here logs. No message shows a secret or the query of a link.

    store.py    ObjectStore: head, get, put, delete and links with an end
    errors.py   unavailable: wait; missing: a fact; refused: somebody must change keys or settings
    answers.py  which answer of a store is which error
"""
