-- What is read of the project, each time as it is: nothing here binds its tables. Rows are read whole, as JSON.

do $$
begin
    if to_regtype('ordak.member') is null then
        -- is_station is null where the project does not say which accounts are stations': then any may be one.
        create type ordak.member as (
            id uuid, full_name text, role text, store text, badge text, is_station boolean
        );
    end if;
end
$$;

-- Those who may work here.
create or replace function ordak.staff() returns setof ordak.member
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select coalesce(r.row ->> 'user_id', r.row ->> 'id')::uuid, r.row ->> 'full_name', r.row ->> 'role',
            coalesce(r.row ->> 'store', 'both'), r.row ->> 'badge', (r.row ->> 'is_station')::boolean
        from (select to_jsonb(s) from public.staff_shared s) r (row)
        where coalesce((r.row ->> 'is_active')::boolean, true) and coalesce((r.row ->> 'approved')::boolean, true);
end
$$;

-- The caller's own row, if it may do anything at all; else a row of nulls.
create or replace function ordak.caller() returns ordak.member
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own ordak.member;
begin
    select m.* into own from ordak.staff() m where m.id = auth.uid();
    return own;
end
$$;

-- What somebody is called, also somebody who has left.
create or replace function ordak.name_of(id uuid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select r.row ->> 'full_name' from (select to_jsonb(s) from public.staff_shared s) r (row)
        where coalesce(r.row ->> 'user_id', r.row ->> 'id') = name_of.id::text limit 1
    );
end
$$;

-- What the office has set for the station: freeze, qc_reasons, timezone, storage_places. Only SQL writes it.
create table if not exists ordak.settings (
    store text not null check (store in ('bannos', 'flourlane')),
    key text not null,
    value jsonb not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (store, key),
    constraint settings_value check (
        case
            when key = 'timezone' then ordak.is_time_zone(value #>> '{}')
            when key in ('storage_places', 'qc_reasons') then ordak.is_names(value)
            when key = 'freeze' then jsonb_typeof(value) = 'boolean'
            else true
        end
    )
);

-- What is set of a shop: the places are the project's own list, unless the office has set others for the station.
create or replace function ordak.settings_of(store text) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return jsonb_build_object('storage_places', to_jsonb(public.get_storage_locations(settings_of.store))) || (
        select coalesce(jsonb_object_agg(s.key, s.value), '{}')
        from ordak.settings s where s.store = settings_of.store
    );
end
$$;

create or replace function ordak.today(store text) returns date
language sql stable as $$
    select (clock_timestamp() at time zone coalesce(
        (select s.value #>> '{}' from ordak.settings s where s.store = today.store and s.key = 'timezone'),
        'Australia/Sydney'
    ))::date
$$;

-- An order's row, with its store and how often it was returned; null if there is none. With `locks` nobody else changes the row
-- until the transaction's end, and it is read as it is behind the lock.
create or replace function ordak.order_row(id text, locks boolean default false) returns jsonb
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
    store text := ordak.store_of(order_row.id);
    found jsonb;
begin
    if store = 'bannos' then
        if locks then
            perform from public.orders_bannos o where o.id = order_row.id for update;
        end if;
        select to_jsonb(o) into found from public.orders_bannos o where o.id = order_row.id;
    elsif store = 'flourlane' then
        if locks then
            perform from public.orders_flourlane o where o.id = order_row.id for update;
        end if;
        select to_jsonb(o) into found from public.orders_flourlane o where o.id = order_row.id;
    end if;
    return found || jsonb_build_object('store', store, 'rework', (
        select count(*) from public.stage_events e where e.order_id = order_row.id and e.event_type = 'qc_return'
    ));
end
$$;

-- What was done to an order, oldest first, as contract 2025-09 tells it, without what the project does not keep.
create or replace function ordak.marks(order_id text) returns table (mark jsonb, event jsonb, event_type text, stage text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
        select told.mark, told.mark || jsonb_build_object('performed_by', told.staff_id, 'meta', told.meta)
            || case when told.event_type = 'assign' then jsonb_build_object(
                'staff', ordak.name_of((told.meta ->> 'assignee_id')::uuid)
            ) else '{}' end,
            told.event_type, told.stage
        from (
            select jsonb_build_object(
                    'action', e.event_type, 'stage', e.stage, 'at', e.at_ts, 'by', ordak.name_of(e.staff_id), 'station', null
                ) || case when e.event_type = 'print' and row_number() over (partition by e.event_type order by e.at_ts) > 1
                    then '{"reprint": true}'::jsonb else '{}' end as mark,
                e.staff_id, e.meta, e.event_type::text, e.stage::text, e.at_ts
            from public.stage_events e where e.order_id = marks.order_id
        ) told
        order by told.at_ts;
end
$$;

-- The columns of an order that every answer about it has.
create or replace function ordak.times_json(o jsonb) returns jsonb
language sql immutable as $$
    select jsonb_object_agg(k.key, o -> k.key)
    from unnest(array[
        'filling_start_ts', 'filling_complete_ts', 'covering_start_ts', 'covering_complete_ts', 'decorating_start_ts',
        'decorating_complete_ts', 'packing_start_ts', 'packing_complete_ts', 'cancelled_at', 'assignee_id', 'storage'
    ]) k (key)
$$;
