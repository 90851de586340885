"""Fetch a document and put its artifacts: through grants, or with credentials of one's own.

Law: the only room of the worker that opens a connection. Errors leave it as codes of the error table.

    store.py     what both ways offer
    http.py      one bounded, timed exchange; what may pass is told from what will not
    deadline.py  cuts an exchange that drips
    grants.py    presigned URLs, for the origin of the payload's storage alone
    bucket.py    the payload's bucket with credentials, for legacy payloads
    download.py  artifact_url: public https addresses alone
"""
