use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backend::config::Secret;
use crate::order::StaffId;

/// A session as it outlives the program.
#[derive(Debug)]
pub struct Saved {
    /// The project it belongs to.
    pub url: Box<str>,
    /// The account it belongs to.
    pub email: Box<str>,
    /// The same account's id.
    pub account: StaffId,
    /// Works once.
    pub refresh_token: Secret,
}

/// Reads the session saved at `path`; none when there is none, or it is another project's or account's, or unreadable as
/// JSON: then the password opens a new one.
pub fn load(path: &Path, url: &str, email: &str) -> io::Result<Option<Saved>> {
    if let Some(folder) = folder(path) {
        fs::create_dir_all(folder)?;
    }
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(body) = serde_json::from_slice::<Body>(&text) else {
        tracing::warn!(path = %path.display(), "the saved session cannot be read: signing in anew");
        return Ok(None);
    };
    let saved = Saved {
        url: body.url,
        email: body.email,
        account: body.account,
        refresh_token: Secret::new(body.refresh_token),
    };
    Ok((*saved.url == *url && *saved.email == *email).then_some(saved))
}

/// Makes the session durable in one step: at every moment the old one or the new one is whole. Readable by its owner only.
pub fn save(path: &Path, saved: &Saved) -> io::Result<()> {
    let body = Body {
        url: saved.url.clone(),
        email: saved.email.clone(),
        account: saved.account.clone(),
        refresh_token: saved.refresh_token.reveal().into(),
    };
    let fresh = beside(path);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(&serde_json::to_vec(&body)?)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder(path).unwrap_or(Path::new(".")))?.sync_all()
}

#[derive(Serialize, Deserialize)]
struct Body {
    url: Box<str>,
    email: Box<str>,
    account: StaffId,
    refresh_token: Box<str>,
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn saved(token: &str) -> Saved {
        Saved {
            url: "http://a".into(),
            email: "e".into(),
            account: StaffId("id".into()),
            refresh_token: Secret::new(token),
        }
    }

    #[test]
    fn a_session_reads_back_for_its_own_project_and_account_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/session.json");
        assert!(load(&path, "http://a", "e").unwrap().is_none());
        save(&path, &saved("one")).unwrap();
        save(&path, &saved("two")).unwrap();
        assert_eq!(load(&path, "http://a", "e").unwrap().unwrap().refresh_token.reveal(), "two");
        assert!(load(&path, "http://b", "e").unwrap().is_none());
        assert!(load(&path, "http://a", "f").unwrap().is_none());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!beside(&path).exists());
    }

    #[test]
    fn what_a_torn_save_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        fs::write(beside(&path), "half a sess").unwrap();
        save(&path, &saved("one")).unwrap();
        assert_eq!(load(&path, "http://a", "e").unwrap().unwrap().refresh_token.reveal(), "one");
        fs::write(&path, "garbage").unwrap();
        assert!(load(&path, "http://a", "e").unwrap().is_none());
    }
}
