-- Who may call what. A Supabase project grants execute on everything in public by default: taken back function by function.

do $$
declare
    of_the_stations constant regprocedure[] := array[
        'public.handle_print_barcode(text, uuid, jsonb)',
        'public.complete_filling(text, uuid, jsonb)',
        'public.complete_covering(text, uuid, jsonb)',
        'public.complete_decorating(text, uuid, jsonb)',
        'public.start_packing(text, uuid, jsonb)',
        'public.complete_packing(text, uuid, jsonb)',
        'public.qc_return_to_decorating(text, uuid, text, jsonb)',
        'public.assign_staff(text, uuid, uuid, text, jsonb)',
        'public.set_storage(text, text, uuid, jsonb)',
        'public.get_queue(text, date, date, integer, integer)',
        'public.get_changes(text, timestamptz, integer, integer)',
        'public.get_unassigned_counts(text)',
        'public.get_unassigned_list(text, public.stage_type, integer, integer)',
        'public.get_order(text)',
        'public.get_order_events(text)',
        'public.get_order_for_scan(text)',
        'public.get_staff(text)',
        'public.get_staff_by_badge(text)',
        'public.station_heartbeat(text, jsonb)',
        'public.get_stations()',
        'public.get_settings(text)',
        'public.get_ops_signals()'
    ];
    -- What the webhooks and the queue's worker call, with the service key.
    of_the_service constant regprocedure[] := array[
        'public.deduct_on_order_create(text, jsonb, jsonb)',
        'public.claim_work(text, integer, text[])',
        'public.start_work(bigint, text)',
        'public.finish_work(bigint, text, text)'
    ];
    ours constant regprocedure[] := of_the_stations || of_the_service;
    others text;
    function regprocedure;
begin
    -- A project's own function of such a name, with other arguments, would change orders past all rules, and make calls
    -- ambiguous (PGRST203). It is not ours to drop, so nothing is done until a person has.
    select string_agg(format('drop function %s;', p.oid::regprocedure), ' ' order by p.oid::regprocedure::text) into others
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.oid <> all (ours)
        and p.proname in (select o.proname from pg_proc o where o.oid = any (ours));
    if others is not null then
        raise exception using errcode = 'duplicate_function',
            message = 'the project has functions of the same names with other arguments',
            hint = 'They have to go first, and calls of theirs are then answered by the new ones: ' || others;
    end if;

    for function in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'ordak'::regnamespace or p.oid = any (ours)
    loop
        execute format('revoke all on function %s from public, anon, authenticated, service_role', function);
    end loop;
    foreach function in array of_the_stations loop
        execute format('grant execute on function %s to authenticated', function);
    end loop;
    foreach function in array of_the_service loop
        execute format('grant execute on function %s to service_role', function);
    end loop;
end
$$;

-- Policies run as the reader and checks as the writer; neither needs usage on the schema.
grant execute on function ordak.may_read(text) to authenticated;
grant execute on function ordak.is_time_zone(text), ordak.is_names(jsonb) to service_role;

-- PostgREST keeps what it read of the schema until it is told.
notify pgrst, 'reload schema';
