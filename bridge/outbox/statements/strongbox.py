"""SQL for sealed secrets and the versions of the mapping files."""

# ruff: noqa: S105 - names of statements, not of secrets

PUT_SECRET = """
INSERT INTO secrets (name, key_id, sealed, updated_at) VALUES (:name, :key_id, :sealed, :updated_at)
ON CONFLICT (name) DO UPDATE
SET key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at
"""
REMOVE_SECRET = "DELETE FROM secrets WHERE name = :name"
SECRETS = "SELECT name, key_id, sealed, updated_at FROM secrets ORDER BY name"
KEEP_CONFIGURATION = """
INSERT INTO configurations (fingerprint, in_force_since, files) VALUES (:fingerprint, :now, :files)
ON CONFLICT (fingerprint) DO UPDATE SET in_force_since = excluded.in_force_since
"""
CONFIGURATION = "SELECT files FROM configurations WHERE fingerprint = :fingerprint"
LAST_CONFIGURATION = """
SELECT fingerprint, files FROM configurations
WHERE fingerprint = (SELECT fingerprint FROM enforced ORDER BY number DESC LIMIT 1)
"""
ENFORCE = """
INSERT INTO enforced (number, fingerprint, since, how)
SELECT COALESCE(MAX(number), 0) + 1, :fingerprint, :now, :how FROM enforced
"""
VERSIONS = "SELECT number, fingerprint, since, how FROM enforced ORDER BY number DESC LIMIT :limit"
FINGERPRINTS = "SELECT fingerprint FROM configurations ORDER BY fingerprint"
