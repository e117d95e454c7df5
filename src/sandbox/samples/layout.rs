//! Where each contract's tables keep what a sample has.

use crate::sandbox::Contract;

/// The statements that differ from contract to contract. `$1` is a list of rows as JSON unless said otherwise.
pub(super) struct Layout {
    /// Microseconds since the epoch, and the shop's day.
    pub(super) now: &'static str,
    /// One member of staff: id, name, role, store, badge, whether it is a station, email.
    pub(super) staff: &'static str,
    /// One store's places and reasons for a return: store, places, reasons.
    pub(super) settings: &'static str,
    /// One store's stock: store, items; none where the contract has no such table.
    pub(super) stock: Option<&'static str>,
    /// The columns of an orders table that are written, and what of the row `o` and its JSON `j` goes into each.
    pub(super) orders: (&'static str, &'static str),
    /// The events.
    pub(super) events: &'static str,
}

impl Layout {
    /// Of this contract.
    pub(super) const fn of(contract: Contract) -> &'static Self {
        match contract {
            Contract::V2025_09 => &V2025_09,
            Contract::V2025_12 => &V2025_12,
        }
    }
}

const ORDERS_2025_09: &str = "id, shopify_order_id, shopify_order_gid, shopify_order_number, customer_name, \
    product_title, size, flavour, cake_writing, product_image, notes, due_date, delivery_method, currency, total_amount, storage, \
    assignee_id, stage, filling_start_ts, filling_complete_ts, covering_complete_ts, decorating_complete_ts, \
    packing_start_ts, packing_complete_ts, cancelled_at, rework, created_at";

const V2025_09: Layout = Layout {
    now: "select (extract(epoch from clock_timestamp()) * 1000000)::bigint, ordak.today('bannos')::text",
    staff: "
insert into public.staff_shared (id, full_name, role, store, badge, is_active, approved, is_station)
select $1::text::uuid, $2, $3, $4, $5, true, true, $6 where $7 is not null
on conflict do nothing",
    settings: "
insert into public.settings (store, key, value)
values ($1, 'storage_places', $2::text::jsonb), ($1, 'qc_reasons', $3::text::jsonb)
on conflict do nothing",
    stock: Some(
        "
insert into public.inventory_items (store, sku, title, size, ats)
select $1, i.sku, i.title, i.size, i.ats
from json_populate_recordset(null::public.inventory_items, $2::text::json) i
on conflict do nothing",
    ),
    orders: (ORDERS_2025_09, ORDERS_2025_09),
    events: "
insert into public.stage_events (order_id, store, stage, action, performed_by, station_id, at, meta)
select e.order_id, e.store, e.stage, e.action, e.performed_by, e.station_id, e.at, e.meta
from json_populate_recordset(null::public.stage_events, $1::text::json) e",
};

/// Cancelling leaves the stage Complete; a completed Decorating has started Packing, and left no event of that; a return
/// is known by its event alone. Every third order has no name for people.
const V2025_12: Layout = Layout {
    now: "select (extract(epoch from clock_timestamp()) * 1000000)::bigint, standin.today()::text",
    staff: "
insert into public.staff_shared (user_id, full_name, role, store, badge, is_active, approved, is_station, email)
values ($1::text::uuid, $2, $3, $4, $5, true, true, $6, $7)
on conflict do nothing",
    settings: "
insert into public.settings (store, key, value)
select $1, 'storage_locations', $2::text::jsonb where $3 is not null
on conflict do nothing",
    stock: None,
    orders: (
        "id, human_id, shopify_order_id, shopify_order_number, customer_name, product_title, size, flavour, cake_writing, \
        product_image, notes, due_date, delivery_method, currency, total_amount, storage, assignee_id, stage, \
        filling_start_ts, filling_complete_ts, covering_complete_ts, decorating_start_ts, decorating_complete_ts, \
        packing_start_ts, packing_complete_ts, cancelled_at, created_at",
        "id, case when shopify_order_number % 3 <> 0 then id end, shopify_order_id, shopify_order_number, customer_name, \
        product_title, size, flavour, cake_writing, product_image, notes, due_date, delivery_method, currency, \
        total_amount, storage, assignee_id, case when cancelled_at is null then stage else 'Complete' end, \
        filling_start_ts, filling_complete_ts, covering_complete_ts, \
        case when j ->> 'rework' <> '0' then covering_complete_ts end, decorating_complete_ts, \
        coalesce(packing_start_ts, decorating_complete_ts), packing_complete_ts, cancelled_at, created_at",
    ),
    events: "
insert into public.stage_events (store, order_id, stage, event_type, at_ts, staff_id, meta)
select j ->> 'store', j ->> 'order_id', (j ->> 'stage')::public.stage_type, j ->> 'action', (j ->> 'at')::timestamptz,
    (j ->> 'performed_by')::uuid, jsonb_strip_nulls(jsonb_build_object('notes', j #> '{meta,reason}'))
from jsonb_array_elements($1::text::jsonb) j
where j ->> 'action' <> 'start'",
};
