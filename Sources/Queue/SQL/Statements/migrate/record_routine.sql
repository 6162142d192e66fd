-- Purpose: records a routine as applied. $1 to $6 as the columns.
-- Index:   routines_pkey.
-- Locks:   the routine's row.
-- Rows:    none.
INSERT INTO twinmill.routines (signature, name, kind, checksum, version, grants)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (signature) DO UPDATE
SET checksum = excluded.checksum, version = excluded.version, grants = excluded.grants, retired_by = NULL
