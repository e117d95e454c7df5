-- What every project that the station knows intents on has alike, whichever contract it runs: the reply envelope, the intents,
-- the fleet's reports and the small helpers. Nothing here asks whose table an order is in. Helpers are called by nobody; they
-- run inside the public functions, which pin the search path, and the time zone where they tell times.

-- Helpers live in a schema of their own, which PostgREST does not serve.
create schema if not exists ordak;

create or replace function ordak.ok(data jsonb) returns jsonb
language sql immutable as $$
    select jsonb_build_object('ok', true, 'data', data)
$$;

create or replace function ordak.refusal(code text, message text, data jsonb default null) returns jsonb
language sql immutable as $$
    select jsonb_strip_nulls(jsonb_build_object('ok', false, 'code', code, 'message', message))
        || case when data is null then '{}' else jsonb_build_object('data', data) end
$$;

create or replace function ordak.no_staff() returns jsonb
language sql immutable as $$
    select ordak.refusal('PERMISSION_DENIED', 'this account is no approved, active member of staff')
$$;

-- The store that an order id of the canonical form names, else null.
create or replace function ordak.store_of(order_id text) returns text
language sql immutable as $$
    select (regexp_match(order_id, '^(bannos|flourlane)-[1-9][0-9]{0,8}(?:-(?:[A-J]|1[1-9]|[2-9][0-9]))?$'))[1]
$$;

create or replace function ordak.priority(due_date date, today date) returns text
language sql immutable as $$
    select case when due_date <= today then 'High' when due_date = today + 1 then 'Medium' else 'Low' end
$$;

create or replace function ordak.is_time_zone(name text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    perform now() at time zone name;
    return name is not null;
exception
    when invalid_parameter_value then return false;
end
$$;

-- What a station is told to show and to compare with: a list of at most 200 names, none twice.
create or replace function ordak.is_names(value jsonb) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when jsonb_typeof(value) = 'array' then (
        select count(*) <= 200 and count(distinct lower(btrim(n.name #>> '{}'))) = count(*)
            and coalesce(bool_and(
                jsonb_typeof(n.name) = 'string' and length(btrim(n.name #>> '{}')) between 1 and 100
            ), true)
        from jsonb_array_elements(value) n (name)
    ) else false end
$$;

-- What a gun puts around a code.
create or replace function ordak.strip(text text) returns text
language sql immutable as $$ select regexp_replace(text, '^[\s[:cntrl:]]+|[\s[:cntrl:]]+$', '', 'g') $$;

create table if not exists public.intents (intent_id uuid primary key);
alter table public.intents
    add column if not exists function text not null,
    add column if not exists order_id text not null,
    add column if not exists arguments_hash text not null,
    add column if not exists reply jsonb not null,
    add column if not exists at timestamptz not null default clock_timestamp();

create table if not exists public.stations (
    station text primary key check (length(station) between 1 and 100)
);
alter table public.stations
    add column if not exists report jsonb not null,
    add column if not exists reported_by uuid,
    add column if not exists reported_at timestamptz not null;

-- A Supabase project grants everything in public to every role by default.
alter table public.intents enable row level security;
alter table public.stations enable row level security;
revoke all on public.intents, public.stations from public, anon, authenticated;
grant all on public.intents, public.stations to service_role;

do $$
begin
    if to_regtype('ordak.context') is null then
        create type ordak.context as (
            intent_id uuid, station text, captured_at timestamptz, rework integer, error text
        );
    end if;
end
$$;

-- The context as sent; error says what is wrong with it.
create or replace function ordak.parse_context(sent jsonb) returns ordak.context
language plpgsql stable as $$
declare
    context ordak.context;
begin
    context.rework := 0;
    if sent is null or sent = 'null' then
        return context;
    end if;
    if jsonb_typeof(sent) <> 'object' then
        context.error := 'context is no object';
        return context;
    end if;
    begin
        context.error := 'context.intent_id is no uuid';
        context.intent_id := (sent ->> 'intent_id')::uuid;
        context.error := 'context.captured_at is no time';
        context.captured_at := (sent ->> 'captured_at')::timestamptz;
        context.error := 'context.rework is no count';
        context.rework := coalesce((sent ->> 'rework')::integer, 0);
        context.error := null;
    exception
        when data_exception then return context;
    end;
    context.station := nullif(btrim(sent ->> 'station'), '');
    context.error := case
        when not isfinite(context.captured_at) then 'context.captured_at is no time'
        when context.rework < 0 then 'context.rework is no count'
        when length(context.station) > 100 then 'context.station is longer than 100 characters'
    end;
    return context;
end
$$;

-- What an intent was answered, for the same function, order and arguments; CONFLICT for others; null if it is new. Holds
-- the intent's lock to the transaction's end.
create or replace function ordak.answered(context ordak.context, function text, order_id text, arguments jsonb)
returns jsonb language plpgsql volatile as $$
declare
    intent public.intents;
begin
    if context.intent_id is null then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('ordak intent ' || context.intent_id, 0));
    select i.* into intent from public.intents i where i.intent_id = context.intent_id;
    if intent.intent_id is null then
        return null;
    end if;
    if (intent.function, intent.order_id, intent.arguments_hash) = (function, order_id, ordak.hash(arguments)) then
        return intent.reply;
    end if;
    return ordak.refusal('CONFLICT', 'this intent id was used for something else');
end
$$;

create or replace function ordak.hash(arguments jsonb) returns text
language sql immutable as $$ select encode(sha256(convert_to(arguments::text, 'UTF8')), 'hex') $$;

-- Keeps an ok answer for its intent, if it has one.
create or replace function ordak.keep_answer(
    context ordak.context, function text, order_id text, arguments jsonb, reply jsonb
) returns void language sql volatile as $$
    insert into public.intents (intent_id, function, order_id, arguments_hash, reply)
    select context.intent_id, function, order_id, ordak.hash(arguments), reply
    where context.intent_id is not null
$$;
