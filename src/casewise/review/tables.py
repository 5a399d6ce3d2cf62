"""The tables of a review, in SQLite's words and in Postgres's. The store says what is in them."""

VERSION = 1
SCHEMA = "casewise_review"  # in a Postgres database

_LOG = """
CREATE TABLE log (
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  kind TEXT NOT NULL,
  chart TEXT NOT NULL,
  field TEXT NOT NULL,
  body TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX log_of_chart ON log (chart, field, seq);
CREATE INDEX log_of_kind ON log (kind, seq);
"""

_READ = """
CREATE TABLE assignment (
  chart TEXT NOT NULL REFERENCES chart,
  who TEXT NOT NULL REFERENCES account,
  place INTEGER NOT NULL,
  done TEXT NOT NULL,
  PRIMARY KEY (chart, who, place)
);
CREATE INDEX assignment_of ON assignment (who, chart);
CREATE TABLE answer (
  chart TEXT NOT NULL,
  field TEXT NOT NULL,
  who TEXT NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  value TEXT NOT NULL,
  evidence TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (chart, field, who)
);
CREATE TABLE decision (
  chart TEXT NOT NULL,
  field TEXT NOT NULL,
  who TEXT NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  value TEXT NOT NULL,
  evidence TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (chart, field)
);
"""

SQLITE = f"""
{_LOG}
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log
  BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER log_is_never_shortened BEFORE DELETE ON log
  BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
CREATE TABLE account (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  active INTEGER NOT NULL
);
CREATE TABLE chart (
  chart TEXT PRIMARY KEY,
  sex TEXT NOT NULL,
  age TEXT NOT NULL,
  training INTEGER NOT NULL
);
CREATE TABLE item (
  chart TEXT NOT NULL REFERENCES chart,
  domain TEXT NOT NULL,
  start TEXT NOT NULL,
  "end" TEXT NOT NULL,
  term TEXT NOT NULL,
  value TEXT NOT NULL,
  unit TEXT NOT NULL
);
CREATE INDEX item_of_chart ON item (chart, start);
CREATE TABLE note (
  rowid INTEGER PRIMARY KEY,
  note TEXT NOT NULL UNIQUE,
  chart TEXT NOT NULL REFERENCES chart,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX note_of_chart ON note (chart, time);
CREATE VIRTUAL TABLE note_words USING fts5 (text, content = 'note', content_rowid = 'rowid');
CREATE TRIGGER note_words_of_new AFTER INSERT ON note
  BEGIN INSERT INTO note_words (rowid, text) VALUES (new.rowid, new.text); END;
{_READ}
"""

POSTGRES = f"""
{_LOG}
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the log is never changed'; END $$;
CREATE TRIGGER log_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TABLE made_by (version INTEGER NOT NULL);
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  active INTEGER NOT NULL
);
CREATE UNIQUE INDEX account_whatever_case ON account (lower(name));
CREATE TABLE chart (
  chart TEXT PRIMARY KEY,
  sex TEXT NOT NULL,
  age TEXT NOT NULL,
  training INTEGER NOT NULL,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY
);
CREATE TABLE item (
  chart TEXT NOT NULL REFERENCES chart,
  domain TEXT NOT NULL,
  start TEXT NOT NULL,
  "end" TEXT NOT NULL,
  term TEXT NOT NULL,
  value TEXT NOT NULL,
  unit TEXT NOT NULL,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX item_of_chart ON item (chart, start);
CREATE TABLE note (
  note TEXT NOT NULL UNIQUE,
  chart TEXT NOT NULL REFERENCES chart,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', left(text, 200000))) STORED
);
CREATE INDEX note_of_chart ON note (chart, time);
CREATE INDEX note_words ON note USING gin (words);
{_READ}
""".replace("version INTEGER", "version BIGINT").replace(" TEXT", ' TEXT COLLATE "C"')
