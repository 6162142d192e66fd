-- Purpose: the marks of dirty tracking. Writing input data leaves a mark per twin and statement; the sweep turns marks
--          into jobs. Marks are only ever appended: an upserted mark per twin would make concurrent writers of one twin
--          wait for each other, and a sweep that clears it could lose a change that commits late. A mark is deleted by
--          its exact id only.
-- Index:   the primary key (the sweep reads from the oldest mark).
-- Locks:   none.
CREATE TABLE twinmill.twin_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  twin_id uuid NOT NULL,
  source text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE twinmill.twin_changes IS
  'Append-only marks: a statement on the table source wrote input data of the twin. The sweep consumes them';
