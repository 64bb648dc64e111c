SELECT * FROM coverage
