-- Purpose: how many twins each domain has, for people. Index relied on: twinmill_twins_domain_subject, all of it.
-- Locks: ACCESS SHARE. Rows: one per domain that has twins.
SELECT t.domain, count(*) AS twins FROM @twins@.user_digital_twins t WHERE t.domain IS NOT NULL GROUP BY t.domain
