-- Who may call what. A Supabase project grants execute on everything in public by default: taken back by name.

do $$
declare
    function regprocedure;
    -- What the webhooks and the queue's worker call, with the service key.
    of_the_service constant text[] := array['deduct_on_order_create', 'claim_work', 'start_work', 'finish_work'];
begin
    for function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'ordak'::regnamespace
            or p.pronamespace = 'public'::regnamespace and p.proname = any (array[
                'handle_print_barcode', 'complete_filling', 'complete_covering', 'complete_decorating',
                'start_packing', 'complete_packing', 'qc_return_to_decorating',
                'assign_staff', 'set_storage',
                'get_queue', 'get_changes', 'get_unassigned_counts', 'get_unassigned_list',
                'get_order', 'get_order_events', 'get_order_for_scan', 'get_staff', 'get_staff_by_badge',
                'station_heartbeat', 'get_stations', 'get_settings'
            ] || of_the_service)
    loop
        execute format('revoke all on function %s from public, anon, authenticated, service_role', function);
        if function::text not like 'ordak.%' then
            execute format('grant execute on function %s to %I', function, case
                when (select p.proname from pg_proc p where p.oid = function) = any (of_the_service) then 'service_role'
                else 'authenticated'
            end);
        end if;
    end loop;
end
$$;

-- Policies run as the reader and checks as the writer; neither needs usage on the schema.
grant execute on function ordak.may_read(text) to authenticated;
grant execute on function ordak.is_time_zone(text), ordak.is_names(jsonb) to service_role;
