-- The runbook's triage and monitoring queries in one read, see runbook.md 1, 5, 7 and its appendix. Data: work_queue (rows by
-- status), oldest_pending_min, stuck_locks, newest_order (by store), orders (by store and stage), unassigned (by store and
-- stage, not Complete). What there is none of is left out. A project without a work queue has no rows in it.
create or replace function public.get_ops_signals() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    work jsonb := '{"work_queue": {}, "oldest_pending_min": 0, "stuck_locks": 0}';
begin
    if (ordak.caller()).id is null then
        return ordak.no_staff();
    end if;
    if to_regclass('public.work_queue') is not null then
        work := jsonb_build_object(
            'work_queue', (
                select coalesce(jsonb_object_agg(q.status, q.rows), '{}')
                from (select w.status, count(*) as rows from public.work_queue w group by w.status) q
            ),
            'oldest_pending_min', (
                select coalesce(extract(epoch from (now() - min(w.created_at))) / 60, 0)
                from public.work_queue w where w.status = 'pending'
            ),
            'stuck_locks', (
                select count(*) from public.work_queue w
                where w.status = 'pending' and w.locked_at < now() - interval '15 min'
            )
        );
    end if;
    return ordak.ok(work || jsonb_build_object(
        'newest_order', jsonb_build_object(
            'bannos', (select max(o.created_at) from public.orders_bannos o),
            'flourlane', (select max(o.created_at) from public.orders_flourlane o)
        ),
        'orders', jsonb_build_object(
            'bannos', (
                select coalesce(jsonb_object_agg(q.stage, q.orders), '{}')
                from (select o.stage, count(*) as orders from public.orders_bannos o group by o.stage) q
            ),
            'flourlane', (
                select coalesce(jsonb_object_agg(q.stage, q.orders), '{}')
                from (select o.stage, count(*) as orders from public.orders_flourlane o group by o.stage) q
            )
        ),
        'unassigned', jsonb_build_object(
            'bannos', (
                select coalesce(jsonb_object_agg(q.stage, q.orders), '{}')
                from (
                    select o.stage, count(*) as orders from public.orders_bannos o
                    where o.assignee_id is null and o.stage <> 'Complete' group by o.stage
                ) q
            ),
            'flourlane', (
                select coalesce(jsonb_object_agg(q.stage, q.orders), '{}')
                from (
                    select o.stage, count(*) as orders from public.orders_flourlane o
                    where o.assignee_id is null and o.stage <> 'Complete' group by o.stage
                ) q
            )
        )
    ));
end
$$;
