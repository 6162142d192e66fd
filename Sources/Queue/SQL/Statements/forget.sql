-- Purpose: forget the progress of jobs that are gone, and tenants that used nothing of late.
-- Index, locks: see twinmill.forget_progress, twinmill.forget_tenants.  Rows: one.
SELECT twinmill.forget_progress(), twinmill.forget_tenants()
