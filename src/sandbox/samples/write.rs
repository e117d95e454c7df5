use serde::Serialize;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::layout::Layout;
use super::{PEOPLE, STATIONS, Sample, Samples, shelf};
use crate::order::Store;
use crate::sandbox::{Contract, Error, Parameter, auth};

/// What asks for the microseconds since the epoch and the shop's day.
pub(in super::super) const fn now(contract: Contract) -> &'static str {
    Layout::of(contract).now
}

/// Makes the sample accounts, unless they are there: one for each station and each person, all with one password.
pub(in super::super) async fn accounts(
    client: &Client,
    contract: Contract,
    password: &str,
) -> Result<(), Error> {
    let has_accounts = client
        .query_typed_one(
            "select exists (select from auth.users where id = $1::text::uuid)",
            &[(&STATIONS[0].id, Type::TEXT)],
        )
        .await
        .map_err(Error::Database)?;
    if has_accounts.get(0) {
        return Ok(());
    }
    let layout = Layout::of(contract);
    let hash = auth::hashed(password.to_owned()).await?;
    let stations =
        STATIONS.iter().map(|station| (station.id, station.email, station.name, "Staff", "both", None, true));
    let people = PEOPLE.iter().map(|person| {
        (person.id, person.email, person.full_name, person.role, person.store, Some(person.badge), false)
    });
    for (id, email, full_name, role, store, badge, is_station) in stations.chain(people) {
        let account: [Parameter<'_>; 3] = [(&id, Type::TEXT), (&email, Type::TEXT), (&hash, Type::TEXT)];
        client.query_typed(ACCOUNT, &account).await.map_err(Error::Database)?;
        let row: [Parameter<'_>; 7] = [
            (&id, Type::TEXT),
            (&full_name, Type::TEXT),
            (&role, Type::TEXT),
            (&store, Type::TEXT),
            (&badge, Type::TEXT),
            (&is_station, Type::BOOL),
            (&email, Type::TEXT),
        ];
        client.query_typed(layout.staff, &row).await.map_err(Error::Database)?;
    }
    Ok(())
}

/// Says of both stores where cakes stand, why they are sent back and what is in stock; what the office has set stays.
pub(in super::super) async fn shelves(
    transaction: &Transaction<'_>,
    contract: Contract,
) -> Result<(), Error> {
    let layout = Layout::of(contract);
    let text = |list: &[&str]| serde_json::to_string(list).expect("strings always serialize");
    let (places, reasons) = (text(&shelf::STORAGE), text(&shelf::REASONS));
    let items: Vec<_> = shelf::items().collect();
    let items = serde_json::to_string(&items).expect("strings and numbers always serialize");
    for store in Store::ALL.map(|store| store.to_string()) {
        let settings: [Parameter<'_>; 3] =
            [(&store, Type::TEXT), (&places, Type::TEXT), (&reasons, Type::TEXT)];
        transaction.query_typed(layout.settings, &settings).await.map_err(Error::Database)?;
        let Some(statement) = layout.stock else { continue };
        let stock: [Parameter<'_>; 2] = [(&store, Type::TEXT), (&items, Type::TEXT)];
        transaction.query_typed(statement, &stock).await.map_err(Error::Database)?;
    }
    Ok(())
}

/// Writes the sample orders and their history, telling after each batch how many orders are in; all or none.
pub(in super::super) async fn orders(
    transaction: &Transaction<'_>,
    contract: Contract,
    samples: &Samples,
    mut told: impl FnMut(usize),
) -> Result<(), Error> {
    let layout = Layout::of(contract);
    let (columns, values) = layout.orders;
    let mut written = 0;
    for batch in samples.orders.chunks(BATCH) {
        for store in Store::ALL {
            let rows: Vec<&Sample> = batch.iter().filter(|order| order.id.store == store).collect();
            let statement = format!(
                "insert into public.orders_{store} ({columns})
                 select {values} from json_array_elements($1::text::json) j,
                     json_populate_record(null::public.orders_{store}, j) o"
            );
            insert(transaction, &statement, &rows).await?;
        }
        written += batch.len();
        told(written);
    }
    for batch in samples.events.chunks(BATCH) {
        insert(transaction, layout.events, batch).await?;
    }
    Ok(())
}

/// Sample pictures are where the backend listens, which may have changed since they were written.
pub(in super::super) async fn move_pictures(
    transaction: &Transaction<'_>,
    project: &str,
) -> Result<(), Error> {
    for store in Store::ALL {
        let moved = format!(
            "update public.orders_{store} set product_image = $1 || substring(product_image from '/storage/v1/.*$')
             where product_image ~ '^http://[^/]+/storage/v1/object/public/cakes/'
                 and not starts_with(product_image, $1 || '/')"
        );
        transaction.query_typed(&moved, &[(&project, Type::TEXT)]).await.map_err(Error::Database)?;
    }
    Ok(())
}

async fn insert<T: Serialize>(
    transaction: &Transaction<'_>,
    statement: &str,
    rows: &[T],
) -> Result<(), Error> {
    let rows = serde_json::to_string(rows).expect("strings, numbers and times always serialize");
    transaction.query_typed(statement, &[(&rows, Type::TEXT)]).await.map_err(Error::Database)?;
    Ok(())
}

/// Some hundred kilobytes a statement.
const BATCH: usize = 500;

const ACCOUNT: &str = "
insert into auth.users (id, email, encrypted_password) values ($1::text::uuid, $2, $3) on conflict do nothing";
