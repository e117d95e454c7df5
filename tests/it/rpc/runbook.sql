-- DB health (psql or SQL editor)
-- Worker backlog by status
select status, count(*) from public.work_queue group by status;

-- Oldest pending minutes
select coalesce(extract(epoch from (now()-min(created_at)))/60, 0) as oldest_min
from public.work_queue where status='pending';

-- Orders present? latest row timestamps
select max(created_at) from public.orders_bannos;
select max(created_at) from public.orders_flourlane;

select 'bannos' as store, count(*) from public.orders_bannos
union all
select 'flourlane', count(*) from public.orders_flourlane;

select status, count(*) from work_queue group by status;
select coalesce(extract(epoch from (now()-min(created_at)))/60,0) as oldest_min
from work_queue where status='pending';

-- Stuck locks > 15 min
select * from work_queue
where status='pending' and locked_at < now() - interval '15 min';

update work_queue set locked_at=null, locked_by=null
where status='pending' and locked_at < now() - interval '15 min';

-- Counts by stage (example for Bannos)
select stage, count(*) from public.orders_bannos
where assignee_id is null and stage <> 'Complete'
group by stage order by stage;

-- Orders by stage (both stores example)
select 'bannos' store, stage, count(*) from public.orders_bannos group by stage
union all
select 'flourlane', stage, count(*) from public.orders_flourlane group by stage;

-- Latest successful stage events (if used)
select order_id, action, at from public.stage_events order by at desc limit 50;
