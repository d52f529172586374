//! Fetching CRLs, certificates of issuers and OCSP answers: with [`witness`], and with `openid` where that is built in,
//! the only step of the archive that uses the network.
//!
//! It is switched off until `muragat.toml` names addresses (`[material] fetch`), is run by a person or a timer
//! (`material fetch`), and is part of nothing else: validation, intake and audit never come here.
//!
//! In this order: what was asked for by name; the CRLs of what the archive keeps and trusts; certificates of issuers
//! that waiting submissions lack; CRLs for what those carry; OCSP answers about their signers. CRLs and certificates of
//! CAs become shared material. OCSP answers name people: they are given back to the caller and kept by nobody here.
//!
//! Invariants
//!   - Nothing is asked at an address that the configuration does not allow. Addresses in certificates are text by
//!     strangers: they choose among the allowed ones and add none.
//!   - Nothing is kept that no anchor of the policy leads to, signature by signature. A certificate that was kept
//!     before leads nowhere by itself.
//!   - A CRL older than one at hand by the same key is not kept, nor one of a time to come.
//!   - Requests, bytes, waits and the whole run have limits. Whose signature is on what a waiting submission carries is
//!     looked at with the work of that submission (`LINKS_MAX`), apart from what others carry: strangers choose these
//!     certificates. One that needs more is left alone.
//!
//! What a crash leaves: what was kept before it. Each piece is an act of its own.

pub mod deliver;
mod http;
#[cfg(feature = "oidc")]
pub mod openid;
mod timestamp;
pub mod witness;

pub use http::Timeouts;
pub use timestamp::Authority;

use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::ingest::share::{NotShared, Shared, Signers, add_shared, add_shared_from, is_ca, is_signed_by, trusted};
use crate::ingest::waiting;
use crate::limits::{FETCH_RUN_MS_MAX, FETCHES_MAX};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::strict::words;
use crate::model::url::HttpUrl;
use crate::verify::certificate::Certificate;
use crate::verify::crl::Crl;
use crate::verify::limits::{CERTIFICATE_BYTES_MAX, CRL_BYTES_MAX, OCSP_BYTES_MAX, PATH_CERTIFICATES_MAX};
use crate::verify::material::Material;
use crate::verify::ocsp::{self, OcspResponse};
use crate::verify::revocation::distribution::{crl_urls, same_scope};
use crate::verify::work::Work;
use http::{Client, HttpError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Addresses of one kind in one certificate that are tried. Own bound: real ones have two.
const URLS_OF_ONE_MAX: usize = 4;

/// Signatures of certificates that are verified for one waiting submission, by their weight. Own bound: 64 signers with
/// time-stamps, all under CAs with RSA keys of 4,096 bits, which count four each, and as much again. It takes a second
/// by the dearest keys ([`WORK_SIGNATURES_MAX`](crate::verify::limits::WORK_SIGNATURES_MAX)).
const LINKS_MAX: usize = 1_024;

words! {
    /// What an address is asked for.
    Purpose {
        /// A person named it.
        Named = "named",
        /// A CRL, complete or delta.
        Crl = "crl",
        /// The certificate of an issuer.
        Issuer = "issuer",
        /// An OCSP answer.
        Ocsp = "ocsp",
    }
}

words! {
    /// What came of it.
    Outcome {
        /// A dry run: it would be asked.
        Planned = "planned",
        /// It is shared material now.
        Added = "added",
        /// It was before.
        Kept = "kept",
        /// A newer CRL is at hand.
        Older = "older",
        /// There is an OCSP answer.
        Answered = "answered",
        /// The address is not allowed, or is none.
        NotAllowed = "not_allowed",
        /// A limit of the run was reached before.
        LeftOut = "left_out",
        /// Nothing usable came.
        Failed = "failed",
    }
}

/// What became of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address, as a certificate or a person wrote it.
    pub url: String,
    /// What for.
    pub purpose: Purpose,
    /// What came of it.
    pub outcome: Outcome,
    /// Of what failed or was left out.
    pub code: Option<ErrorCode>,
    /// The same in technical English.
    pub detail: Option<String>,
    /// Of what came: SHA-256 of the CRL, the certificate or the answer.
    pub sha256: Option<Sha256>,
}

/// What a run may do.
pub struct Options<'a> {
    /// Who fetches; nobody in a dry run, which says what would be asked and asks nothing.
    pub actor: Option<ActorId>,
    /// Addresses of CRLs and certificates of CAs, beside those in certificates.
    pub named: &'a [String],
    /// Whether OCSP responders are asked about the signers of waiting submissions.
    pub ocsp: bool,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// When set, nothing more is begun.
    pub stop: &'a AtomicBool,
}

/// Fetches what the archive may use, and gives back the OCSP answers.
pub fn fetch(archive: &Archive, options: &Options<'_>, report: &mut dyn FnMut(&Fetched)) -> Result<Material, Error> {
    if archive.config().fetch.is_empty() {
        let what = "fetching is switched off: no address is allowed";
        return Err(Error::new(ErrorCode::NetOff, "material.fetch", what));
    }
    let known = trusted(archive, &Material::new())?;
    // What the archive keeps and no anchor leads to may lack only an issuer.
    let mut common = Carried::of(Material::new(), Work::default());
    for certificate in archive.material()?.certificates().filter(|c| known.certificate(&c.sha256).is_none()) {
        common.certificates.add_certificate(certificate.clone());
    }
    let mut carried = Vec::new();
    for id in archive.all_waiting()? {
        let certificates = waiting::certificates(archive, &archive.waiting(id)?)?;
        carried.push(Carried::of(certificates, Work::of(LINKS_MAX, 0, 0)));
    }
    let client = Client::new(options.timeouts);
    let started = archive.now();
    let (asked, requests) = (BTreeSet::new(), 0);
    let mut run = Run { archive, options, client, started, asked, requests, known, common, carried, report };
    for text in options.named {
        run.named(text)?;
    }
    let now = crate::clock::utc(started);
    // A CA whose time is over makes no more lists.
    let valid: Vec<Arc<Certificate>> = run.known.certificates().filter(|c| c.is_valid_at(now)).cloned().collect();
    run.lists_for(&valid)?;
    run.issuers()?;
    let (carried, issuers) = run.led_to();
    run.lists_for(&carried)?;
    Ok(if options.ocsp { run.answers_about(carried.iter().zip(&issuers)) } else { Material::new() })
}

fn is_allowed(archive: &Archive, url: &HttpUrl) -> bool {
    archive.config().fetch.iter().any(|prefix| prefix.allows(url))
}

/// Certificates that belong together, and the work of looking who signed them.
struct Carried {
    certificates: Material,
    signers: Signers,
}

impl Carried {
    fn of(certificates: Material, work: Work) -> Self {
        Self { certificates, signers: Signers::within(work) }
    }
}

struct Run<'a> {
    archive: &'a Archive,
    options: &'a Options<'a>,
    client: Client,
    started: crate::clock::Millis,
    /// What was asked in this run, so that it is asked once.
    asked: BTreeSet<String>,
    requests: usize,
    /// The anchors, and certificates of CAs that they lead to.
    known: Material,
    /// Certificates that were fetched, and those that the archive keeps and no anchor leads to.
    common: Carried,
    /// The certificates that each waiting submission carries, oldest first.
    carried: Vec<Carried>,
    report: &'a mut dyn FnMut(&Fetched),
}

/// Why nothing usable came.
struct Failure(ErrorCode, String);

impl Failure {
    fn useless(what: impl ToString) -> Self {
        Self(ErrorCode::NetUseless, what.to_string())
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let code = match error {
            HttpError::TooLong(_) => ErrorCode::NetTooLong,
            _ => ErrorCode::NetNoAnswer,
        };
        Self(code, error.to_string())
    }
}

impl Run<'_> {
    fn say(&mut self, (purpose, url): (Purpose, &str), outcome: Outcome, sha256: Option<Sha256>) {
        (self.report)(&Fetched { url: url.to_owned(), purpose, outcome, code: None, detail: None, sha256 });
    }

    fn say_why(&mut self, (purpose, url): (Purpose, &str), outcome: Outcome, why: Failure) {
        let Failure(code, detail) = why;
        let (code, detail) = (Some(code), Some(detail));
        (self.report)(&Fetched { url: url.to_owned(), purpose, outcome, code, detail, sha256: None });
    }

    /// Asks at an address, if that is allowed and was not done before in this run. `about` tells two questions at the
    /// same address apart. What comes to nothing is reported here.
    fn ask(
        &mut self,
        what: (Purpose, &str),
        about: &str,
        send: impl FnOnce(&Client, &HttpUrl) -> Result<Vec<u8>, HttpError>,
    ) -> Option<Vec<u8>> {
        let url = what.1.parse::<HttpUrl>();
        let key = url.as_ref().map_or_else(|_| what.1.to_owned(), ToString::to_string);
        if !self.asked.insert(format!("{key} {about}")) {
            return None;
        }
        let url = match url {
            Ok(url) if is_allowed(self.archive, &url) => url,
            refused => {
                let why = match refused {
                    Ok(_) => Failure(ErrorCode::NetNotAllowed, "no address in material.fetch allows it".to_owned()),
                    Err(e) => Failure(ErrorCode::NetAddress, e.to_string()),
                };
                self.say_why(what, Outcome::NotAllowed, why);
                return None;
            }
        };
        if let Some(limit) = self.limit() {
            self.say_why(what, Outcome::LeftOut, Failure(ErrorCode::NetNoAnswer, limit.to_owned()));
            return None;
        }
        self.requests += 1;
        if self.options.actor.is_none() {
            self.say(what, Outcome::Planned, None);
            return None;
        }
        match send(&self.client, &url) {
            Ok(bytes) => Some(bytes),
            Err(e) => {
                self.say_why(what, Outcome::Failed, e.into());
                None
            }
        }
    }

    /// Which limit of the run is reached.
    fn limit(&self) -> Option<&'static str> {
        match () {
            () if self.options.stop.load(Ordering::Relaxed) => Some("the run was stopped"),
            () if self.requests >= FETCHES_MAX => Some("the run has made all the requests it may"),
            () if self.is_late() => Some("the run took too long"),
            () => None,
        }
    }

    fn is_late(&self) -> bool {
        self.archive.now().saturating_sub(self.started) > FETCH_RUN_MS_MAX
    }

    /// Whether no more certificates are looked at.
    fn is_over(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed) || self.is_late()
    }

    fn get(&mut self, what: (Purpose, &str), bytes_max: usize) -> Option<Vec<u8>> {
        self.ask(what, "", |client, url| client.get(url, bytes_max))
    }

    /// What came, read as material.
    fn read(&mut self, what: (Purpose, &str), bytes: &[u8]) -> Option<Material> {
        let mut file = Material::new();
        match file.add_file(bytes) {
            Ok(_) => Some(file),
            Err(e) => {
                self.say_why(what, Outcome::Failed, Failure::useless(e));
                None
            }
        }
    }

    /// Whatever a person named.
    fn named(&mut self, text: &str) -> Result<(), Error> {
        let what = (Purpose::Named, text);
        let Some(bytes) = self.get(what, CRL_BYTES_MAX) else { return Ok(()) };
        let Some(file) = self.read(what, &bytes) else { return Ok(()) };
        let authorities = file.certificates().filter(|c| is_ca(c)).count();
        if authorities + file.crls().len() == 0 {
            self.say_why(what, Outcome::Failed, Failure::useless("neither a CRL nor a certificate of a CA"));
        }
        if authorities > 0 {
            self.take_authorities(&file);
            self.keep_authorities(what, &file)?;
        }
        self.keep_lists(what, &file)
    }

    /// The CRLs that these certificates name.
    fn lists_for(&mut self, certificates: &[Arc<Certificate>]) -> Result<(), Error> {
        for certificate in certificates {
            for text in crl_urls(certificate).iter().take(URLS_OF_ONE_MAX) {
                let what = (Purpose::Crl, text.as_str());
                let Some(bytes) = self.get(what, CRL_BYTES_MAX) else { continue };
                let Some(file) = self.read(what, &bytes) else { continue };
                if file.crls().len() == 0 {
                    self.say_why(what, Outcome::Failed, Failure::useless("no CRL"));
                }
                self.keep_lists(what, &file)?;
            }
        }
        Ok(())
    }

    /// Keeps the CRLs of a file.
    fn keep_lists(&mut self, what: (Purpose, &str), file: &Material) -> Result<(), Error> {
        for crl in file.crls() {
            match self.keep_list(what.1, crl)? {
                Ok(outcome) => self.say(what, outcome, Some(crl.sha256)),
                Err(why) => self.say_why(what, Outcome::Failed, why),
            }
        }
        Ok(())
    }

    fn keep_list(&self, url: &str, crl: &Arc<Crl>) -> Result<Result<Outcome, Failure>, Error> {
        let Some(actor) = self.options.actor else { return Ok(Ok(Outcome::Planned)) };
        let issuers: Vec<_> =
            self.known.certificates_named(crl.issuer_der()).filter(|i| is_signed_by(crl, i)).collect();
        if issuers.is_empty() {
            return Ok(Err(not_shared(NotShared::NoIssuer)));
        }
        // Another key under the same name is another CA: its lists say nothing of this one's.
        let is_of_issuer = |held: &Crl| issuers.iter().any(|issuer| is_signed_by(held, issuer));
        let held = self.archive.material()?;
        if held.crls_of(crl.issuer_der()).any(|held| replaces(held, crl) && is_of_issuer(held)) {
            return Ok(Ok(Outcome::Older));
        }
        // An issuer that only a waiting submission carries is kept with its list, and what leads to it: without them
        // the list could not be told from a forged one. Anchors are in the policy.
        let mut carried = Material::new();
        // Known ones: an anchor leads to each, so these are as many as authorities made.
        let mut signers = Signers::within(Work::default());
        for issuer in issuers {
            let mut next = Some(issuer);
            for _ in 0..PATH_CERTIFICATES_MAX {
                let Some(one) = next.filter(|one| self.is_carried(&one.sha256)) else { break };
                carried.add_certificate(one.clone());
                next = signers.one_of(&self.known, one);
            }
        }
        add_shared(self.archive, &carried, actor)?;
        let mut one = Material::new();
        one.add_crl(crl.clone());
        Ok(match add_shared_from(self.archive, &one, Some(url), actor)? {
            Shared { added: 1.., .. } => Ok(Outcome::Added),
            Shared { kept: 1.., .. } => Ok(Outcome::Kept),
            Shared { left, .. } => Err(not_shared(left.first().map_or(NotShared::NoIssuer, |(_, why)| *why))),
        })
    }

    /// Looks for the certificates of issuers that the carried ones lack, upwards.
    fn issuers(&mut self) -> Result<(), Error> {
        let mut files: Vec<(String, Material)> = Vec::new();
        for _ in 0..PATH_CERTIFICATES_MAX {
            let lacking = self.lacking();
            let before = files.len();
            for text in lacking.certificates().flat_map(|c| c.extensions.issuer_urls.iter().take(URLS_OF_ONE_MAX)) {
                let what = (Purpose::Issuer, text.as_str());
                let Some(bytes) = self.get(what, CERTIFICATE_BYTES_MAX) else { continue };
                let Some(file) = self.read(what, &bytes) else { continue };
                self.take_authorities(&file);
                files.push((text.clone(), file));
            }
            if files.len() == before {
                break;
            }
        }
        self.link();
        for (text, file) in files {
            self.keep_authorities((Purpose::Issuer, &text), &file)?;
        }
        Ok(())
    }

    /// The carried certificates above which no path goes on. A self-issued one that is not known ends it, and another
    /// certificate of the same CA may still lead to an anchor.
    fn lacking(&mut self) -> Material {
        let mut lacking = Material::new();
        for at in 0..=self.carried.len() {
            if self.is_over() {
                break;
            }
            let Self { known, common, carried, .. } = self;
            let (certificates, signers) = match carried.get_mut(at) {
                Some(one) => (&one.certificates, &mut one.signers),
                None => (&common.certificates, &mut common.signers),
            };
            for certificate in certificates.certificates().filter(|c| !c.is_self_issued()) {
                let goes_on = |pool: &Material, signers: &mut Signers| {
                    signers.all_of(pool, certificate).iter().any(|issuer| !issuer.is_self_issued())
                };
                if signers.one_of(known, certificate).is_none()
                    && !goes_on(certificates, signers)
                    && !goes_on(&common.certificates, signers)
                {
                    lacking.add_certificate(certificate.clone());
                }
            }
        }
        lacking
    }

    fn take_authorities(&mut self, file: &Material) {
        file.certificates().filter(|c| is_ca(c)).for_each(|c| self.common.certificates.add_certificate(c.clone()));
        self.link();
    }

    /// Makes known what known certificates lead to.
    fn link(&mut self) {
        let mut before = usize::MAX;
        // What one submission carries may lead to what another does.
        while self.known.certificates().len() != before && !self.is_over() {
            before = self.known.certificates().len();
            for Carried { certificates, signers } in self.carried.iter_mut().chain([&mut self.common]) {
                signers.link(&mut self.known, certificates);
            }
        }
    }

    fn is_carried(&self, digest: &Sha256) -> bool {
        self.carried.iter().chain([&self.common]).any(|one| one.certificates.certificate(digest).is_some())
    }

    /// Keeps the certificates of CAs in a file that known ones lead to.
    fn keep_authorities(&mut self, what: (Purpose, &str), file: &Material) -> Result<(), Error> {
        let Some(actor) = self.options.actor else { return Ok(()) };
        let mut led_to = Material::new();
        for certificate in file.certificates().filter(|c| self.known.certificate(&c.sha256).is_some()) {
            led_to.add_certificate(certificate.clone());
        }
        if led_to.certificates().len() == 0 {
            self.say_why(what, Outcome::Failed, Failure::useless("no anchor leads to a certificate of a CA in it"));
        }
        for certificate in led_to.certificates() {
            let mut one = Material::new();
            one.add_certificate(certificate.clone());
            let added = add_shared_from(self.archive, &one, Some(what.1), actor)?.added;
            self.say(what, if added > 0 { Outcome::Added } else { Outcome::Kept }, Some(certificate.sha256));
        }
        Ok(())
    }

    /// The carried certificates that known ones have signed, and beside each one of those. Addresses in others are not
    /// looked at: anybody could make them.
    fn led_to(&mut self) -> (Vec<Arc<Certificate>>, Vec<Arc<Certificate>>) {
        let mut led_to = BTreeMap::new();
        let over = self.is_over();
        for Carried { certificates, signers } in self.carried.iter_mut().chain([&mut self.common]).filter(|_| !over) {
            for certificate in certificates.certificates() {
                if let Some(issuer) = signers.one_of(&self.known, certificate) {
                    led_to.insert(certificate.sha256, (certificate.clone(), issuer.clone()));
                }
            }
        }
        led_to.into_values().unzip()
    }

    /// OCSP answers about those of these certificates that are of no CA: authorities publish CRLs of CAs.
    fn answers_about<'c>(
        &mut self,
        certificates: impl Iterator<Item = (&'c Arc<Certificate>, &'c Arc<Certificate>)>,
    ) -> Material {
        let mut answers = Material::new();
        for (certificate, issuer) in certificates.filter(|(certificate, _)| !is_ca(certificate)) {
            let Some(request) = ocsp::request(certificate, issuer) else { continue };
            for text in certificate.extensions.ocsp_urls.iter().take(URLS_OF_ONE_MAX) {
                let what = (Purpose::Ocsp, text.as_str());
                let send = |client: &Client, url: &HttpUrl| client.ask_ocsp(url, &request, OCSP_BYTES_MAX);
                let Some(bytes) = self.ask(what, &certificate.sha256.to_string(), send) else { continue };
                match OcspResponse::parse(&bytes) {
                    // Whether it is true is the validation's to say.
                    Ok(response) if response.answers.iter().any(|answer| answer.id.serial == certificate.serial) => {
                        self.say(what, Outcome::Answered, Some(sha256(&bytes)));
                        answers.add_ocsp(Arc::new(response));
                        break;
                    }
                    Ok(_) => self.say_why(what, Outcome::Failed, Failure::useless("an answer about something else")),
                    Err(e) => self.say_why(what, Outcome::Failed, Failure::useless(e)),
                }
            }
        }
        answers
    }
}

fn not_shared(why: NotShared) -> Failure {
    Failure::useless(match why {
        NotShared::NoIssuer => "a CRL that no CA has signed to which an anchor leads",
        NotShared::NotYet => "a CRL of a time to come",
        NotShared::NamesPeople => "a certificate of a person or an OCSP answer",
    })
}

/// Whether `held` says what `crl` said, and later.
fn replaces(held: &Crl, crl: &Crl) -> bool {
    let [of_held, of_crl] = [held, crl].map(|one| one.extensions.issuing_distribution_point.as_ref());
    let is_newer = held.this_update > crl.this_update && held.is_delta() == crl.is_delta();
    is_newer && same_scope(of_held, of_crl, crl.issuer_der())
}
