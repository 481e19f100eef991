-- The same rows every time. Moments come from demo.anchor; only the audit log's are fixed, so that the head of its chain is known in
-- advance. Chance comes from the number, two multiplications modulo a prime, and the hash of a label, which the planner folds into a
-- constant.
create function pg_temp.pick(label text, n bigint, below integer) returns integer language sql immutable
return ((n * 48271 + ('x' || substr(md5(label), 1, 7))::bit(28)::bigint) % 2147483647 * 69621 % 2147483647 / 11 % below)::integer;

create function pg_temp.anchor() returns timestamptz language sql stable
return current_setting('demo.anchor')::timestamptz;

insert into shop.schema_migrations
select to_char(date '2024-01-15' + n * 27, 'YYYYMMDD') || lpad((n * 7919 % 240000)::text, 6, '0'),
       timestamptz '2024-01-16 09:00Z' + n * interval '27 days'
from generate_series(1, 24) n;

insert into shop.customer
select n, 'customer' || n || '@example.com',
       (array['Ada', 'Grace', 'Edsger', 'Barbara', 'Tony', 'Frances', 'Donald', 'Radia'])[1 + pg_temp.pick('first', n, 8)] || ' ' ||
       (array['Ångström', 'O''Neill', 'García', 'Nguyễn', 'Müller', 'Łukasik', 'Smith', '李'])[1 + pg_temp.pick('last', n, 8)],
       (array['{}', '{newsletter}', '{newsletter,vip}', '{"tax exempt"}']::text[])[1 + pg_temp.pick('tags', n, 4)]::text[],
       pg_temp.anchor() - interval '2 years' + n * interval '1 hour'
from generate_series(1, 10000) n;

insert into shop.address
select n, 1 + (n - 1) % 10000, 1 + pg_temp.pick('house', n, 200) || ' Harbour Street',
       lpad(pg_temp.pick('postcode', n, 100000)::text, 5, '0'),
       (array['Lisboa', 'Kraków', 'Dublin', 'Århus', 'Wien'])[1 + pg_temp.pick('city', n, 5)],
       (array['PT', 'PL', 'IE', 'DK', 'AT'])[1 + pg_temp.pick('city', n, 5)]
from generate_series(1, 14000) n;

insert into shop.product
select n, 'SKU-' || lpad(n::text, 6, '0'), 'Article ' || n, (100 + pg_temp.pick('price', n, 50000))::numeric / 100,
       jsonb_build_object(
         'colour', (array['red', 'green', 'blue', null])[1 + pg_temp.pick('colour', n, 4)],
         'grams', pg_temp.pick('grams', n, 20000),
         'sizes', to_jsonb((array['S', 'M', 'L', 'XL'])[1:1 + pg_temp.pick('sizes', n, 4)]),
         'supplier', jsonb_build_object('code', pg_temp.pick('supplier', n, 40), 'fragile', pg_temp.pick('fragile', n, 5) = 0)),
       case when n % 25 = 0 then date '2025-01-01' + pg_temp.pick('discontinued', n, 365) end
from generate_series(1, 1000) n;

insert into shop."order"
select n, md5('order' || n)::uuid, 1 + pg_temp.pick('customer', n, 10000), 1 + pg_temp.pick('address', n, 14000),
       case when n > 29700 then 'placed' when n % 15 = 0 then 'placed' when n % 40 = 7 then 'returned' else 'shipped' end
         ::shop.order_status,
       pg_temp.anchor() - (30000 - n) * interval '345.6 seconds',
       case when n % 10 = 3 then 'Leave at the door, ring №' || n end
from generate_series(1, 30000) n;

insert into shop.order_line
select n, line, 1 + pg_temp.pick('product', n * 10 + line, 1000), 1 + pg_temp.pick('quantity', n * 10 + line, 9),
       (select price from shop.product where id = 1 + pg_temp.pick('product', n * 10 + line, 1000))
from generate_series(1, 30000) n, generate_series(1, 1 + n % 4) line;

insert into shop.payment (id, order_id, method, amount, receipt, paid_at)
select row_number() over (order by o.id), o.id,
       (enum_range(null::shop.payment_method))[1 + pg_temp.pick('method', o.id, 3)], sum(l.quantity * l.unit_price),
       sha256(convert_to('receipt' || o.id, 'UTF8')) || decode(repeat(md5('stamp' || o.id), 1 + (o.id % 3)::integer), 'hex'),
       o.placed_at + pg_temp.pick('paid', o.id, 300) * interval '1 second'
from shop."order" o join shop.order_line l on l.order_id = o.id
where o.id % 15 <> 0
group by o.id;

insert into shop.stock_movement
select n, 1 + pg_temp.pick('moved', n, 1000), (enum_range(null::shop.movement_kind))[1 + pg_temp.pick('kind', n, 3)],
       pg_temp.pick('amount', n, 200) - 100, array[pg_temp.pick('from', n, 9), pg_temp.pick('to', n, 9)]::smallint[],
       pg_temp.anchor() - (40000 - n) * interval '259.2 seconds'
from generate_series(1, 40000) n;

select shop.ensure_event_month(pg_temp.anchor() - months * interval '1 month') from generate_series(-1, 5) months;

insert into shop.event
select n, 1 + pg_temp.pick('visitor', n, 10000),
       (array['viewed', 'searched', 'added', 'removed', 'signed in'])[1 + pg_temp.pick('did', n, 5)],
       jsonb_build_object('product', 1 + pg_temp.pick('seen', n, 1000), 'session', md5('session' || n / 7)),
       pg_temp.anchor() - (80000 - n) * interval '129.6 seconds'
from generate_series(1, 80000) n;

insert into shop."Order Items Archive"
select 1 + (n - 1) / 2, 1 + (n - 1) % 2, 'Article ' || 1 + pg_temp.pick('archived', n, 1000) || ' (old)',
       pg_temp.pick('total', n, 900000)::numeric / 100, timestamp '2023-06-01' + n * interval '37 minutes'
from generate_series(1, 8000) n;

do $$
declare
  prev bytea;
  self bytea;
  moment timestamptz;
  who text;
  what text;
  which text[];
begin
  for n in 1..12000 loop
    moment := timestamptz '2025-01-01 00:00Z' + n * interval '17 minutes 3.000007 seconds';
    who := 'clerk' || pg_temp.pick('actor', n, 12);
    what := (array['refund', 'price change', 'export', 'role change'])[1 + pg_temp.pick('action', n, 4)];
    which := (array['order:' || 1 + pg_temp.pick('object', n, 30000), 'customer:' || 1 + pg_temp.pick('whom', n, 10000)])
             [1:1 + pg_temp.pick('objects', n, 2)];
    self := sha256(shop.audit_preimage(n, moment, who, what, which, prev));
    insert into shop.audit_log values (n, moment, who, what, which, prev, self);
    prev := self;
  end loop;
end $$;

insert into shop.heartbeat
select date_trunc('minute', pg_temp.anchor()) - minute * interval '1 minute', 'node-' || 1 + pg_temp.pick('node', minute, 3)
from generate_series(0, 10079) minute;
