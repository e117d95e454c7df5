//! What is typed and read, and what is made of it.

use super::state::{Action, Setup};
use super::step::{CODE, Field, Said, Step, TYPED_BYTES_MAX, TYPING, Taken};
use super::{Account, Project};
use crate::config::{Draft, Secret};
use crate::order::Post;
use crate::order::code::Code;
use crate::ui::widget::keys::{Key, Layer};
use crate::ui::widget::root::BACKSPACE;
use crate::words::setup as words;

impl Setup {
    pub(super) fn press(&mut self, key: Key) -> Vec<Action> {
        match key {
            Key::Layer(layer) => self.layer = layer,
            Key::Letter(letter) => {
                self.write(letter);
                // As on a phone, a capital is one letter: signs come in a row.
                if self.layer == Layer::Capitals {
                    self.layer = Layer::Small;
                }
            }
            Key::Delete => drop(self.text().pop()),
            Key::Clear => self.text().clear(),
        }
        Vec::new()
    }

    /// A key of a real keyboard, or of a gun that types.
    pub(super) fn hear(&mut self, letter: char) -> Option<Action> {
        let is_end = matches!(letter, '\n' | '\t');
        if self.step.fields().is_empty() {
            if !is_end {
                if !letter.is_control() && self.keys.len() < TYPED_BYTES_MAX {
                    self.keys.push(letter);
                }
                return None;
            }
            let typed = std::mem::take(&mut self.keys);
            if !typed.is_empty() {
                self.read(&Taken::Typing, &typed);
            }
            return None;
        }
        match letter {
            BACKSPACE => drop(self.text().pop()),
            _ if is_end => return self.entered(letter == '\n'),
            letter => self.write(letter),
        }
        None
    }

    /// The field that has the focus is done: the next one, or behind the last and after Enter the next step.
    fn entered(&mut self, goes_on: bool) -> Option<Action> {
        let fields = self.step.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or_default();
        if let Some(next) = fields.get(at + 1) {
            self.focus = *next;
            return None;
        }
        if goes_on { self.next() } else { None }
    }

    fn write(&mut self, letter: char) {
        if !letter.is_control() && self.text().len() < TYPED_BYTES_MAX {
            self.text().push(letter);
        }
    }

    /// What is being typed; typing answers what was refused.
    fn text(&mut self) -> &mut String {
        if matches!(self.said, Some(Said::Refused(_))) {
            self.said = None;
        }
        &mut self.typed[self.focus as usize]
    }

    pub(super) fn typed(&self, field: Field) -> &str {
        &self.typed[field as usize]
    }

    /// Something was read by a gun.
    pub(super) fn read(&mut self, by: &Taken, frame: &str) {
        let frame = frame.trim();
        match self.step {
            Step::Scanner if frame.to_ascii_uppercase().ends_with(CODE) => {
                if self.gun.as_ref() != Some(by) {
                    (self.gun, self.guard) = (Some(by.clone()), None);
                }
                self.said = Some(Said::Well(self.reads()));
            }
            Step::Label if matches!(Code::parse(frame), Code::Cake { id, .. } if id == self.sample) => {
                (self.print.is_out, self.print.is_read) = (true, true);
                self.said = Some(Said::Well(self.reads()));
            }
            Step::Scanner | Step::Label => {
                self.said = Some(Said::Refused(words::another_code(frame)));
            }
            step if !step.fields().is_empty() && frame.len() <= TYPED_BYTES_MAX => {
                frame.clone_into(self.text());
                self.entered(false);
            }
            _ => {}
        }
    }

    pub(super) fn project(&self) -> Project {
        let typed = self.typed(Field::Url).trim().trim_end_matches('/');
        let url = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        Project { url, anon_key: Secret::new(self.typed(Field::Key).trim()) }
    }

    pub(super) fn account(&self) -> Account {
        let email = self.typed(Field::Email).trim().to_owned();
        Account { email, password: Secret::new(self.typed(Field::Password)) }
    }

    pub(super) fn name(&self) -> String {
        self.typed(Field::Name).trim().to_owned()
    }

    /// Such as `bannos-filling-1`.
    pub(super) fn usual_name(&self) -> String {
        let stage = match self.post {
            Some(Post::At(stage)) => stage.name().to_lowercase(),
            Some(Post::Any) | None => "any".to_owned(),
        };
        match (self.stores.first(), self.stores.len()) {
            (Some(store), 1) => format!("{}-{stage}-1", store.slug()),
            _ => format!("{stage}-1"),
        }
    }

    /// All of it; none before a stage is chosen.
    pub(super) fn draft(&self) -> Option<Draft> {
        let (project, account) = (self.project(), self.account());
        let scanner = self.gun.as_ref().and_then(|gun| match gun {
            Taken::Found(place) => self.guns.get(*place).map(|(gun, _)| gun.table.clone()),
            Taken::Typing => Some(TYPING.to_owned()),
        });
        Some(Draft {
            name: self.name(),
            post: self.post?,
            stores: self.stores.clone(),
            repeat_guard: self.gun.as_ref().and(self.guard),
            screen: self.screen,
            url: project.url,
            anon_key: project.anon_key,
            email: account.email,
            password: account.password,
            scanner,
            printer: self.printer.clone(),
        })
    }
}
