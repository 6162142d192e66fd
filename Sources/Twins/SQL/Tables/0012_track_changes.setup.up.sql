-- Purpose: the triggers that leave marks when an application writes its twins' input.
-- Locks:   SHARE ROW EXCLUSIVE on twin_snapshots and product_effects while the triggers are created.
SELECT twinmill.track_changes($name$@twins@.twin_snapshots$name$, '0012');
SELECT twinmill.track_changes($name$@twins@.product_effects$name$, '0012', 'note_usage_changes');
