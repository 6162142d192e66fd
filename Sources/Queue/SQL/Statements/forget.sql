-- Purpose: deletes the progress of jobs that are gone, and tenants without recent use.
-- Index:   see forget_progress and forget_tenants.
-- Locks:   see there.
-- Rows:    one.
SELECT twinmill.forget_progress(), twinmill.forget_tenants()
