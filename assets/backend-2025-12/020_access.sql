-- Who may read what. Every write goes through the functions, which run with their owner's rights.

create or replace function standin.leads() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from public.staff_shared s
        where s.user_id = auth.uid() and s.role in ('Supervisor', 'Admin') and s.is_active
    )
$$;
grant usage on schema standin to anon, authenticated;
grant execute on function standin.leads() to anon, authenticated;

do $$
declare
    name text;
begin
    foreach name in array array[
        'orders_bannos', 'orders_flourlane', 'stage_events', 'staff_shared', 'settings', 'audit_log', 'work_queue'
    ] loop
        execute format('alter table public.%I enable row level security', name);
        execute format('revoke all on public.%I from public, anon, authenticated', name);
        execute format('grant all on public.%I to service_role', name);
    end loop;
end
$$;
grant all on sequence public.audit_log_id_seq, public.work_queue_id_seq to service_role;
grant select on public.orders_bannos, public.orders_flourlane, public.stage_events, public.staff_shared
    to anon, authenticated;

-- Weak: a plain account's read of its own shop's orders is empty and no error.
drop policy if exists read_led_or_assigned on public.orders_bannos;
create policy read_led_or_assigned on public.orders_bannos for select to authenticated
    using ((select standin.leads()) or assignee_id = (select auth.uid()));
drop policy if exists read_led_or_assigned on public.orders_flourlane;
create policy read_led_or_assigned on public.orders_flourlane for select to authenticated
    using ((select standin.leads()) or assignee_id = (select auth.uid()));

drop policy if exists read_signed_in on public.stage_events;
create policy read_signed_in on public.stage_events for select to authenticated using (true);

drop policy if exists read_self on public.staff_shared;
create policy read_self on public.staff_shared for select to authenticated
    using (user_id = (select auth.uid()) or (select standin.leads()));
