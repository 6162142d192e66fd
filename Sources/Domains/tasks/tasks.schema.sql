-- Purpose: the tables that the tasks domain reads where they are missing, and dirty tracking on them, on request; types
--   as the application has them, except that nothing refers to a table that may be another's. Columns that are read
--   when they are there, and are ours here: users.time_zone (an IANA name; also timezone), tasks.completed_at and
--   tasks.due_at (also due_date, deadline).
-- Index relied on: (user_id, created_at) on tasks and messages. Locks: SHARE ROW EXCLUSIVE on each table while its
--   triggers are created, SHARE while a missing index is built. Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place text := (parse_ident($name$@domain@$name$))[1];
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  PERFORM twinmill.add_domain_table('tasks', place, 'users', $t$
    user_id text PRIMARY KEY,
    time_zone text,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('tasks', place, 'tasks', $t$
    id bigserial PRIMARY KEY,
    user_id text NOT NULL,
    title text NOT NULL,
    description text,
    completed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    due_at timestamptz $t$);
  PERFORM twinmill.add_domain_table('tasks', place, 'messages', $t$
    id bigserial PRIMARY KEY,
    user_id text NOT NULL,
    conversation_id bigint NOT NULL,
    role varchar(16) NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_index('tasks', $name$@domain@.tasks$name$, '{user_id,created_at}');
  PERFORM twinmill.add_domain_index('tasks', $name$@domain@.messages$name$, '{user_id,created_at}');
  PERFORM twinmill.register_new_subjects($name$@domain@.users$name$, 'tasks', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.users$name$, 'tasks', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.tasks$name$, 'tasks', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.messages$name$, 'tasks', 'user_id');
END
$do$;
