-- One row a patient, from the table that lifelines carries: there a row is a stretch of time, and
-- a patient who was transplanted has two. Its clock reads 1 on the day of acceptance, and a day
-- that had to be split for one patient ends on a half.
SELECT
    id,
    CAST(round(48 + min(age), 1) AS DECIMAL(4, 1)) AS age,
    DATE '1967-10-01' + CAST(round(min(year) * 365.25) AS INTEGER) AS accepted,
    accepted + CAST(ceil(min(start) FILTER (transplant = 1)) - 1 AS INTEGER) AS transplanted,
    accepted + CAST(max(stop) - 1 AS INTEGER) AS last_seen,
    CASE WHEN max(event) = 1 THEN last_seen END AS died,
    CASE max(surgery) WHEN 1 THEN 'yes' ELSE 'no' END AS surgery
FROM read_csv('datasets/stanford_heart.csv')
GROUP BY id
ORDER BY id
