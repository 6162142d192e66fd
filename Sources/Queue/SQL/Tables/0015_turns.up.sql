-- Purpose: what sessions of Twinmill take turns at, one row each. Only a role that may write the row can lock it;
--          an advisory lock of any number is free to every login of the database.
-- Index:   turns_pkey.
-- Locks:   none.
CREATE TABLE twinmill.turns (
  name text PRIMARY KEY
);
INSERT INTO twinmill.turns (name) VALUES ('maintain_waiting'), ('maintain_history');
COMMENT ON TABLE twinmill.turns IS
  'Work that one session at a time does: it locks the row. Only the roles of Twinmill''s daemons can';
