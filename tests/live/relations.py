"""Tables, indexes and sequences of all databases, chosen and added up, against what psql says."""
import re

import servers
from report import check

SETUP = """CREATE TABLE part (id int, note text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (1000);
CREATE INDEX part_note ON part (note);
INSERT INTO part SELECT n, repeat('x', 200) FROM generate_series(0, 900) n;
CREATE TABLE small (id int);
CREATE SCHEMA hidden;
CREATE TABLE hidden.secret (id int);
CREATE SEQUENCE nearly MAXVALUE 1000;
SELECT setval('nearly', 900);
CREATE SEQUENCE fresh;
SELECT nextval('fresh');
ANALYZE"""
LABELS = re.compile(r'([a-z_]+)="([^"]*)"')


def rows(page, family):
    """{(labels' values): value} of a family."""
    return {tuple(value for _, value in LABELS.findall(line)): float(line.split()[-1])
            for line in page.splitlines() if line.startswith(family + '{')}


def everything(program, folder, postgres):
    postgres.query('CREATE DATABASE relations')
    postgres.query(SETUP, 'relations')
    where = ['--include-databases=relations', '--postgres.table-exclude=^hidden\\.', '--collector.stat_user_indexes',
             '--collector.statio_user_indexes', '--collector.database_wraparound']
    plain = servers.Exporter(program, folder, postgres, arguments=where, name='relations')
    added = servers.Exporter(program, folder, postgres, name='relations-added',
                             arguments=[*where, '--postgres.roll-up-partitions', '--postgres.max-tables=1'])
    try:
        as_they_are(plain.page('/metrics/postgres')[2], postgres)
        added_up(added.page('/metrics/postgres')[2], postgres)
    finally:
        plain.process.stop()
        added.process.stop()


def as_they_are(page, postgres):
    def ask(sql):
        return float(postgres.query(sql, 'relations'))

    live = rows(page, 'pg_stat_user_tables_n_live_tup')
    check({key[2] for key in live} == {'part', 'part_1', 'part_2', 'small'} and {key[0] for key in live} == {'relations'},
          'relations: the tables of the database that was asked for, without those left out', live)
    check(live.get(('relations', 'public', 'part_2')) == 801, 'relations: 801 live rows in a partition', live)
    size = rows(page, 'pg_stat_user_tables_table_size_bytes').get(('relations', 'public', 'part_2'))
    check(size == ask("SELECT pg_table_size('part_2')"), f'relations: pg_table_size is {size}')
    for family, column in (('pg_stat_user_indexes_idx_scan_total', 'idx_scan'),
                           ('pg_stat_user_indexes_valid', '(SELECT indisvalid::int FROM pg_index i'
                            ' WHERE i.indexrelid = s.indexrelid)'),
                           ('pg_stat_user_indexes_size_bytes', 'pg_relation_size(indexrelid)')):
        got = rows(page, family).get(('relations', 'public', 'part_1', 'part_1_note_idx'))
        wanted = ask(f"SELECT {column} FROM pg_stat_user_indexes s WHERE indexrelname = 'part_1_note_idx'")
        check(got == wanted, f'relations: {family} is {wanted:g}', got)
    hits = rows(page, 'pg_statio_user_indexes_idx_blks_hit_total').get(('relations', 'public', 'part_1', 'part_1_note_idx'))
    wanted = ask("SELECT idx_blks_hit FROM pg_statio_user_indexes WHERE indexrelname = 'part_1_note_idx'")
    check(hits == wanted, f'relations: blocks of an index found in buffers are {wanted:g}', hits)
    used = rows(page, 'pg_sequences_used_ratio')
    check(used == {('relations', 'public', 'nearly'): 0.8999}, 'relations: the sequence that runs out, and no other', used)
    ages = rows(page, 'pg_table_wraparound_age_transactions')
    check(len(ages) == 10 and max(ages.values()) <= ask("SELECT max(age(relfrozenxid)) FROM pg_class WHERE relkind IN"
                                                         " ('r', 'm', 't')"), 'relations: the ten oldest tables', ages)
    check(set(rows(page, 'pg_database_size_bytes')) == {('relations',)}, 'relations: no other database is shown')


def added_up(page, postgres):
    live = rows(page, 'pg_stat_user_tables_n_live_tup')
    check(live == {('relations', 'public', 'part'): 901, ('relations', '', 'other'): 0},
          'relations: partitions under their parent, the rest as other', live)
    total = float(postgres.query("SELECT sum(pg_table_size(relid)) FROM pg_stat_user_tables WHERE relname LIKE 'part%'",
                                 'relations'))
    sizes = rows(page, 'pg_stat_user_tables_table_size_bytes')
    check(sizes.get(('relations', 'public', 'part')) == total, f'relations: their size is {total:g}', sizes)
