//! A shop in a database of its own: staff, orders, and calls made as PostgREST makes them.

use serde_json::{Map, Value, json};
use tokio_postgres::{Client, GenericClient};

use super::cluster::Database;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody: not signed in.
    Anon,
    /// A station's account, of both stores.
    Station,
    /// A plain member of staff of Bannos.
    Baker,
    /// An Admin of both stores.
    Admin,
    /// A plain member of staff of Flourlane.
    Miller,
    /// Signed in, with a row that nobody has approved.
    Unapproved,
    /// Signed in, with a row that is no longer active.
    Inactive,
    /// Signed in, without a row.
    Stranger,
    /// The service key.
    Service,
    /// A plain member of staff of both stores.
    Runner,
    /// A Supervisor of both stores.
    Supervisor,
}

impl Who {
    /// Those with a row in `staff_shared`.
    pub const STAFF: [Self; 8] = [
        Self::Station,
        Self::Baker,
        Self::Admin,
        Self::Miller,
        Self::Unapproved,
        Self::Inactive,
        Self::Runner,
        Self::Supervisor,
    ];

    /// The account's id.
    pub fn id(self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self as u8)
    }

    /// As history names them.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// The role that PostgREST takes on.
    pub fn role(self) -> &'static str {
        match self {
            Self::Anon => "anon",
            Self::Service => "service_role",
            _ => "authenticated",
        }
    }

    pub fn claims(self) -> String {
        match self {
            Self::Anon | Self::Service => json!({"role": self.role()}),
            _ => json!({"role": self.role(), "sub": self.id()}),
        }
        .to_string()
    }

    fn staff_role(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Supervisor => "Supervisor",
            // As older rows have it for Staff.
            Self::Runner => "Worker",
            _ => "Staff",
        }
    }

    fn store(self) -> &'static str {
        match self {
            Self::Baker | Self::Unapproved | Self::Inactive => "bannos",
            Self::Miller => "flourlane",
            _ => "both",
        }
    }
}

/// What a refused statement says.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    code: String,
    /// In the database's or the function's words.
    pub message: String,
}

impl Refused {
    /// Its SQLSTATE.
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Self {
        let told = error.as_db_error().unwrap_or_else(|| panic!("{error:?}"));
        Self { code: told.code().code().to_owned(), message: told.message().to_owned() }
    }
}

/// The database and one connection to it.
pub struct Shop {
    /// For more connections.
    pub database: Database,
    /// As the superuser; calls take on a role inside a transaction.
    pub client: Client,
}

impl Shop {
    /// A shop with its staff and no orders.
    pub async fn open() -> Self {
        let database = Database::migrated();
        let client = database.connect().await;
        hire(&client).await;
        Self { database, client }
    }

    /// The same on the stand-in of contract 2025-12.
    pub async fn stand_in() -> Self {
        let database = Database::stand_in();
        let client = database.connect().await;
        hire_into(&client, "user_id").await;
        Self { database, client }
    }

    /// Puts an order in. Columns that are not given keep their defaults.
    pub async fn order(&self, id: &str, columns: Value) {
        insert_order(&self.client, id, columns).await;
    }

    /// Calls a function that answers one value.
    pub async fn call(&mut self, who: Who, function: &str, arguments: Value) -> Value {
        let rows = self.rows(who, function, arguments).await.unwrap();
        assert_eq!(rows.len(), 1, "{function}");
        rows.into_iter().next().unwrap()
    }

    /// Calls a function that answers rows, or is refused.
    pub async fn rows(&mut self, who: Who, function: &str, arguments: Value) -> Result<Vec<Value>, Refused> {
        let transaction = self.client.transaction().await.unwrap();
        let rows = call_within(&transaction, who, function, &arguments).await;
        match rows {
            Ok(_) => transaction.commit().await.unwrap(),
            Err(_) => transaction.rollback().await.unwrap(),
        }
        rows
    }

    /// Runs a statement as `who`: how many rows it saw or changed.
    pub async fn statement(&mut self, who: Who, sql: &str) -> Result<u64, Refused> {
        statement(&mut self.client, who, sql).await
    }

    /// The one value that a query of the superuser gives, as JSON.
    pub async fn ask(&self, sql: &str) -> Value {
        let sql = format!("select to_jsonb(asked.value) from ({sql}) asked (value)");
        self.client.query_one(&sql, &[]).await.unwrap().get::<_, Option<Value>>(0).unwrap_or_default()
    }

    /// An order's row as it stands.
    pub async fn row(&self, id: &str) -> Value {
        let table = table_of(id);
        self.ask(&format!("select o from public.{table} o where o.id = '{id}'")).await
    }

    /// An order's events, oldest first.
    pub async fn events(&self, id: &str) -> Vec<Value> {
        self.events_by("e.id", id).await
    }

    /// An order's events, sorted by a column of `e`.
    pub async fn events_by(&self, column: &str, id: &str) -> Vec<Value> {
        let sql = format!(
            "select jsonb_agg(e order by {column}) from public.stage_events e where e.order_id = '{id}'"
        );
        match self.ask(&sql).await {
            Value::Array(events) => events,
            _ => Vec::new(),
        }
    }
}

/// Runs a statement as `who` and takes it back: how many rows it saw or changed.
pub async fn statement(client: &mut Client, who: Who, sql: &str) -> Result<u64, Refused> {
    let transaction = client.transaction().await.unwrap();
    take_role(&transaction, who).await;
    let result = transaction.execute(sql, &[]).await.map_err(Refused::from);
    transaction.rollback().await.unwrap();
    result
}

/// Calls a function inside a transaction that the caller ends.
pub async fn call_within(
    transaction: &impl GenericClient,
    who: Who,
    function: &str,
    arguments: &Value,
) -> Result<Vec<Value>, Refused> {
    take_role(transaction, who).await;
    let named: Map<_, _> = arguments.as_object().unwrap().clone();
    let casts: Vec<_> = named
        .keys()
        .map(|name| match type_of(function, name) {
            "jsonb" => format!("{name:?} => $1::jsonb -> '{name}'"),
            kind => format!("{name:?} => ($1::jsonb ->> '{name}')::{kind}"),
        })
        .collect();
    let sql = format!("select to_jsonb(v) from public.{function}({}) v", casts.join(", "));
    // Without arguments the parameter would have no place.
    let rows = if casts.is_empty() {
        transaction.query(&sql, &[]).await
    } else {
        transaction.query(&sql, &[arguments]).await
    };
    Ok(rows?.iter().map(|row| row.get::<_, Option<Value>>(0).unwrap_or_default()).collect())
}

/// Puts an order in, over any connection.
pub async fn insert_order(client: &impl GenericClient, id: &str, columns: Value) {
    let number: i64 = id.split('-').nth(1).unwrap().parse().unwrap();
    let mut row = json!({"id": id, "shopify_order_number": number});
    row.as_object_mut().unwrap().extend(columns.as_object().unwrap().clone());
    let names: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    let (table, names) = (table_of(id), names.join(", "));
    let sql = format!(
        "insert into public.{table} ({names})
         select {names} from jsonb_populate_record(null::public.{table}, $1)"
    );
    client.execute(&sql, &[&row]).await.unwrap();
}

/// Puts the staff in, over any connection.
pub async fn hire(client: &Client) {
    hire_into(client, "id").await;
}

async fn hire_into(client: &Client, key: &str) {
    for who in Who::STAFF.into_iter().chain([Who::Stranger]) {
        let sql =
            format!("insert into auth.users (id, email) values ('{}', '{who:?}@shop.example')", who.id());
        client.batch_execute(&sql).await.unwrap();
    }
    for who in Who::STAFF {
        let sql = format!(
            "insert into public.staff_shared ({key}, full_name, role, store, approved, is_active, is_station)
             values ('{}', '{}', '{}', '{}', {}, {}, {})",
            who.id(),
            who.name(),
            who.staff_role(),
            who.store(),
            who != Who::Unapproved,
            who != Who::Inactive,
            who == Who::Station,
        );
        client.batch_execute(&sql).await.unwrap();
    }
}

async fn take_role(transaction: &impl GenericClient, who: Who) {
    // Far from UTC, which the functions must answer in whatever the session says.
    let sql = "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
        set_config('timezone', 'Australia/Sydney', true)";
    transaction.query(sql, &[&who.role(), &who.claims()]).await.unwrap();
}

fn table_of(id: &str) -> &'static str {
    if id.starts_with("bannos-") { "orders_bannos" } else { "orders_flourlane" }
}

fn type_of(function: &str, argument: &str) -> &'static str {
    match argument {
        "id" if function.ends_with("_work") => "bigint",
        "p_offset" | "p_limit" => "integer",
        "p_staff_id" | "p_assignee_id" => "uuid",
        name if name.starts_with("p_") => "text",
        "id" | "store" | "scan" | "station" | "reason" | "note" | "storage" | "badge" | "order_gid"
        | "worker" | "error" | "function" => "text",
        "performed_by" | "staff_id" => "uuid",
        "date_from" | "date_to" => "date",
        "since" => "timestamptz",
        "limit" | "offset" => "integer",
        "context" | "report" | "payload" | "arguments" => "jsonb",
        "stage" => "public.stage_type",
        "topics" => "text[]",
        other => panic!("what type is {other}?"),
    }
}
