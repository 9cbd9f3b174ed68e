-- What the samples find in their database.
CREATE TABLE city (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, country text NOT NULL, name text NOT NULL, people int NOT NULL);
INSERT INTO city (country, name, people) VALUES
  ('Norway', 'Oslo', 717710), ('Norway', 'Bergen', 291940), ('Norway', 'Trondheim', 212660),
  ('Portugal', 'Lisbon', 567131), ('Portugal', 'Porto', 248769);
CREATE TABLE score (country text PRIMARY KEY, total int NOT NULL);
CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL);
INSERT INTO account VALUES (1, 1000), (2, 1000);
CREATE TABLE entry (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account int NOT NULL REFERENCES account, amount int NOT NULL);
