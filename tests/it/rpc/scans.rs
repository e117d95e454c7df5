//! `get_order_for_scan`: every form of a code, and what may never be guessed at.

use serde_json::{Value, json};

use super::outcome;
use crate::support::shop::{Shop, Who};

async fn stocked() -> Shop {
    let shop = Shop::open().await;
    for id in [
        "bannos-18617",
        "flourlane-25649",
        "bannos-25771-A",
        "bannos-25771-B",
        "bannos-25771-11",
        "bannos-4000",
        "flourlane-4000",
        "flourlane-7000-A",
        // A split order of which the whole was never taken out.
        "bannos-8000",
        "bannos-8000-A",
    ] {
        shop.order(id, json!({})).await;
    }
    shop
}

/// The orders that answered, in the order told.
fn ids(reply: &Value) -> Vec<&str> {
    let data = &reply["data"];
    match data["candidates"].as_array() {
        Some(candidates) => {
            assert!(candidates.len() > 1 && data["order"].is_null(), "{reply}");
            candidates.iter().map(|order| order["id"].as_str().unwrap()).collect()
        }
        None => vec![data["order"]["id"].as_str().unwrap_or_else(|| panic!("{reply}"))],
    }
}

#[tokio::test]
async fn every_form_of_a_code_finds_its_cakes() {
    let mut shop = stocked().await;
    let split: &[&str] = &["bannos-25771-A", "bannos-25771-B", "bannos-25771-11"];
    let table: [(&[&str], &[&str]); 7] = [
        (
            &[
                "#B18617",
                "#b18617",
                "  #B18617\r\n",
                "\u{2}#B18617\u{3}",
                "]C0#B18617",
                "]C1 #B18617",
                "]Q1#B18617",
                "£B18617",
                "bannos-18617",
                "BANNOS-18617",
                "18617",
                "]C018617",
                "ORDAK:BANNOS-18617/1",
                "https://bannos.example/orders/bannos-18617",
                "https://bannos-4000.example/orders/bannos-18617?source=docket",
                r#"{"order": "bannos-18617", "again": "BANNOS-18617", "n": 25649}"#,
            ],
            &["bannos-18617"],
        ),
        (
            &["#F25649", "£f25649", "flour-lane-25649", "flourlane-25649", "Flour-Lane-25649", "25649"],
            &["flourlane-25649"],
        ),
        (
            &[
                "#B25771-A",
                "bannos-25771-a",
                "ORDAK:BANNOS-25771-A/2",
                "https://x.example/bannos-25771-A/edit",
            ],
            &["bannos-25771-A"],
        ),
        (&["#B25771-11", "bannos-25771-11"], &["bannos-25771-11"]),
        (&["#B25771", "bannos-25771", "25771"], split),
        (&["4000"], &["bannos-4000", "flourlane-4000"]),
        (&["flourlane-7000", "7000"], &["flourlane-7000-A"]),
    ];
    for (codes, expected) in table {
        for code in codes {
            let reply = shop.call(Who::Station, "get_order_for_scan", json!({"scan": code})).await;
            assert_eq!(ids(&reply), expected, "{code}");
        }
    }
    // A number that names a whole order and one cake of it could mean either.
    let reply = shop.call(Who::Station, "get_order_for_scan", json!({"scan": "bannos-8000"})).await;
    assert_eq!(ids(&reply), ["bannos-8000", "bannos-8000-A"]);
}

#[tokio::test]
async fn what_names_no_order_is_refused_with_what_was_read() {
    let mut shop = stocked().await;
    let long = "9".repeat(100_000);
    let table: [(&[&str], &str); 2] = [
        (&["#B99999", "bannos-18617-A", "#B25771-C", "99999", "#B999999999"], "NOT_FOUND"),
        (
            &[
                "",
                " ",
                "]",
                "]E0",
                "]E09312345678907",
                "]E018617",
                "9312345678907",
                "123",
                "018617",
                "12345678",
                "#B018617",
                "#X18617",
                "#B18617-K",
                "#B18617-10",
                "#B18617X",
                "25771-A",
                "bannos-",
                "xbannos-18617",
                "bannos-18617 bannos-25771-A",
                "https://bannos-18617.example",
                r#"["bannos-18617", "bannos-4000"]"#,
                r#"{"id": "bannos-18617-X"}"#,
                "ORDAK:BANNOS-18617",
                "ORDAK:BANNOS-18617/0",
                "%CMD:UNDO",
                "%STAFF:18617",
                "' or 1=1 --",
                &long,
            ],
            "BAD_INPUT",
        ),
    ];
    for (codes, expected) in table {
        for code in codes {
            let reply = shop.call(Who::Station, "get_order_for_scan", json!({"scan": code})).await;
            assert_eq!(outcome(&reply), expected, "{code}");
            let read = reply["data"]["scan"].as_str().unwrap();
            assert!(code.starts_with(read) && (read.len() == code.len() || read.len() == 200), "{reply}");
        }
    }
    let reply = shop.call(Who::Station, "get_order_for_scan", json!({"scan": null})).await;
    assert_eq!(outcome(&reply), "BAD_INPUT");
}

#[tokio::test]
async fn a_scan_answers_only_for_stores_the_caller_may_read() {
    let mut shop = stocked().await;
    for (who, expected) in [(Who::Baker, "bannos-4000"), (Who::Miller, "flourlane-4000")] {
        let reply = shop.call(who, "get_order_for_scan", json!({"scan": "4000"})).await;
        assert_eq!(ids(&reply), [expected]);
    }
    let cases = [
        (Who::Baker, "#F25649", "PERMISSION_DENIED"),
        (Who::Baker, "25649", "NOT_FOUND"),
        (Who::Unapproved, "#B18617", "PERMISSION_DENIED"),
        (Who::Inactive, "#B18617", "PERMISSION_DENIED"),
        (Who::Stranger, "#B18617", "PERMISSION_DENIED"),
    ];
    for (who, code, expected) in cases {
        let reply = shop.call(who, "get_order_for_scan", json!({"scan": code})).await;
        assert_eq!(outcome(&reply), expected, "{who:?} {code}");
        assert_eq!(reply["data"]["order"], Value::Null);
    }
}
