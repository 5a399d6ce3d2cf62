-- Each phenotype as an analyst would write it: who, and from when. One observation period a person.

-- 1_diagnosis
SELECT person_id, MIN(condition_start_date) AS day
FROM condition_occurrence
JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
WHERE ancestor_concept_id = 1000000 GROUP BY person_id;

-- 2_confirmed
SELECT person_id, MIN(condition_start_date) AS day
FROM condition_occurrence
JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
WHERE ancestor_concept_id = 1000010 GROUP BY person_id
HAVING MAX(condition_start_date) >= MIN(condition_start_date) + 30;

-- 3_treated
WITH first AS (
  SELECT person_id, MIN(condition_start_date) AS day
  FROM condition_occurrence
  JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
  WHERE ancestor_concept_id = 1000120 GROUP BY person_id)
SELECT person_id, day FROM first
WHERE EXISTS (SELECT 1 FROM drug_exposure AS d
  JOIN concept_ancestor ON descendant_concept_id = drug_concept_id
  WHERE ancestor_concept_id = 2000070 AND d.person_id = first.person_id
    AND drug_exposure_start_date BETWEEN day AND day + 60);

-- 4_inpatient
SELECT v.person_id, MIN(visit_start_date) AS day
FROM visit_occurrence AS v
JOIN condition_occurrence AS c USING (visit_occurrence_id)
JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
WHERE visit_concept_id = 9201 AND ancestor_concept_id = 1000040 GROUP BY v.person_id;

-- 5_measured
SELECT person_id, MIN(measurement_date) AS day
FROM measurement
JOIN concept_ancestor ON descendant_concept_id = measurement_concept_id
WHERE ancestor_concept_id = 3000000 AND value_as_number > 30 GROUP BY person_id;

-- 6_excluded
WITH first AS (
  SELECT person_id, MIN(drug_exposure_start_date) AS day
  FROM drug_exposure
  JOIN concept_ancestor ON descendant_concept_id = drug_concept_id
  WHERE ancestor_concept_id = 2900000 GROUP BY person_id)
SELECT person_id, day FROM first JOIN observation_period USING (person_id)
WHERE day >= observation_period_start_date + 365 AND day <= observation_period_end_date
  AND NOT EXISTS (SELECT 1 FROM condition_occurrence AS c
    JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
    WHERE ancestor_concept_id = 1900000 AND c.person_id = first.person_id
      AND condition_start_date < day);

-- 7_eras
WITH taken AS (
  SELECT person_id, drug_exposure_start_date AS day, MAX(drug_exposure_end_date) OVER (
    PARTITION BY person_id ORDER BY drug_exposure_start_date, drug_exposure_end_date
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM drug_exposure
  JOIN concept_ancestor ON descendant_concept_id = drug_concept_id
  WHERE ancestor_concept_id = 2000110)
SELECT person_id, MIN(day) AS day FROM taken WHERE day > before + 30 GROUP BY person_id;

-- 8_procedure
WITH first AS (
  SELECT person_id, MIN(condition_start_date) AS day
  FROM condition_occurrence
  JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
  WHERE ancestor_concept_id = 1000020 GROUP BY person_id)
SELECT person_id, day FROM first
WHERE EXISTS (SELECT 1 FROM procedure_occurrence AS p
  JOIN concept_ancestor ON descendant_concept_id = procedure_concept_id
  WHERE ancestor_concept_id = 4000000 AND p.person_id = first.person_id
    AND procedure_date BETWEEN day + 1 AND day + 365);

-- 9_age
SELECT person_id, MIN(condition_start_date) AS day
FROM condition_occurrence
JOIN concept_ancestor ON descendant_concept_id = condition_concept_id
JOIN person USING (person_id)
WHERE ancestor_concept_id = 1000080 GROUP BY person_id, year_of_birth
HAVING YEAR(MIN(condition_start_date)) - year_of_birth >= 65;
