-- Safe figures only: analysts never read the table indicator of the warehouse.
SELECT * FROM release
