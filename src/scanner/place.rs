//! Where a gun is plugged in, and who it is, so that it is found again wherever it is plugged in next.

use std::fs;
use std::path::{Path, PathBuf};

use crate::station::ScannerFault;

/// A gun's place. Whoever stands there when it is first opened is the gun that is meant, until the program ends.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Where the system's files begin: `/` but in a test.
    root: PathBuf,
    named: PathBuf,
    known: Option<Identity>,
}

/// Who a device on USB is, as far as it tells: maker, model, serial number, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity(String);

impl Place {
    pub fn new(named: &Path) -> Self {
        Self::below(Path::new("/"), named)
    }

    pub fn below(root: &Path, named: &Path) -> Self {
        Self { root: root.into(), named: named.into(), known: None }
    }

    /// Opens the gun, wherever it is now.
    pub fn open<T>(
        &mut self,
        mut open: impl FnMut(&Path) -> Result<T, ScannerFault>,
    ) -> Result<T, ScannerFault> {
        let named = below(&self.root, &self.named);
        let Some(known) = &self.known else {
            let opened = open(&named)?;
            self.known = node(&self.root, &self.named).and_then(|node| identity(&node));
            return Ok(opened);
        };
        let is_known = |node: &PathBuf| identity(node).as_ref() == Some(known);
        let here = node(&self.root, &self.named).filter(is_known);
        let mut fault = ScannerFault::Missing(self.named.to_string_lossy().into());
        // Of two alike the one at its own place is taken.
        if here.is_some() {
            match open(&named) {
                Ok(opened) => return Ok(opened),
                Err(told) => fault = told,
            }
        }
        // Another that is alike may be another worker's, who has it open: that is no fault of this one.
        let mut elsewhere =
            nodes(&self.root).filter(|(node, _)| Some(node) != here.as_ref() && is_known(node));
        elsewhere.find_map(|(_, file)| open(&file).ok()).ok_or(fault)
    }
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// What the kernel tells of the device behind a device file, which may be called by a link, or by a link to one.
fn node(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut path = below(root, path);
    for _ in 0..LINKS_MAX {
        let name = path.file_name()?;
        let node = CLASSES.iter().map(|(class, _)| root.join(class).join(name)).find(|node| node.exists());
        if node.is_some() {
            return node;
        }
        path = path.parent()?.join(fs::read_link(&path).ok()?);
    }
    None
}

/// All devices that guns may be, and their device files.
fn nodes(root: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    CLASSES.iter().flat_map(move |(class, files)| {
        let entries = fs::read_dir(root.join(class)).into_iter().flatten().flatten();
        let mut nodes: Vec<_> =
            entries.map(|entry| (entry.path(), root.join(files).join(entry.file_name()))).collect();
        nodes.sort();
        nodes
    })
}

/// None of what is not on USB, which cannot be plugged in elsewhere.
fn identity(node: &Path) -> Option<Identity> {
    let device = fs::canonicalize(node.join("device")).ok()?;
    let usb = device.ancestors().find(|folder| folder.join("idVendor").exists())?;
    let told = |folder: &Path, what: &str| {
        fs::read_to_string(folder.join(what)).map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    // The interface is a folder between the two; a device of several has several lines or keyboards.
    let part = device.ancestors().take_while(|folder| *folder != usb);
    let interface = part.map(|folder| told(folder, "bInterfaceNumber")).collect::<String>();
    let within = ["port_number", "name"].map(|what| told(&device, what)).concat();
    let [vendor, product, serial] = ["idVendor", "idProduct", "serial"].map(|what| told(usb, what));
    Some(Identity([vendor, product, serial, interface, within].join("/")))
}

/// Where the kernel lists devices that guns may be, and where their files are.
const CLASSES: [(&str, &str); 2] = [("sys/class/tty", "dev"), ("sys/class/input", "dev/input")];

/// More links to a device than anyone makes.
const LINKS_MAX: usize = 8;

#[cfg(test)]
pub(super) mod tests;
