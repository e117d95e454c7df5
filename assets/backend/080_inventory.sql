-- Stock: what a new order takes from it. Called with the service key by whatever took the order in.

-- One line of an order as stock sees it.
do $$
begin
    if to_regtype('ordak.stock_line') is null then
        create type ordak.stock_line as (
            line integer, sku text, title text, quantity integer, item_id bigint, error text
        );
    end if;
end
$$;

-- The lines of an order, each with the item it takes from: by its sku, else by its title and size. Error says what is
-- wrong with a line.
create or replace function ordak.stock_lines(store text, payload jsonb) returns setof ordak.stock_line
language sql stable as $$
    with said as (
        select
            l.place::integer as line,
            nullif(btrim(l.item ->> 'sku'), '') as sku,
            nullif(btrim(l.item ->> 'title'), '') as title,
            nullif(btrim(coalesce(l.item ->> 'variant_title', l.item ->> 'size')), '') as size,
            coalesce(l.item ->> 'quantity', '1') as quantity
        from jsonb_array_elements(payload -> 'line_items') with ordinality l (item, place)
    )
    select
        s.line,
        left(s.sku, 100),
        left(s.title, 500),
        case when s.quantity ~ '^[0-9]{1,5}$' then s.quantity::integer end,
        (
            select i.id from public.inventory_items i
            where i.store = stock_lines.store and (
                i.sku = s.sku or (
                    s.sku is null and lower(i.title) = lower(s.title)
                    and (i.size is null or lower(i.size) = lower(s.size))
                )
            )
            -- An item of this size before one of any.
            order by i.size is null, i.id limit 1
        ),
        case when s.quantity !~ '^[0-9]{1,5}$' then format('line %s: quantity is no count below 100,000', s.line) end
    from said s
$$;

-- Takes a new order's lines from stock, once for an order_gid: a row of inventory_txn a line, the items' ats, and a row of
-- work_queue (topic inventory_push, dedupe_key inventory_push:<order_gid>) whose payload {store, order_gid, items:
-- [{sku, shopify_inventory_item_id}]} names what a worker has to tell Shopify: the ats as it is then.
-- payload: {"store"?, "line_items": [{"title", "variant_title"|"size"?, "sku"?, "quantity"? = 1}]}, as Shopify's order or
-- its kitchen_json has them; without a store it is that of the order that has this gid.
-- Data: {order_gid, store, already_done, work_id, lines, untracked (lines of products nobody counts),
-- items: [{sku, ats, oos}]}; a repeat, with whatever payload, changes nothing and has already_done true. Nothing is
-- refused for want of stock: the order is a fact.
create or replace function public.deduct_on_order_create(
    order_gid text, payload jsonb, context jsonb default '{}'
) returns jsonb language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    parsed ordak.context := ordak.parse_context(deduct_on_order_create.context);
    arguments jsonb := jsonb_build_array(deduct_on_order_create.payload);
    order_store text;
    lines ordak.stock_line[];
    error text;
    work_id bigint;
    moment timestamptz;
    items jsonb;
    reply jsonb;
begin
    if order_gid is null or order_gid !~ '^gid://shopify/Order/[1-9][0-9]{0,18}$' then
        return ordak.refusal('BAD_INPUT', 'order_gid is no id like gid://shopify/Order/5400000018617');
    end if;
    if parsed.error is not null then
        return ordak.refusal('BAD_INPUT', parsed.error);
    end if;
    -- Shopify's orders have at most 500 lines.
    if jsonb_typeof(payload -> 'line_items') is distinct from 'array'
        or jsonb_array_length(payload -> 'line_items') > 500 then
        return ordak.refusal('BAD_INPUT', 'payload.line_items is a list of at most 500 lines');
    end if;
    reply := ordak.answered(parsed, 'deduct_on_order_create', order_gid, arguments);
    if reply is not null then
        return reply;
    end if;
    order_store := coalesce(payload ->> 'store', (
        select o.store from ordak.orders o
        where o.shopify_order_gid = deduct_on_order_create.order_gid limit 1
    ));
    if order_store is null or order_store not in ('bannos', 'flourlane') then
        return ordak.refusal('BAD_INPUT', 'payload.store is bannos or flourlane, or an order has this gid');
    end if;
    lines := array(select l from ordak.stock_lines(order_store, payload) l order by (l).line);
    error := (select l.error from unnest(lines) l where l.error is not null order by l.line limit 1);
    if error is not null then
        return ordak.refusal('BAD_INPUT', error);
    end if;

    -- Whoever comes second waits here for the first, and finds it done.
    insert into public.work_queue (topic, dedupe_key)
    values ('inventory_push', 'inventory_push:' || order_gid)
    on conflict (dedupe_key) do nothing
    returning id into work_id;
    if work_id is not null then
        -- In one order for all: no two calls can wait for each other.
        perform from public.inventory_items i
        where i.id in (select l.item_id from unnest(lines) l) order by i.id for update;
        moment := least(parsed.captured_at, clock_timestamp());
        insert into public.inventory_txn (order_gid, line, reason, store, item_id, sku, title, delta, at)
        select deduct_on_order_create.order_gid, l.line, 'order_create', order_store, l.item_id, l.sku, l.title,
            -l.quantity, moment
        from unnest(lines) l where l.quantity > 0;
        update public.inventory_items i set ats = i.ats - sold.quantity
        from (
            select l.item_id, sum(l.quantity)::integer as quantity from unnest(lines) l group by l.item_id
        ) sold
        where i.id = sold.item_id and sold.quantity > 0;
        update public.work_queue w set payload = jsonb_build_object(
            'store', order_store,
            'order_gid', deduct_on_order_create.order_gid,
            'items', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'sku', i.sku, 'shopify_inventory_item_id', i.shopify_inventory_item_id
                ) order by i.id), '[]')
                from public.inventory_items i where i.id in (select l.item_id from unnest(lines) l)
            )
        ) where w.id = work_id;
    end if;

    items := (
        select coalesce(jsonb_agg(
            jsonb_build_object('sku', i.sku, 'ats', i.ats, 'oos', i.ats <= 0) order by i.id
        ), '[]')
        from public.inventory_items i where i.id in (
            select t.item_id from public.inventory_txn t where t.order_gid = deduct_on_order_create.order_gid
        )
    );
    reply := ordak.ok((
        select jsonb_build_object(
            'order_gid', deduct_on_order_create.order_gid,
            'store', order_store,
            'already_done', work_id is null,
            'work_id', coalesce(work_id, (
                select w.id from public.work_queue w
                where w.dedupe_key = 'inventory_push:' || deduct_on_order_create.order_gid
            )),
            'lines', count(*),
            'untracked', count(*) filter (where t.item_id is null),
            'items', items
        )
        from public.inventory_txn t
        where t.order_gid = deduct_on_order_create.order_gid and t.reason = 'order_create'
    ));
    perform ordak.keep_answer(parsed, 'deduct_on_order_create', order_gid, arguments, reply);
    return reply;
end
$$;
