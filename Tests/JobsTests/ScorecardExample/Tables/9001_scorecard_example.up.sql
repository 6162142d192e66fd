CREATE TABLE twinmill.scorecard_example (
  twin_id       uuid NOT NULL,
  metric        text NOT NULL,
  job_id        bigint NOT NULL,
  observations  bigint NOT NULL,
  share         double precision NOT NULL CHECK (share BETWEEN 0 AND 1),
  computed_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (twin_id, metric)
);
COMMENT ON TABLE twinmill.scorecard_example IS 'Share of observations inside all thresholds, by twin and metric';
