"""What the process that forks daemons does once for all of them: it imports, reads and packs.

Nobody imports it but the fork server.
"""

import tests.crash.nursery  # noqa: F401 - what runs in the child
from reconciler.cli import run  # noqa: F401 - what the daemon is made of
from reconciler.loop.assembly import worker_bundle
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.store.standing import newest

worker_bundle()
newest()
ObjectStore(
    ObjectStoreConfig(
        endpoint="http://127.0.0.1:1", region="nowhere", bucket="none", access_key="none", secret_key="none"
    )
).close()
