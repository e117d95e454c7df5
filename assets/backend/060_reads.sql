-- The reads. They change nothing; the lists are bare rows, so what they refuse is an exception.

-- Fails unless the caller may read the store.
create or replace function ordak.require_store(store text) returns void
language plpgsql stable as $$
begin
    if store is null or store not in ('bannos', 'flourlane') then
        raise exception using errcode = 'invalid_parameter_value', message = 'store is bannos or flourlane';
    end if;
    -- Never an empty list: that would look like a shop with nothing to do.
    if not ordak.may_read(store) then
        raise exception using errcode = 'insufficient_privilege', message = 'this account may not read this store';
    end if;
end
$$;

-- A page's bounds; Supabase cuts any read at 1,000 rows.
create or replace function ordak.page_limit("limit" integer) returns integer
language sql immutable as $$ select least(greatest(coalesce("limit", 500), 0), 1000) $$;

create or replace function ordak.page_offset("offset" integer) returns integer
language sql immutable as $$ select greatest(coalesce("offset", 0), 0) $$;

-- Open orders, sorted by priority, due date, size, number and id. Priority follows from the due date and falls as it
-- rises, so the due date with nulls last sorts by both, and an index can serve it.
-- Open orders lie in memory; told so, the planner walks that index for a deep page too instead of sorting them all.
create or replace function public.get_queue(
    store text, date_from date default null, date_to date default null,
    "limit" integer default 500, "offset" integer default 0
) returns setof jsonb language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = force_custom_plan
set random_page_cost = 1.1 as $$
begin
    perform ordak.require_store(get_queue.store);
    return query
        with today as materialized (select ordak.today(get_queue.store) as day)
        -- Ids first: only the page's own rows are read whole.
        select ordak.order_json(o, today.day)
        from today, unnest(array(
            select o.id from ordak.orders o
            where o.store = get_queue.store and o.stage <> 'Complete'
                and (o.due_date is null or (
                    o.due_date >= coalesce(date_from, '-infinity') and o.due_date <= coalesce(date_to, 'infinity')
                ))
            order by o.due_date, coalesce(o.size, '') collate "C", o.shopify_order_number, o.id collate "C"
            limit ordak.page_limit("limit") offset ordak.page_offset("offset")
        )) with ordinality page (id, place)
        join ordak.orders o on o.store = get_queue.store and o.id = page.id
        order by page.place;
end
$$;

-- Every order of the store changed at or after a time, finished and cancelled ones included. A write's time lies before
-- its commit: who reads on from an earlier read must overlap it by more than a write can take.
create or replace function public.get_changes(
    store text, since timestamptz, "limit" integer default 500, "offset" integer default 0
) returns setof jsonb language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = force_custom_plan as $$
begin
    perform ordak.require_store(get_changes.store);
    return query
        with today as materialized (select ordak.today(get_changes.store) as day)
        select ordak.order_json(page.o, today.day)
        from today, (
            select o from ordak.orders o
            where o.store = get_changes.store and o.updated_at >= coalesce(since, '-infinity')
            order by o.updated_at, o.id
            limit ordak.page_limit("limit") offset ordak.page_offset("offset")
        ) page
        order by (page.o).updated_at, (page.o).id;
end
$$;

create or replace function public.get_unassigned_counts(store text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    refused jsonb := ordak.no_store(ordak.caller(), get_unassigned_counts.store);
begin
    if refused is not null then
        return refused;
    end if;
    return ordak.ok((
        select jsonb_object_agg(lower(stages.stage::text), coalesce(counted.orders, 0))
        from unnest(array['Filling', 'Covering', 'Decorating', 'Packing']::public.stage_type[]) stages (stage)
        left join (
            select o.stage, count(*) as orders from ordak.orders o
            where o.store = get_unassigned_counts.store and o.assignee_id is null and o.stage <> 'Complete'
            group by o.stage
        ) counted on counted.stage = stages.stage
    ));
end
$$;

-- The orders of one stage that nobody is assigned to, sorted as the queue, each as get_queue has it. These are the orders
-- that get_unassigned_counts counts, cancelled ones included.
create or replace function public.get_unassigned_list(
    store text, stage public.stage_type, "limit" integer default 100, "offset" integer default 0
) returns setof jsonb language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = force_custom_plan
set random_page_cost = 1.1 as $$
begin
    perform ordak.require_store(get_unassigned_list.store);
    if get_unassigned_list.stage is null or get_unassigned_list.stage = 'Complete' then
        raise exception using errcode = 'invalid_parameter_value',
            message = 'stage is Filling, Covering, Decorating or Packing';
    end if;
    return query
        with today as materialized (select ordak.today(get_unassigned_list.store) as day)
        select ordak.order_json(o, today.day)
        from today, unnest(array(
            select o.id from ordak.orders o
            where o.store = get_unassigned_list.store and o.stage = get_unassigned_list.stage
                and o.assignee_id is null and o.stage <> 'Complete'
            order by o.due_date, coalesce(o.size, '') collate "C", o.shopify_order_number, o.id collate "C"
            limit ordak.page_limit(coalesce("limit", 100)) offset ordak.page_offset("offset")
        )) with ordinality page (id, place)
        join ordak.orders o on o.store = get_unassigned_list.store and o.id = page.id
        order by page.place;
end
$$;

-- Why the caller may not read the order of this id; null if it may.
create or replace function ordak.unreadable(caller public.staff_shared, order_id text) returns jsonb
language sql immutable as $$
    select case
        when caller.id is null then ordak.no_staff()
        when ordak.store_of(order_id) is null then
            ordak.refusal('BAD_INPUT', 'id is no order id like bannos-18617 or bannos-25771-A')
        when not ordak.may_see(caller, ordak.store_of(order_id)) then
            ordak.refusal('PERMISSION_DENIED', 'this account is not of the order''s store')
    end
$$;

create or replace function public.get_order(id text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    caller public.staff_shared := ordak.caller();
    order_store text := ordak.store_of(get_order.id);
    o ordak.orders;
    refused jsonb := ordak.unreadable(caller, get_order.id);
begin
    if refused is not null then
        return refused;
    end if;
    select q.* into o from ordak.orders q where q.store = order_store and q.id = get_order.id;
    if o.id is null then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    return ordak.ok(ordak.order_with_marks(o));
end
$$;

-- What was done to one order, oldest first; of more than 1,000 events the newest. Data is a list of
-- {event_seq, action, stage, at, by, performed_by, station, meta}, with staff, a name or null, where action is assign.
create or replace function public.get_order_events(id text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    caller public.staff_shared := ordak.caller();
    order_store text := ordak.store_of(get_order_events.id);
    refused jsonb := ordak.unreadable(caller, get_order_events.id);
begin
    if refused is not null then
        return refused;
    end if;
    if not exists (select from ordak.orders o where o.store = order_store and o.id = get_order_events.id) then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    return ordak.ok((
        select coalesce(jsonb_agg(ordak.event_json(page.e) order by (page.e).id), '[]')
        from (
            select e from public.stage_events e where e.order_id = get_order_events.id order by e.id desc limit 1000
        ) page
    ));
end
$$;

do $$
begin
    if to_regtype('ordak.code') is null then
        -- A scan code: store is null for a bare number, suffix is null for a whole order; number is null if it is none.
        create type ordak.code as (store text, number integer, suffix text);
    end if;
end
$$;

-- Reads one order's name in any of its forms: store-number-suffix, #B18617-A, 18617.
create or replace function ordak.parse_name(name text) returns ordak.code
language plpgsql immutable as $$
declare
    code ordak.code;
    parts text[] := regexp_match(
        upper(name), '^(BANNOS-|FLOUR-?LANE-|[#£][BF])([1-9][0-9]{0,8})(?:-([A-J]|1[1-9]|[2-9][0-9]))?$'
    );
begin
    if name ~ '^[1-9][0-9]{3,6}$' then
        code.number := name::integer;
    else
        code.store := case when parts[1] ~ '^.?B' then 'bannos' when parts[1] is not null then 'flourlane' end;
        code.number := parts[2]::integer;
        code.suffix := parts[3];
    end if;
    return code;
end
$$;

-- Reads a scan code in any form of contract.md 6.
create or replace function ordak.parse_scan(scan text) returns ordak.code
language plpgsql immutable as $$
declare
    code ordak.code;
    bare text;
    ids text[];
begin
    -- No code of ours is longer than a QR holds (ISO/IEC 18004, version 40-L).
    if scan is null or length(scan) > 4296 then
        return code;
    end if;
    bare := ordak.strip(scan);
    -- AIM identifier E: EAN and UPC are products', whatever their digits say.
    if bare ~* '^\]E' then
        return code;
    end if;
    bare := ordak.strip(regexp_replace(bare, '^\][A-Za-z][0-9A-Za-z]', ''));
    -- Our own QR: the order's id and the copy's number.
    if bare ~* '^ORDAK:' then
        return ordak.parse_name((regexp_match(bare, '^ORDAK:((?:BANNOS|FLOUR-?LANE)-[0-9A-J-]+)/0*[1-9][0-9]*$', 'i'))[1]);
    end if;
    code := ordak.parse_name(bare);
    if code.number is not null or bare !~* '^([a-z][a-z0-9+.-]*://|[{[])' then
        return code;
    end if;
    -- A URL, but for its host, or JSON that names exactly one order. What only begins or ends like an id is none.
    select array_agg(distinct replace(upper(hit[1]), 'FLOUR-LANE', 'FLOURLANE')) into ids
    from regexp_matches(
        regexp_replace(bare, '^[a-z][a-z0-9+.-]*://[^/?#]*', '', 'i'),
        '(?<![a-z0-9-])((?:bannos|flour-?lane)-[1-9][0-9]{0,8}(?:-(?:[a-j]|1[1-9]|[2-9][0-9]))?)(?![a-z0-9_-])', 'gi'
    ) hits (hit);
    return ordak.parse_name(case when cardinality(ids) = 1 then ids[1] end);
end
$$;

-- One order if one answers to the code, all candidates if several do. A code that could mean several never picks one.
create or replace function public.get_order_for_scan(scan text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    caller public.staff_shared := ordak.caller();
    code ordak.code := ordak.parse_scan(get_order_for_scan.scan);
    answers jsonb;
begin
    if caller.id is null then
        return ordak.no_staff();
    end if;
    if code.number is null then
        return ordak.refusal('BAD_INPUT', 'not the code of an order', jsonb_build_object('scan', left(scan, 200)));
    end if;
    if code.store is not null and not ordak.may_see(caller, code.store) then
        return ordak.refusal('PERMISSION_DENIED', 'this account is not of the order''s store');
    end if;
    -- -A to -J before -11, -12.
    select jsonb_agg(ordak.order_with_marks(o) order by o.store, length(o.id), o.id collate "C") into answers
    from ordak.orders o
    where o.shopify_order_number = code.number
        and o.store = coalesce(code.store, o.store)
        and ordak.may_see(caller, o.store)
        and (code.suffix is null or o.id = o.store || '-' || code.number || '-' || code.suffix);
    return case
        when answers is null then
            ordak.refusal('NOT_FOUND', 'no order answers to this code', jsonb_build_object('scan', left(scan, 200)))
        when jsonb_array_length(answers) = 1 then ordak.ok(jsonb_build_object('order', answers -> 0))
        else ordak.ok(jsonb_build_object('candidates', answers))
    end;
end
$$;
