-- The shop goes on trading: an order every five minutes since the newest one until $1, the last 300 of them at most, each with one
-- line, a payment and an event.
with moments as (
  select m as at from generate_series(
    greatest((select max(placed_at) from shop."order") + interval '5 minutes', $1::timestamptz - interval '1495 minutes'),
    $1::timestamptz, interval '5 minutes') m
), ordered as (
  insert into shop."order" (public_id, customer_id, ship_to, status, placed_at)
  select md5('new order' || at)::uuid, 1 + extract(epoch from at)::bigint % 10000, 1 + extract(epoch from at)::bigint % 14000, 'paid', at
  from moments
  returning id, customer_id, placed_at
), lines as (
  insert into shop.order_line
  select o.id, 1, p.id, 1, p.price from ordered o join shop.product p on p.id = 1 + o.id % 1000
), payments as (
  insert into shop.payment (order_id, method, amount, receipt, paid_at)
  select o.id, 'card', p.price, sha256(convert_to('receipt' || o.id, 'UTF8')), o.placed_at
  from ordered o join shop.product p on p.id = 1 + o.id % 1000
), events as (
  insert into shop.event (customer_id, kind, payload, at)
  select customer_id, 'added', jsonb_build_object('order', id), placed_at from ordered
)
select count(*)::integer as orders from ordered
