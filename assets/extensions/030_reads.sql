-- The reads of an order, as contract 2025-09 has them; the others are the reference backend's own (072, 075).

-- Why the caller may not ask about a store; null if it may.
create or replace function ordak.no_store(caller ordak.member, store text) returns jsonb
language sql immutable as $$
    select case
        when caller.id is null then ordak.no_staff()
        when store is null or store not in ('bannos', 'flourlane') then
            ordak.refusal('BAD_INPUT', 'store is bannos or flourlane')
        when caller.store not in ('both', no_store.store) then
            ordak.refusal('PERMISSION_DENIED', 'this account is not of this store')
    end
$$;

-- Why the caller may not ask about an order; null if it may.
create or replace function ordak.no_order(caller ordak.member, id text) returns jsonb
language sql immutable as $$
    select case
        when caller.id is not null and ordak.store_of(no_order.id) is null then
            ordak.refusal('BAD_INPUT', 'not an order id like bannos-18617 or bannos-25771-A')
        else ordak.no_store(caller, ordak.store_of(no_order.id))
    end
$$;

create or replace function public.get_order(id text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    refused jsonb := ordak.no_order(ordak.caller(), get_order.id);
    o jsonb := case when refused is null then ordak.order_row(get_order.id) end;
    number integer := (o ->> 'shopify_order_number')::integer;
    siblings bigint;
begin
    if refused is not null then
        return refused;
    end if;
    if o is null then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    siblings := case o ->> 'store'
        when 'bannos' then (select count(*) from public.orders_bannos s where s.shopify_order_number = number)
        else (select count(*) from public.orders_flourlane s where s.shopify_order_number = number)
    end;
    return ordak.ok(ordak.times_json(o) || jsonb_build_object(
        'id', o -> 'id',
        'store', o -> 'store',
        'shopify_order_number', o -> 'shopify_order_number',
        'product_title', o -> 'product_title',
        'size', o -> 'size',
        'flavour', o -> 'flavour',
        'cake_writing', o -> 'cake_writing',
        'notes', o -> 'notes',
        'customer_name', o -> 'customer_name',
        'due_date', o -> 'due_date',
        'priority', ordak.priority((o ->> 'due_date')::date, ordak.today(o ->> 'store')),
        'delivery_method', o -> 'delivery_method',
        'stage', o -> 'stage',
        'assignee_name', ordak.name_of((o ->> 'assignee_id')::uuid),
        'product_image', o -> 'product_image',
        'rework', o -> 'rework',
        'returned', case when (o ->> 'rework')::integer > 0 and o ->> 'decorating_complete_ts' is null then (
            select jsonb_build_object('reason', m.event #> '{meta,notes}', 'at', m.mark -> 'at')
            from ordak.marks(get_order.id) with ordinality m (mark, event, event_type, stage, place)
            where m.event_type = 'qc_return' order by m.place desc limit 1
        ) end,
        'siblings', greatest(siblings, 1),
        'updated_at', o -> 'updated_at',
        'marks', (
            select coalesce(jsonb_agg(m.mark order by m.place), '[]')
            from ordak.marks(get_order.id) with ordinality m (mark, event, event_type, stage, place)
        )
    ));
end
$$;

create or replace function public.get_order_events(id text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    refused jsonb := ordak.no_order(ordak.caller(), get_order_events.id);
begin
    if refused is not null then
        return refused;
    end if;
    if ordak.order_row(get_order_events.id) is null then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    return ordak.ok((
        select coalesce(jsonb_agg(page.event order by page.place), '[]')
        from (
            select m.event, m.place
            from ordak.marks(get_order_events.id) with ordinality m (mark, event, event_type, stage, place)
            order by m.place desc limit 1000
        ) page
    ));
end
$$;
