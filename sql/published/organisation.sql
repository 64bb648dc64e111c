SELECT * FROM organisation
