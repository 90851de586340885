#!/bin/sh
# Runs before each start of the daemon and changes nothing the second time: portal schemas, the age identity that opens the
# masters made here, and the environment that runs unpack. What the daemon may know of it stands in `published`.
set -eu
cd /var/lib/rythmiq
if [ ! -s keys/identity.age ]; then
    (umask 077 && python -c 'import pyrage; print(pyrage.x25519.Identity.generate())' > keys/identity.new)
    mv keys/identity.new keys/identity.age
fi
python -c 'import pyrage; print(pyrage.x25519.Identity.from_str(open("keys/identity.age").read().strip()).to_public())' \
    > published/recipients
reconciler schemas add --shipped --activate
reconciler worker archive --folder /opt/environments > published/run-archive-key
