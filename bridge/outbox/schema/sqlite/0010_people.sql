-- Who may use the admin port. Tokens, keys and links are kept as their SHA-256: whoever reads this file can use none.

-- `password` is an Argon2id hash, `` for somebody who comes through a proxy that has signed them in.
CREATE TABLE people (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  password TEXT NOT NULL,
  zone TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  token BLOB NOT NULL UNIQUE,
  person TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_person ON sessions (person, used_at);

CREATE TABLE api_keys (
  name TEXT NOT NULL PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  used_at INTEGER,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

-- `first` makes the first admin, `join` another person, `password` sets the password of one who is there.
-- `person` is `` where whoever uses the link chooses the name.
CREATE TABLE invitations (
  number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  token BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('first', 'join', 'password')),
  person TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

-- Tries to sign in since the last one that succeeded; `subject` is a hash of the name or of the address.
CREATE TABLE sign_in_tries (
  subject BLOB NOT NULL PRIMARY KEY,
  tries INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_tries_by_time ON sign_in_tries (last_at);
