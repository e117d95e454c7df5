use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use tokio_postgres::Client;

use super::super::Error;

/// What the schema `public` offers: PostgREST's schema cache.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    functions: HashMap<String, Vec<Function>>,
    tables: HashMap<String, BTreeMap<String, String>>,
}

/// One function, as it is called by named arguments.
#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    /// Stable or immutable: it runs in a transaction that may not write.
    pub(super) is_reader: bool,
    pub(super) returns: Returns,
    /// A value, not a row.
    pub(super) is_value: bool,
    /// What its rows or values are read by, each with its type.
    pub(super) columns: BTreeMap<String, String>,
    pub(super) arguments: Vec<Argument>,
}

/// What a call gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Returns {
    Nothing,
    One,
    Set,
}

#[derive(Debug, Deserialize)]
pub(super) struct Argument {
    pub(super) name: String,
    /// As SQL writes it, quoted where needed.
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) has_default: bool,
    pub(super) is_variadic: bool,
}

#[derive(Deserialize)]
struct Relation {
    name: String,
    columns: BTreeMap<String, String>,
}

/// How a call was matched to a function.
pub(super) enum Match<'a> {
    One(&'a Function),
    None,
    Several(Vec<&'a Function>),
}

impl Catalogue {
    pub(super) async fn read(client: &Client) -> Result<Self, Error> {
        let mut catalogue = Self::default();
        for function in Self::rows::<Function>(client, FUNCTIONS).await? {
            catalogue.functions.entry(function.name.clone()).or_default().push(function);
        }
        for relation in Self::rows::<Relation>(client, RELATIONS).await? {
            catalogue.tables.insert(relation.name, relation.columns);
        }
        Ok(catalogue)
    }

    async fn rows<T: for<'de> Deserialize<'de>>(client: &Client, query: &str) -> Result<Vec<T>, Error> {
        let rows = client.query_typed(query, &[]).await.map_err(Error::Database)?;
        Ok(rows
            .iter()
            .map(|row| serde_json::from_str(row.get(0)).expect("the query builds what is read here"))
            .collect())
    }

    /// The function that takes exactly these argument names, defaults aside.
    pub(super) fn function(&self, name: &str, given: &BTreeSet<String>) -> Match<'_> {
        let matching: Vec<_> = self.overloads(name).filter(|function| function.takes(given)).collect();
        match matching[..] {
            [] => Match::None,
            [function] => Match::One(function),
            _ => Match::Several(matching),
        }
    }

    /// The function whose only argument is the whole body.
    pub(super) fn function_of_body(&self, name: &str) -> Option<&Function> {
        self.overloads(name).find(|function| match &function.arguments[..] {
            [only] => only.name.is_empty() && matches!(only.kind.as_str(), "json" | "jsonb"),
            _ => false,
        })
    }

    /// Every function of this name.
    pub(super) fn overloads(&self, name: &str) -> impl Iterator<Item = &Function> {
        self.functions.get(name).into_iter().flatten()
    }

    /// The names of all functions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// The columns of a table or view, each with its type.
    pub(super) fn columns(&self, table: &str) -> Option<&BTreeMap<String, String>> {
        self.tables.get(table)
    }
}

impl Function {
    /// The names of its arguments, as PostgREST lists them in advice.
    pub(super) fn signature(&self) -> String {
        let names: BTreeSet<_> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
        format!("({})", names.into_iter().collect::<Vec<_>>().join(", "))
    }

    fn takes(&self, given: &BTreeSet<String>) -> bool {
        let is_known = |name: &String| self.arguments.iter().any(|argument| argument.name == *name);
        given.iter().all(is_known)
            && self.arguments.iter().all(|argument| argument.has_default || given.contains(&argument.name))
    }
}

const FUNCTIONS: &str = "
select json_build_object(
    'name', p.proname,
    'is_reader', p.provolatile <> 'v',
    'returns', case when p.prorettype = 'void'::regtype then 'nothing'
                    when p.proretset then 'set' else 'one' end,
    'is_value', p.is_value,
    'columns', case
        when p.is_value then json_build_object('pgrst_scalar', format_type(p.prorettype, null))
        else coalesce(
            (select json_object_agg(p.proargnames[t.at], format_type(t.type, null))
             from unnest(p.proallargtypes) with ordinality t(type, at) where p.proargmodes[t.at] in ('t', 'o', 'b')),
            (select json_object_agg(c.attname, format_type(c.atttypid, null))
             from pg_attribute c where c.attrelid = p.row_id and c.attnum > 0 and not c.attisdropped),
            '{}')
        end,
    'arguments', coalesce(a.arguments, '[]'))::text
from (
    select f.*, t.typrelid as row_id,
        t.typtype <> 'c' and f.prorettype <> 'record'::regtype as is_value
    from pg_proc f join pg_type t on t.oid = f.prorettype
) p
left join lateral (
    select json_agg(json_build_object(
        'is_variadic', p.provariadic <> 0 and i.place = p.pronargs,
        'name', coalesce(i.name, ''),
        'type', format_type(i.type, null),
        'has_default', i.place > p.pronargs - p.pronargdefaults) order by i.place) as arguments
    from (
        select p.proargnames[t.at] as name, t.type, row_number() over (order by t.at) as place
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality t(type, at)
        where coalesce(p.proargmodes[t.at], 'i') in ('i', 'b', 'v')
    ) i
) a on true
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype";

const RELATIONS: &str = "
select json_build_object(
    'name', c.relname,
    'columns', (
        select json_object_agg(a.attname, format_type(a.atttypid, null))
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))::text
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)";

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let argument = |name: &str, has_default| Argument {
            name: name.into(),
            kind: "text".into(),
            has_default,
            is_variadic: false,
        };
        let function = |arguments| Function {
            name: "f".into(),
            is_reader: false,
            returns: Returns::One,
            is_value: true,
            columns: BTreeMap::new(),
            arguments,
        };
        let two = vec![
            function(vec![argument("id", false), argument("note", true)]),
            function(vec![argument("id", false), argument("storage", true)]),
        ];
        Catalogue { functions: HashMap::from([("f".into(), two)]), tables: HashMap::new() }
    }

    fn matched(given: &[&str]) -> &'static str {
        let given = given.iter().map(|&name| name.to_owned()).collect();
        match catalogue().function("f", &given) {
            Match::One(function) if function.arguments[1].name == "note" => "note",
            Match::One(_) => "storage",
            Match::None => "none",
            Match::Several(_) => "several",
        }
    }

    #[test]
    fn a_function_is_found_by_the_names_of_its_arguments() {
        assert_eq!(matched(&["id", "note"]), "note");
        assert_eq!(matched(&["id", "storage"]), "storage");
        assert_eq!(matched(&["id"]), "several");
        assert_eq!(matched(&["note"]), "none");
        assert_eq!(matched(&["id", "p_store"]), "none");
        assert_eq!(matched(&[]), "none");
    }
}
