use tokio_postgres::Client;

use super::Error;

/// Brings a database to the newest schema, all or nothing; doing it again changes nothing.
///
/// Refuses a project that runs contract 2025-12: its functions have the same names and other rules.
pub async fn migrate(client: &mut Client) -> Result<(), Error> {
    let version = client.query_typed_one(VERSION, &[]).await.map_err(Error::Database)?.get(0);
    if version < VERSION_MIN {
        return Err(Error::TooOld { version });
    }
    let is_foreign = client.query_typed_one(IS_2025_12, &[]).await.map_err(Error::Database)?.get(0);
    if is_foreign {
        return Err(Error::OtherContract);
    }
    let transaction = client.transaction().await.map_err(Error::Database)?;
    transaction.batch_execute(ALONE).await.map_err(Error::Database)?;
    for (file, sql) in FILES {
        transaction.batch_execute(sql).await.map_err(|source| Error::Migration { file, source })?;
    }
    transaction.commit().await.map_err(Error::Database)
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/backend/", $name)))),*]
    };
}

/// The backend's rules, in the order in which they build on each other.
const FILES: &[(&str, &str)] = files![
    "010_platform.sql",
    "020_tables.sql",
    "030_access.sql",
    "040_orders.sql",
    "050_writes.sql",
    "060_reads.sql",
    "070_stations.sql",
    "080_inventory.sql",
    "085_work_queue.sql",
    "090_grants.sql",
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

/// Two migrations at once would meet on the same objects. The statement limit is for requests.
const ALONE: &str = "set local statement_timeout = 0; select pg_advisory_xact_lock(8617, 2025)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/backend");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.split('.').next_back() == Some("sql"))
            .collect();
        names.sort();
        assert_eq!(FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }
}
