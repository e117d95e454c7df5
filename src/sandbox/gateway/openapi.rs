use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{Gateway, Mode};

/// `GET /rest/v1/`: what the caller may read and call, as `OpenAPI` 2.0.
pub(super) async fn root(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let caller = gateway.gate.caller(&headers).map_err(IntoResponse::into_response)?;
    let described = gateway.run(&caller, Mode::Reads, DOCUMENT, &[], |row| {
        let mut response = row.get::<_, String>(0).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(OPENAPI));
        Ok(response)
    });
    described.await.map_err(IntoResponse::into_response)
}

const OPENAPI: &str = "application/openapi+json; charset=utf-8";

/// Runs as the caller, so that the grants decide what is in it. Reads of tables and calls are told; nothing else is served.
const DOCUMENT: &str = "
with kinds as (
    select t.oid, jsonb_strip_nulls(jsonb_build_object(
        'format', case when n.nspname <> 'pg_catalog' then n.nspname || '.' || t.typname
                       else format_type(t.oid, null) end,
        'type', case
            when t.typname in ('json', 'jsonb') then null
            when t.typcategory = 'A' then 'array'
            when t.typname in ('int2', 'int4', 'int8') then 'integer'
            when t.typname in ('numeric', 'float4', 'float8') then 'number'
            when t.typname = 'bool' then 'boolean'
            else 'string' end,
        'items', case when t.typcategory = 'A' then jsonb_build_object('type', 'string') end)) as schema
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
), tables as (
    select c.relname as name, jsonb_strip_nulls(jsonb_build_object(
        'type', 'object',
        'required', jsonb_agg(a.attname order by a.attnum) filter (where a.attnotnull),
        'properties', jsonb_object_agg(a.attname, k.schema))) as schema
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join kinds k on k.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and has_table_privilege(c.oid, 'select')
    group by c.relname
), functions as (
    select p.oid, p.proname as name, jsonb_strip_nulls(jsonb_build_object(
        'type', 'object',
        'required', jsonb_agg(coalesce(i.name, '') order by i.place)
            filter (where i.place <= p.pronargs - p.pronargdefaults),
        'properties', jsonb_object_agg(coalesce(i.name, ''),
            k.schema || jsonb_build_object('format', format_type(i.type, null))) filter (where k.oid is not null))) as schema
    from pg_proc p
    left join lateral (
        select p.proargnames[t.at] as name, t.type, row_number() over (order by t.at) as place
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality t(type, at)
        where coalesce(p.proargmodes[t.at], 'i') in ('i', 'b', 'v')
    ) i on true
    left join kinds k on k.oid = i.type
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
      and has_function_privilege(p.oid, 'execute')
    group by p.oid
), done as (
    select jsonb_build_object('200', jsonb_build_object('description', 'OK')) as responses
), paths as (
    select '/' || name as path, jsonb_build_object('get', jsonb_build_object(
        'tags', jsonb_build_array(name), 'responses', jsonb_build_object('200', jsonb_build_object(
            'description', 'OK',
            'schema', jsonb_build_object('type', 'array',
                'items', jsonb_build_object('$ref', '#/definitions/' || name)))))) as methods
    from tables
    union all
    select '/rpc/' || name, jsonb_build_object(
        'get', jsonb_build_object('tags', jsonb_build_array('(rpc) ' || name), 'responses', responses),
        'post', jsonb_build_object(
            'tags', jsonb_build_array('(rpc) ' || name),
            'parameters', jsonb_build_array(jsonb_build_object(
                'name', 'args', 'in', 'body', 'required', true, 'schema', schema)),
            'responses', responses))
    from functions, done
    union all
    select '/', jsonb_build_object('get', jsonb_build_object(
        'tags', jsonb_build_array('Introspection'),
        'summary', 'OpenAPI description (this document)',
        'responses', responses))
    from done
)
select jsonb_strip_nulls(jsonb_build_object(
    'swagger', '2.0',
    'info', jsonb_build_object('title', 'standard public schema', 'description', '', 'version', '12.0.2'),
    'basePath', '/',
    'consumes', jsonb_build_array('application/json', 'application/vnd.pgrst.object+json'),
    'produces', jsonb_build_array('application/json', 'application/vnd.pgrst.object+json'),
    'paths', (select jsonb_object_agg(path, methods) from paths),
    'definitions', (select jsonb_object_agg(name, schema) from tables)))::text";
