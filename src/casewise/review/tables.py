"""The tables of a review's file, beside the log."""

VERSION = 1

TABLES = """
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
