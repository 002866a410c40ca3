"""SQL for those who may use the admin port."""

# ruff: noqa: S608 - only literals of this file are put together

ADD_ACCOUNT = """
INSERT INTO people (name, role, password, zone, created_at, created_by, seen_at)
VALUES (:name, :role, :password, :zone, :created_at, :created_by, :seen_at) ON CONFLICT (name) DO NOTHING
"""
_ACCOUNT = "name, role, created_at, created_by, password, zone, seen_at"
ACCOUNTS = f"SELECT {_ACCOUNT} FROM people ORDER BY name"
ACCOUNT = f"SELECT {_ACCOUNT} FROM people WHERE name = :name"
CHANGE_ACCOUNT = """
UPDATE people SET role = COALESCE(:role, role), password = COALESCE(:password, password), zone = COALESCE(:zone, zone)
WHERE name = :name
"""
SEE = "UPDATE people SET seen_at = :now WHERE name = :name"
REMOVE_ACCOUNT = "DELETE FROM people WHERE name = :name"
REMOVE_SESSIONS_OF = "DELETE FROM sessions WHERE person = :name"
REMOVE_INVITATIONS_OF = "DELETE FROM invitations WHERE person = :name"

_SESSION = "person, created_at, used_at, expires_at, agent, number"
BEGIN_SESSION = """
INSERT INTO sessions (token, person, created_at, used_at, expires_at, agent)
VALUES (:token, :person, :created_at, :used_at, :expires_at, :agent) RETURNING number
"""
SESSION = f"SELECT {_SESSION} FROM sessions WHERE token = :token AND expires_at > :now"
SESSIONS = f"""
SELECT {_SESSION} FROM sessions WHERE expires_at > :now AND (:person IS NULL OR person = :person)
ORDER BY used_at DESC, number DESC
"""
USE_SESSION = "UPDATE sessions SET used_at = :now, expires_at = :expires_at WHERE number = :number RETURNING person"
END_SESSION = "DELETE FROM sessions WHERE number = :number"
END_SESSIONS = "DELETE FROM sessions WHERE person = :person AND number <> :but"
END_EXPIRED = "DELETE FROM sessions WHERE expires_at <= :now"
END_TOO_MANY = """
DELETE FROM sessions WHERE number IN (
  SELECT number FROM sessions WHERE person = :person ORDER BY used_at DESC, number DESC LIMIT -1 OFFSET :most
)
"""

ADD_KEY = """
INSERT INTO api_keys (name, digest, role, created_at, created_by, used_at, expires_at)
VALUES (:name, :digest, :role, :created_at, :created_by, :used_at, :expires_at) ON CONFLICT (name) DO NOTHING
"""
_KEY = "name, role, created_at, created_by, used_at, expires_at"
KEYS = f"SELECT {_KEY} FROM api_keys ORDER BY name"
KEY = f"SELECT {_KEY} FROM api_keys WHERE digest = :digest AND (expires_at IS NULL OR expires_at > :now)"
USE_KEY = "UPDATE api_keys SET used_at = :now WHERE name = :name"
REMOVE_KEY = "DELETE FROM api_keys WHERE name = :name"

INVITE = """
INSERT INTO invitations (token, kind, person, role, created_at, created_by, expires_at)
VALUES (:token, :kind, :person, :role, :created_at, :created_by, :expires_at) RETURNING number
"""
REPLACE_INVITATION = """
DELETE FROM invitations WHERE expires_at <= :now OR (kind = 'first' AND :kind = 'first')
OR (person <> '' AND person = :person AND kind = :kind)
"""
_INVITATION = "kind, person, role, created_at, created_by, expires_at, number"
INVITATION = f"SELECT {_INVITATION} FROM invitations WHERE token = :token AND expires_at > :now"
INVITATIONS = f"SELECT {_INVITATION} FROM invitations WHERE expires_at > :now ORDER BY number DESC"
WITHDRAW = "DELETE FROM invitations WHERE number = :number"

TRIES = "SELECT tries, last_at FROM sign_in_tries WHERE subject = :subject"
COUNT_TRY = """
INSERT INTO sign_in_tries (subject, tries, last_at) VALUES (:subject, :tries, :last_at)
ON CONFLICT (subject) DO UPDATE SET tries = excluded.tries, last_at = excluded.last_at
"""
FORGET_TRIES = "DELETE FROM sign_in_tries WHERE subject = :subject"
FORGIVE_TRY = "UPDATE sign_in_tries SET tries = MAX(tries - 1, 0) WHERE subject = :subject"
FORGET_OLD_TRIES = "DELETE FROM sign_in_tries WHERE last_at <= :before"
FORGET_OLDEST_TRIES = """
DELETE FROM sign_in_tries WHERE subject IN (
  SELECT subject FROM sign_in_tries ORDER BY last_at DESC LIMIT -1 OFFSET :most
)
"""
