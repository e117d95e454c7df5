-- What the functions share: an order as JSON. Nobody may call these; they run inside the public
-- functions, which pin the search path, and the time zone where they tell times.

create or replace function ordak.may_see(caller public.staff_shared, store text) returns boolean
language sql immutable as $$
    select caller.store in ('both', may_see.store)
$$;

-- Why the caller may not ask about a store; null if it may.
create or replace function ordak.no_store(caller public.staff_shared, store text) returns jsonb
language sql immutable as $$
    select case
        when caller.id is null then ordak.no_staff()
        when store is null or store not in ('bannos', 'flourlane') then
            ordak.refusal('BAD_INPUT', 'store is bannos or flourlane')
        when not ordak.may_see(caller, store) then
            ordak.refusal('PERMISSION_DENIED', 'this account is not of this store')
    end
$$;

-- The shop's calendar day.
create or replace function ordak.today(store text) returns date
language sql stable as $$
    select (clock_timestamp() at time zone coalesce(
        (select s.value #>> '{}' from public.settings s where s.store = today.store and s.key = 'timezone'),
        'Australia/Sydney'
    ))::date
$$;

create or replace function ordak.times_json(o ordak.orders) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'filling_start_ts', o.filling_start_ts,
        'filling_complete_ts', o.filling_complete_ts,
        'covering_complete_ts', o.covering_complete_ts,
        'decorating_complete_ts', o.decorating_complete_ts,
        'packing_start_ts', o.packing_start_ts,
        'packing_complete_ts', o.packing_complete_ts,
        'cancelled_at', o.cancelled_at
    )
$$;

create or replace function ordak.mark_json(e public.stage_events) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'action', e.action,
        'stage', e.stage,
        'at', e.at,
        'by', (select s.full_name from public.staff_shared s where s.id = e.performed_by),
        'station', e.station_id
    ) || case when e.meta ? 'reprint' then '{"reprint": true}'::jsonb else '{}' end
$$;

-- One event with all that is known of it; staff is who was assigned, null when somebody was unassigned.
create or replace function ordak.event_json(e public.stage_events) returns jsonb
language sql stable as $$
    select ordak.mark_json(e) || jsonb_build_object('event_seq', e.id, 'performed_by', e.performed_by, 'meta', e.meta)
        || case when e.action = 'assign' then jsonb_build_object(
            'staff', (select s.full_name from public.staff_shared s where s.id = (e.meta ->> 'staff_id')::uuid)
        ) else '{}' end
$$;

-- What the office has set of a shop.
create or replace function ordak.settings_of(store text) returns jsonb
language sql stable as $$
    select coalesce(jsonb_object_agg(s.key, s.value), '{}') from public.settings s where s.store = settings_of.store
$$;

-- A list of names among the settings; empty where it is not configured.
create or replace function ordak.names(store text, key text) returns text[]
language sql stable as $$
    select coalesce(array(
        select btrim(n.name)
        from public.settings s, jsonb_array_elements_text(s.value) with ordinality n (name, place)
        where s.store = names.store and s.key = names.key
        order by n.place
    ), '{}')
$$;

-- One order, the same wherever it appears. In plpgsql, which keeps its plan from call to call: in plain SQL planning it took
-- three times as long as a scan's whole read does now.
create or replace function ordak.order_json(o ordak.orders, today date) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
    return jsonb_build_object(
        'id', o.id,
        'store', o.store,
        'shopify_order_number', o.shopify_order_number,
        'product_title', o.product_title,
        'size', o.size,
        'flavour', o.flavour,
        'cake_writing', o.cake_writing,
        'notes', o.notes,
        'customer_name', o.customer_name,
        'due_date', o.due_date,
        'priority', ordak.priority(o.due_date, today),
        'delivery_method', o.delivery_method,
        'stage', o.stage,
        'assignee_id', o.assignee_id,
        'assignee_name', (select s.full_name from public.staff_shared s where s.id = o.assignee_id),
        'storage', o.storage,
        'product_image', o.product_image,
        'rework', o.rework,
        'returned', case when o.rework > 0 and o.decorating_complete_ts is null then (
            select jsonb_build_object('reason', e.meta ->> 'reason', 'at', e.at)
            from public.stage_events e
            where e.order_id = o.id and e.action = 'qc_return'
            order by e.id desc limit 1
        ) end,
        'siblings', (
            select count(*) from ordak.orders s
            where s.store = o.store and s.shopify_order_number = o.shopify_order_number
        ),
        'updated_at', o.updated_at
    ) || ordak.times_json(o);
end
$$;

-- One order with its history, oldest first.
create or replace function ordak.order_with_marks(o ordak.orders) returns jsonb
language plpgsql stable as $$
begin
    return ordak.order_json(o, ordak.today(o.store)) || jsonb_build_object('marks', coalesce(
        (select jsonb_agg(ordak.mark_json(e) order by e.id) from public.stage_events e where e.order_id = o.id),
        '[]'
    ));
end
$$;
