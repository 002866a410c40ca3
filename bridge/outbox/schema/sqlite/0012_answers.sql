-- How targets answered last, and whether they took a secret. Both are written as deliveries settle.

-- The latest attempts at each touchpoint, few of each, numbered as they were settled; what was answered stands with the attempt.
CREATE TABLE answers (
  touchpoint TEXT NOT NULL,
  number INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  lease INTEGER NOT NULL,
  PRIMARY KEY (touchpoint, number)
) STRICT, WITHOUT ROWID;
INSERT INTO answers (touchpoint, number, delivery_id, lease)
SELECT touchpoint, number, delivery_id, lease FROM (
  SELECT touchpoint, delivery_id, attempts.lease AS lease,
         ROW_NUMBER() OVER (PARTITION BY touchpoint ORDER BY ended_at, delivery_id, number) AS number,
         ROW_NUMBER() OVER (PARTITION BY touchpoint ORDER BY ended_at DESC, delivery_id DESC, number DESC) AS place
  FROM attempts CROSS JOIN deliveries
  WHERE deliveries.id = attempts.delivery_id AND outcome <> 'crashed')
WHERE place <= 20;

-- When a touchpoint first took a request that was made with a secret as it is in use since `since`; NULL until then.
CREATE TABLE proofs (
  touchpoint TEXT NOT NULL,
  secret TEXT NOT NULL,
  since INTEGER NOT NULL,
  proved_at INTEGER,
  delivery_id TEXT,
  PRIMARY KEY (touchpoint, secret)
) STRICT, WITHOUT ROWID;
