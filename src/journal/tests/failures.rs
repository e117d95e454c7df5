//! What stands in the way of a journal: another's, a disk that is full, a write that failed.

use super::*;

#[test]
fn a_full_disk_is_told_and_passes() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Open))]).unwrap();
    let pages: i64 = journal.connection.as_ref().unwrap().pragma_query_one(None, "page_count").unwrap();
    journal
        .connection
        .as_ref()
        .unwrap()
        .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        .unwrap();
    let large =
        |seq| Record::Intent(Intent { code: "x".repeat(40_000).into(), ..intent(seq, IntentState::Open) });
    assert_eq!(
        journal.write(day(20), &[Record::Job(job(1, JobState::Queued)), large(2)]),
        Err(StoreFault::Full)
    );
    // Opened anew, the connection has the room that the file really has.
    journal.write(day(20), &[large(3)]).unwrap();
    drop(journal);
    let kept = place.open().1;
    assert_eq!(kept.intents.iter().map(|intent| intent.seq).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(kept.jobs, [], "all or none");
}

#[test]
fn after_a_failure_nothing_is_taken_until_the_database_is_open_again() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let first = Record::Intent(intent(1, IntentState::Open));
    journal.write(day(20), std::slice::from_ref(&first)).unwrap();
    journal.connection.as_ref().unwrap().pragma_update(None, "query_only", true).unwrap();
    let away = place.beside(".away");
    fs::rename(&place.config.path, &away).unwrap();
    for _ in 0..2 {
        let refused = journal.write(day(20), &[Record::Intent(intent(2, IntentState::Open))]);
        assert!(matches!(refused, Err(StoreFault::Broken(_))), "{refused:?}");
        assert!(journal.connection.is_none());
    }
    fs::rename(&away, &place.config.path).unwrap();
    journal.write(day(20), &[Record::Intent(intent(3, IntentState::Open))]).unwrap();
    drop(journal);
    let kept = place.open().1;
    assert_eq!(kept.intents, [intent(1, IntentState::Open), intent(3, IntentState::Open)]);
}

#[test]
fn what_a_failed_write_left_behind_is_undone_before_anything_else() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Open))]).unwrap();
    // As after a sync that failed: told as a failure, and there all the same.
    let closed = Row::of(&Record::Intent(intent(1, IntentState::Closed)));
    let new = Row::of(&Record::Job(job(1, JobState::Sending)));
    let newer = Row::of(&Record::Job(job(1, JobState::Sent)));
    let mut connection = journal.connection.take().unwrap();
    rows::commit(&mut connection, day(20), &[closed, new, newer], journal.last, &mut journal.doubts).unwrap();
    drop(connection);
    journal.write(day(20), &[Record::Intent(intent(2, IntentState::Open))]).unwrap();
    drop(journal);
    let kept = place.open().1;
    assert_eq!(kept.intents, [intent(1, IntentState::Open), intent(2, IntentState::Open)]);
    assert_eq!(kept.jobs, []);
    assert_eq!(place.history(1), [(day(20), "Open".into())], "a change that was undone is no history");
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let place = Place::new();
    fs::create_dir_all(place.config.path.parent().unwrap()).unwrap();
    place.sql("create table photos (name text); insert into photos values ('cake')");
    let before = fs::read(&place.config.path).unwrap();
    assert!(matches!(Journal::open(&place.config), Err(Error::NotAJournal { .. })));
    assert_eq!(fs::read(&place.config.path).unwrap(), before);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_by_name() {
    let place = Place::new();
    fs::write(place.config.path.parent().unwrap(), "a file").unwrap();
    let Err(Error::File { path, .. }) = Journal::open(&place.config) else { panic!("no folder, no journal") };
    assert_eq!(Some(path.as_path()), place.config.path.parent());
    let config = Config { path: "/proc/sys/journal.db".into(), ..place.config };
    assert!(matches!(Journal::open(&config), Err(Error::File { .. })), "a folder that takes no files");
}

#[test]
fn a_second_instance_is_refused_and_told_who_has_it() {
    let place = Place::new();
    let (journal, _) = place.open();
    let Err(Error::InUse { path, by }) = Journal::open(&place.config) else { panic!("two have it") };
    assert_eq!((path, by), (place.config.path.clone(), Some(std::process::id())));
    drop(journal);
    place.open();
}
