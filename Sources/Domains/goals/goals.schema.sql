-- Purpose: the tables that the goals domain reads where they are missing, and dirty tracking on them, on request; types
--   as the application has them, except that nothing refers to a table that may be another's. users.time_zone (an IANA
--   name, also found as timezone) is ours: without it days are those of UTC.
-- Index relied on: what each table is read by, below. Locks: SHARE ROW EXCLUSIVE on each table while its triggers are
--   created, SHARE while a missing index is built. Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place text := (parse_ident($name$@domain@$name$))[1];
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  PERFORM twinmill.add_domain_table('goals', place, 'users', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255),
    mentor_id uuid,
    time_zone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'goals', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    group_id uuid,
    title varchar(255) NOT NULL,
    description text,
    category varchar(32),
    frequency varchar(32) NOT NULL DEFAULT 'daily',
    start_date date,
    end_date date,
    ai_plan json,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'habits', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL,
    title varchar(255) NOT NULL,
    description text,
    frequency varchar(32),
    schedule json,
    category varchar(32),
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'checkins', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL,
    user_id uuid NOT NULL,
    completed boolean NOT NULL,
    notes text,
    timestamp timestamptz NOT NULL DEFAULT now(),
    synced_to_snowflake boolean DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'messages', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid,
    group_id uuid,
    user_message text,
    ai_reply text,
    is_ai boolean,
    message_type varchar(32),
    context_used json,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'journal_entries', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    text text,
    sentiment_score double precision,
    mood_tags json,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'goal_plan_suggestions', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL,
    user_id uuid NOT NULL,
    suggestion_type varchar(32),
    ai_suggestion json,
    accepted boolean,
    human_feedback text,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('goals', place, 'mentor_interactions', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mentor_id uuid,
    patient_id uuid NOT NULL,
    mode varchar(32),
    mentor_message text,
    ai_reply text,
    sources_used json,
    plan_patch json,
    task_list json,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.goals$name$, '{user_id}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.habits$name$, '{goal_id}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.checkins$name$, '{user_id,timestamp}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.messages$name$, '{user_id,created_at}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.journal_entries$name$, '{user_id,created_at}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.goal_plan_suggestions$name$, '{user_id}');
  PERFORM twinmill.add_domain_index('goals', $name$@domain@.mentor_interactions$name$, '{patient_id}');
  PERFORM twinmill.register_new_subjects($name$@domain@.users$name$, 'goals', 'id');
  PERFORM twinmill.track_subjects($name$@domain@.users$name$, 'goals', 'id');
  PERFORM twinmill.track_subjects($name$@domain@.goals$name$, 'goals', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.habits$name$, 'goals', 'goal_id', 'goals', 'id', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.checkins$name$, 'goals', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.messages$name$, 'goals', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.journal_entries$name$, 'goals', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.goal_plan_suggestions$name$, 'goals', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.mentor_interactions$name$, 'goals', 'patient_id');
END
$do$;
