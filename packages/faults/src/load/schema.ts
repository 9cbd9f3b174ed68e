export const ACCOUNTS = 20
export const OPENING_BALANCE = 1000
export const LINES_PER_COPY = 20

/** Whom the load logs in as: no superuser, so that a full server does not let it in. */
export const LOAD_ROLE = 'load'
export const OTHER_ROLE = 'load_other'

/** The tables of a round, made anew for each. */
export const TABLES = `
  DROP TABLE IF EXISTS account, ledger, line;
  DROP SEQUENCE IF EXISTS counter;
  CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);
  INSERT INTO account SELECT id, ${OPENING_BALANCE} FROM generate_series(0, ${ACCOUNTS - 1}) AS id;
  CREATE TABLE ledger (task int NOT NULL, giver int, taker int, amount int);
  CREATE TABLE line (task int NOT NULL, number int NOT NULL, text text NOT NULL);
  CREATE SEQUENCE counter;
`
