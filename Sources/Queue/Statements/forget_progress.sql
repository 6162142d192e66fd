-- Purpose: forget the progress of jobs that are gone. Index, locks: see twinmill.forget_progress.  Rows: one.
SELECT twinmill.forget_progress()
