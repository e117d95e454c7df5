//! Pictures of the sample cakes, drawn when they are asked for and served where Supabase serves a public bucket.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The path of a bucket's object, after the project's address (Supabase Storage, "Downloads", public buckets).
pub(super) const ROUTE: &str = "/storage/v1/object/public/cakes/{name}";

/// The address of the picture of such a cake, without the project's.
pub(super) fn path(product: &str, flavour: &str) -> String {
    let tiers = if product.contains("tier") { 2 } else { 1 };
    let name = format!("{tiers}-{}.png", Cream::of(product, flavour).name());
    ROUTE.replace("{name}", &name)
}

/// Answers with the picture, or that there is none of this name.
pub(super) async fn picture(Path(name): Path<String>) -> Response {
    let cake = name.strip_suffix(".png").and_then(|name| {
        let (tiers, cream) = name.split_once('-')?;
        let cream = Cream::ALL.into_iter().find(|known| known.name() == cream)?;
        Some((tiers.parse().ok().filter(|tiers| TIERS.contains(tiers))?, cream))
    });
    match cake {
        Some((tiers, cream)) => ([(header::CONTENT_TYPE, "image/png")], draw(tiers, cream)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What a cake is covered with.
#[derive(Clone, Copy)]
enum Cream {
    Vanilla,
    Chocolate,
    Pistachio,
    Strawberry,
    Lemon,
    Caramel,
}

impl Cream {
    const ALL: [Self; 6] =
        [Self::Vanilla, Self::Chocolate, Self::Pistachio, Self::Strawberry, Self::Lemon, Self::Caramel];

    /// By the first word that names one, of the flavour before the product.
    fn of(product: &str, flavour: &str) -> Self {
        let words = [
            ("Chocolate", Self::Chocolate),
            ("Black", Self::Chocolate),
            ("Bacio", Self::Chocolate),
            ("Pistachio", Self::Pistachio),
            ("Strawberry", Self::Strawberry),
            ("Berry", Self::Strawberry),
            ("Red", Self::Strawberry),
            ("Lemon", Self::Lemon),
            ("Mango", Self::Lemon),
            ("Hazelnut", Self::Caramel),
            ("caramel", Self::Caramel),
            ("Tiramisu", Self::Caramel),
        ];
        let named = |text: &str| words.iter().find(|(word, _)| text.contains(word)).map(|(_, cream)| *cream);
        named(flavour).or_else(|| named(product)).unwrap_or(Self::Vanilla)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vanilla => "vanilla",
            Self::Chocolate => "chocolate",
            Self::Pistachio => "pistachio",
            Self::Strawberry => "strawberry",
            Self::Lemon => "lemon",
            Self::Caramel => "caramel",
        }
    }

    /// The colour of the cream and of what runs down over it.
    fn colours(self) -> [Colour; 2] {
        match self {
            Self::Vanilla => [[248, 240, 222], [222, 178, 120]],
            Self::Chocolate => [[112, 70, 48], [58, 34, 26]],
            Self::Pistachio => [[186, 205, 150], [112, 146, 84]],
            Self::Strawberry => [[246, 196, 202], [206, 66, 88]],
            Self::Lemon => [[252, 232, 150], [240, 180, 52]],
            Self::Caramel => [[222, 180, 128], [150, 92, 44]],
        }
    }
}

type Colour = [u8; 3];

/// Paints the cake: each dot is the mean of a few points in it, so that edges are smooth.
fn draw(tiers: u8, cream: Cream) -> Vec<u8> {
    let mut dots = Vec::with_capacity(3 * (WIDTH * HEIGHT) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let mut sum = [0_u32; 3];
            for part in 0..POINTS * POINTS {
                let within = |part: u32| (part as f32 + 0.5) / POINTS as f32;
                let point = (x as f32 + within(part % POINTS), y as f32 + within(part / POINTS));
                for (sum, value) in sum.iter_mut().zip(colour(point, tiers, cream)) {
                    *sum += u32::from(value);
                }
            }
            dots.extend(sum.map(|sum| (sum / (POINTS * POINTS)) as u8));
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut png| png.write_image_data(&dots));
    written.expect("writing to memory");
    file
}

/// The colour at a point: the topmost tier that covers it, or the plate, or the bench behind.
fn colour((x, y): (f32, f32), tiers: u8, cream: Cream) -> Colour {
    let [side, drip] = cream.colours();
    let from_middle = x - WIDTH as f32 / 2.0;
    for tier in (0..tiers).rev() {
        let half = 170.0 - 60.0 * f32::from(tier);
        let top = 300.0 - 110.0 * f32::from(tiers) + 110.0 * f32::from(tiers - 1 - tier);
        let across = from_middle / half;
        if across.abs() > 1.0 {
            continue;
        }
        // A round cake from a little above: an ellipse on top, the same below.
        let bulge = TILT * half * (1.0 - across * across).sqrt();
        if (top - bulge..=top + bulge).contains(&y) {
            return drip;
        }
        if (top..=top + 110.0 + bulge).contains(&y) {
            let run = 20.0 + 16.0 * (from_middle / 17.0).sin() + 9.0 * (from_middle / 7.3).cos();
            let shade = 1.0 - 0.28 * across.abs().powi(3);
            let base = if y < top + bulge + run { drip } else { side };
            return base.map(|value| (f32::from(value) * shade) as u8);
        }
    }
    let plate = (from_middle / 215.0).powi(2) + ((y - 312.0) / 62.0).powi(2);
    if plate < 1.0 { [236, 236, 240] } else { [206, 198, 190] }
}

const WIDTH: u32 = 480;
const HEIGHT: u32 = 400;

/// Points a dot, across and down.
const POINTS: u32 = 2;

/// How far from above a cake is seen: the height of its top to its width.
const TILT: f32 = 0.22;

/// What is sold.
const TIERS: std::ops::RangeInclusive<u8> = 1..=2;
