-- The functions that change an order. Each is one call of ordak.act, which holds the rules once.

-- As they were before assignments and storage: beside the newer forms a call would be ambiguous.
drop function if exists ordak.act(text, text, uuid, jsonb, text);
drop function if exists ordak.judge(text, ordak.orders, public.staff_shared, integer);

-- Locks one order's row and reads it as it is behind the lock; a row of nulls if there is none.
create or replace function ordak.lock_order(order_id text) returns ordak.orders
language plpgsql as $$
declare
    locked ordak.orders;
begin
    case ordak.store_of(order_id)
        when 'bannos' then perform from public.orders_bannos o where o.id = order_id for update;
        else perform from public.orders_flourlane o where o.id = order_id for update;
    end case;
    select o.* into locked from ordak.orders o where o.store = ordak.store_of(order_id) and o.id = order_id;
    return locked;
end
$$;

-- What one action would do to an order.
do $$
begin
    if to_regtype('ordak.verdict') is null then
        create type ordak.verdict as (
            -- What happens: do, already_done, or a code of the envelope with its message.
            outcome text, message text,
            -- The event's action, and the columns that change: $2 is the moment, $3 are the details.
            action text, sets text,
            -- What the event keeps of the arguments, as it was found to be meant.
            details jsonb
        );
    elsif not exists (
        select from pg_attribute a
        where a.attrelid = (select t.typrelid from pg_type t where t.oid = 'ordak.verdict'::regtype)
            and a.attname = 'details'
    ) then
        alter type ordak.verdict add attribute details jsonb;
    end if;
end
$$;

-- The rules of contract 2025-09, by function, without those that hold for every write (cancelled, rework).
create or replace function ordak.judge(
    function text, o ordak.orders, performer public.staff_shared, rework integer, details jsonb
) returns ordak.verdict language plpgsql stable as $$
declare
    verdict ordak.verdict;
    -- The stage in which the action is done, and whether its own timestamp says that it was.
    needs public.stage_type;
    is_done boolean;
begin
    if function in ('assign_staff', 'set_storage') then
        return ordak.judge_place(function, o, details);
    end if;
    verdict.details := '{}';
    case function
        when 'handle_print_barcode' then
            needs := 'Filling';
            is_done := o.filling_start_ts is not null;
            verdict.action := 'print';
            verdict.sets := 'filling_start_ts = $2';
        when 'complete_filling' then
            needs := 'Filling';
            is_done := o.filling_complete_ts is not null and o.stage > needs;
            verdict.action := 'complete';
            verdict.sets := $s$stage = 'Covering', filling_complete_ts = $2, assignee_id = null$s$;
        when 'complete_covering' then
            needs := 'Covering';
            is_done := o.covering_complete_ts is not null and o.stage > needs;
            verdict.action := 'complete';
            verdict.sets := $s$stage = 'Decorating', covering_complete_ts = $2, assignee_id = null$s$;
        when 'complete_decorating' then
            needs := 'Decorating';
            is_done := o.decorating_complete_ts is not null and o.stage > needs;
            verdict.action := 'complete';
            verdict.sets := $s$stage = 'Packing', decorating_complete_ts = $2, assignee_id = null$s$;
        when 'start_packing' then
            needs := 'Packing';
            is_done := o.packing_start_ts is not null;
            verdict.action := 'start';
            verdict.sets := 'packing_start_ts = $2';
        when 'complete_packing' then
            needs := 'Packing';
            is_done := o.packing_complete_ts is not null and o.stage > needs;
            verdict.action := 'complete';
            verdict.sets := $s$stage = 'Complete', packing_complete_ts = $2, assignee_id = null$s$;
        when 'qc_return_to_decorating' then
            needs := case when o.stage = 'Complete' then o.stage else 'Packing'::public.stage_type end;
            is_done := rework < o.rework;
            verdict.action := 'qc_return';
            -- The packer it was assigned to is not who decorates it.
            verdict.sets := $s$stage = 'Decorating', decorating_complete_ts = null, packing_start_ts = null,
                packing_complete_ts = null, assignee_id = null, rework = rework + 1$s$;
    end case;

    if is_done then
        verdict.outcome := 'already_done';
    elsif o.stage <> needs then
        verdict.outcome := 'INVALID_STAGE';
        verdict.message := format('the order is in %s, not in %s', o.stage, needs);
    elsif function = 'complete_packing' and o.packing_start_ts is null then
        verdict.outcome := 'INVALID_STAGE';
        verdict.message := 'packing was never started';
    elsif function = 'qc_return_to_decorating' and o.stage = 'Complete' and performer.role <> 'Admin' then
        verdict.outcome := 'PERMISSION_DENIED';
        verdict.message := 'only an Admin returns a finished order';
    else
        verdict.outcome := 'do';
    end if;
    return verdict;
end
$$;

-- The rules of what moves no stage: who an order is assigned to and where it stands. They hold in every stage, and for a
-- cancelled order too, which has to stand somewhere.
create or replace function ordak.judge_place(function text, o ordak.orders, details jsonb)
returns ordak.verdict language plpgsql stable as $$
declare
    verdict ordak.verdict;
    staff_id uuid := (details ->> 'staff_id')::uuid;
    places text[] := ordak.names(o.store, 'storage_places');
    place text := btrim(details ->> 'storage');
begin
    verdict.outcome := 'do';
    verdict.details := details;
    case function
        when 'assign_staff' then
            verdict.action := 'assign';
            verdict.sets := $s$assignee_id = ($3 ->> 'staff_id')::uuid$s$;
            if staff_id is not null and not exists (
                select from public.staff_shared s where s.id = staff_id and s.is_active and s.approved
            ) then
                verdict.outcome := 'BAD_INPUT';
                verdict.message := 'staff_id is no approved, active member of staff';
            elsif o.assignee_id is not distinct from staff_id then
                verdict.outcome := 'already_done';
            end if;
        when 'set_storage' then
            verdict.action := 'storage';
            verdict.sets := $s$storage = $3 ->> 'storage'$s$;
            if cardinality(places) > 0 and place is not null then
                -- As the list spells it.
                place := (select p.name from unnest(places) p (name) where lower(p.name) = lower(place));
                if place is null then
                    verdict.outcome := 'BAD_INPUT';
                    verdict.message := format('not a storage place; these are: %s', array_to_string(places, ', '));
                end if;
            end if;
            verdict.details := jsonb_build_object('storage', place);
            if verdict.outcome = 'do' and o.storage is not distinct from place then
                verdict.outcome := 'already_done';
            end if;
    end case;
    return verdict;
end
$$;

-- The data of a write's reply: the order as it is now and the event that did what was asked.
create or replace function ordak.write_data(o ordak.orders, already_done boolean, event public.stage_events)
returns jsonb language sql volatile as $$
    select jsonb_build_object(
        'id', o.id,
        'stage', o.stage,
        'already_done', already_done,
        'rework', o.rework,
        'event_seq', event.id,
        -- When the server took it; when it was done is the mark's.
        'at', clock_timestamp(),
        'mark', case when event.id is not null then ordak.mark_json(event) end,
        'assignee_id', o.assignee_id,
        'assignee_name', (select s.full_name from public.staff_shared s where s.id = o.assignee_id),
        'storage', o.storage
    ) || ordak.times_json(o)
$$;

-- What a refusal tells of the order.
create or replace function ordak.refusal_data(o ordak.orders) returns jsonb
language sql stable as $$
    select jsonb_build_object('id', o.id, 'stage', o.stage, 'rework', o.rework, 'cancelled_at', o.cancelled_at)
$$;

-- Does the action to the order, whose row is locked; returns its event.
create or replace function ordak.apply(
    o ordak.orders, verdict ordak.verdict, context ordak.context, performer uuid, meta jsonb
) returns public.stage_events language plpgsql volatile as $$
declare
    event public.stage_events;
    moment timestamptz := clock_timestamp();
begin
    moment := greatest(
        o.filling_start_ts, o.filling_complete_ts, o.covering_complete_ts, o.decorating_complete_ts,
        o.packing_start_ts, o.packing_complete_ts, o.cancelled_at,
        (select max(e.at) from public.stage_events e where e.order_id = o.id),
        least(context.captured_at, moment)
    );
    if verdict.outcome = 'do' then
        execute format('update public.%I set %s where id = $1', 'orders_' || o.store, verdict.sets)
            using o.id, moment, verdict.details;
    end if;
    insert into public.stage_events as e (order_id, store, stage, action, performed_by, station_id, at, meta)
    values (o.id, o.store, o.stage, verdict.action, performer, context.station, moment, meta)
    returning e.* into event;
    return event;
end
$$;

-- Details are the arguments of a function that the contract's first form did not have.
create or replace function ordak.act(
    function text, order_id text, performed_by uuid, sent_context jsonb,
    reason text default null, details jsonb default null
) returns jsonb language plpgsql volatile as $$
declare
    caller public.staff_shared := ordak.caller();
    performer public.staff_shared;
    context ordak.context := ordak.parse_context(sent_context);
    -- Not the context: a station may correct its captured_at before it sends the same intent again.
    arguments jsonb;
    o ordak.orders;
    verdict ordak.verdict;
    event public.stage_events;
    reply jsonb;
begin
    if caller.id is null then
        return ordak.no_staff();
    end if;
    performed_by := coalesce(performed_by, caller.id);
    if ordak.store_of(order_id) is null then
        return ordak.refusal('BAD_INPUT', 'id is no order id like bannos-18617 or bannos-25771-A');
    end if;
    if context.error is not null then
        return ordak.refusal('BAD_INPUT', context.error);
    end if;
    if length(details ->> 'note') > 500 then
        return ordak.refusal('BAD_INPUT', 'a note has at most 500 characters');
    end if;
    if length(btrim(details ->> 'storage')) not between 1 and 100 then
        return ordak.refusal('BAD_INPUT', 'a storage place is a name of 1 to 100 characters, or null for none');
    end if;
    if function = 'qc_return_to_decorating' and coalesce(length(btrim(reason)), 0) not between 1 and 500 then
        return ordak.refusal('BAD_INPUT', 'a return needs a reason of 1 to 500 characters');
    end if;
    if not ordak.may_see(caller, ordak.store_of(order_id)) then
        return ordak.refusal('PERMISSION_DENIED', 'this account is not of the order''s store');
    end if;

    -- Always the intent before the order, and never a second order: so no two calls can wait for each other.
    arguments := jsonb_build_array(performed_by, reason)
        || case when details is null then '[]' else jsonb_build_array(details) end;
    reply := ordak.answered(context, function, order_id, arguments);
    if reply is not null then
        return reply;
    end if;

    if performed_by <> caller.id and not caller.is_station then
        return ordak.refusal('PERMISSION_DENIED', 'only a station may act for someone else');
    end if;
    -- Whoever stands at a station works on what the station may: the performer's store is not asked.
    select s.* into performer from public.staff_shared s where s.id = performed_by and s.is_active and s.approved;
    if performer.id is null then
        return ordak.refusal('PERMISSION_DENIED', 'performed_by is no approved, active member of staff');
    end if;

    o := ordak.lock_order(order_id);
    if o.id is null then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    if o.cancelled_at is not null and function not in ('assign_staff', 'set_storage') then
        return ordak.refusal('CONFLICT', 'the order is cancelled', ordak.refusal_data(o));
    end if;
    -- A return that the station did not know of. A return itself is already done when it knew of fewer.
    if context.rework > o.rework or (context.rework < o.rework and function <> 'qc_return_to_decorating') then
        return ordak.refusal(
            'CONFLICT', format('returned %s times, not %s', o.rework, context.rework), ordak.refusal_data(o)
        );
    end if;
    verdict := ordak.judge(function, o, performer, context.rework, details);
    if verdict.outcome not in ('do', 'already_done') then
        return ordak.refusal(verdict.outcome, verdict.message, ordak.refusal_data(o));
    end if;

    -- A reprint is an event without a timestamp; any other repeat leaves no trace but its intent.
    if verdict.outcome = 'do' or verdict.action = 'print' then
        event := ordak.apply(o, verdict, context, performed_by, jsonb_strip_nulls(jsonb_build_object(
            'reason', reason,
            'reprint', case when verdict.outcome = 'already_done' then true end,
            'caller', case when performed_by <> caller.id then caller.id end
        )) || verdict.details);
        o := ordak.lock_order(order_id);
    end if;
    if verdict.outcome = 'already_done' then
        event := ordak.first_event(o, function, verdict.action);
    end if;
    reply := ordak.ok(ordak.write_data(o, verdict.outcome = 'already_done', event));
    perform ordak.keep_answer(context, function, order_id, arguments, reply);
    return reply;
end
$$;

-- The event that did what is asked again; nothing if the office set the timestamp.
create or replace function ordak.first_event(o ordak.orders, function text, action text) returns public.stage_events
language sql stable as $$
    select e from public.stage_events e
    where e.order_id = o.id and e.action = first_event.action and not e.meta ? 'reprint'
        and (e.action <> 'complete' or e.stage::text = initcap(split_part(function, '_', 2)))
    -- The newest: after a return a stage is completed anew.
    order by e.id desc limit 1
$$;

create or replace function public.handle_print_barcode(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('handle_print_barcode', id, performed_by, context)
$$;

create or replace function public.complete_filling(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('complete_filling', id, performed_by, context)
$$;

create or replace function public.complete_covering(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('complete_covering', id, performed_by, context)
$$;

create or replace function public.complete_decorating(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('complete_decorating', id, performed_by, context)
$$;

create or replace function public.start_packing(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('start_packing', id, performed_by, context)
$$;

create or replace function public.complete_packing(
    id text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('complete_packing', id, performed_by, context)
$$;

create or replace function public.qc_return_to_decorating(
    id text, performed_by uuid default null, reason text default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('qc_return_to_decorating', id, performed_by, context, reason)
$$;

-- Assigns an order to somebody, in whatever stage it is; a null staff_id unassigns it. The data of the reply are a write's,
-- with assignee_id, assignee_name and storage as every write's has them.
create or replace function public.assign_staff(
    id text, staff_id uuid, performed_by uuid default null, note text default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('assign_staff', id, performed_by, context, details => jsonb_build_object('staff_id', staff_id)
        || jsonb_strip_nulls(jsonb_build_object('note', nullif(btrim(note), ''))))
$$;

-- Says where an order stands; null: nowhere. Where the setting storage_places lists the places, it is one of them, in
-- any case, and kept as the list spells it.
create or replace function public.set_storage(
    id text, storage text, performed_by uuid default null, context jsonb default '{}'
) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
    select ordak.act('set_storage', id, performed_by, context, details => jsonb_build_object('storage', storage))
$$;
