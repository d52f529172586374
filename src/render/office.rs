//! Word-processor files and presentations, by LibreOffice in a limited child.
//!
//! It starts with an empty profile of its own in which macros, links to elsewhere and active content are off. A crash
//! leaves nothing of it but the folder of the rendering. It does not say whether the layout is that of the program the
//! document was written with: a person compares.

use super::child::{Ran, Scratch, run};
use super::{Rendered, failed, pdf};
use crate::error::Error;

/// What brings LibreOffice.
const PACKAGE: &str = "libreoffice-writer-nogui and libreoffice-impress-nogui";

/// The settings of the profile: nothing runs, nothing is fetched, and no field is filled in anew.
const SETTINGS: [(&str, &str, &str); 6] = [
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "2"),
    ("Writer/Content/Update", "Field", "false"),
];

/// The file of the settings.
fn settings() -> String {
    let mut text = concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?>"#,
        r#"<oor:items xmlns:oor="http://openoffice.org/2001/registry">"#,
    )
    .to_owned();
    for (path, name, value) in SETTINGS {
        text += &format!(r#"<item oor:path="/org.openoffice.Office.{path}">"#);
        text += &format!(r#"<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>"#);
    }
    text + "</oor:items>"
}

/// Renders a file with this ending.
pub(super) fn render(ending: &str, name: &str, bytes: &[u8], scratch: &Scratch) -> Result<Rendered, Error> {
    scratch.folder("profile/user")?;
    scratch.write("profile/user/registrymodifications.xcu", settings().as_bytes())?;
    scratch.folder("converted")?;
    let by = version(scratch)?;
    let source = format!("document.{ending}");
    scratch.write(&source, bytes)?;
    let ran = soffice(&["--convert-to", "pdf", "--outdir", "converted", &source], scratch)?;
    let converted = scratch.read("converted/document.pdf")?;
    let Some(converted) = converted.filter(|_| ran.is_ok) else {
        return Err(failed(name, format!("LibreOffice: {}", ran.complaint())));
    };
    let mut rendered = pdf::render(name, &converted, scratch)?;
    rendered.by.insert(0, by);
    Ok(rendered)
}

/// Name and version, without the digest of its build.
fn version(scratch: &Scratch) -> Result<String, Error> {
    let ran = soffice(&["--version"], scratch)?;
    let said = String::from_utf8_lossy(&ran.out).into_owned();
    let words: Vec<&str> = said.split_whitespace().take(2).collect();
    match words.as_slice() {
        ["LibreOffice", version] if ran.is_ok => Ok(format!("LibreOffice {version}")),
        _ => Err(failed("soffice", format!("does not say its version: {}", ran.complaint()))),
    }
}

fn soffice(arguments: &[&str], scratch: &Scratch) -> Result<Ran, Error> {
    let profile = format!("-env:UserInstallation=file://{}/profile", scratch.path().display());
    let mut all = vec![profile.as_str(), "--headless", "--norestore", "--nolockcheck", "--nodefault"];
    all.extend(["--nofirststartwizard", "--nologo"]);
    all.extend(arguments);
    run("soffice", &all, scratch, PACKAGE)
}
