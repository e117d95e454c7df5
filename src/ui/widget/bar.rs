//! The bar at the foot of the screen: the ways to the other screens.

use iced::widget::{column, container};
use iced::{Color, Element, Length, alignment};

use super::fitted::fitted;
use super::press::{CORNER_MM, TOUCH_MM, badge, counted, pressable};
use crate::station::View;
use crate::ui::theme::{Coat, REFUSED, STRONG, Skin};
use crate::words;

/// Where the bar leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Search as you type.
    Search,
    /// The open cakes of every stage.
    Stages,
    /// The cakes that nobody has.
    Unassigned,
    /// What a person must decide.
    Attention,
}

impl Place {
    /// How many there are.
    pub const COUNT: usize = 4;
}

/// The entries, each `wide_mm` wide; `here` is the place that shows now.
pub fn entries<'a, Message: Clone + 'a>(
    view: &View,
    unassigned: usize,
    here: Option<Place>,
    wide_mm: f32,
    skin: Skin,
    to: fn(Place) -> Message,
) -> Vec<Element<'a, Message>> {
    let palette = skin.palette;
    let needed = view.attention.len();
    let raised = Coat { fill: palette.raised, ink: palette.text };
    let loud = Coat { fill: REFUSED.ink, ink: REFUSED.fill };
    let places = [
        (Place::Search, words::SEARCH, None),
        (Place::Stages, words::ALL_STAGES, None),
        (Place::Unassigned, words::UNASSIGNED, Some((unassigned, raised))),
        (Place::Attention, words::ATTENTION, Some((needed, if needed == 0 { raised } else { loud }))),
    ];
    let entry = |(place, label, count): (Place, &'static str, Option<(usize, Coat)>)| {
        let is_here = here == Some(place);
        let (coat, edge) = match (is_here, place == Place::Attention && needed > 0) {
            (_, true) => (REFUSED, REFUSED.fill),
            (true, false) => (raised, palette.muted),
            (false, false) => (Coat { fill: palette.panel, ink: palette.text }, palette.line),
        };
        match count {
            Some((count, badge)) if wide_mm < BESIDE_MM => {
                stacked(label, count, badge, coat, edge, skin, to(place))
            }
            count => counted(label, count, coat, edge, skin, to(place)),
        }
    };
    places.map(entry).into()
}

/// An entry with its count under its word, where there is no room beside it.
fn stacked<'a, Message: Clone + 'a>(
    label: &'static str,
    count: usize,
    count_coat: Coat,
    coat: Coat,
    edge: Color,
    skin: Skin,
    on_press: Message,
) -> Element<'a, Message> {
    let word = fitted(label, STRONG, skin.mm(6.0), coat.ink).shrink(skin.mm(4.0)).centred();
    let inside = column![word, badge(count.to_string(), count_coat, skin.mm(5.0), skin)]
        .spacing(skin.mm(0.8))
        .align_x(alignment::Horizontal::Center);
    pressable(container(inside).center(Length::Fill), coat, edge, skin.mm(CORNER_MM), on_press)
        .width(Length::Fill)
        .height(skin.mm(TOUCH_MM))
        .padding([0.0, skin.mm(1.6)])
        .into()
}

/// Width of an entry from which word and count stand side by side.
const BESIDE_MM: f32 = 70.0;
