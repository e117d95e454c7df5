-- What a station needs to know of a shop, of either contract: timezone, storage_places (a list, empty: any name will do),
-- qc_reasons (a list) and freeze (true: announce that nothing is to be written); and whatever else the office has set.
create or replace function public.get_settings(store text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    refused jsonb := ordak.no_store(ordak.caller(), get_settings.store);
begin
    if refused is not null then
        return refused;
    end if;
    return ordak.ok(
        '{"timezone": "Australia/Sydney", "storage_places": [], "qc_reasons": [], "freeze": false}'
        || ordak.settings_of(get_settings.store)
    );
end
$$;
