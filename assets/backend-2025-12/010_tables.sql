-- A stand-in of the shops' production project, contract 2025-12, for tests and `sandbox serve --contract 2025-12`. Written from
-- contract.md 3 with every weakness named there and no other: what a station must survive has to be here, and nothing here is
-- to be copied anywhere. Each weakness has a comment that begins with "Weak:" and a test in tests/it/standin.
--
-- Where the contract does not say, this is the stand-in's own choice: which of its texts for a wrong store or a missing
-- session a function uses, the keys in an event's meta, and which functions refuse a caller without a session.
--
-- The schema is repeatable. Its own helpers and its mark are in the schema standin: a project without it is not touched.

do $$
begin
    if to_regtype('public.stage_type') is null then
        create type public.stage_type as enum ('Filling', 'Covering', 'Decorating', 'Packing', 'Complete');
    end if;
end
$$;

create schema if not exists standin;
comment on schema standin is 'Ordak Station: this database is a stand-in of contract 2025-12';

create table if not exists public.staff_shared (
    user_id uuid primary key references auth.users (id) on delete cascade,
    full_name text not null,
    role text not null default 'Staff' check (role in ('Staff', 'Supervisor', 'Admin', 'Worker')),
    store text not null default 'both' check (store in ('bannos', 'flourlane', 'both')),
    badge text unique,
    is_active boolean not null default true,
    approved boolean not null default false,
    is_station boolean not null default false,
    phone text,
    email text
);

-- The places that set_storage does not check: a list of names under the key storage_locations.
create table if not exists public.settings (
    store text not null,
    key text not null,
    value jsonb not null,
    primary key (store, key)
);

do $$
declare
    orders text;
begin
    foreach orders in array array['orders_bannos', 'orders_flourlane'] loop
        execute format($ddl$
            create table if not exists public.%1$I (
                id text primary key,
                human_id text,
                shopify_order_id bigint,
                -- Weak: an order without a number cannot be printed.
                shopify_order_number integer,
                customer_name text,
                product_title text,
                flavour text,
                cake_writing text,
                notes text,
                product_image text,
                accessories jsonb,
                shipping_address jsonb,
                currency text,
                total_amount numeric(12, 2),
                stage public.stage_type not null default 'Filling',
                due_date date,
                delivery_method text,
                size text,
                item_qty integer not null default 1,
                storage text,
                assignee_id uuid constraint %2$I references public.staff_shared (user_id) on delete set null,
                filling_start_ts timestamptz,
                filling_complete_ts timestamptz,
                covering_start_ts timestamptz,
                covering_complete_ts timestamptz,
                decorating_start_ts timestamptz,
                decorating_complete_ts timestamptz,
                packing_start_ts timestamptz,
                packing_complete_ts timestamptz,
                -- Weak: cancelling sets this and the stage Complete, and no packing_complete_ts.
                cancelled_at timestamptz,
                created_at timestamptz not null default now(),
                updated_at timestamptz not null default now()
            )
        $ddl$, orders, orders || '_assignee_id_fkey');
    end loop;
end
$$;

create or replace function standin.touch() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;
create or replace trigger touch before update on public.orders_bannos for each row execute function standin.touch();
create or replace trigger touch before update on public.orders_flourlane for each row execute function standin.touch();

-- Weak: no event has a number of its own, and its time is its transaction's start, which can lie before another's commit.
create table if not exists public.stage_events (
    store text not null,
    order_id text not null,
    stage public.stage_type not null,
    event_type text not null check (event_type in ('assign', 'complete', 'print', 'start', 'qc_return')),
    at_ts timestamptz not null default now(),
    staff_id uuid constraint stage_events_staff_id_fkey references public.staff_shared (user_id),
    meta jsonb not null default '{}'
);
create index if not exists stage_events_order on public.stage_events (order_id);

create table if not exists public.audit_log (
    id bigserial primary key,
    at_ts timestamptz not null default now(),
    action text not null,
    store text,
    order_id text,
    performed_by uuid constraint audit_log_performed_by_fkey references public.staff_shared (user_id),
    meta jsonb not null default '{}'
);

-- As contract.md 8 has it.
create table if not exists public.work_queue (
    id bigserial primary key,
    topic text not null,
    status text not null default 'pending' check (status in ('pending', 'processing', 'done', 'error')),
    priority integer not null default 5,
    dedupe_key text unique,
    payload jsonb not null default '{}',
    retry_count integer not null default 0,
    max_retries integer not null default 3,
    next_retry_at timestamptz,
    locked_at timestamptz,
    locked_by text,
    last_error text,
    created_at timestamptz not null default now()
);

-- Priority is derived from the due date in the shops' time zone.
create or replace function standin.today() returns date language sql stable as $$
    select (now() at time zone 'Australia/Sydney')::date
$$;

create or replace function standin.priority(due_date date) returns text language sql stable as $$
    select case when due_date <= standin.today() then 'High' when due_date = standin.today() + 1 then 'Medium' else 'Low' end
$$;

-- Both tables as one.
create or replace view standin.orders as
    select 'bannos'::text as store, * from public.orders_bannos
    union all
    select 'flourlane'::text as store, * from public.orders_flourlane;
