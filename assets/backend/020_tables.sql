-- The tables. Nothing here is written by a client: every change goes through the functions of the later files. A project
-- may have made some of them itself: what such a table lacks is added, and its own columns stay.

do $$
begin
    if to_regtype('public.stage_type') is null then
        create type public.stage_type as enum ('Filling', 'Covering', 'Decorating', 'Packing', 'Complete');
    end if;
end
$$;

create table if not exists public.staff_shared (
    id uuid primary key references auth.users (id) on delete cascade
);
alter table public.staff_shared
    add column if not exists full_name text not null,
    -- Older rows say Worker for Staff.
    add column if not exists role text not null default 'Staff'
        check (role in ('Staff', 'Supervisor', 'Admin', 'Worker')),
    add column if not exists store text not null default 'both' check (store in ('bannos', 'flourlane', 'both')),
    add column if not exists badge text unique,
    add column if not exists is_active boolean not null default true,
    add column if not exists approved boolean not null default false,
    add column if not exists is_station boolean not null default false,
    add column if not exists created_at timestamptz not null default clock_timestamp(),
    add column if not exists updated_at timestamptz not null default clock_timestamp();

create table if not exists public.settings (
    store text not null check (store in ('bannos', 'flourlane')),
    key text not null,
    primary key (store, key)
);
alter table public.settings
    add column if not exists value jsonb not null,
    add column if not exists updated_at timestamptz not null default clock_timestamp();

do $$
begin
    -- A wrong time zone would fail every read, so it is refused when it is set.
    if not exists (
        select from pg_constraint c
        where c.conrelid = 'public.settings'::regclass and c.conname = 'settings_check'
    ) then
        alter table public.settings add constraint settings_check
            check (key <> 'timezone' or ordak.is_time_zone(value #>> '{}'));
    end if;
    if not exists (
        select from pg_constraint c
        where c.conrelid = 'public.settings'::regclass and c.conname = 'settings_value'
    ) then
        alter table public.settings add constraint settings_value check (
            case
                when key in ('storage_places', 'qc_reasons') then ordak.is_names(value)
                when key = 'freeze' then jsonb_typeof(value) = 'boolean'
                else true
            end
        );
    end if;
end
$$;

insert into public.settings (store, key, value)
values ('bannos', 'timezone', '"Australia/Sydney"'), ('flourlane', 'timezone', '"Australia/Sydney"')
on conflict do nothing;

create table if not exists public.stage_events (id bigserial primary key);
alter table public.stage_events
    add column if not exists order_id text not null,
    add column if not exists store text not null check (store in ('bannos', 'flourlane')),
    add column if not exists stage public.stage_type not null,
    add column if not exists action text not null,
    add column if not exists performed_by uuid,
    add column if not exists station_id text,
    add column if not exists at timestamptz not null,
    add column if not exists meta jsonb not null default '{}';
do $$
begin
    -- Also where a version without assignments and storage made the table.
    if not exists (
        select from pg_constraint c
        where c.conrelid = 'public.stage_events'::regclass and c.conname = 'stage_events_action_check'
            and pg_get_constraintdef(c.oid) like '%''storage''%'
    ) then
        alter table public.stage_events drop constraint if exists stage_events_action_check;
        alter table public.stage_events add constraint stage_events_action_check
            check (action in ('print', 'complete', 'start', 'qc_return', 'assign', 'storage'));
    end if;
end
$$;
create index if not exists stage_events_order on public.stage_events (order_id, id);
create index if not exists stage_events_at on public.stage_events (at desc);

create or replace function ordak.touch() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    -- now() is the transaction's start, which can lie before another's commit.
    new.updated_at := clock_timestamp();
    return new;
end
$$;

-- Both orders tables, of one shape. Priority is no column: it changes at midnight without a write.
do $$
declare
    store text;
    orders text;
begin
    foreach store in array array['bannos', 'flourlane'] loop
        orders := 'orders_' || store;
        execute format($ddl$
            create table if not exists public.%1$I (
                id text primary key,
                shopify_order_number integer not null,
                constraint %2$I check (
                    id ~ '^%3$s-[1-9][0-9]{0,8}(-([A-J]|1[1-9]|[2-9][0-9]))?$'
                    and split_part(id, '-', 2) = shopify_order_number::text
                )
            )
        $ddl$, orders, orders || '_id', store);
        execute format($ddl$
            alter table public.%I
                add column if not exists shopify_order_id bigint,
                add column if not exists shopify_order_gid text,
                add column if not exists shopify_order_number integer not null,
                add column if not exists customer_name text,
                add column if not exists product_title text,
                add column if not exists size text,
                add column if not exists flavour text,
                add column if not exists cake_writing text,
                add column if not exists notes text,
                add column if not exists due_date date,
                add column if not exists delivery_method text check (delivery_method in ('Pickup', 'Delivery')),
                add column if not exists product_image text,
                add column if not exists item_qty integer not null default 1,
                add column if not exists currency text,
                add column if not exists total_amount numeric(12, 2),
                add column if not exists storage text,
                add column if not exists assignee_id uuid references public.staff_shared (id) on delete set null,
                add column if not exists stage public.stage_type not null default 'Filling',
                add column if not exists filling_start_ts timestamptz,
                add column if not exists filling_complete_ts timestamptz,
                add column if not exists covering_complete_ts timestamptz,
                add column if not exists decorating_complete_ts timestamptz,
                add column if not exists packing_start_ts timestamptz,
                add column if not exists packing_complete_ts timestamptz,
                add column if not exists cancelled_at timestamptz,
                add column if not exists rework integer not null default 0 check (rework >= 0),
                add column if not exists created_at timestamptz not null default clock_timestamp(),
                add column if not exists updated_at timestamptz not null default clock_timestamp()
        $ddl$, orders);
        -- The queue's order, see get_queue. Collation C, so that a station sorts as the server does.
        execute format($ddl$
            create index if not exists %I on public.%I
                (due_date, (coalesce(size, '')) collate "C", shopify_order_number, id collate "C")
                where stage <> 'Complete'
        $ddl$, orders || '_queue', orders);
        execute format('create index if not exists %I on public.%I (shopify_order_number)', orders || '_number', orders);
        execute format('create index if not exists %I on public.%I (updated_at, id)', orders || '_updated', orders);
        execute format('create index if not exists %I on public.%I (created_at)', orders || '_created', orders);
        execute format('create index if not exists %I on public.%I (shopify_order_gid)', orders || '_gid', orders);
        -- The queue's order within each stage, see get_unassigned_list; the counts read it too.
        execute format($ddl$
            create index if not exists %I on public.%I
                (stage, due_date, (coalesce(size, '')) collate "C", shopify_order_number, id collate "C")
                where assignee_id is null and stage <> 'Complete'
        $ddl$, orders || '_unassigned_queue', orders);
        execute format('drop index if exists public.%I', orders || '_unassigned');
        execute format($ddl$
            create or replace trigger touch before update on public.%I for each row execute function ordak.touch()
        $ddl$, orders);
    end loop;
end
$$;

-- What a store can sell: ats is Shopify's "available to sell", below zero when more was sold than there is.
create table if not exists public.inventory_items (
    id bigserial primary key,
    store text not null check (store in ('bannos', 'flourlane')),
    sku text not null check (length(sku) between 1 and 100),
    unique (store, sku)
);
alter table public.inventory_items
    -- As the order's line says them where it names no sku; an item of any size has none.
    add column if not exists title text,
    add column if not exists size text,
    add column if not exists ats integer not null default 0,
    add column if not exists shopify_inventory_item_id bigint,
    add column if not exists updated_at timestamptz not null default clock_timestamp();
create index if not exists inventory_items_title on public.inventory_items (store, lower(title));

-- What was taken from stock: one row a line of an order that takes any. A line whose product nobody counts has no item.
create table if not exists public.inventory_txn (
    id bigserial primary key,
    order_gid text not null,
    line integer not null,
    reason text not null,
    unique (order_gid, reason, line)
);
alter table public.inventory_txn
    add column if not exists store text not null check (store in ('bannos', 'flourlane')),
    add column if not exists item_id bigint references public.inventory_items (id) on delete set null,
    add column if not exists sku text,
    add column if not exists title text,
    add column if not exists delta integer not null,
    add column if not exists at timestamptz not null;
create index if not exists inventory_txn_item on public.inventory_txn (item_id, id);

-- What is left for a worker to do, see the work functions. The lower the priority's number, the earlier.
create table if not exists public.work_queue (id bigserial primary key);
alter table public.work_queue
    add column if not exists topic text not null check (length(topic) between 1 and 100),
    add column if not exists status text not null default 'pending'
        check (status in ('pending', 'processing', 'done', 'error')),
    add column if not exists priority integer not null default 5,
    add column if not exists dedupe_key text unique,
    add column if not exists payload jsonb not null default '{}',
    add column if not exists retry_count integer not null default 0 check (retry_count >= 0),
    add column if not exists max_retries integer not null default 3 check (max_retries >= 0),
    add column if not exists next_retry_at timestamptz,
    add column if not exists locked_at timestamptz,
    add column if not exists locked_by text,
    add column if not exists last_error text,
    add column if not exists created_at timestamptz not null default clock_timestamp();
create index if not exists work_queue_open on public.work_queue (priority, id)
    where status in ('pending', 'processing');
create index if not exists work_queue_status on public.work_queue (status, created_at);

create or replace trigger touch before update on public.inventory_items
    for each row execute function ordak.touch();
create or replace trigger touch before update on public.staff_shared
    for each row execute function ordak.touch();
create or replace trigger touch before update on public.settings
    for each row execute function ordak.touch();

-- Both tables as one, for reading inside the functions: a store given as argument leaves one of them in the plan. Its
-- columns are named, since a project's own tables may have others and any order; a new one goes to the end.
do $$
declare
    columns constant text :=
        'id, shopify_order_id, shopify_order_gid, shopify_order_number, customer_name, product_title, size, flavour,
        cake_writing, notes, due_date, delivery_method, product_image, item_qty, currency, total_amount, storage,
        assignee_id, stage, filling_start_ts, filling_complete_ts, covering_complete_ts, decorating_complete_ts,
        packing_start_ts, packing_complete_ts, cancelled_at, rework, created_at, updated_at';
begin
    execute format(
        'create or replace view ordak.orders as
            select ''bannos''::text as store, %1$s from public.orders_bannos
            union all
            select ''flourlane''::text as store, %1$s from public.orders_flourlane',
        columns
    );
end
$$;

-- Realtime: the publication where the project has it; and for a gateway that listens, word of the table and the id alone, since
-- more than 8,000 bytes would be an error, and the scan's. Who is told reads the row in their own name.
create or replace function ordak.tell_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('ordak_' || lower(tg_op), tg_table_name || ' ' || new.id);
    return null;
end
$$;

do $$
declare
    orders text;
begin
    foreach orders in array array['orders_bannos', 'orders_flourlane'] loop
        execute format(
            'create or replace trigger tell_change after insert or update on public.%I
                for each row execute function ordak.tell_change()',
            orders
        );
        if exists (select from pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables)
            and not exists (
                select from pg_publication_tables t
                where t.pubname = 'supabase_realtime' and t.schemaname = 'public' and t.tablename = orders
            )
        then
            execute format('alter publication supabase_realtime add table public.%I', orders);
        end if;
    end loop;
end
$$;
