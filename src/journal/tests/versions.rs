//! A version opens the journals of all before it, and the one before it opens its own: the runbook rolls the program back
//! first.

use super::*;

/// Written by the version of each schema; kept as they were.
const KEPT: [&[u8]; 1] = [include_bytes!("journal-v1.sqlite")];

#[test]
fn a_journal_of_every_earlier_version_opens_and_goes_on() {
    for (earlier, bytes) in KEPT.iter().enumerate() {
        let place = Place::new();
        fs::create_dir_all(place.config.path.parent().unwrap()).unwrap();
        fs::write(&place.config.path, bytes).unwrap();
        let (mut journal, kept) = place.open();
        assert_eq!(kept, all_kinds(), "schema {}", earlier + 1);
        journal.write(day(21), &[Record::Intent(intent(1, IntentState::Open))]).unwrap();
        drop(journal);
        let (journal, kept) = place.open();
        assert_eq!(kept.intents[0], intent(1, IntentState::Open));
        assert_eq!(schema::version(journal.connection.as_ref().unwrap()).unwrap(), schema::VERSION);
    }
    assert_eq!(KEPT.len() + 1, schema::VERSION, "the journal of each schema before the newest is kept");
}

/// What schema 1's program asks of a journal, word for word; it is frozen, like that program.
const VERSION_1: [&str; 6] = [
    "insert into intents (key, order_id, seq, at, is_open, body, seal) values ('k', 'bannos-1', 99, 1, 0, '{}', 1)
     on conflict (key) do update set order_id = 'bannos-1', seq = 99, at = 1, is_open = 0, body = '{}', seal = 1",
    "insert into facts (key, order_id, seq, at, is_open, body, seal) values ('k', 'bannos-1', 0, 1, 0, '{}', 1)
     on conflict (key) do update set order_id = 'bannos-1', seq = 0, at = 1, is_open = 0, body = '{}', seal = 1",
    "delete from intents where key in (select key from intents where at < 2 and not is_open and seq < (select max(seq)
     from intents) and key not in (select key from jobs where is_open) order by at limit 50000)",
    "delete from intents where key = 'k'",
    "delete from jobs where key in (select key from jobs where at < 2 and not is_open and key not in (select key from
     intents where is_open) order by at limit 50000)",
    "delete from facts where key in (select key from facts where at < 2 and not is_open order by at limit 50000)",
];

#[test]
fn the_version_before_works_on_a_newer_journal_and_hands_it_back() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &records(&all_kinds())).unwrap();
    drop(journal);
    let kept_by_1 = "select count(*) from (select key, order_id, seq, at, is_open, body, seal from intents
        union all select key, order_id, seq, at, is_open, body, seal from jobs
        union all select key, order_id, seq, at, is_open, body, seal from facts)";
    let connection = Connection::open(&place.config.path).unwrap();
    let count: i64 = connection.query_row(kept_by_1, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 7 + 7 + 5);
    for sql in VERSION_1 {
        connection.execute(sql, []).unwrap();
    }
    // It changes an intent, and knows of no history.
    let agreed = Row::of(&Record::Intent(intent(2, IntentState::Agreed { already: false })));
    let sql = "update intents set is_open = 0, body = ?1, seal = ?2 where key = ?3";
    connection.execute(sql, rusqlite::params![agreed.body, agreed.seal(), agreed.key]).unwrap();
    drop(connection);
    let (mut journal, kept) = place.open();
    assert_eq!(kept.intents.iter().map(|intent| intent.seq).collect::<Vec<_>>(), [1, 3, 4, 5]);
    assert_eq!((kept.jobs, kept.facts, kept.notices), (all_kinds().jobs, all_kinds().facts, vec![]));
    journal.write(day(21), &[Record::Intent(intent(8, IntentState::Open))]).unwrap();
}

#[test]
fn what_a_newer_version_added_stays() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &records(&all_kinds())).unwrap();
    drop(journal);
    // What a newer version may do: add a table, a column, a key in the JSON (and seal it).
    place.sql(
        "pragma user_version = 9; create table badges (key text primary key);
         alter table intents add column lane text not null default 'x'; update intents set lane = 'kept'",
    );
    let (mut journal, kept) = place.open();
    assert_eq!(kept, all_kinds());
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Open))]).unwrap();
    let connection = journal.connection.as_ref().unwrap();
    let untouched: (i64, i64) = connection
        .query_row("select user_version, (select count(*) from intents where lane = 'kept') from pragma_user_version",
            [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(untouched, (9, 7));
}
