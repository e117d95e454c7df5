-- The fleet: one row a station, as it last reported. Every kiosk trusts what is read here, so only a station's account
-- reports, under a name that is its own: another account's is taken over once it has been silent for a day.

create or replace function public.station_heartbeat(station text, report jsonb) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    -- Of whatever type each contract has it.
    caller record;
    name text := btrim(station_heartbeat.station);
begin
    select c.* into caller from ordak.caller() c;
    if caller.id is null then
        return ordak.no_staff();
    end if;
    if not caller.is_station then
        return ordak.refusal('PERMISSION_DENIED', 'only a station reports to the fleet');
    end if;
    if name is null or length(name) not between 1 and 100 then
        return ordak.refusal('BAD_INPUT', 'station is a name of 1 to 100 characters');
    end if;
    -- A bound on what every station reads every few seconds.
    if report is null or jsonb_typeof(report) <> 'object' or octet_length(report::text) > 16384 then
        return ordak.refusal('BAD_INPUT', 'report is an object of at most 16 kB');
    end if;
    -- A kiosk has one name, or a few while it is set up.
    if (
        select count(*) from public.stations s
        where s.reported_by = caller.id and s.station <> name and s.reported_at > clock_timestamp() - interval '1 day'
    ) >= 20 then
        return ordak.refusal('CONFLICT', 'this account has reported under 20 other names today');
    end if;
    insert into public.stations as s (station, report, reported_by, reported_at)
    values (name, station_heartbeat.report, caller.id, clock_timestamp())
    on conflict on constraint stations_pkey do update
        set report = excluded.report, reported_by = excluded.reported_by, reported_at = excluded.reported_at
        where s.reported_by is null or s.reported_by = excluded.reported_by
            or s.reported_at < clock_timestamp() - interval '1 day';
    if not found then
        return ordak.refusal('CONFLICT', 'another account reports under this name');
    end if;
    return ordak.ok(jsonb_build_object('station', name, 'at', clock_timestamp()));
end
$$;

create or replace function public.get_stations() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    if (ordak.caller()).id is null then
        return ordak.no_staff();
    end if;
    return ordak.ok((
        select coalesce(jsonb_agg(jsonb_build_object(
            'station', s.station,
            'report', s.report,
            'reported_at', s.reported_at,
            -- So that no clock but this one is asked how long a station has been silent.
            'silence_ms', greatest(0, floor(extract(epoch from clock_timestamp() - s.reported_at) * 1000))::bigint
        ) order by s.station), '[]')
        from public.stations s
    ));
end
$$;
