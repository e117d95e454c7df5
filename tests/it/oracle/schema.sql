-- What the backend's own schema has none of.
create function public.oracle_nothing() returns void language sql stable as '';
create function public.oracle_rows() returns table (place integer, word text) language sql stable
as $$ values (1, 'one'), (2, 'two'), (3, null) $$;
create function public.oracle_overload(a integer, b integer default 0) returns integer language sql stable as 'select 1';
create function public.oracle_overload(a integer, c text default '') returns integer language sql stable as 'select 2';
create function public.oracle_null() returns text language sql stable as 'select null::text';
create function public.oracle_text() returns text language sql stable as $$ select 'Χρόνια "Πολλά"' $$;
create function public.oracle_array(words text[]) returns text[] language sql stable as 'select words';
create function public.oracle_variadic(variadic words text[]) returns integer language sql stable as 'select cardinality(words)';
create function public.oracle_json(jsonb) returns jsonb language sql stable as 'select $1';
create function public.oracle_raises(code text) returns void language plpgsql stable as $$
begin
    raise exception using errcode = code, message = 'said so', detail = 'the detail', hint = 'the hint';
end
$$;
notify pgrst, 'reload schema';
