create extension hstore; create extension citext; create extension pgcrypto; create extension intarray; create extension isn;
create type mood as enum ('sad', 'ok', 'glad');
create domain positive as int check (value > 0);
create domain moods as mood[];
create domain label as text collate "C";
create type pair as (a int, m mood, at timestamptz);
create type moodrange as range (subtype = float8);
create table every_type (
  b boolean, i2 smallint, i4 int, i8 bigint, n numeric, n2 numeric(10, 2), f4 real, f8 double precision, m money,
  t text, v varchar(20), c char(5), "Quoted "" Name" text, ba bytea, d date, ti time, tz timetz, ts timestamp, tstz timestamptz, iv interval,
  j json, jb jsonb, x xml, u uuid, bit3 bit(3), vb varbit, inet inet, cidr cidr, mac macaddr, pt point, ln line, ls lseg, bx box, pa path, po polygon, ci circle,
  tsv tsvector, tsq tsquery, ia int[], ta text[], i2d int[][], na numeric[], r int4range, mr int4multirange, dr daterange,
  mood mood, moods mood[], dom positive, doms moods, lab label, pair pair, pairs pair[], ur moodrange,
  hs hstore, ct citext, cta citext[], acl aclitem, rc regclass, rp regprocedure, lsn pg_lsn, oid oid, nm name, ch "char", isbn isbn,
  g int generated always as (i4 * 2) stored, idn int generated always as identity);
insert into every_type (b, i2, i4, i8, n, n2, f4, f8, m, t, v, c, "Quoted "" Name", ba, d, ti, tz, ts, tstz, iv, j, jb, x, u, bit3, vb, inet, cidr, mac,
  pt, ln, ls, bx, pa, po, ci, tsv, tsq, ia, ta, i2d, na, r, mr, dr, mood, moods, dom, doms, lab, pair, pairs, ur, hs, ct, cta, acl, rc, rp, lsn, oid, nm, ch, isbn)
select n % 2 = 0, n, n, n::bigint << 33, n / 7.0, n / 3.0, n / 3.0, n / 3.0, n::numeric::money, 'row ' || n || ' é', 'v' || n, 'c', 'q', sha256(n::text::bytea),
  date '2026-01-01' + n, time '01:02:03.004' + n * interval '1 s', timetz '01:02:03+02', timestamp '2026-01-01' + n * interval '1 h', timestamptz '2026-01-01 00:00+00' + n * interval '1 h', n * interval '1 day 2 hours',
  format('{"b": %s, "a" : 1}', n)::json, format('{"b": %s, "a" : 1}', n)::jsonb, format('<a n="%s"/>', n)::xml, md5(n::text)::uuid, b'101', b'10111', '10.0.0.1'::inet, '10.0.0.0/8', '08:00:2b:01:02:03',
  point(n, n), '{1,2,3}', '((1,2),(3,4))', '((1,2),(3,4))', '((1,2),(3,4))', '((1,2),(3,4),(5,6))', '<(1,2),3>',
  to_tsvector('simple', 'the row ' || n), to_tsquery('simple', 'row & ' || n), array[n, null, n], array['a', null, ''], array[[n, 1], [2, 3]], array[n / 3.0],
  int4range(n, n + 5), int4multirange(int4range(1, 3), int4range(7, 9)), daterange('2026-01-01', null),
  'ok', array['sad', 'glad']::mood[], n, array['ok']::mood[], 'l' || n, row(n, 'glad', timestamptz '2026-01-01 00:00+00')::pair, array[row(n, 'sad', null)::pair], moodrange(n, n + 1),
  hstore('k', n::text), 'CiTeXt' || n, array['A', 'a']::citext[], makeaclitem(10, 10, 'SELECT', false), 'every_type'::regclass, 'int4pl(int, int)'::regprocedure, '0/1234', n, 'name', 'c', '978-0-393-04002-9'
from generate_series(1, 40) n;
insert into every_type default values;
