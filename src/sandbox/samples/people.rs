use crate::order::Stage;

/// Someone who works in the shop: a row of `staff_shared`.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The account, a UUID.
    pub id: &'static str,
    /// As colleagues say it.
    pub full_name: &'static str,
    /// `Staff`, `Supervisor` or `Admin`.
    pub role: &'static str,
    /// `bannos`, `flourlane` or `both`.
    pub store: &'static str,
    /// What the badge carries after `%STAFF:`.
    pub badge: &'static str,
    /// The address that its account signs in with.
    pub email: &'static str,
}

/// The account of a kiosk.
#[derive(Clone, Copy, Debug)]
pub struct Station {
    /// The account, a UUID.
    pub id: &'static str,
    /// As its configuration names it.
    pub name: &'static str,
    /// Where it stands.
    pub stage: Stage,
    /// Signs in with it.
    pub email: &'static str,
}

/// The stations, in the order of the work.
pub const STATIONS: [Station; 4] = [
    Station {
        id: "5f1a0000-0000-4000-8000-000000000001",
        name: "filling-1",
        stage: Stage::Filling,
        email: "filling-1@shop.example",
    },
    Station {
        id: "5f1a0000-0000-4000-8000-000000000002",
        name: "covering-1",
        stage: Stage::Covering,
        email: "covering-1@shop.example",
    },
    Station {
        id: "5f1a0000-0000-4000-8000-000000000003",
        name: "decorating-1",
        stage: Stage::Decorating,
        email: "decorating-1@shop.example",
    },
    Station {
        id: "5f1a0000-0000-4000-8000-000000000004",
        name: "packing-1",
        stage: Stage::Packing,
        email: "packing-1@shop.example",
    },
];

/// The people.
pub const PEOPLE: [Person; 7] = [
    person("5f1a0000-0000-4000-8000-000000000011", "Maria K.", "Staff", "both", "1001", "maria@shop.example"),
    person("5f1a0000-0000-4000-8000-000000000012", "Jack T.", "Staff", "bannos", "1002", "jack@shop.example"),
    person("5f1a0000-0000-4000-8000-000000000013", "Ελένη Π.", "Staff", "both", "1003", "eleni@shop.example"),
    person(
        "5f1a0000-0000-4000-8000-000000000014",
        "Wei L.",
        "Staff",
        "flourlane",
        "1004",
        "wei@shop.example",
    ),
    person("5f1a0000-0000-4000-8000-000000000015", "Amira H.", "Staff", "both", "1005", "amira@shop.example"),
    person(
        "5f1a0000-0000-4000-8000-000000000021",
        "Sophie B.",
        "Supervisor",
        "both",
        "2001",
        "supervisor@shop.example",
    ),
    person("5f1a0000-0000-4000-8000-000000000031", "Nick B.", "Admin", "both", "9001", "admin@shop.example"),
];

const fn person(
    id: &'static str,
    full_name: &'static str,
    role: &'static str,
    store: &'static str,
    badge: &'static str,
    email: &'static str,
) -> Person {
    Person { id, full_name, role, store, badge, email }
}
