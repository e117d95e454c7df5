-- Extensions for a project that runs contract 2025-12: `sandbox migrate --extensions-only` runs these files in order, with those of
-- assets/backend that both contracts have alike (015, 070, 072, 075, 086) between this one and the next, in one transaction.
--
-- They add functions, the tables intents and stations for what these keep, and the schema ordak for their helpers and the office's
-- settings. No function, table, type or grant of the project is altered, replaced or overloaded, and nothing here depends on
-- one: the project can change or drop what is its own. What is read of it is what contract.md 3 names; a column that it lacks reads as null.
--
-- Told apart by names. No function here has the name of one of contract 2025-12, so `get_queue {"store": …}` still answers
-- PGRST202 and `get_queue {"p_store": …}` rows: such a project is one of contract 2025-12. All come at once: where get_stations
-- answers, all do. anon may call none; the caller is an active row of staff_shared (and approved, where the table has that).
--
-- with_intent(function text, arguments jsonb, context jsonb) is every write with an intent: `function` is one of the project's
-- writes, `arguments` the body of its plain call, `context` as contract 2025-09 has it, with the intent_id that it is for.
-- It answers in contract 2025-09's envelope; see 020_writes.sql. What the project's own function raises comes through as it is.
--
-- get_order(id), get_order_events(id), get_staff(store), get_staff_by_badge(badge), get_settings(store), station_heartbeat(station,
-- report), get_stations() and get_ops_signals() take and answer what they do in contract 2025-09; events have no event_seq and no
-- station. There is no get_changes: nobody knows whether the project keeps updated_at on every path.

do $$
declare
    ours constant text := 'Ordak Station: extension';
    theirs text;
begin
    select string_agg(what.name, ', ' order by what.name) into theirs
    from (
        select 'function ' || p.oid::regprocedure, obj_description(p.oid, 'pg_proc')
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.proname = any (array[
            'with_intent', 'get_order', 'get_order_events', 'get_staff', 'get_staff_by_badge', 'get_settings',
            'station_heartbeat', 'get_stations', 'get_ops_signals'
        ])
        union all
        select 'table ' || c.relname, obj_description(c.oid, 'pg_class')
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname in ('intents', 'stations')
        union all
        select 'schema ordak', obj_description(n.oid, 'pg_namespace') from pg_namespace n where n.nspname = 'ordak'
    ) what (name, said)
    where what.said is distinct from ours;
    if theirs is not null then
        raise exception using errcode = 'duplicate_object',
            message = 'the project has these names already: ' || theirs,
            hint = 'They would have to be altered, which this never does.';
    end if;
end
$$;
