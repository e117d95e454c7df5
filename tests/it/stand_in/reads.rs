//! The other reads: what each answers, column by column.

use serde_json::{Value, json};

use crate::support::shop::{Shop, Who};

const QUEUE: [&str; 26] = [
    "id",
    "human_id",
    "shopify_order_id",
    "shopify_order_number",
    "customer_name",
    "product_title",
    "flavour",
    "notes",
    "currency",
    "total_amount",
    "stage",
    "priority",
    "due_date",
    "delivery_method",
    "size",
    "item_qty",
    "storage",
    "assignee_id",
    "assignee_name",
    "store",
    "created_at",
    "updated_at",
    "covering_start_ts",
    "decorating_start_ts",
    "cancelled_at",
    "total_count",
];

fn names(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_queue_and_the_detail_have_these_columns() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-1", json!({"assignee_id": Who::Baker.id(), "cake_writing": "Hi"})).await;
    let queued = shop.rows(Who::Station, "get_queue", json!({"p_store": "bannos"})).await.unwrap();
    assert_eq!(names(&queued[0]), sorted(QUEUE.to_vec()));
    assert_eq!((&queued[0]["assignee_name"], &queued[0]["human_id"]), (&json!("Baker"), &Value::Null));
    let detail = json!({"p_order_id": "bannos-1", "p_store": "bannos"});
    let told = shop.rows(Who::Station, "get_order_v2", detail).await.unwrap();
    let mut expected: Vec<_> = QUEUE[..22].to_vec();
    expected.extend(["cake_writing", "product_image", "accessories", "shipping_address"]);
    assert_eq!(names(&told[0]), sorted(expected));
    for missing in [
        json!({"p_order_id": "bannos-2", "p_store": "bannos"}),
        json!({"p_order_id": "bannos-1", "p_store": "flourlane"}),
    ] {
        assert_eq!(shop.rows(Who::Station, "get_order_v2", missing).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_search_finds_more_than_the_order() {
    let mut shop = Shop::stand_in().await;
    for id in ["bannos-1861", "bannos-18617", "bannos-18617-A", "flourlane-18617"] {
        shop.order(id, json!({"customer_name": "Ana bannos-18617"})).await;
    }
    let found =
        shop.rows(Who::Station, "get_queue", json!({"p_store": "bannos", "p_search": "bannos-18617"})).await;
    let found = found.unwrap();
    assert!(found.len() > 1, "a client must look for the exact id itself: {found:?}");
    assert!(found.iter().any(|row| row["id"] == "bannos-18617"));
}

#[tokio::test]
async fn counts_are_rows_and_none_is_no_row() {
    let mut shop = Shop::stand_in().await;
    for (id, columns) in [
        ("bannos-1", json!({})),
        ("bannos-2", json!({"stage": "Packing"})),
        ("bannos-3", json!({"stage": "Packing"})),
        ("bannos-4", json!({"stage": "Covering", "assignee_id": Who::Baker.id()})),
        ("bannos-5", json!({"stage": "Complete"})),
        ("flourlane-1", json!({})),
    ] {
        shop.order(id, columns).await;
    }
    let mut rows =
        shop.rows(Who::Station, "get_unassigned_counts", json!({"p_store": "bannos"})).await.unwrap();
    rows.sort_by_key(|row| row["count"].as_i64());
    assert_eq!(rows, [json!({"stage": "Filling", "count": 1}), json!({"stage": "Packing", "count": 2})]);
    for wrong in [Value::Null, json!("atlantis")] {
        let refused =
            shop.rows(Who::Station, "get_unassigned_counts", json!({"p_store": wrong})).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.message.as_str()),
            ("P0001", r#"Store must be "bannos" or "flourlane""#)
        );
    }
}

#[tokio::test]
async fn who_am_i_is_a_list_of_one_or_none() {
    let mut shop = Shop::stand_in().await;
    let told = shop.rows(Who::Supervisor, "get_staff_me", json!({})).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(names(&told[0]), ["email", "full_name", "is_active", "phone", "role", "store", "user_id"]);
    assert_eq!((&told[0]["user_id"], &told[0]["role"]), (&json!(Who::Supervisor.id()), &json!("Supervisor")));
    for nobody in [Who::Stranger, Who::Anon] {
        assert_eq!(shop.rows(nobody, "get_staff_me", json!({})).await, Ok(vec![]));
    }
}
