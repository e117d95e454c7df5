-- The functions that change an order. Success is the return value, failure an exception with the contract's text.

create or replace function standin.require_session(message text) returns void language plpgsql stable as $$
begin
    if auth.uid() is null then
        raise exception '%', message;
    end if;
end
$$;

create or replace function standin.require_store(store text, message text) returns void language plpgsql immutable as $$
begin
    if store is null or store not in ('bannos', 'flourlane') then
        raise exception '%', replace(message, '%', coalesce(store, '<NULL>'));
    end if;
end
$$;

-- Weak: reads the order without locking it. Ids are compared as they are, so another case is another order.
create or replace function standin.read(p_store text, p_order_id text) returns standin.orders language plpgsql stable as $$
declare
    o standin.orders;
begin
    select q.* into o from standin.orders q where q.store = p_store and q.id = p_order_id;
    if o.id is null then
        raise exception 'Order not found: %', p_order_id;
    end if;
    return o;
end
$$;

-- Changes one order where it still is as `condition` says.
create or replace function standin.change(o standin.orders, sets text, condition text default 'true') returns void
language plpgsql volatile as $$
declare
    changed integer;
begin
    execute format('update public.%I set %s where id = $1 and %s', 'orders_' || o.store, sets, condition) using o.id;
    get diagnostics changed = row_count;
    if changed <> 1 then
        raise exception 'Expected to update exactly 1 row, but updated % rows for order %', changed, o.id;
    end if;
end
$$;

create or replace function standin.note(o standin.orders, event_type text, meta jsonb default '{}') returns void
language sql volatile as $$
    insert into public.stage_events (store, order_id, stage, event_type, staff_id, meta)
    values (o.store, o.id, o.stage, note.event_type, auth.uid(), jsonb_strip_nulls(note.meta))
$$;

-- Weak: cancelled_at is not asked. The completions of the first three stages look again when they change the row; that of
-- Packing does not.
create or replace function standin.complete(needed public.stage_type, p_order_id text, p_store text, p_notes text)
returns boolean language plpgsql volatile as $$
declare
    o standin.orders;
begin
    perform standin.require_session('Authentication required');
    perform standin.require_store(p_store, 'Invalid store: %');
    o := standin.read(p_store, p_order_id);
    if o.stage <> needed then
        raise exception 'Order must be in % stage to complete %', needed, lower(needed::text);
    end if;
    case needed
        when 'Filling' then
            perform standin.change(
                o, 'stage = ''Covering'', filling_complete_ts = now(), assignee_id = null', 'stage = ''Filling'''
            );
        when 'Covering' then
            perform standin.change(
                o, 'stage = ''Decorating'', covering_complete_ts = now(), assignee_id = null', 'stage = ''Covering'''
            );
        when 'Decorating' then
            perform standin.change(
                o, 'stage = ''Packing'', decorating_complete_ts = now(), packing_start_ts = now(), assignee_id = null',
                'stage = ''Decorating'''
            );
        else
            perform standin.change(o, 'stage = ''Complete'', packing_complete_ts = now()');
    end case;
    perform standin.note(o, 'complete', jsonb_build_object('notes', p_notes));
    return true;
end
$$;

-- Weak: works on a cake without a label.
create or replace function public.complete_filling(p_order_id text, p_store text, p_notes text default null)
returns boolean language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.complete('Filling', p_order_id, p_store, p_notes)
$$;

create or replace function public.complete_covering(p_order_id text, p_store text, p_notes text default null)
returns boolean language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.complete('Covering', p_order_id, p_store, p_notes)
$$;

create or replace function public.complete_decorating(p_order_id text, p_store text, p_notes text default null)
returns boolean language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.complete('Decorating', p_order_id, p_store, p_notes)
$$;

-- Weak: works on a cake whose packing was never started, and of callers at once each succeeds and each leaves an event.
create or replace function public.complete_packing(p_order_id text, p_store text, p_notes text default null)
returns boolean language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.complete('Packing', p_order_id, p_store, p_notes)
$$;

-- Weak: every call succeeds and leaves an event, whatever the stage and whether or not the order is cancelled; the code lacks
-- the suffix of a split cake, and the priority is in capitals as nowhere else.
create or replace function public.print_barcode(p_store text, p_order_id text)
returns jsonb language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    o standin.orders;
begin
    perform standin.require_session('Authentication required: auth.uid() returned NULL');
    perform standin.require_store(p_store, 'Store must be "bannos" or "flourlane"');
    o := standin.read(p_store, p_order_id);
    if o.shopify_order_number is null then
        raise exception 'Cannot print barcode: shopify_order_number is NULL for order %', p_order_id;
    end if;
    if o.stage = 'Filling' then
        perform standin.change(o, 'filling_start_ts = coalesce(filling_start_ts, now())');
    end if;
    perform standin.note(o, 'print');
    return jsonb_build_object(
        'order_number', o.shopify_order_number,
        'order_id', o.id,
        'product_title', o.product_title,
        'size', o.size,
        'due_date', o.due_date,
        'customer_name', o.customer_name,
        'stage', o.stage,
        'priority', upper(standin.priority(o.due_date)),
        'barcode_content', '#' || upper(left(o.store, 1)) || o.shopify_order_number,
        'printed_at', now(),
        'printed_by', auth.uid()
    );
end
$$;

-- Weak: no stage is asked, callers at once each succeed, and after a return the cake counts as started.
create or replace function standin.start(started public.stage_type, p_store text, p_order_id text)
returns jsonb language plpgsql volatile as $$
declare
    o standin.orders;
    stamp text := lower(started::text) || '_start_ts';
    at_ts timestamptz;
begin
    perform standin.require_session('Authentication required: auth.uid() returned NULL');
    perform standin.require_store(p_store, 'Store must be "bannos" or "flourlane"');
    o := standin.read(p_store, p_order_id);
    at_ts := case started when 'Covering' then o.covering_start_ts else o.decorating_start_ts end;
    if at_ts is not null then
        return jsonb_build_object(
            'success', true, 'skipped', true, 'message', format('%s already started', started), stamp, at_ts
        );
    end if;
    perform standin.change(o, format('%I = now()', stamp));
    o.stage := started;
    perform standin.note(o, 'start');
    return jsonb_build_object('success', true, 'message', format('%s started', started), stamp, now());
end
$$;

create or replace function public.start_covering(p_store text, p_order_id text)
returns jsonb language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.start('Covering', p_store, p_order_id)
$$;

create or replace function public.start_decorating(p_store text, p_order_id text)
returns jsonb language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select standin.start('Decorating', p_store, p_order_id)
$$;

-- Weak: decorating_start_ts stays, no count of returns is kept, and nobody need say why.
create or replace function public.qc_return_to_decorating(p_order_id text, p_store text, p_notes text default null)
returns boolean language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    o standin.orders;
begin
    perform standin.require_session('Authentication required');
    perform standin.require_store(p_store, 'Invalid store: %');
    o := standin.read(p_store, p_order_id);
    if o.stage <> 'Packing' then
        raise exception 'Order must be in Packing stage to return to Decorating. Current stage: %', o.stage;
    end if;
    perform standin.change(
        o, 'stage = ''Decorating'', decorating_complete_ts = null, packing_start_ts = null', 'stage = ''Packing'''
    );
    perform standin.note(o, 'qc_return', jsonb_build_object('notes', p_notes));
    return true;
end
$$;

create or replace function public.assign_staff(p_order_id text, p_store text, p_staff_id uuid)
returns boolean language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    o standin.orders;
begin
    perform standin.require_session('Not authenticated');
    perform standin.require_store(p_store, 'Invalid store: %');
    o := standin.read(p_store, p_order_id);
    perform standin.change(o, format('assignee_id = %L', p_staff_id));
    perform standin.note(o, 'assign', jsonb_build_object('assignee_id', p_staff_id));
    return true;
end
$$;

-- Weak: no list is checked, nobody need be signed in, and the history says nothing of it.
create or replace function public.set_storage(p_store text, p_order_id text, p_storage text)
returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    o standin.orders;
begin
    perform standin.require_store(p_store, 'Store must be "bannos" or "flourlane"');
    o := standin.read(p_store, p_order_id);
    perform standin.change(o, format('storage = %L', p_storage));
    insert into public.audit_log (action, store, order_id, performed_by, meta)
    values ('set_storage', p_store, p_order_id, auth.uid(), jsonb_build_object('storage', p_storage));
end
$$;

-- Weak: two names that contract 2025-09 has too. They are listed and lead nowhere: the contract is told by argument names.
create or replace function public.handle_print_barcode(p_order_id text, p_store text)
returns jsonb language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'handle_print_barcode is not in use';
end
$$;

create or replace function public.start_packing(p_order_id text, p_store text)
returns jsonb language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'start_packing is not in use';
end
$$;
