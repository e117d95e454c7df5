use tokio_postgres::Client;

use super::Error;

/// Brings a database to the newest schema, all or nothing; doing it again changes nothing.
///
/// Refuses a project that runs contract 2025-12: its functions have the same names and other rules.
pub async fn migrate(client: &mut Client) -> Result<(), Error> {
    if is(client, IS_2025_12).await? {
        return Err(Error::OtherContract);
    }
    run(client, FILES).await
}

/// Makes an empty database a stand-in of contract 2025-12, or brings one that is to its newest form, all or nothing.
pub async fn stand_in(client: &mut Client) -> Result<(), Error> {
    if !is(client, IS_FREE_FOR_STAND_IN).await? {
        return Err(Error::NotStandIn);
    }
    run(client, STAND_IN).await
}

/// Adds the extensions to a project that runs contract 2025-12, all or nothing; doing it again changes nothing.
pub async fn extend(client: &mut Client) -> Result<(), Error> {
    if !is(client, IS_2025_12).await? {
        return Err(Error::NotExtensible);
    }
    run(client, EXTENSIONS).await
}

async fn is(client: &Client, question: &str) -> Result<bool, Error> {
    Ok(client.query_typed_one(question, &[]).await.map_err(Error::Database)?.get(0))
}

async fn run(client: &mut Client, files: &[(&'static str, &'static str)]) -> Result<(), Error> {
    let version = client.query_typed_one(VERSION, &[]).await.map_err(Error::Database)?.get(0);
    if version < VERSION_MIN {
        return Err(Error::TooOld { version });
    }
    let transaction = client.transaction().await.map_err(Error::Database)?;
    transaction.batch_execute(ALONE).await.map_err(Error::Database)?;
    for &(file, sql) in files {
        transaction.batch_execute(sql).await.map_err(|source| Error::Migration { file, source })?;
    }
    transaction.commit().await.map_err(Error::Database)
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/", $name)))),*]
    };
}

/// The backend's rules, in the order in which they build on each other.
const FILES: &[(&str, &str)] = files![
    "backend/010_platform.sql",
    "backend/015_shared.sql",
    "backend/020_tables.sql",
    "backend/030_access.sql",
    "backend/040_orders.sql",
    "backend/050_writes.sql",
    "backend/060_reads.sql",
    "backend/070_stations.sql",
    "backend/072_staff.sql",
    "backend/075_settings.sql",
    "backend/080_inventory.sql",
    "backend/085_work_queue.sql",
    "backend/086_signals.sql",
    "backend/090_grants.sql",
];

/// The shops' project, as contract 2025-12 describes it.
const STAND_IN: &[(&str, &str)] = files![
    "backend/010_platform.sql",
    "backend-2025-12/010_tables.sql",
    "backend-2025-12/020_access.sql",
    "backend-2025-12/030_writes.sql",
    "backend-2025-12/040_reads.sql",
];

/// What a project of contract 2025-12 gets beside its own: some files are the reference backend's too.
const EXTENSIONS: &[(&str, &str)] = files![
    "extensions/010_guard.sql",
    "backend/015_shared.sql",
    "extensions/020_project.sql",
    "extensions/030_reads.sql",
    "extensions/040_writes.sql",
    "backend/070_stations.sql",
    "backend/072_staff.sql",
    "backend/075_settings.sql",
    "backend/086_signals.sql",
    "extensions/090_grants.sql",
];

/// The oldest PostgreSQL that the schema is written for, as `server_version_num` counts.
const VERSION_MIN: i32 = 150_000;

const VERSION: &str = "select current_setting('server_version_num')::int";

/// Both generations have a `get_queue`; they differ in the names of its arguments.
const IS_2025_12: &str = "
select exists (
    select from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname = 'get_queue' and 'p_store' = any (p.proargnames)
)";

/// A database without orders and functions, or a stand-in already.
const IS_FREE_FOR_STAND_IN: &str = "
select to_regnamespace('standin') is not null or not exists (
    select from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relname in ('orders_bannos', 'orders_flourlane')
    union all
    select from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = 'get_queue'
)";

/// Two migrations at once would meet on the same objects. The statement limit is for requests.
const ALONE: &str = "set local statement_timeout = 0; select pg_advisory_xact_lock(8617, 2025)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folders_is_compiled_in() {
        for (folder, files) in [("backend", FILES), ("backend-2025-12", STAND_IN), ("extensions", EXTENSIONS)]
        {
            let path = format!("{}/assets/{folder}", env!("CARGO_MANIFEST_DIR"));
            let mut names: Vec<String> = std::fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.split('.').next_back() == Some("sql"))
                .map(|name| format!("{folder}/{name}"))
                .collect();
            names.sort();
            let of_folder =
                files.iter().map(|(name, _)| *name).filter(|name| name.starts_with(&format!("{folder}/")));
            assert_eq!(of_folder.collect::<Vec<_>>(), names);
        }
    }
}
