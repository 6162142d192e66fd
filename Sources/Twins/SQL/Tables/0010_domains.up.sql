-- Purpose: the domains that this installation knows.  Index: domains_pkey.  Locks: none.
CREATE TABLE twinmill.domains (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]*$'),
  summary text NOT NULL,
  definition text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE twinmill.domains IS
  'Domains that this installation knows, written by the program from its embedded definitions (YAML).';
