-- Purpose: the oldest marks of changed twins, for one run of the sweep. $1 integer: most marks.
-- Index relied on: twin_changes' primary key. Locks: none. Rows: up to $1 mark ids.
SELECT c.id FROM twinmill.twin_changes c ORDER BY c.id LIMIT $1
