//! `get_queue` page by page: ties come in another order each time, so pages overlap and leave rows out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::shop::{Shop, Who};

/// A shop in which all of a stage is due on the same day.
async fn tied(count: u32) -> Shop {
    let shop = Shop::stand_in().await;
    let rows = "insert into public.orders_bannos (id, shopify_order_number, due_date)
        select 'bannos-' || n, n, '2026-11-02' from generate_series(20001, 20000 + $1::bigint) n";
    shop.client.execute(rows, &[&i64::from(count)]).await.unwrap();
    shop
}

async fn ids(shop: &mut Shop, arguments: Value) -> Vec<String> {
    let rows = shop.rows(Who::Station, "get_queue", arguments).await.unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Five pages of twenty.
async fn pages(shop: &mut Shop) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    for offset in (0..100).step_by(20) {
        let page = json!({"p_store": "bannos", "p_stage": "Filling", "p_limit": 20, "p_offset": offset});
        pages.push(ids(shop, page).await);
    }
    pages
}

#[tokio::test]
async fn rows_come_twice_and_not_at_all() {
    let mut shop = tied(100).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        shop.client.batch_execute("select setseed(0.18617)").await.unwrap();
        let pages = pages(&mut shop).await;
        assert!(
            pages.iter().all(|page| page.len() == 20 && page.iter().collect::<BTreeSet<_>>().len() == 20)
        );
        let different: BTreeSet<_> = pages.iter().flatten().cloned().collect();
        assert!(different.len() < 80, "of 100 rows only {} are to be seen", different.len());
        seen.push(pages);
    }
    assert_eq!(seen[0], seen[1], "the same seed gives the same pages");
    let another = pages(&mut shop).await;
    assert_ne!(another, seen[0]);
}

#[tokio::test]
async fn by_a_key_without_ties_pages_fit_together() {
    let mut shop = tied(100).await;
    let mut all = Vec::new();
    for offset in (0..100).step_by(20) {
        let page = json!({"p_store": "bannos", "p_stage": "Filling", "p_limit": 20, "p_offset": offset,
            "p_sort_by": "shopify_order_number", "p_sort_order": "ASC"});
        all.extend(ids(&mut shop, page).await);
    }
    assert!(all.is_sorted() && all.len() == 100);
}

#[tokio::test]
async fn priority_sorts_high_first_and_among_equals_anyhow() {
    let mut shop = Shop::stand_in().await;
    for (number, days) in (20_000..20_090).zip([-1, 1, 9].into_iter().cycle()) {
        let day = format!("select standin.today() + ({days})");
        let due = shop.ask(&day).await;
        shop.order(&format!("bannos-{number}"), json!({"due_date": due})).await;
    }
    for (order, expected) in [(None, ["High", "Medium", "Low"]), (Some("ASC"), ["Low", "Medium", "High"])] {
        let mut arguments = json!({"p_store": "bannos", "p_limit": 1000});
        if let Some(order) = order {
            arguments["p_sort_order"] = json!(order);
        }
        let rows = shop.rows(Who::Station, "get_queue", arguments).await.unwrap();
        let mut priorities: Vec<_> = rows.iter().map(|row| row["priority"].as_str().unwrap()).collect();
        priorities.dedup();
        assert_eq!(priorities, expected);
    }
    let fifty = ids(&mut shop, json!({"p_store": "bannos"})).await;
    assert_eq!(fifty.len(), 50, "the default");
}

#[tokio::test]
async fn without_a_store_limit_offset_and_count_are_each_stores_own() {
    let mut shop = Shop::stand_in().await;
    for number in 1..=5 {
        shop.order(&format!("bannos-{number}"), json!({})).await;
    }
    for number in 1..=3 {
        shop.order(&format!("flourlane-{number}"), json!({})).await;
    }
    let both =
        json!({"p_limit": 2, "p_offset": 1, "p_sort_by": "shopify_order_number", "p_sort_order": "ASC"});
    let rows = shop.rows(Who::Station, "get_queue", both).await.unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (row["id"].as_str().unwrap(), row["total_count"].as_i64().unwrap())).collect();
    assert_eq!(told, [("bannos-2", 5), ("bannos-3", 5), ("flourlane-2", 3), ("flourlane-3", 3)]);
}

#[tokio::test]
async fn complete_and_cancelled_orders_are_in_the_queue() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-1", json!({})).await;
    shop.order("bannos-2", json!({"stage": "Complete", "packing_complete_ts": "2026-11-02T02:00:00+00:00"}))
        .await;
    shop.order("bannos-3", json!({"stage": "Complete", "cancelled_at": "2026-11-02T02:00:00+00:00"})).await;
    shop.order("bannos-4", json!({"cancelled_at": "2026-11-02T02:00:00+00:00"})).await;
    let queue = |stage: Value| json!({"p_store": "bannos", "p_stage": stage, "p_sort_by": "shopify_order_number", "p_sort_order": "ASC"});
    assert_eq!(ids(&mut shop, queue(Value::Null)).await, ["bannos-1", "bannos-2", "bannos-3", "bannos-4"]);
    assert_eq!(ids(&mut shop, queue(json!("Filling"))).await, ["bannos-1", "bannos-4"]);
    assert_eq!(ids(&mut shop, queue(json!("Complete"))).await, ["bannos-2", "bannos-3"]);
}

#[tokio::test]
async fn a_store_or_stage_that_does_not_exist_is_an_empty_shop() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-1", json!({})).await;
    for wrong in [
        json!({"p_store": "Bannos"}),
        json!({"p_store": "bannos", "p_stage": "Baking"}),
        json!({"p_stage": "filling"}),
    ] {
        assert_eq!(shop.rows(Who::Station, "get_queue", wrong).await, Ok(vec![]));
    }
}
