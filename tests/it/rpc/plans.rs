//! How the lists are read when there are 20,000 open orders a store: by an index that is in their order, never by sorting
//! them all. The plan is that of the statement inside the function.

use std::future::poll_fn;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::support::shop::{Shop, Who};

/// The plans of every statement that a call of these functions runs, innermost first.
async fn plans(shop: &Shop, calls: &str) -> Vec<Value> {
    let (client, mut connection) = tokio_postgres::connect(shop.database.url(), NoTls).await.unwrap();
    let (notice, mut notices) = mpsc::unbounded_channel();
    let driver = tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(told) = message.unwrap() {
                notice.send(told.message().to_owned()).unwrap();
            }
        }
    });
    let claims = format!(r#"{{"role": "authenticated", "sub": "{}"}}"#, Who::Station.id());
    client
        .batch_execute(&format!(
            "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
             set auto_explain.log_format = json; set client_min_messages = log;
             select set_config('request.jwt.claims', '{claims}', false); {calls}"
        ))
        .await
        .unwrap();
    drop(client);
    driver.await.unwrap();
    let mut plans = Vec::new();
    while let Some(told) = notices.recv().await {
        let Some((_, plan)) = told.split_once("plan:\n") else { continue };
        plans.push(serde_json::from_str(plan).unwrap());
    }
    plans
}

/// Every node of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let mut found = vec![plan];
    for below in plan["Plans"].as_array().into_iter().flatten() {
        found.extend(nodes(below));
    }
    found
}

#[tokio::test]
async fn the_lists_walk_an_index_in_their_own_order() {
    let shop = Shop::open().await;
    shop.client
        .batch_execute(
            "do $$ begin
                for store in 0..1 loop
                    execute format($sql$
                        insert into public.orders_%1$s (id, shopify_order_number, due_date, size, stage)
                        select '%1$s-' || n, n, '2026-11-20'::date + n * 7 %% 9, n * 11 %% 5 || ' inch',
                            (array['Filling', 'Covering', 'Decorating', 'Packing'])[1 + n * 13 %% 4]::public.stage_type
                        from generate_series(1, 20000) n
                    $sql$, (array['bannos', 'flourlane'])[store + 1]);
                end loop;
             end $$;
             analyze public.orders_bannos, public.orders_flourlane;",
        )
        .await
        .unwrap();
    // First page, a deep one, and a window of days.
    for (call, mark, index) in [
        ("get_queue('bannos')", "get_queue.store", "orders_bannos_queue"),
        ("get_queue('bannos', null, null, 500, 19500)", "get_queue.store", "orders_bannos_queue"),
        ("get_queue('flourlane', '2026-11-21', '2026-11-22')", "get_queue.store", "orders_flourlane_queue"),
        (
            "get_unassigned_list('bannos', 'Covering')",
            "get_unassigned_list.store",
            "orders_bannos_unassigned_queue",
        ),
        (
            "get_unassigned_list('flourlane', 'Filling', 500, 4500)",
            "get_unassigned_list.store",
            "orders_flourlane_unassigned_queue",
        ),
    ] {
        let plans = plans(&shop, &format!("select count(*) from public.{call};")).await;
        let is_page = |plan: &&Value| {
            let text = plan["Query Text"].as_str().unwrap();
            text.contains(mark) && text.contains("order by page.place")
        };
        let [plan] = plans.iter().filter(is_page).collect::<Vec<_>>()[..] else { panic!("{plans:?}") };
        let nodes = nodes(&plan["Plan"]);
        let named = |key: &str| nodes.iter().filter_map(|node| node[key].as_str()).collect::<Vec<_>>();
        assert!(named("Index Name").contains(&index), "{call}: {plan:#}");
        // Of the page's own rows nothing is sorted but, at most, the page.
        let limit = nodes.iter().find(|node| node["Node Type"] == "Limit").unwrap();
        let below = self::nodes(limit);
        let kinds: Vec<_> = below.iter().map(|node| node["Node Type"].as_str().unwrap()).collect();
        assert!(
            kinds.iter().all(|kind| matches!(
                *kind,
                "Limit" | "Result" | "Index Scan" | "Index Only Scan" | "Append"
            )),
            "{call}: {plan:#}"
        );
        let other = if index.contains("bannos") { "orders_flourlane" } else { "orders_bannos" };
        assert!(!named("Relation Name").contains(&other), "{call}: {plan:#}");
        assert!(!named("Node Type").contains(&"Seq Scan"), "{call}: {plan:#}");
    }
}
