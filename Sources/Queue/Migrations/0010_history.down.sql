DROP FUNCTION twinmill.maintain_history(integer, interval);
