-- Who may call what, and the marks by which a later run knows its own. Only what is ours is named here.

do $$
declare
    ours constant text := 'Ordak Station: extension';
    added constant regprocedure[] := array[
        'public.with_intent(text, jsonb, jsonb)',
        'public.get_order(text)',
        'public.get_order_events(text)',
        'public.get_staff(text)',
        'public.get_staff_by_badge(text)',
        'public.get_settings(text)',
        'public.station_heartbeat(text, jsonb)',
        'public.get_stations()',
        'public.get_ops_signals()'
    ];
    function regprocedure;
begin
    for function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'ordak'::regnamespace or p.oid = any (added)
    loop
        execute format('revoke all on function %s from public, anon, authenticated, service_role', function);
    end loop;
    foreach function in array added loop
        execute format('grant execute on function %s to authenticated', function);
        execute format('comment on function %s is %L', function, ours);
    end loop;
    execute format('comment on table public.intents is %L', ours);
    execute format('comment on table public.stations is %L', ours);
    execute format('comment on schema ordak is %L', ours);
end
$$;
grant execute on function ordak.is_time_zone(text), ordak.is_names(jsonb) to service_role;

-- PostgREST keeps what it read of the schema until it is told.
notify pgrst, 'reload schema';
