-- What a Supabase project brings along, for a plain PostgreSQL that lacks it. What is there is left as it is.

do $$
declare
    wanted text;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
        continue when exists (select from pg_catalog.pg_roles r where r.rolname = wanted);
        begin
            case wanted
                when 'service_role' then execute 'create role service_role nologin noinherit bypassrls';
                when 'authenticator' then
                    execute 'create role authenticator login noinherit';
                    execute 'grant anon, authenticated, service_role to authenticator';
                else execute pg_catalog.format('create role %I nologin noinherit', wanted);
            end case;
        exception
            -- Roles belong to the whole cluster: another database's migration may have been quicker.
            when duplicate_object or unique_violation then null;
        end;
    end loop;

    if pg_catalog.to_regnamespace('auth') is null then
        execute 'create schema auth';
        execute 'grant usage on schema auth to anon, authenticated, service_role';
    end if;

    if pg_catalog.to_regclass('auth.users') is null then
        execute $ddl$
            create table auth.users (
                id uuid primary key default gen_random_uuid(),
                email text unique,
                encrypted_password text,
                created_at timestamptz not null default now()
            )
        $ddl$;
    end if;

    if pg_catalog.to_regprocedure('auth.jwt()') is null then
        execute $ddl$
            create function auth.jwt() returns jsonb language sql stable as
            'select nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb'
        $ddl$;
    end if;

    if pg_catalog.to_regprocedure('auth.uid()') is null then
        execute $ddl$
            create function auth.uid() returns uuid language sql stable as
            'select nullif(nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb ->> ''sub'', '''')::uuid'
        $ddl$;
    end if;
end
$$;

grant usage on schema public to anon, authenticated, service_role;
