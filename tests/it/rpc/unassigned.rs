//! `get_unassigned_list`: the four cards' lists, against the counts and the queue.

use serde_json::{Value, json};

use super::At;
use crate::support::shop::{Shop, Who};

#[tokio::test]
async fn the_lists_are_what_the_counts_count_in_the_queues_order() {
    let mut shop = Shop::open().await;
    let sizes = [Some("6 inch"), Some("10 inch"), Some("éclair"), None];
    for number in 0..120_i64 {
        let columns = json!({
            "stage": At::ALL[(number % 7) as usize].stage(),
            "due_date": if number % 10 == 3 { Value::Null } else { json!(format!("2026-11-{:02}", 10 + number * 7 % 6)) },
            "size": sizes[(number * 11 % 4) as usize],
            "assignee_id": (number % 3 == 0).then(|| Who::Baker.id()),
            "cancelled_at": (number % 17 == 0).then_some("2026-11-03T10:04:00+00:00"),
        });
        shop.order(&format!("bannos-{}", 90_000 - number * 13), columns.clone()).await;
        shop.order(&format!("flourlane-{}", 90_000 - number), columns).await;
    }
    let queue = shop.rows(Who::Baker, "get_queue", json!({"store": "bannos"})).await.unwrap();
    let counts = shop.call(Who::Baker, "get_unassigned_counts", json!({"store": "bannos"})).await;
    for stage in ["Filling", "Covering", "Decorating", "Packing"] {
        let expected: Vec<_> = queue
            .iter()
            .filter(|row| row["stage"] == json!(stage) && row["assignee_id"].is_null())
            .cloned()
            .collect();
        let arguments = json!({"store": "bannos", "stage": stage});
        let whole = shop.rows(Who::Baker, "get_unassigned_list", arguments).await.unwrap();
        assert!(!whole.is_empty());
        assert_eq!(whole, expected, "{stage}");
        assert_eq!(json!(whole.len()), counts["data"][stage.to_lowercase()], "{stage}");

        let mut paged = Vec::new();
        loop {
            let page = json!({"store": "bannos", "stage": stage, "limit": 4, "offset": paged.len()});
            let page = shop.rows(Who::Baker, "get_unassigned_list", page).await.unwrap();
            assert!(page.len() <= 4);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, whole, "{stage}");
    }
}

#[tokio::test]
async fn a_page_has_a_hundred_unless_asked_and_never_more_than_a_thousand() {
    let mut shop = Shop::open().await;
    shop.client
        .batch_execute(
            "insert into public.orders_bannos (id, shopify_order_number)
             select 'bannos-' || n, n from generate_series(1, 1200) n",
        )
        .await
        .unwrap();
    for (limit, expected) in [(json!(null), 100), (json!(5000), 1000), (json!(0), 0), (json!(-1), 0)] {
        let arguments = json!({"store": "bannos", "stage": "Filling", "limit": limit});
        let page = shop.rows(Who::Station, "get_unassigned_list", arguments).await.unwrap();
        assert_eq!(page.len(), expected, "{limit}");
    }
    let default = json!({"store": "bannos", "stage": "Filling"});
    assert_eq!(shop.rows(Who::Station, "get_unassigned_list", default).await.unwrap().len(), 100);
}

#[tokio::test]
async fn no_stage_no_store_and_no_right_are_refused_aloud() {
    let mut shop = Shop::open().await;
    for (who, store, stage, code) in [
        (Who::Station, json!("bannos"), json!("Complete"), "22023"),
        (Who::Station, json!("bannos"), json!(null), "22023"),
        (Who::Station, json!("bannos"), json!("filling"), "22P02"),
        (Who::Station, json!("x"), json!("Filling"), "22023"),
        (Who::Station, json!(null), json!("Filling"), "22023"),
        (Who::Miller, json!("bannos"), json!("Filling"), "42501"),
        (Who::Stranger, json!("bannos"), json!("Filling"), "42501"),
    ] {
        let arguments = json!({"store": store, "stage": stage});
        let refused = shop.rows(who, "get_unassigned_list", arguments).await.unwrap_err();
        assert_eq!(refused.code(), code, "{who:?} {store} {stage}");
    }
}
