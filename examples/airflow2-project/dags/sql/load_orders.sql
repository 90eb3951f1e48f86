-- Move the staged order lines of one day into the fact table.
delete from sales.order_lines
 where load_date = '{{ execution_date.strftime("%Y-%m-%d") }}';

insert into sales.order_lines (load_date, order_id, sku, quantity, price)
select '{{ execution_date.strftime("%Y-%m-%d") }}', order_id, sku, quantity, price
  from staging.order_lines
 where ordered_on >= '{{ prev_execution_date }}'
   and ordered_on <  '{{ execution_date }}';
