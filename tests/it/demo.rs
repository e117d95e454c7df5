//! The demo with no display: its backend, station and printer as they are, its window drawn and typed into by `iced_test`.

use std::time::Duration;

use iced_test::Simulator;
use iced_test::core::{Settings, Size};
use ordak_station::cli::demo::{Assembled, assemble};
use ordak_station::order::Post;
use ordak_station::station::View;
use ordak_station::ui::{App, Message, demo, use_bundled_fonts};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

#[test]
fn a_typed_code_is_answered_and_its_label_comes_out() {
    let demo = assemble(None, 60, Post::Any).map_err(|told| told.happened).unwrap();
    let Assembled { running, lines, screen, backstage } = demo;
    drop(lines);
    let clock = Builder::new_current_thread().enable_time().build().unwrap();
    let mut labels = screen.demo.clone().unwrap();
    let mut window = Window { app: App::new(screen), views: running.handle().views(), clock };
    window.wait_until("the queue is read", |view| view.queue.read_at.is_some());
    assert!(!window.shows("Filling started"), "nothing is agreed before a scan");
    assert!(window.shows("Scan a cake at Filling: its label shows here"), "no label before a scan");

    window.types("#B18617");
    let is_answered =
        |view: &View| view.shown.as_ref().is_some_and(|shown| &*shown.verdict.code == "#B18617");
    window.wait_until("the scan is answered", is_answered);
    assert!(window.shows("#B18617"), "the number is not on screen");
    let is_agreed = |view: &View| view.shown.as_ref().is_some_and(|shown| shown.agreed_at.is_some());
    window.wait_until("the print is agreed", is_agreed);
    for said in ["#B18617", "Filling started", "Put the label on, then scan\u{A0}it"] {
        assert!(window.shows(said), "{said} is not on screen");
    }

    let came = window.clock.block_on(async {
        tokio::time::timeout(PATIENCE, labels.wait_for(|labels| !labels.is_empty()))
            .await
            .unwrap()
            .unwrap()
            .clone()
    });
    assert_eq!(came.len(), 1, "one scan is one label");
    window.takes(Message::Demo(demo::Message::Printed(came)));
    assert!(!window.shows("Scan a cake at Filling: its label shows here"), "the label is not in the tray");

    drop(window);
    drop(running);
    backstage.stop().map_err(|told| told.happened).unwrap();
}

/// The window as its user has it, without one.
struct Window {
    app: App,
    views: watch::Receiver<View>,
    clock: Runtime,
}

impl Window {
    fn simulator(&self) -> Simulator<'_, Message> {
        use_bundled_fonts();
        Simulator::with_size(Settings::default(), Size::new(1280.0, 720.0), self.app.view())
    }

    fn shows(&self, text: &str) -> bool {
        self.simulator().find(text).is_ok()
    }

    /// Types as a gun does: keys, and Enter at the end.
    fn types(&mut self, code: &str) {
        let mut simulator = self.simulator();
        simulator.typewrite(code);
        simulator.tap_key(iced_test::core::keyboard::key::Named::Enter);
        let messages: Vec<Message> = simulator.into_messages().collect();
        assert_eq!(messages.len(), code.len() + 1, "every key is heard once");
        for message in messages {
            self.takes(message);
        }
    }

    fn takes(&mut self, message: Message) {
        drop(self.app.update(message));
    }

    /// Shows the station's views until one is as wanted.
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&View) -> bool) {
        let next = async { self.views.wait_for(|view| is_so(view)).await.unwrap().clone() };
        let view = self.clock.block_on(async { tokio::time::timeout(PATIENCE, next).await });
        let view = view.unwrap_or_else(|_| panic!("{what}: never"));
        self.takes(Message::Viewed(Box::new(view)));
    }
}

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(2);
