-- The project's own writes, each once for one intent: the intent's id is locked, then the order's row, then the project's function
-- is called and its answer kept, all in the caller's one transaction. Of callers that use this exactly one makes the change;
-- against those that call the project's functions themselves it protects as far as the row's lock does.
--
-- data of an ok: id, stage, already_done, rework, at, mark (the event that did it), result (what the project's function returned, null
-- where it was not called), assignee_name, and the order's columns of ordak.times_json. The same id again, with the same
-- function and arguments, is answered as the first time. A refusal keeps nothing: NOT_FOUND; INVALID_STAGE; CONFLICT for a
-- cancelled order, for another rework than the number of the order's returns, and for an id that was used for something else;
-- BAD_INPUT; PERMISSION_DENIED.

-- The arguments that a write of the project takes, required ones first; null for what is no write of it.
create or replace function ordak.takes(function text) returns text[]
language sql immutable as $$
    select case
        when function in (
            'complete_filling', 'complete_covering', 'complete_decorating', 'complete_packing', 'qc_return_to_decorating'
        ) then array['p_order_id', 'p_store', 'p_notes']
        when function in ('print_barcode', 'start_covering', 'start_decorating') then array['p_order_id', 'p_store']
        when function = 'assign_staff' then array['p_order_id', 'p_store', 'p_staff_id']
        when function = 'set_storage' then array['p_order_id', 'p_store', 'p_storage']
    end
$$;

-- Why a call cannot be made out; null if it can.
create or replace function ordak.unclear(function text, arguments jsonb, context ordak.context) returns text
language plpgsql immutable as $$
declare
    known text[] := ordak.takes(function);
    given text[];
begin
    if known is null then
        return 'function is no write of this project';
    end if;
    if jsonb_typeof(arguments) is distinct from 'object' then
        return 'arguments is no object';
    end if;
    given := array(select jsonb_object_keys(arguments));
    if not given <@ known then
        return format('arguments of %s are %s', function, array_to_string(known, ', '));
    end if;
    -- Left out is not null: without it nobody is unassigned and nothing is put nowhere.
    if not array_remove(known, 'p_notes') <@ given then
        return format('arguments of %s are %s', function, array_to_string(known, ', '));
    end if;
    if context.error is not null then
        return context.error;
    end if;
    return case when context.intent_id is null then 'context.intent_id is missing' end;
end
$$;

-- What the project's function returns.
create or replace function ordak.call(function text, a jsonb) returns jsonb
language plpgsql volatile as $$
begin
    case function
        when 'print_barcode' then
            return to_jsonb(public.print_barcode(p_store => a ->> 'p_store', p_order_id => a ->> 'p_order_id'));
        when 'complete_filling' then
            return to_jsonb(public.complete_filling(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_notes => a ->> 'p_notes'
            ));
        when 'complete_covering' then
            return to_jsonb(public.complete_covering(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_notes => a ->> 'p_notes'
            ));
        when 'complete_decorating' then
            return to_jsonb(public.complete_decorating(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_notes => a ->> 'p_notes'
            ));
        when 'complete_packing' then
            return to_jsonb(public.complete_packing(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_notes => a ->> 'p_notes'
            ));
        when 'start_covering' then
            return to_jsonb(public.start_covering(p_store => a ->> 'p_store', p_order_id => a ->> 'p_order_id'));
        when 'start_decorating' then
            return to_jsonb(public.start_decorating(p_store => a ->> 'p_store', p_order_id => a ->> 'p_order_id'));
        when 'qc_return_to_decorating' then
            return to_jsonb(public.qc_return_to_decorating(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_notes => a ->> 'p_notes'
            ));
        when 'assign_staff' then
            return to_jsonb(public.assign_staff(
                p_order_id => a ->> 'p_order_id', p_store => a ->> 'p_store', p_staff_id => (a ->> 'p_staff_id')::uuid
            ));
        when 'set_storage' then
            perform public.set_storage(
                p_store => a ->> 'p_store', p_order_id => a ->> 'p_order_id', p_storage => a ->> 'p_storage'
            );
            return null;
    end case;
end
$$;

-- The rules of contract 2025-09 for an order whose row is locked: do, already_done, or a code of the envelope.
create or replace function ordak.judge(function text, arguments jsonb, o jsonb, rework integer) returns text
language plpgsql immutable as $$
declare
    at_stage text := o ->> 'stage';
    -- A completion's own stage.
    own text := case when function like 'complete\_%' then initcap(split_part(function, '_', 2)) end;
    stages constant text[] := array['Filling', 'Covering', 'Decorating', 'Packing', 'Complete'];
begin
    if o ->> 'cancelled_at' is not null and function not in ('assign_staff', 'set_storage') then
        return 'CONFLICT';
    end if;
    -- A return is already done when the station knew of fewer.
    if rework > (o ->> 'rework')::integer
        or (rework < (o ->> 'rework')::integer and function <> 'qc_return_to_decorating') then
        return 'CONFLICT';
    end if;
    return case
        when own is not null and o ->> (lower(own) || '_complete_ts') is not null
            and array_position(stages, at_stage) > array_position(stages, own) then 'already_done'
        when own is not null and at_stage <> own then 'INVALID_STAGE'
        when function = 'qc_return_to_decorating' and rework < (o ->> 'rework')::integer then 'already_done'
        when function = 'qc_return_to_decorating' and at_stage <> 'Packing' then 'INVALID_STAGE'
        when function = 'assign_staff' and o ->> 'assignee_id' is not distinct from lower(arguments ->> 'p_staff_id')
            then 'already_done'
        when function = 'set_storage' and o ->> 'storage' is not distinct from arguments ->> 'p_storage'
            then 'already_done'
        else 'do'
    end;
end
$$;

-- The newest event of what a function does; null where it leaves none.
create or replace function ordak.mark_of(function text, order_id text) returns jsonb
language sql volatile as $$
    select m.mark from ordak.marks(mark_of.order_id) with ordinality m (mark, event, event_type, stage, place)
    where m.event_type = case split_part(function, '_', 1)
            when 'complete' then 'complete' when 'start' then 'start' when 'print' then 'print' when 'qc' then 'qc_return'
            when 'assign' then 'assign' end
        and (function !~ '^(complete|start)_' or m.stage = initcap(split_part(function, '_', 2)))
    order by m.place desc limit 1
$$;

create or replace function public.with_intent(function text, arguments jsonb, context jsonb) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    parsed ordak.context := ordak.parse_context(with_intent.context);
    order_id text := arguments ->> 'p_order_id';
    refused jsonb := ordak.no_order(ordak.caller(), order_id);
    error text := ordak.unclear(function, arguments, parsed);
    o jsonb;
    outcome text;
    result jsonb;
    reply jsonb;
begin
    if (ordak.caller()).id is null then
        return ordak.no_staff();
    end if;
    if error is not null then
        return ordak.refusal('BAD_INPUT', error);
    end if;
    if refused is not null then
        return refused;
    end if;
    if arguments ->> 'p_store' is distinct from ordak.store_of(order_id) then
        return ordak.refusal('BAD_INPUT', 'p_store is not the store of p_order_id');
    end if;

    -- Always the intent before the order, and never a second order: so no two calls can wait for each other.
    reply := ordak.answered(parsed, function, order_id, arguments);
    if reply is not null then
        return reply;
    end if;
    o := ordak.order_row(order_id, locks => true);
    if o is null then
        return ordak.refusal('NOT_FOUND', 'there is no such order');
    end if;
    outcome := ordak.judge(function, arguments, o, parsed.rework);
    if outcome not in ('do', 'already_done') then
        return ordak.refusal(
            outcome,
            case
                when outcome = 'INVALID_STAGE' then format('the order is in %s', o ->> 'stage')
                when parsed.rework <> (o ->> 'rework')::integer then
                    format('returned %s times, not %s', o ->> 'rework', parsed.rework)
                else 'the order is cancelled'
            end,
            jsonb_build_object(
                'id', order_id, 'stage', o -> 'stage', 'rework', o -> 'rework', 'cancelled_at', o -> 'cancelled_at'
            )
        );
    end if;
    if outcome = 'do' then
        result := ordak.call(function, arguments);
        -- A copy of a label, and a start that the project passes over.
        if (function = 'print_barcode' and (o ->> 'stage' <> 'Filling' or o ->> 'filling_start_ts' is not null))
            or result @> '{"skipped": true}' then
            outcome := 'already_done';
        end if;
        o := ordak.order_row(order_id);
    end if;
    reply := ordak.ok(ordak.times_json(o) || jsonb_build_object(
        'id', order_id,
        'stage', o -> 'stage',
        'already_done', outcome = 'already_done',
        'rework', o -> 'rework',
        'at', clock_timestamp(),
        'mark', ordak.mark_of(function, order_id),
        'result', result,
        'assignee_name', ordak.name_of((o ->> 'assignee_id')::uuid)
    ));
    perform ordak.keep_answer(parsed, function, order_id, arguments, reply);
    return reply;
end
$$;
