-- Who works here, of either contract: each has ordak.caller() and ordak.staff() of a type of its own. A station, and those who
-- lead, may ask who others are; where a project does not say which accounts are stations', any may be one.

-- Who a scanned badge is: {id, full_name, role, store}. A badge of somebody who may not work here any more is nobody's.
-- Others may ask who they are themselves.
create or replace function public.get_staff_by_badge(badge text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    caller record;
    worn text := ordak.strip(get_staff_by_badge.badge);
    wearer record;
begin
    select c.* into caller from ordak.caller() c;
    if caller.id is null then
        return ordak.no_staff();
    end if;
    if worn is null or length(worn) not between 1 and 100 then
        return ordak.refusal('BAD_INPUT', 'badge is what a badge carries, 1 to 100 characters');
    end if;
    if not (caller.is_station or caller.role in ('Supervisor', 'Admin') or caller.badge is not distinct from worn) then
        return ordak.refusal('PERMISSION_DENIED', 'only a station, a Supervisor or an Admin asks who others are');
    end if;
    select s.* into wearer from ordak.staff() s where s.badge = worn;
    if wearer.id is null then
        return ordak.refusal('NOT_FOUND', 'no member of staff has this badge');
    end if;
    return ordak.ok(jsonb_build_object(
        'id', wearer.id,
        'full_name', wearer.full_name,
        'role', case wearer.role when 'Worker' then 'Staff' else wearer.role end,
        'store', wearer.store
    ));
end
$$;

-- Who a cake of the store can be assigned to: a list of {id, full_name, role, badge}, by name. A kiosk is nobody to give a
-- cake to. An Admin's badge is null: what a station knows of badges hangs on a wall.
create or replace function public.get_staff(store text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    caller record;
    refused jsonb := ordak.no_store(ordak.caller(), get_staff.store);
begin
    if refused is not null then
        return refused;
    end if;
    select c.* into caller from ordak.caller() c;
    if not (caller.is_station or caller.role in ('Supervisor', 'Admin')) then
        return ordak.refusal('PERMISSION_DENIED', 'only a station, a Supervisor or an Admin asks who others are');
    end if;
    return ordak.ok((
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', s.id,
            'full_name', s.full_name,
            'role', case s.role when 'Worker' then 'Staff' else s.role end,
            'badge', case when lower(s.role) <> 'admin' then s.badge end
        ) order by s.full_name, s.id), '[]')
        from ordak.staff() s
        where s.store in ('both', get_staff.store) and s.is_station is not true
    ));
end
$$;
