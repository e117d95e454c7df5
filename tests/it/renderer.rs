//! Label pictures in ZPL as a renderer that others wrote makes them of our bytes (zpl-renderer-js, a build of Ingrid's
//! zebrash): `make zpl`, or any run that finds it where `ORDAK_ZPL` says.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::printer::{self, Config, Left, Seen};
use ordak_station::station::{EffectId, Outcome};
use serde_json::{Value, json};

use crate::support::hurtful;

#[test]
fn another_renderer_makes_the_same_labels_of_zpl_dot_for_dot() {
    let Some(modules) = std::env::var_os("ORDAK_ZPL").filter(|modules| !modules.is_empty()) else {
        println!("skipped: no other renderer of ZPL is here, `make zpl` brings it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (names, resolutions) = Template::known();
    let mut jobs = Vec::new();
    for (name, dpi) in names.iter().flat_map(|name| resolutions.iter().map(move |dpi| (*name, *dpi))) {
        // The finer ones take the renderer longest, and their bytes are packed no other way.
        for graphics in ["z64", "acs", "hex"].into_iter().take(if dpi == 203 { 3 } else { 1 }) {
            let spool = folder.path().join(format!("{name}-{dpi}-{graphics}"));
            fs::create_dir(&spool).unwrap();
            jobs.extend(print(&spool, name, dpi, graphics));
        }
    }
    render(Path::new(&modules), &jobs);
    let (mut labels, mut wrong) = (0, Vec::new());
    for job in &jobs {
        for (nth, page) in job.pages.iter().enumerate() {
            labels += 1;
            let differ = other_dots(&picture(&job.picture(nth)), page);
            if differ > 0 {
                wrong.push(format!("{} label {nth}: {differ} dots differ", job.file.display()));
            }
        }
        assert!(!job.picture(job.pages.len()).exists(), "{}: a label too many", job.file.display());
    }
    if let Some(file) = std::env::var_os("ZPL_FIGURES") {
        fs::write(file, json!({ "labels": labels, "differ": wrong.len() }).to_string() + "\n").unwrap();
    }
    assert_eq!(wrong, [""; 0], "of {labels}");
}

/// A job as its printer would get it, and what was drawn.
struct Sent {
    file: PathBuf,
    pages: Vec<Bitmap>,
}

impl Sent {
    /// Where the renderer puts a label.
    fn picture(&self, nth: usize) -> PathBuf {
        self.file.with_extension(format!("{nth}.png"))
    }

    /// As large as the largest label of the job, in millimetres of 8 dots whatever the printer's are.
    fn for_renderer(&self) -> Value {
        let widest = self.pages.iter().map(Bitmap::width_dots).max().unwrap();
        let longest = self.pages.iter().map(Bitmap::height_dots).max().unwrap();
        json!({ "file": self.file, "width": f64::from(widest) / 8.0, "height": f64::from(longest) / 8.0 })
    }
}

/// Prints every label that is hard to draw into a folder.
fn print(spool: &Path, template: &str, dpi: u16, graphics: &str) -> Vec<Sent> {
    let lines = format!(
        "name = \"bench\"\nlanguage = \"zpl\"\ntransport = \"file://{}\"\ntemplate = {template:?}\ndpi = {dpi}\n\
         graphics = {graphics:?}",
        spool.display()
    );
    let config: Config = toml::from_str(&lines).unwrap();
    let (said, seen) = mpsc::channel();
    let report = move |word| said.send(word).unwrap_or_default();
    let printer = printer::spawn(&config, STATION, Left::Whole, report).unwrap();
    let mut renderer = Renderer::new(Template::find(template, dpi).unwrap()).unwrap();
    let mut jobs = Vec::new();
    for (nth, (_, order)) in (1..).zip(hurtful::orders()) {
        let job = hurtful::sending(nth, order.id, 1);
        let file = spool.join(format!("{}-1-{}.bin", order.id, job.intent));
        let pages = renderer.render(&Label { order: &order, copy: 1, station: STATION, clock: CLOCK }).pages;
        printer.print(EffectId(nth.into()), job, Arc::new(order), CLOCK.to_owned()).unwrap();
        let is_done = |word: &Seen| matches!(word, Seen::Done { outcome: Outcome::Sent, .. });
        while !is_done(&seen.recv_timeout(Duration::from_mins(1)).unwrap()) {}
        jobs.push(Sent { file, pages });
    }
    jobs
}

/// Has all jobs drawn, a PNG a label.
fn render(modules: &Path, jobs: &[Sent]) {
    let list = tempfile::NamedTempFile::new().unwrap();
    let jobs: Vec<_> = jobs.iter().map(Sent::for_renderer).collect();
    fs::write(list.path(), Value::from(jobs).to_string()).unwrap();
    let drawn = Command::new("node").args(["-e", SCRIPT]).arg(list.path()).env("NODE_PATH", modules).status();
    assert!(drawn.unwrap().success(), "the other renderer failed");
}

/// Rows of dots, `true` is black.
fn picture(file: &Path) -> Vec<Vec<bool>> {
    let file = BufReader::new(File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut grey).unwrap();
    assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Grayscale, png::BitDepth::Eight));
    let rows = grey.chunks(frame.line_size);
    rows.map(|row| row[..frame.width as usize].iter().map(|grey| *grey < 0x80).collect()).collect()
}

/// How many dots of a picture are not as drawn; beside the label it is white.
fn other_dots(picture: &[Vec<bool>], page: &Bitmap) -> usize {
    assert!(picture.len() >= page.height_dots() as usize && picture[0].len() >= page.width_dots() as usize);
    let (width, height) = (page.width_dots().cast_signed(), page.height_dots().cast_signed());
    let is_drawn = |x: i32, y: i32| x < width && y < height && page.is_black(x, y);
    let other = |(y, row): (i32, &Vec<bool>)| {
        (0..).zip(row).filter(|(x, is_black)| **is_black != is_drawn(*x, y)).count()
    };
    (0..).zip(picture).map(other).sum()
}

const STATION: &str = "bannos-filling-1";
const CLOCK: &str = "10:43";

const SCRIPT: &str = r#"
const fs = require("fs");
require("zpl-renderer-js").ready.then(async ({ api }) => {
  for (const { file, width, height } of JSON.parse(fs.readFileSync(process.argv[1]))) {
    const labels = await api.zplToBase64MultipleAsync(fs.readFileSync(file, "latin1"), width, height, 8);
    labels.forEach((label, nth) => {
      fs.writeFileSync(file.replace(/bin$/, nth + ".png"), Buffer.from(label, "base64"));
    });
  }
  process.exit(0);
}).catch((error) => { console.error(error); process.exit(1); });
"#;
