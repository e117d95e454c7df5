-- The reads. Weak, all of them: nobody need be signed in, since PostgreSQL lets everybody call a new function.

do $$
begin
    if to_regtype('public.scanned_order') is null then
        create type public.scanned_order as (
            id text, shopify_order_number integer, customer_name text, product_title text, size text, notes text,
            due_date date, delivery_method text, stage public.stage_type, priority text, storage text, store text,
            filling_start_ts timestamptz, filling_complete_ts timestamptz, covering_start_ts timestamptz,
            covering_complete_ts timestamptz, decorating_start_ts timestamptz, decorating_complete_ts timestamptz,
            packing_start_ts timestamptz, packing_complete_ts timestamptz
        );
    end if;
end
$$;

-- Weak: a suffix is read and forgotten, so every code of a split order answers its first cake; a number that both stores
-- have answers Bannos; a code in another form answers a row of nulls; and nothing says that an order is cancelled.
create or replace function public.get_order_for_scan(p_scan text)
returns public.scanned_order language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    code text := upper(btrim(p_scan));
    number integer;
    wanted text;
    found public.scanned_order;
begin
    if code ~ '^#[BF][0-9]{1,9}$' then
        wanted := case when code like '#B%' then 'bannos' else 'flourlane' end;
        number := substr(code, 3)::integer;
    elsif code ~ '^(BANNOS|FLOURLANE)-[0-9]{1,9}(-[A-Z0-9]+)?$' then
        wanted := lower(split_part(code, '-', 1));
        number := split_part(code, '-', 2)::integer;
    elsif code ~ '^[0-9]{1,9}$' then
        number := code::integer;
    end if;
    select o.id, o.shopify_order_number, o.customer_name, o.product_title, o.size, o.notes, o.due_date,
        o.delivery_method, o.stage, standin.priority(o.due_date), o.storage, o.store, o.filling_start_ts,
        o.filling_complete_ts, o.covering_start_ts, o.covering_complete_ts, o.decorating_start_ts,
        o.decorating_complete_ts, o.packing_start_ts, o.packing_complete_ts
    into found
    from standin.orders o
    where o.shopify_order_number = number and (wanted is null or o.store = wanted)
    order by o.store, length(o.id), o.id limit 1;
    return found;
end
$$;

-- Weak: Complete and cancelled orders are among the rows unless a stage is given; limit, offset and count are each store's
-- own where no store is given; a store or stage that does not exist is an empty list; ties come in another order each time.
create or replace function public.get_queue(
    p_store text default null, p_stage text default null, p_assignee_id uuid default null, p_search text default null,
    p_priority text default null, p_storage text default null, p_offset integer default 0, p_limit integer default 50,
    p_sort_by text default 'priority', p_sort_order text default 'DESC'
) returns table (
    id text, human_id text, shopify_order_id bigint, shopify_order_number integer, customer_name text,
    product_title text, flavour text, notes text, currency text, total_amount numeric, stage public.stage_type,
    priority text, due_date date, delivery_method text, size text, item_qty integer, storage text, assignee_id uuid,
    assignee_name text, store text, created_at timestamptz, updated_at timestamptz, covering_start_ts timestamptz,
    decorating_start_ts timestamptz, cancelled_at timestamptz, total_count bigint
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked text;
begin
    foreach asked in array array['bannos', 'flourlane'] loop
        continue when asked <> coalesce(p_store, asked);
        return query
            select o.id, o.human_id, o.shopify_order_id, o.shopify_order_number, o.customer_name, o.product_title,
                o.flavour, o.notes, o.currency, o.total_amount, o.stage, standin.priority(o.due_date), o.due_date,
                o.delivery_method, o.size, o.item_qty, o.storage, o.assignee_id, s.full_name, o.store, o.created_at,
                o.updated_at, o.covering_start_ts, o.decorating_start_ts, o.cancelled_at, count(*) over ()
            from standin.orders o left join public.staff_shared s on s.user_id = o.assignee_id
            where o.store = asked
                and (p_stage is null or o.stage::text = p_stage)
                and (p_assignee_id is null or o.assignee_id = p_assignee_id)
                and (p_search is null or position(p_search in o.id) > 0
                    or o.shopify_order_number::text = p_search
                    or position(lower(p_search) in lower(concat_ws(' ', o.customer_name, o.product_title))) > 0)
                and (p_priority is null or standin.priority(o.due_date) = p_priority)
                and (p_storage is null or o.storage = p_storage)
            order by standin.sort_key(o, p_sort_by) * case when upper(p_sort_order) = 'ASC' then 1 else -1 end, random()
            limit p_limit offset p_offset;
    end loop;
end
$$;

-- What the queue is sorted by, as a number; an unknown name is the priority.
create or replace function standin.sort_key(o standin.orders, sort_by text) returns double precision
language sql stable as $$
    select case sort_by
        when 'due_date' then coalesce(extract(epoch from o.due_date::timestamp), 'infinity')
        when 'shopify_order_number' then coalesce(o.shopify_order_number, 0)
        when 'created_at' then extract(epoch from o.created_at)
        when 'updated_at' then extract(epoch from o.updated_at)
        else case standin.priority(o.due_date) when 'High' then 3 when 'Medium' then 2 else 1 end
    end::double precision
$$;

create or replace function public.get_order_v2(p_order_id text, p_store text)
returns table (
    id text, human_id text, shopify_order_id bigint, shopify_order_number integer, customer_name text,
    product_title text, flavour text, notes text, currency text, total_amount numeric, stage public.stage_type,
    priority text, due_date date, delivery_method text, size text, item_qty integer, storage text, assignee_id uuid,
    assignee_name text, store text, created_at timestamptz, updated_at timestamptz, cake_writing text,
    product_image text, accessories jsonb, shipping_address jsonb
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform standin.require_store(p_store, 'Invalid store: %');
    return query
        select o.id, o.human_id, o.shopify_order_id, o.shopify_order_number, o.customer_name, o.product_title,
            o.flavour, o.notes, o.currency, o.total_amount, o.stage, standin.priority(o.due_date), o.due_date,
            o.delivery_method, o.size, o.item_qty, o.storage, o.assignee_id, s.full_name, o.store, o.created_at,
            o.updated_at, o.cake_writing, o.product_image, o.accessories, o.shipping_address
        from standin.orders o left join public.staff_shared s on s.user_id = o.assignee_id
        where o.store = p_store and o.id = p_order_id;
end
$$;

-- Weak: an empty stage has no row.
create or replace function public.get_unassigned_counts(p_store text)
returns table (stage public.stage_type, count bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform standin.require_store(p_store, 'Store must be "bannos" or "flourlane"');
    return query
        select o.stage, pg_catalog.count(*) from standin.orders o
        where o.store = p_store and o.assignee_id is null and o.stage <> 'Complete'
        group by o.stage;
end
$$;

create or replace function public.get_storage_locations(p_store text)
returns text[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(array(
        select n.name from public.settings s, jsonb_array_elements_text(s.value) with ordinality n (name, place)
        where s.store = p_store and s.key = 'storage_locations' order by n.place
    ), '{}')
$$;

create or replace function public.get_staff_me()
returns table (
    user_id uuid, full_name text, role text, store text, is_active boolean, phone text, email text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.user_id, s.full_name, s.role, s.store, s.is_active, s.phone, s.email
    from public.staff_shared s where s.user_id = auth.uid()
$$;

notify pgrst, 'reload schema';
