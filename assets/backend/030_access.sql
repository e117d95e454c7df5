-- Who may: the caller is an approved, active row of staff_shared and reads the orders and events of its store(s).

-- Those who may work here.
create or replace function ordak.staff() returns setof public.staff_shared
language sql stable as $$ select s.* from public.staff_shared s where s.is_active and s.approved $$;

-- The caller's own staff row, if it may do anything at all; else a row of nulls.
create or replace function ordak.caller() returns public.staff_shared
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own public.staff_shared;
begin
    select s.* into own from public.staff_shared s where s.id = auth.uid() and s.is_active and s.approved;
    return own;
end
$$;

create or replace function ordak.may_read(store text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from public.staff_shared s
        where s.id = auth.uid() and s.is_active and s.approved and s.store in ('both', may_read.store)
    )
$$;

-- A Supabase project grants everything in public to every role by default, so each is taken back by name.
do $$
declare
    name text;
begin
    foreach name in array array[
        'orders_bannos', 'orders_flourlane', 'staff_shared', 'stage_events', 'settings', 'inventory_items', 'inventory_txn',
        'work_queue'
    ] loop
        execute format('alter table public.%I enable row level security', name);
        execute format('revoke all on public.%I from public, anon, authenticated', name);
        execute format('grant all on public.%I to service_role', name);
    end loop;
end
$$;
revoke all on sequence public.stage_events_id_seq, public.inventory_items_id_seq, public.inventory_txn_id_seq,
    public.work_queue_id_seq from public, anon, authenticated;
grant all on sequence public.stage_events_id_seq, public.inventory_items_id_seq, public.inventory_txn_id_seq,
    public.work_queue_id_seq to service_role;

grant select on public.orders_bannos, public.orders_flourlane, public.stage_events, public.staff_shared to authenticated;

-- The subselects make one call a statement of what would be one a row.
drop policy if exists read_own_stores on public.orders_bannos;
create policy read_own_stores on public.orders_bannos for select to authenticated
    using ((select ordak.may_read('bannos')));

drop policy if exists read_own_stores on public.orders_flourlane;
create policy read_own_stores on public.orders_flourlane for select to authenticated
    using ((select ordak.may_read('flourlane')));

drop policy if exists read_own_stores on public.stage_events;
create policy read_own_stores on public.stage_events for select to authenticated
    using (
        (store = 'bannos' and (select ordak.may_read('bannos')))
        or (store = 'flourlane' and (select ordak.may_read('flourlane')))
    );

-- Also before it is approved: so a person can be told why nothing works.
drop policy if exists read_self on public.staff_shared;
create policy read_self on public.staff_shared for select to authenticated
    using (id = (select auth.uid()));
