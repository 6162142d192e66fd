DROP TABLE twinmill.probe_effects;
