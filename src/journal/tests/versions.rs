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

/// What the next version may write that this one has no word for, and what of the cakes goes on all the same.
#[test]
fn what_only_a_newer_version_understands_waits_for_it_with_what_came_after() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let of = |seq, number, state| Intent { order: order(number), ..intent(seq, state) };
    let row = |record| Row::of(&record);
    let lent = row(Record::Intent(of(2, 1, IntentState::Open))).reworded("\"Open\"", "\"Lent\"");
    let action = row(Record::Intent(of(4, 2, IntentState::Open))).reworded("complete_filling", "ice_cake");
    let glued = Job { order: order(3), ..job(6, JobState::Sending) };
    let glued = row(Record::Job(glued)).reworded("\"Sending\"", "{\"Glued\":3}");
    let closed = row(Record::Intent(of(8, 4, IntentState::Closed))).reworded("\"Closed\"", "\"Eaten\"");
    let fact = Record::Fact { order: order(1), fact: Fact::LabelRead, at: day(20) };
    let fact = row(fact).reworded("\"label_read\"", "\"frozen\"");
    let strange = [lent, action, glued, closed, fact];
    let known = [
        of(1, 1, IntentState::Open),
        of(3, 1, IntentState::Open),
        of(5, 2, refused()),
        of(6, 3, IntentState::Printing),
        of(7, 3, IntentState::Open),
        of(9, 4, IntentState::Open),
    ];
    let rows: Vec<_> = strange
        .iter()
        .cloned()
        .chain(known.iter().cloned().map(|intent| row(Record::Intent(intent))))
        .collect();
    rows::commit(journal.connection.as_mut().unwrap(), day(20), &rows, 0, &mut Vec::new()).unwrap();
    journal.last = i64::try_from(rows.len()).unwrap();
    drop(journal);
    for _ in 0..2 {
        let (mut journal, kept) = place.open();
        let seqs: Vec<_> = kept.intents.iter().map(|intent| intent.seq).collect();
        assert_eq!(seqs, [1, 9], "what came before, and what is of another cake");
        assert_eq!((kept.newer, kept.last_seq), (4 + 4, 9));
        journal.write(day(20), &[Record::Intent(of(9, 4, IntentState::Open))]).unwrap();
        for before in &strange {
            let found = place.row(before.table, &before.key);
            assert_eq!(
                (found.body, found.is_open),
                (before.body.clone(), before.is_open),
                "as it was written"
            );
        }
    }
    let contents = Reader::open(&place.config.path).unwrap().contents().unwrap();
    assert_eq!((contents.intents.len(), contents.unknown.len()), (6, 5));
    let open = contents.unknown.iter().filter(|record| record.is_open).count();
    assert_eq!((open, place.set_aside()), (3, Vec::new()), "not damaged");
}

#[test]
fn what_a_newer_version_added_to_a_record_stays_when_this_one_changes_it() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let mut new = Row::of(&Record::Intent(intent(1, IntentState::Open)));
    new.body = new.body.replacen('{', "{\"lane\":7,", 1);
    let copy = Job { is_reprint: true, ..job(2, JobState::Queued) };
    let copy = Row::of(&Record::Job(copy));
    rows::commit(journal.connection.as_mut().unwrap(), day(20), &[new, copy], 0, &mut Vec::new()).unwrap();
    journal.last = 2;
    let agreed = intent(1, IntentState::Agreed { already: false });
    let first = job(2, JobState::Sent);
    journal.write(day(21), &[Record::Intent(agreed.clone()), Record::Job(first.clone())]).unwrap();
    drop(journal);
    let row = place.row(Table::Intents, &agreed.id.to_string());
    assert_eq!(row.parse::<serde_json::Value>().unwrap()["lane"], 7);
    assert_eq!((row.parse::<Intent>().unwrap(), row.is_open), (agreed.clone(), false));
    let row = place.row(Table::Jobs, &first.intent.to_string());
    assert_eq!(row.parse::<Job>().unwrap(), first, "what this version gives up is given up");
    let whole = history::fold(&place.changes(1));
    assert_eq!(
        (&whole["lane"], serde_json::from_value(whole.clone().into()).ok()),
        (&7.into(), Some(agreed))
    );
}
