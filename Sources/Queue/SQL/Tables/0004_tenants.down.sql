DROP TABLE twinmill.tenants;
