//! The shape of an answer, drawn.

use iced::widget::Canvas;
use iced::widget::canvas::{self, Frame, Geometry, Path, Stroke, path};
use iced::{Color, Element, Point, Rectangle, Renderer, Theme, mouse};

use crate::ui::theme::Shape;

/// `shape` in a square of `side` pixels.
pub fn icon<'a, Message: 'a>(shape: Shape, side: f32, color: Color) -> Element<'a, Message> {
    Canvas::new(Icon { shape, color }).width(side).height(side).into()
}

struct Icon {
    shape: Shape,
    color: Color,
}

impl<Message> canvas::Program<Message> for Icon {
    type State = ();

    fn draw(
        &self,
        _state: &(),
        renderer: &Renderer,
        _theme: &Theme,
        bounds: Rectangle,
        _cursor: mouse::Cursor,
    ) -> Vec<Geometry> {
        let mut frame = Frame::new(renderer, bounds.size());
        let share = bounds.width / UNIT;
        // iced leaves a stroke's width out of what it paints anew: without this the round ends of a sign that moves stay behind.
        frame.fill_rectangle(Point::ORIGIN, bounds.size(), Color::TRANSPARENT);
        frame.scale(share);
        for (width, line) in lines(self.shape) {
            let stroke = Stroke {
                // Strokes keep their width whatever the frame's scale.
                width: width * share,
                line_cap: canvas::LineCap::Round,
                line_join: canvas::LineJoin::Round,
                ..Stroke::default()
            };
            frame.stroke(&line, stroke.with_color(self.color));
        }
        vec![frame.into_geometry()]
    }
}

/// The strokes of a shape and how thick they are, in a square of [`UNIT`].
fn lines(shape: Shape) -> Vec<(f32, Path)> {
    let ring = || (10.0, Path::circle(Point::new(50.0, 50.0), 44.0));
    match shape {
        Shape::Tick => vec![(13.0, polyline(&[(9.0, 54.0), (37.0, 82.0), (91.0, 22.0)]))],
        Shape::Info => vec![
            ring(),
            (12.0, polyline(&[(50.0, 28.0), (50.0, 28.1)])),
            (11.0, polyline(&[(50.0, 47.0), (50.0, 73.0)])),
        ],
        Shape::Arrow => vec![
            (13.0, polyline(&[(8.0, 50.0), (90.0, 50.0)])),
            (13.0, polyline(&[(56.0, 15.0), (91.0, 50.0), (56.0, 85.0)])),
        ],
        Shape::Cross => vec![
            (13.0, polyline(&[(14.0, 14.0), (86.0, 86.0)])),
            (13.0, polyline(&[(86.0, 14.0), (14.0, 86.0)])),
        ],
        Shape::Question => vec![
            (
                13.0,
                Path::new(|path| {
                    path.move_to(Point::new(22.0, 34.0));
                    path.bezier_curve_to(
                        Point::new(22.0, -2.0),
                        Point::new(79.0, -2.0),
                        Point::new(79.0, 34.0),
                    );
                    path.bezier_curve_to(
                        Point::new(79.0, 53.0),
                        Point::new(50.0, 50.0),
                        Point::new(50.0, 69.0),
                    );
                }),
            ),
            (15.0, polyline(&[(50.0, 91.0), (50.0, 91.1)])),
        ],
        Shape::Barcode => barcode(),
        Shape::Clock => vec![ring(), (11.0, polyline(&[(50.0, 24.0), (50.0, 52.0), (70.0, 64.0)]))],
    }
}

fn barcode() -> Vec<(f32, Path)> {
    let corner = |x: f32, y: f32| {
        let inward = |at: f32| if at < 50.0 { 22.0 } else { -22.0 };
        (11.0, polyline(&[(x + inward(x), y), (x, y), (x, y + inward(y))]))
    };
    let mut lines = vec![corner(7.0, 7.0), corner(93.0, 7.0), corner(7.0, 93.0), corner(93.0, 93.0)];
    for (x, width) in [(30.0, 5.0), (40.0, 3.0), (48.0, 6.0), (58.0, 3.0), (64.0, 3.0), (72.0, 5.0)] {
        lines.push((width, polyline(&[(x, 34.0), (x, 66.0)])));
    }
    lines
}

fn polyline(points: &[(f32, f32)]) -> Path {
    Path::new(|path: &mut path::Builder| {
        for (at, (x, y)) in points.iter().enumerate() {
            let point = Point::new(*x, *y);
            if at == 0 { path.move_to(point) } else { path.line_to(point) }
        }
    })
}

const UNIT: f32 = 100.0;
