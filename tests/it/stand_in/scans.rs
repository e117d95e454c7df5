//! `get_order_for_scan`: one composite row for whatever it makes of a code.

use serde_json::{Value, json};

use crate::support::shop::{Shop, Who};

const COLUMNS: [&str; 20] = [
    "id",
    "shopify_order_number",
    "customer_name",
    "product_title",
    "size",
    "notes",
    "due_date",
    "delivery_method",
    "stage",
    "priority",
    "storage",
    "store",
    "filling_start_ts",
    "filling_complete_ts",
    "covering_start_ts",
    "covering_complete_ts",
    "decorating_start_ts",
    "decorating_complete_ts",
    "packing_start_ts",
    "packing_complete_ts",
];

async fn scan(shop: &mut Shop, code: &str) -> Value {
    shop.call(Who::Station, "get_order_for_scan", json!({"p_scan": code})).await
}

async fn shop() -> Shop {
    let shop = Shop::stand_in().await;
    for id in ["bannos-25771-A", "bannos-25771-B", "bannos-25649", "flourlane-25649", "flourlane-25644"] {
        shop.order(id, json!({})).await;
    }
    // Past -J the suffixes are numbers.
    for suffix in ["B", "J", "11", "12"] {
        shop.order(&format!("flourlane-30000-{suffix}"), json!({})).await;
    }
    shop
}

#[tokio::test]
async fn every_code_of_a_split_order_answers_its_first_cake() {
    let mut shop = shop().await;
    for code in [
        "bannos-25771-A",
        "bannos-25771-B",
        "bannos-25771",
        "25771",
        "#B25771",
        "#b25771",
        " Bannos-25771-b ",
    ] {
        assert_eq!(scan(&mut shop, code).await["id"], "bannos-25771-A", "{code}");
    }
    for code in ["flourlane-30000-12", "#F30000", "30000"] {
        assert_eq!(scan(&mut shop, code).await["id"], "flourlane-30000-B", "{code}");
    }
}

#[tokio::test]
async fn what_it_cannot_read_or_find_is_a_row_of_nulls() {
    let mut shop = shop().await;
    for code in [
        "#B25771-B",
        "flour-lane-25644",
        "£B25771",
        "]C0#B25771",
        "",
        "%CMD:BACK",
        "bannos-1",
        "4711",
        "#F25771",
        "2147483648",
        "99999999999",
        "https://shop.example/o/bannos-25771-A",
    ] {
        let row = scan(&mut shop, code).await;
        let row = row.as_object().unwrap_or_else(|| panic!("{code}: {row}"));
        assert!(
            COLUMNS.iter().all(|column| row[*column].is_null()) && row.len() == COLUMNS.len(),
            "{code}: {row:?}"
        );
    }
}

#[tokio::test]
async fn a_number_that_both_stores_have_is_bannos() {
    let mut shop = shop().await;
    assert_eq!(scan(&mut shop, "25649").await["store"], "bannos");
    assert_eq!(scan(&mut shop, "#F25649").await["store"], "flourlane");
}

#[tokio::test]
async fn nothing_in_the_row_says_that_an_order_is_cancelled() {
    let mut shop = shop().await;
    let cancel = "update public.orders_flourlane set stage = 'Complete', cancelled_at = now() where id = 'flourlane-25644'";
    shop.client.batch_execute(cancel).await.unwrap();
    let row = scan(&mut shop, "flourlane-25644").await;
    let names: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = COLUMNS.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!((&row["stage"], &row["packing_complete_ts"]), (&json!("Complete"), &Value::Null));
    let queued = shop.rows(Who::Station, "get_queue", json!({"p_search": "flourlane-25644"})).await.unwrap();
    assert!(queued[0]["cancelled_at"].is_string(), "there alone it is told");
}
