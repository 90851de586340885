#!/bin/sh
# Generate every secret of docker-compose.yml, once; what is there already stays. From the project's folder:
#   sh deploy/compose/make-secrets.sh
# The folder is closed to others; the files in it are readable, because each container reads them as a user of its own.
set -eu
folder=${COMPOSE_SECRETS:-.rythmiq/compose}
(umask 077 && mkdir -p "$folder")
chmod 700 "$folder"
cd "$folder"
umask 022

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
# A file is written aside first: what stops half-way leaves none that is empty.
keep() { [ -s "$1" ] || { cat > "$1.new" && mv "$1.new" "$1"; }; }

for name in postgres-password owner-password daemon-password operator-password s3-access-key s3-secret-key camber-key; do
    random | keep "$name"
done
for login in owner daemon operator; do
    printf 'postgresql://rythmiq_%s:%s@postgres:5432/rythmiq\n' "$login" "$(cat "$login-password")" | keep "$login-url"
done
printf '{"identities": [{"name": "rythmiq", "credentials": [{"accessKey": "%s", "secretKey": "%s"}], "actions": ["Admin", "Read", "Write", "List"]}]}\n' \
    "$(cat s3-access-key)" "$(cat s3-secret-key)" | keep s3.json
echo "The secrets are in $folder; nothing of them belongs into git."
