use serde::Serialize;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::{PEOPLE, STATIONS, Sample, Samples, shelf};
use crate::order::Store;
use crate::sandbox::{Error, Parameter, auth};

/// Makes the sample accounts, unless they are there: one for each station and each person, all with one password.
pub(in super::super) async fn accounts(client: &Client, password: &str) -> Result<(), Error> {
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
    let hash = auth::hashed(password.to_owned()).await?;
    let stations =
        STATIONS.iter().map(|station| (station.id, station.email, station.name, "Staff", "both", None, true));
    let people = PEOPLE.iter().map(|person| {
        (person.id, person.email, person.full_name, person.role, person.store, Some(person.badge), false)
    });
    for (id, email, full_name, role, store, badge, is_station) in stations.chain(people) {
        let account: [Parameter<'_>; 3] = [(&id, Type::TEXT), (&email, Type::TEXT), (&hash, Type::TEXT)];
        client.query_typed(ACCOUNT, &account).await.map_err(Error::Database)?;
        let row: [Parameter<'_>; 6] = [
            (&id, Type::TEXT),
            (&full_name, Type::TEXT),
            (&role, Type::TEXT),
            (&store, Type::TEXT),
            (&badge, Type::TEXT),
            (&is_station, Type::BOOL),
        ];
        client.query_typed(STAFF, &row).await.map_err(Error::Database)?;
    }
    Ok(())
}

/// Says of both stores where cakes stand, why they are sent back and what is in stock; what the office has set stays.
pub(in super::super) async fn shelves(transaction: &Transaction<'_>) -> Result<(), Error> {
    let text = |list: &[&str]| serde_json::to_string(list).expect("strings always serialize");
    let (places, reasons) = (text(&shelf::STORAGE), text(&shelf::REASONS));
    let items: Vec<_> = shelf::items().collect();
    let items = serde_json::to_string(&items).expect("strings and numbers always serialize");
    for store in Store::ALL.map(|store| store.to_string()) {
        let settings: [Parameter<'_>; 3] =
            [(&store, Type::TEXT), (&places, Type::TEXT), (&reasons, Type::TEXT)];
        transaction.query_typed(SETTINGS, &settings).await.map_err(Error::Database)?;
        let stock: [Parameter<'_>; 2] = [(&store, Type::TEXT), (&items, Type::TEXT)];
        transaction.query_typed(STOCK, &stock).await.map_err(Error::Database)?;
    }
    Ok(())
}

/// Writes the sample orders and their history, telling after each batch how many orders are in; all or none.
pub(in super::super) async fn orders(
    transaction: &Transaction<'_>,
    samples: &Samples,
    mut told: impl FnMut(usize),
) -> Result<(), Error> {
    let mut written = 0;
    for batch in samples.orders.chunks(BATCH) {
        for store in Store::ALL {
            let rows: Vec<&Sample> = batch.iter().filter(|order| order.id.store == store).collect();
            insert(transaction, &format!("orders_{store}"), ORDER_COLUMNS, &rows).await?;
        }
        written += batch.len();
        told(written);
    }
    for batch in samples.events.chunks(BATCH) {
        insert(transaction, "stage_events", EVENT_COLUMNS, batch).await?;
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
    table: &str,
    columns: &str,
    rows: &[T],
) -> Result<(), Error> {
    let rows = serde_json::to_string(rows).expect("strings, numbers and times always serialize");
    let statement = format!(
        "insert into public.{table} ({columns})
         select {columns} from json_populate_recordset(null::public.{table}, $1::text::json)"
    );
    transaction.query_typed(&statement, &[(&rows, Type::TEXT)]).await.map_err(Error::Database)?;
    Ok(())
}

/// Some hundred kilobytes a statement.
const BATCH: usize = 500;

const ORDER_COLUMNS: &str = "id, shopify_order_id, shopify_order_gid, shopify_order_number, customer_name, \
    product_title, size, flavour, cake_writing, product_image, notes, due_date, delivery_method, currency, total_amount, storage, \
    assignee_id, stage, filling_start_ts, filling_complete_ts, covering_complete_ts, decorating_complete_ts, \
    packing_start_ts, packing_complete_ts, cancelled_at, rework, created_at";

const EVENT_COLUMNS: &str = "order_id, store, stage, action, performed_by, station_id, at, meta";

const ACCOUNT: &str = "
insert into auth.users (id, email, encrypted_password) values ($1::text::uuid, $2, $3) on conflict do nothing";

const STAFF: &str = "
insert into public.staff_shared (id, full_name, role, store, badge, is_active, approved, is_station)
values ($1::text::uuid, $2, $3, $4, $5, true, true, $6)
on conflict do nothing";

const SETTINGS: &str = "
insert into public.settings (store, key, value)
values ($1, 'storage_places', $2::text::jsonb), ($1, 'qc_reasons', $3::text::jsonb)
on conflict do nothing";

const STOCK: &str = "
insert into public.inventory_items (store, sku, title, size, ats)
select $1, i.sku, i.title, i.size, i.ats
from json_populate_recordset(null::public.inventory_items, $2::text::json) i
on conflict do nothing";
