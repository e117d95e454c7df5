-- The work queue's worker: it claims rows, starts each, and finishes it with or without an error. Called with the service
-- key. A row that is claimed stays pending, so that the runbook's triage counts it as backlog and finds the lock of a
-- worker that died; it is processing while it is worked on.

-- How long a lock holds without a sign of its worker: the runbook calls it stuck after that.
create or replace function ordak.lock_lasts() returns interval
language sql immutable as $$ select interval '15 minutes' $$;

-- The wait before the nth retry: 30 s, doubled each time, an hour at most.
create or replace function ordak.backoff(retry integer) returns interval
language sql immutable as $$ select least(interval '30 seconds' * 2 ^ least(retry - 1, 20), interval '1 hour') $$;

-- Counts a failure of a row: it waits for its next try, or has had all it may have.
create or replace function ordak.fail_work(work public.work_queue, error text, wait interval)
returns public.work_queue
language sql volatile as $$
    update public.work_queue w
    set status = case when w.retry_count < w.max_retries then 'pending' else 'error' end,
        retry_count = least(w.retry_count + 1, w.max_retries),
        next_retry_at = case when w.retry_count < w.max_retries then clock_timestamp() + wait end,
        locked_at = null,
        locked_by = null,
        last_error = left(error, 2000)
    where w.id = work.id
    returning w.*
$$;

-- Locks up to "limit" rows (10, at most 100) for this worker and returns them whole, the lowest priority number first.
-- Rows that another worker is just taking are passed over. A lock older than 15 minutes is free again; its row has failed
-- once more, so that what kills its worker is given up too.
create or replace function public.claim_work(worker text, "limit" integer default 10, topics text[] default null)
returns setof jsonb language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    if worker is null or length(btrim(worker)) not between 1 and 100 then
        raise exception using errcode = 'invalid_parameter_value', message = 'worker is a name of 1 to 100 characters';
    end if;
    perform ordak.fail_work(
        lost.w, 'no sign of ' || coalesce((lost.w).locked_by, 'its worker') || ' for 15 minutes', interval '0'
    ) from (
        select w from public.work_queue w
        where w.status in ('pending', 'processing') and w.locked_at < clock_timestamp() - ordak.lock_lasts()
            and (topics is null or w.topic = any (topics))
        order by w.id limit 1000 for update skip locked
    ) lost;
    return query
        with due as materialized (
            select w.id from public.work_queue w
            where w.status in ('pending', 'processing') and w.locked_at is null
                and (w.next_retry_at is null or w.next_retry_at <= clock_timestamp())
                and (topics is null or w.topic = any (topics))
            order by w.priority, w.id
            limit least(greatest(coalesce("limit", 10), 0), 100) for update skip locked
        ), claimed as (
            update public.work_queue w
            set status = 'pending', locked_at = clock_timestamp(), locked_by = btrim(worker)
            from due where w.id = due.id
            returning w.*
        )
        select to_jsonb(c) from claimed c order by c.priority, c.id;
end
$$;

-- Says that this worker begins a row that it has claimed, or is still at it: the lock begins anew.
-- Data: {id, status, locked_at}; CONFLICT when the row is not this worker's any more.
create or replace function public.start_work(id bigint, worker text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    work public.work_queue;
    refused jsonb;
begin
    select w.* into work from public.work_queue w where w.id = start_work.id for update;
    refused := ordak.not_theirs(work, worker);
    if refused is not null then
        return refused;
    end if;
    update public.work_queue w set status = 'processing', locked_at = clock_timestamp()
    where w.id = work.id returning w.* into work;
    return ordak.ok(jsonb_build_object('id', work.id, 'status', work.status, 'locked_at', work.locked_at));
end
$$;

-- Says how a row ended: done, or with an error, after which it is tried again, each time later, until it has had
-- max_retries and stays in error. Data: {id, status, already_done, retry_count, next_retry_at}.
create or replace function public.finish_work(id bigint, worker text, error text default null) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    work public.work_queue;
    refused jsonb;
    is_repeat boolean;
begin
    select w.* into work from public.work_queue w where w.id = finish_work.id for update;
    is_repeat := work.status = 'done' and finish_work.error is null;
    if is_repeat is not true then
        refused := ordak.not_theirs(work, worker);
        if refused is not null then
            return refused;
        end if;
        if finish_work.error is null then
            update public.work_queue w
            set status = 'done', next_retry_at = null, locked_at = null, locked_by = null, last_error = null
            where w.id = work.id returning w.* into work;
        else
            work := ordak.fail_work(work, finish_work.error, ordak.backoff(work.retry_count + 1));
        end if;
    end if;
    return ordak.ok(jsonb_build_object(
        'id', work.id,
        'status', work.status,
        'already_done', is_repeat,
        'retry_count', work.retry_count,
        'next_retry_at', work.next_retry_at
    ));
end
$$;

-- Why a worker may not go on with a row; null if it may.
create or replace function ordak.not_theirs(work public.work_queue, worker text) returns jsonb
language sql immutable as $$
    select case
        when work.id is null then ordak.refusal('NOT_FOUND', 'there is no such work')
        when work.status not in ('pending', 'processing') or work.locked_by is null
            or work.locked_by is distinct from btrim(worker) then
            ordak.refusal('CONFLICT', 'this work is not locked by this worker', jsonb_build_object(
                'id', work.id, 'status', work.status, 'locked_by', work.locked_by
            ))
    end
$$;
