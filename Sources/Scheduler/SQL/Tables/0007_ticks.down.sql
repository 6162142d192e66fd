DROP TABLE twinmill.schedule_ticks;
