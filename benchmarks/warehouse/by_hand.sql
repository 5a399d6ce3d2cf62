-- The cohort and the dataset of study.yaml, written by hand for speed: each table is read once,
-- joined to the few who can be in, and answered by one aggregate a table. No row carries its source,
-- no unit is checked, and nothing is counted that the dataset does not need.

CREATE TEMP TABLE users AS
SELECT * FROM (SELECT x.person_id, x.day_0, x.arm, o.until, p.gender_concept_id,
  year(x.day_0) - p.year_of_birth - CASE WHEN (month(x.day_0), day(x.day_0))
    < (p.month_of_birth, p.day_of_birth) THEN 1 ELSE 0 END AS age
FROM (SELECT person_id, MIN(drug_exposure_start_date) AS day_0,
    ARG_MIN(CASE WHEN drug_concept_id < 2900010 THEN 0 ELSE 1 END, drug_exposure_start_date) AS arm
  FROM '{omop}/drug_exposure.parquet' WHERE drug_concept_id BETWEEN 2900000 AND 2900019
  GROUP BY person_id) AS x
JOIN (SELECT person_id, observation_period_start_date AS since, observation_period_end_date AS until
  FROM '{omop}/observation_period.parquet') AS o
  ON o.person_id = x.person_id AND x.day_0 - 365 >= o.since AND x.day_0 <= o.until
JOIN '{omop}/person.parquet' AS p ON p.person_id = x.person_id) AS aged
WHERE age BETWEEN 18 AND 90 AND day_0 BETWEEN DATE '2002-01-01' AND DATE '2018-12-31';

CREATE TEMP TABLE conditions AS
SELECT person_id,
    MAX(CASE WHEN g = 1000000 AND d BETWEEN -365 AND 0 THEN 1 END) AS "hypertension",
    MAX(CASE WHEN g = 1000010 AND d BETWEEN -365 AND 0 THEN 1 END) AS "diabetes",
    MAX(CASE WHEN g = 1000020 AND d BETWEEN -365 AND 0 THEN 1 END) AS "heart failure",
    MAX(CASE WHEN g = 1000040 AND d BETWEEN -365 AND 0 THEN 1 END) AS "asthma",
    MAX(CASE WHEN g = 1000060 AND d BETWEEN -365 AND 0 THEN 1 END) AS "renal disease",
    MAX(CASE WHEN g = 1000090 AND d BETWEEN -365 AND 0 THEN 1 END) AS "liver disease",
    MAX(CASE WHEN g = 1000120 AND d BETWEEN -365 AND 0 THEN 1 END) AS "depression",
    MAX(CASE WHEN g = 1000200 AND d BETWEEN -365 AND 0 THEN 1 END) AS "dementia",
    MAX(CASE WHEN g = 1000600 AND d BETWEEN -365 AND 0 THEN 1 END) AS "pregnancy",
    MAX(CASE WHEN g = 1000300 AND d < 0 THEN 1 END) AS cancer_before,
    MAX(CASE WHEN g = 1000600 AND d BETWEEN -280 AND 0 THEN 1 END) AS pregnant,
    MAX(CASE WHEN g = 1000060 AND d <= 0 THEN 1 END) AS renal_ever,
    MAX(CASE WHEN g = 1900000 AND d < 0 THEN 1 END) AS bleeding_before,
    MIN(CASE WHEN g = 1900000 AND d BETWEEN 1 AND 365 THEN d END) AS bleeding_365,
    MIN(CASE WHEN g = 1000080 AND d BETWEEN 1 AND 365 THEN d END) AS infarction_365,
    MIN(CASE WHEN g IN (1900000, 1000080) AND d BETWEEN 1 AND 730 THEN d END) AS either_730
FROM (SELECT e.person_id, c.ancestor_concept_id AS g, CAST(e.condition_start_date - u.day_0 AS INTEGER) AS d
  FROM '{omop}/condition_occurrence.parquet' AS e
  JOIN (SELECT ancestor_concept_id, descendant_concept_id FROM '{omop}/concept_ancestor.parquet'
    WHERE ancestor_concept_id IN (1000000, 1000010, 1000020, 1000040, 1000060, 1000090, 1000120, 1000200, 1000600, 1000300, 1900000, 1000080)) AS c ON c.descendant_concept_id = e.condition_concept_id
  JOIN users AS u ON u.person_id = e.person_id)
GROUP BY person_id;

CREATE TEMP TABLE drugs AS
SELECT person_id,
    MAX(CASE WHEN g = 2000000 AND d BETWEEN -365 AND 0 THEN 1 END) AS "statin",
    MAX(CASE WHEN g = 2000010 AND d BETWEEN -365 AND 0 THEN 1 END) AS "aspirin",
    MAX(CASE WHEN g = 2000020 AND d BETWEEN -365 AND 0 THEN 1 END) AS "metformin",
    MAX(CASE WHEN g = 2000040 AND d BETWEEN -365 AND 0 THEN 1 END) AS "insulin",
    MAX(CASE WHEN g = 2000070 AND d BETWEEN -365 AND 0 THEN 1 END) AS "opioid",
    MAX(CASE WHEN g = 2000110 AND d BETWEEN -365 AND 0 THEN 1 END) AS "steroid",
    MAX(CASE WHEN g = 2000180 AND d BETWEEN -365 AND 0 THEN 1 END) AS "warfarin",
    MAX(CASE WHEN g = 2000250 AND d BETWEEN -365 AND 0 THEN 1 END) AS "heparin",
    MAX(CASE WHEN g = 2000250 AND d BETWEEN -30 AND -1 THEN 1 END) AS heparin_before
FROM (SELECT e.person_id, c.ancestor_concept_id AS g, CAST(e.drug_exposure_start_date - u.day_0 AS INTEGER) AS d
  FROM '{omop}/drug_exposure.parquet' AS e
  JOIN (SELECT ancestor_concept_id, descendant_concept_id FROM '{omop}/concept_ancestor.parquet'
    WHERE ancestor_concept_id IN (2000000, 2000010, 2000020, 2000040, 2000070, 2000110, 2000180, 2000250)) AS c ON c.descendant_concept_id = e.drug_concept_id
  JOIN users AS u ON u.person_id = e.person_id)
GROUP BY person_id;

-- Of several on one day, the lowest: day and value in one key (values are under 1000).
CREATE TEMP TABLE measurements AS
SELECT person_id,
    ARG_MAX(v, CASE WHEN g = 3000000 AND d BETWEEN -365 AND 0 THEN nth END) AS "creatinine",
    ARG_MAX(v, CASE WHEN g = 3000010 AND d BETWEEN -365 AND 0 THEN nth END) AS "haemoglobin",
    ARG_MAX(v, CASE WHEN g = 3000020 AND d BETWEEN -365 AND 0 THEN nth END) AS "sodium",
    ARG_MAX(v, CASE WHEN g = 3000030 AND d BETWEEN -365 AND 0 THEN nth END) AS "potassium",
    ARG_MAX(v, CASE WHEN g = 3000050 AND d BETWEEN -365 AND 0 THEN nth END) AS "albumin",
    ARG_MAX(v, CASE WHEN g = 3000080 AND d BETWEEN -365 AND 0 THEN nth END) AS "glucose",
    ARG_MAX(v, CASE WHEN g = 3000130 AND d BETWEEN -365 AND 0 THEN nth END) AS "ferritin",
    ARG_MAX(v, CASE WHEN g = 3000190 AND d BETWEEN -365 AND 0 THEN nth END) AS "troponin",
    MAX(CASE WHEN g = 3000000 AND v > 30 AND d BETWEEN -30 AND 0 THEN 1 END) AS high_creatinine
FROM (SELECT e.person_id, c.ancestor_concept_id AS g, CAST(e.measurement_date - u.day_0 AS INTEGER) AS d,
    e.value_as_number AS v, CAST(e.measurement_date - u.day_0 AS INTEGER) * 1000.0 - e.value_as_number AS nth
  FROM '{omop}/measurement.parquet' AS e
  JOIN (SELECT ancestor_concept_id, descendant_concept_id FROM '{omop}/concept_ancestor.parquet'
    WHERE ancestor_concept_id IN (3000000, 3000010, 3000020, 3000030, 3000050, 3000080, 3000130, 3000190)) AS c ON c.descendant_concept_id = e.measurement_concept_id
  JOIN users AS u ON u.person_id = e.person_id)
GROUP BY person_id;

CREATE TEMP TABLE procedures AS
SELECT person_id,
    MAX(CASE WHEN g = 4000000 AND d BETWEEN -365 AND 0 THEN 1 END) AS "endoscopy",
    MAX(CASE WHEN g = 4000020 AND d BETWEEN -365 AND 0 THEN 1 END) AS "dialysis",
    MAX(CASE WHEN g = 4000400 AND d < 0 THEN 1 END) AS transplant_before
FROM (SELECT e.person_id, c.ancestor_concept_id AS g, CAST(e.procedure_date - u.day_0 AS INTEGER) AS d
  FROM '{omop}/procedure_occurrence.parquet' AS e
  JOIN (SELECT ancestor_concept_id, descendant_concept_id FROM '{omop}/concept_ancestor.parquet'
    WHERE ancestor_concept_id IN (4000000, 4000020, 4000400)) AS c ON c.descendant_concept_id = e.procedure_concept_id
  JOIN users AS u ON u.person_id = e.person_id)
GROUP BY person_id;

CREATE TEMP TABLE visits AS
SELECT person_id,
    MAX(CASE WHEN kind = 9201 AND d BETWEEN -365 AND 0 THEN 1 END) AS admission,
    MAX(CASE WHEN d BETWEEN -365 AND -1 THEN 1 END) AS seen,
    COUNT(CASE WHEN d BETWEEN 1 AND 365 THEN 1 END) AS visits_365,
    MIN(CASE WHEN d BETWEEN 1 AND 365 THEN d END) AS visit_365
FROM (SELECT e.person_id, e.visit_concept_id AS kind, CAST(e.visit_start_date - u.day_0 AS INTEGER) AS d
  FROM '{omop}/visit_occurrence.parquet' AS e JOIN users AS u ON u.person_id = e.person_id)
GROUP BY person_id;

SELECT person_id, arm, day_0, age, CASE gender_concept_id WHEN 8507 THEN 'male' WHEN 8532 THEN 'female' END
    AS sex, CAST(until - day_0 AS INTEGER) AS follow_up, CAST(death_date - day_0 AS INTEGER) AS death,
  hypertension, diabetes, "heart failure", asthma, "renal disease", "liver disease", depression,
  dementia, pregnancy, statin, aspirin, metformin, insulin, opioid, steroid, warfarin, heparin,
  endoscopy, dialysis, admission,
  creatinine, haemoglobin, sodium, potassium, albumin, glucose, ferritin, troponin,
  bleeding_365, infarction_365, either_730, COALESCE(visits_365, 0) AS visits_365, visit_365
FROM users LEFT JOIN conditions USING (person_id) LEFT JOIN drugs USING (person_id)
  LEFT JOIN measurements USING (person_id) LEFT JOIN procedures USING (person_id)
  JOIN visits USING (person_id) LEFT JOIN '{omop}/death.parquet' USING (person_id)
WHERE seen = 1 AND transplant_before IS NULL AND bleeding_before IS NULL AND cancer_before IS NULL
  AND pregnant IS NULL AND heparin_before IS NULL AND dialysis IS NULL
  AND (high_creatinine IS NULL OR renal_ever IS NULL)
ORDER BY person_id;
