-- After the rows: checked and built once instead of row by row.
alter table shop.customer add constraint customer_email_key unique (email);
alter table shop.product add constraint product_sku_key unique (sku);
alter table shop."order" add constraint order_public_id_key unique (public_id);

alter table shop.address add foreign key (customer_id) references shop.customer;
alter table shop."order" add foreign key (customer_id) references shop.customer;
alter table shop."order" add foreign key (ship_to) references shop.address;
alter table shop.order_line add foreign key (order_id) references shop."order";
alter table shop.order_line add foreign key (product_id) references shop.product;
alter table shop.payment add foreign key (order_id) references shop."order";
alter table shop.stock_movement add foreign key (product_id) references shop.product;
alter table shop.event add foreign key (customer_id) references shop.customer;

create index order_placed_at_idx on shop."order" (placed_at);
create index order_customer_id_idx on shop."order" (customer_id);
create index order_line_product_id_idx on shop.order_line (product_id);
create index payment_order_id_idx on shop.payment (order_id);
create index address_customer_id_idx on shop.address (customer_id);
create index customer_name_idx on shop.customer (lower(full_name));
create index stock_movement_product_idx on shop.stock_movement (product_id, moved_at);
create index event_at_idx on shop.event (at);
create index "Order Items Archive Title" on shop."Order Items Archive" ("Item Title");

create view shop.order_total as
select o.id, o.public_id, o.status, o.placed_at, sum(l.quantity * l.unit_price) as total
from shop."order" o join shop.order_line l on l.order_id = o.id
group by o.id;

create function shop.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only';
end $$;

create trigger audit_log_is_append_only before update or delete or truncate on shop.audit_log
for each statement execute function shop.refuse_change();

select setval(pg_get_serial_sequence('shop.customer', 'id'), (select max(id) from shop.customer)),
       setval(pg_get_serial_sequence('shop.address', 'id'), (select max(id) from shop.address)),
       setval(pg_get_serial_sequence('shop.product', 'id'), (select max(id) from shop.product)),
       setval(pg_get_serial_sequence('shop."order"', 'id'), (select max(id) from shop."order")),
       setval(pg_get_serial_sequence('shop.payment', 'id'), (select max(id) from shop.payment)),
       setval(pg_get_serial_sequence('shop.stock_movement', 'id'), (select max(id) from shop.stock_movement)),
       setval(pg_get_serial_sequence('shop.event', 'id'), (select max(id) from shop.event));
