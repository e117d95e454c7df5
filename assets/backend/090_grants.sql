-- Who may call what. A Supabase project grants execute on everything in public by default: taken back by name.

do $$
declare
    function regprocedure;
begin
    for function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'ordak'::regnamespace
            or p.pronamespace = 'public'::regnamespace and p.proname = any (array[
                'handle_print_barcode', 'complete_filling', 'complete_covering', 'complete_decorating',
                'start_packing', 'complete_packing', 'qc_return_to_decorating',
                'get_queue', 'get_changes', 'get_unassigned_counts', 'get_order', 'get_order_for_scan',
                'station_heartbeat', 'get_stations', 'get_settings'
            ])
    loop
        execute format('revoke all on function %s from public, anon, authenticated, service_role', function);
        if function::text not like 'ordak.%' then
            execute format('grant execute on function %s to authenticated', function);
        end if;
    end loop;
end
$$;

-- Policies run as the reader and checks as the writer; neither needs usage on the schema.
grant execute on function ordak.may_read(text) to authenticated;
grant execute on function ordak.is_time_zone(text) to service_role;
