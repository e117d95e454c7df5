//! `assign_staff` and `set_storage`: who a cake is given to and where it stands, in whatever stage.

use serde_json::{Value, json};

use super::{At, intent, outcome};
use crate::support::shop::{Shop, Who};

fn assign(id: &str, staff: Option<Who>) -> Value {
    json!({"id": id, "staff_id": staff.map(Who::id)})
}

fn store_at(id: &str, place: &str) -> Value {
    json!({"id": id, "storage": place})
}

async fn configure(shop: &Shop, key: &str, value: Value) {
    let sql = "insert into public.settings (store, key, value) values ('bannos', $1, $2)
        on conflict (store, key) do update set value = excluded.value";
    shop.client.execute(sql, &[&key, &value]).await.unwrap();
}

#[tokio::test]
async fn an_order_is_assigned_moved_on_and_unassigned_in_every_stage() {
    let mut shop = Shop::open().await;
    for (number, at) in At::ALL.into_iter().enumerate() {
        let id = format!("bannos-{}", 80_000 + number);
        at.put(&shop, &id).await;
        let before = shop.row(&id).await;
        let steps = [
            (Some(Who::Baker), "done"),
            (Some(Who::Baker), "already_done"),
            (Some(Who::Runner), "done"),
            (None, "done"),
            (None, "already_done"),
        ];
        for (staff, expected) in steps {
            let mut sent = assign(&id, staff);
            sent["note"] = json!(" careful ");
            sent["context"] = json!({"station": "s1"});
            let reply = shop.call(Who::Station, "assign_staff", sent).await;
            assert_eq!(outcome(&reply), expected, "{at:?} to {staff:?}: {reply}");
            let data = &reply["data"];
            assert_eq!(data["stage"], json!(at.stage()));
            assert_eq!(data["assignee_id"], json!(staff.map(Who::id)));
            assert_eq!(data["assignee_name"], json!(staff.map(Who::name)));
            assert_eq!((&data["mark"]["action"], &data["mark"]["by"]), (&json!("assign"), &json!("Station")));
            assert_eq!(data["event_seq"], shop.events(&id).await.last().unwrap()["id"]);
            let mut expected = before.clone();
            let row = shop.row(&id).await;
            expected["assignee_id"] = json!(staff.map(Who::id));
            expected["updated_at"] = row["updated_at"].clone();
            assert_eq!(row, expected, "{at:?} to {staff:?}");
        }
        let events = shop.events(&id).await;
        let staff: Vec<_> = events.iter().map(|event| event["meta"]["staff_id"].clone()).collect();
        assert_eq!(staff, [json!(Who::Baker.id()), json!(Who::Runner.id()), Value::Null]);
        assert!(events.iter().all(|event| event["meta"]["note"] == json!("careful")
            && event["stage"] == json!(at.stage())
            && event["station_id"] == json!("s1")));
    }
}

#[tokio::test]
async fn only_who_works_here_is_assigned() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::New.put(&shop, id).await;
    let before = shop.row(id).await;
    for staff in [Who::Unapproved, Who::Inactive, Who::Stranger, Who::Anon] {
        let reply = shop.call(Who::Station, "assign_staff", assign(id, Some(staff))).await;
        assert_eq!(outcome(&reply), "BAD_INPUT", "{staff:?}: {reply}");
    }
    let mut long = assign(id, Some(Who::Baker));
    long["note"] = json!("x".repeat(501));
    assert_eq!(outcome(&shop.call(Who::Station, "assign_staff", long).await), "BAD_INPUT");
    assert_eq!(shop.row(id).await, before);
    assert!(shop.events(id).await.is_empty());
    // Who is assigned is not who assigns: a station gives it to somebody in somebody's name.
    let mut sent = assign(id, Some(Who::Miller));
    sent["performed_by"] = json!(Who::Supervisor.id());
    assert_eq!(outcome(&shop.call(Who::Baker, "assign_staff", sent.clone()).await), "PERMISSION_DENIED");
    let reply = shop.call(Who::Station, "assign_staff", sent).await;
    assert_eq!((outcome(&reply), &reply["data"]["mark"]["by"]), ("done".into(), &json!("Supervisor")));
    assert_eq!(shop.events(id).await[0]["meta"]["caller"], json!(Who::Station.id()));
    // Left out is not null: nobody is unassigned by a forgotten argument.
    let refused = shop.rows(Who::Station, "assign_staff", json!({"id": id})).await.unwrap_err();
    assert_eq!(refused.code(), "42883");
}

#[tokio::test]
async fn storage_is_one_of_the_listed_places_where_a_list_is_configured() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Complete.put(&shop, id).await;
    let told = |reply: &Value| (outcome(reply), reply["data"]["storage"].clone());
    let reply = shop.call(Who::Station, "set_storage", store_at(id, " anywhere ")).await;
    assert_eq!(told(&reply), ("done".into(), json!("anywhere")));

    configure(&shop, "storage_places", json!(["Fridge 1", " Coolroom"])).await;
    for (place, expected, stands) in [
        ("fridge 1", "done", "Fridge 1"),
        ("Fridge 1", "already_done", "Fridge 1"),
        (" FRIDGE 1 ", "already_done", "Fridge 1"),
        ("coolroom", "done", "Coolroom"),
    ] {
        let reply = shop.call(Who::Station, "set_storage", store_at(id, place)).await;
        assert_eq!(told(&reply), (expected.into(), json!(stands)), "{place}");
        assert_eq!(shop.row(id).await["storage"], json!(stands));
    }
    let before = (shop.row(id).await, shop.events(id).await);
    let long = "x".repeat(101);
    for place in ["Fridge 3", "Fridge", "", " ", &long] {
        let reply = shop.call(Who::Station, "set_storage", store_at(id, place)).await;
        assert_eq!(outcome(&reply), "BAD_INPUT", "{place}: {reply}");
    }
    let reply = shop.call(Who::Station, "set_storage", store_at(id, "Fridge 3")).await;
    assert!(reply["message"].as_str().unwrap().ends_with("Fridge 1, Coolroom"), "{reply}");
    assert_eq!((shop.row(id).await, shop.events(id).await), before);
    let events: Vec<_> = before.1.iter().map(|event| event["meta"]["storage"].clone()).collect();
    assert_eq!(events, ["anywhere", "Fridge 1", "Coolroom"]);
    assert_eq!(before.1[0]["action"], json!("storage"));

    // The other store has its own list: none.
    At::New.put(&shop, "flourlane-1").await;
    let reply = shop.call(Who::Station, "set_storage", store_at("flourlane-1", "Shelf Z")).await;
    assert_eq!(told(&reply), ("done".into(), json!("Shelf Z")));
    let reply = shop.call(Who::Station, "set_storage", json!({"id": id, "storage": null})).await;
    assert_eq!(told(&reply), ("done".into(), Value::Null));
}

#[tokio::test]
async fn a_cancelled_cake_still_stands_somewhere() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    shop.order(id, json!({"cancelled_at": "2026-11-03T10:04:00+00:00", "assignee_id": Who::Baker.id()}))
        .await;
    assert_eq!(outcome(&shop.call(Who::Station, "set_storage", store_at(id, "Fridge 1")).await), "done");
    assert_eq!(outcome(&shop.call(Who::Station, "assign_staff", assign(id, None)).await), "done");
    assert_eq!(shop.row(id).await["cancelled_at"], json!("2026-11-03T10:04:00+00:00"));
}

#[tokio::test]
async fn an_intent_assigns_or_stores_once_and_only_what_it_was_made_for() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Decorating.put(&shop, id).await;
    let with = |mut sent: Value, number| {
        sent["context"] = json!({"intent_id": intent(number)});
        sent
    };
    let assigned = shop.call(Who::Station, "assign_staff", with(assign(id, Some(Who::Baker)), 1)).await;
    let stored = shop.call(Who::Station, "set_storage", with(store_at(id, "Shelf A"), 2)).await;
    assert_eq!((outcome(&assigned), outcome(&stored)), ("done".into(), "done".into()));
    // Whatever happened since: given to another, moved, the place no longer listed, the baker gone, returned.
    shop.call(Who::Station, "assign_staff", assign(id, Some(Who::Runner))).await;
    shop.call(Who::Station, "set_storage", store_at(id, "Shelf B")).await;
    configure(&shop, "storage_places", json!(["Fridge 1"])).await;
    shop.client
        .batch_execute(&format!(
            "update public.staff_shared set is_active = false where id = '{}';
             update public.orders_bannos set rework = 2;",
            Who::Baker.id()
        ))
        .await
        .unwrap();
    let before = (shop.row(id).await, shop.events(id).await);
    let again = shop.call(Who::Station, "assign_staff", with(assign(id, Some(Who::Baker)), 1)).await;
    assert_eq!(again, assigned);
    assert_eq!(shop.call(Who::Station, "set_storage", with(store_at(id, "Shelf A"), 2)).await, stored);
    let mut noted = with(assign(id, Some(Who::Baker)), 1);
    noted["note"] = json!("other");
    for (function, sent) in [
        ("assign_staff", with(assign(id, None), 1)),
        ("assign_staff", with(assign(id, Some(Who::Runner)), 1)),
        ("assign_staff", noted),
        ("set_storage", with(store_at(id, "Shelf B"), 2)),
        ("set_storage", with(json!({"id": id, "storage": null}), 2)),
        ("set_storage", with(store_at(id, "Shelf A"), 1)),
        ("complete_decorating", with(json!({"id": id}), 1)),
    ] {
        let reply = shop.call(Who::Station, function, sent).await;
        assert_eq!(outcome(&reply), "CONFLICT", "{function}: {reply}");
    }
    assert_eq!((shop.row(id).await, shop.events(id).await), before);
}

#[tokio::test]
async fn what_was_assigned_before_a_return_is_not_assigned_after_it() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Packing.put(&shop, id).await;
    shop.call(Who::Station, "qc_return_to_decorating", json!({"id": id, "reason": "cracked"})).await;
    for (function, sent) in
        [("assign_staff", assign(id, Some(Who::Baker))), ("set_storage", store_at(id, "Fridge 1"))]
    {
        let before = shop.row(id).await;
        let reply = shop.call(Who::Station, function, sent.clone()).await;
        assert_eq!((outcome(&reply), &reply["data"]["rework"]), ("CONFLICT".into(), &json!(1)), "{function}");
        assert_eq!(shop.row(id).await, before);
        let mut knows = sent;
        knows["context"] = json!({"rework": 1, "captured_at": "2026-11-02T00:00:00Z"});
        let reply = shop.call(Who::Station, function, knows).await;
        assert_eq!(outcome(&reply), "done", "{function}: {reply}");
    }
    // Captured long before, told after what was done since.
    let events = shop.events(id).await;
    assert!(events.is_sorted_by_key(|event| event["at"].as_str().unwrap().to_owned()), "{events:?}");
}
