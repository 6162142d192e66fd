-- The history's partitions of today and three days ahead.
SELECT twinmill.maintain_history() FROM generate_series(1, 4);
