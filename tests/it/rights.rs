//! Who may do what, from the register to the decision.
//!
//! Goal: the tables of docs/rights.md are what the function decides; a right comes from a confirmed register and from
//! nowhere else; a token, a password, a certificate and a signature over a nonce each open what they are for, once, in
//! time, and nothing tells why one does not. Method: every cell of the matrix is asked of the function; then real
//! archives with registers, accounts and a clock that is moved.

use super::bed::accepted;
use super::confirmed::row;
use super::signed::{AGENCY, Bench, DAY_MS, at, register_with_disposal};
use chrono::NaiveDate;
use muragat::access::grants::grants_of;
use muragat::access::login::{
    NONCE_MS, authenticate_certificate, authenticate_password, authenticate_signature, authenticate_token, login_nonce,
};
use muragat::access::rights::{Action, Decision, Grant, Means, Principal, RULES, Role, Target, decide};
use muragat::access::subject::{Person, report};
use muragat::access::{self, Reader, password, reading};
use muragat::archive::{Archive, Holder, Permitting};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::config::Config;
use muragat::error::ErrorCode;
use muragat::model::digest::sha256;
use muragat::model::id::{ActorId, RecordId};
use muragat::model::iin::Iin;
use muragat::model::submission::AccessCategory;
use muragat::store::local::LocalDisk;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Chain};
use muragat::verify::material::Material;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../docs/rights.md");
const RECORD: RecordId = RecordId([7; 16]);
const OWN: ActorId = ActorId([1; 8]);
const OTHER: ActorId = ActorId([2; 8]);
const AUTHENTICATED: &[Means] = &[Means::Password, Means::Token, Means::Certificate, Means::Signature, Means::Oidc];

/// The cells of the table below a heading of the page, without its first two lines.
pub(crate) fn table(heading: &str) -> Vec<Vec<String>> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|c| c.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

fn somebody(role: Role, means: Means, access: &[AccessCategory]) -> Principal {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let grant = Grant {
        role,
        agency: Some(AGENCY.to_owned()),
        access: access.iter().copied().collect(),
        records: (role == Role::Reader).then(|| BTreeSet::from([RECORD])),
        from: day("2026-01-01"),
        until: Some(day("2026-12-31")),
    };
    let is_machine = matches!(means, Means::Token | Means::Certificate);
    let person = (!is_machine).then(|| Iin::parse("000000000001").unwrap());
    let is_administrator = role == Role::Administrator;
    let account = "example".to_owned();
    Principal { account, actor: OWN, person, means, grants: vec![grant], is_administrator, scopes: None }
}

/// The cell of the matrix, from what the function decides.
fn cell(role: Role, action: Action) -> String {
    use AccessCategory::{Confidential, OfficialUse, Public};
    let on = "2026-06-01".parse().unwrap();
    let decided = |means, granted: &[AccessCategory], access, by| {
        let target = Target {
            agency: Some(AGENCY),
            access: Some(access),
            record: Some(RECORD),
            by: Some(by),
            ..Target::default()
        };
        decide(&somebody(role, means, granted), action, &target, on)
    };
    let allowed = |d: Decision| d.allowed;
    let ways: Vec<Means> =
        AUTHENTICATED.iter().copied().filter(|means| allowed(decided(*means, &[Public], Public, OWN))).collect();
    let who = match ways.as_slice() {
        [] => return "-".to_owned(),
        [Means::Token, Means::Certificate, Means::Signature, Means::Oidc] => "a",
        [Means::Signature, Means::Oidc] => "p",
        [Means::Certificate] => "c",
        [Means::Password, Means::Signature, Means::Oidc] => "p+",
        [Means::Password, Means::Token, Means::Certificate, Means::Signature, Means::Oidc] => "a+",
        ways => panic!("{role} {action}: {ways:?}"),
    };
    let one = |granted: &[AccessCategory], access, by| decided(ways[ways.len() - 1], granted, access, by);
    // Each category by itself: whether a grant without it reaches it.
    let beyond: Vec<bool> =
        [Confidential, OfficialUse].iter().map(|access| allowed(one(&[Public], *access, OWN))).collect();
    let named = one(AccessCategory::ALL, Confidential, OWN);
    assert!(named.allowed && one(AccessCategory::ALL, OfficialUse, OWN).allowed, "{role} {action}");
    let reach = match beyond.as_slice() {
        _ if !one(&[Public], Public, OTHER).allowed => " o",
        [true, true] if named.masked => " m",
        [true, true] => "",
        [false, false] => " g",
        _ => panic!("{role} {action}: one restricted category and not the other"),
    };
    format!("{who}{reach}")
}

#[test]
fn the_page_has_the_table_of_the_code() {
    let rows = table("3. ");
    let written: Vec<Vec<String>> = RULES
        .iter()
        .map(|rule| {
            let actions: Vec<&str> = rule.actions.iter().map(|action| action.as_str()).collect();
            let means: Vec<&str> = rule.means.iter().map(|means| means.as_str()).collect();
            vec![rule.id.to_owned(), actions.join(", "), rule.reach.as_str().to_owned(), means.join(", ")]
        })
        .collect();
    assert_eq!(rows, written);
}

#[test]
fn every_role_action_and_category_is_decided_as_the_page_says() {
    let rows = table("4. ");
    assert_eq!(rows.len(), Action::ALL.len());
    let mut wrong = Vec::new();
    for (action, row) in Action::ALL.iter().zip(&rows) {
        assert_eq!(row[0], action.as_str());
        assert_eq!(row.len(), 1 + Role::ALL.len(), "{action}");
        for (role, written) in Role::ALL.iter().zip(&row[1..]) {
            let found = cell(*role, *action);
            if found != *written {
                wrong.push(format!("{role} {action}: {found}, the page says {written}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An archive whose confirmed register names officers, an archivist (…21), an administrator who is an archivist (…15),
/// a machine, and a body that is another agency, with an archivist (…22).
fn staffed() -> (Bench, Archive, String) {
    let (bench, archive, trust) = Bench::without_crl();
    bench.share(&archive, &trust.crl);
    let register = register_with_disposal(&trust.authority)
        + &row("000000000021", "archivist")
        + "access = [\"public\", \"confidential\"]\n"
        + &row("000000000015", "archivist")
        + &row("000000000002", "archivist")
        + "\n[[body]]\nbin = \"000000000900\"\nagency = \"OTHER-01\"\nname = \"Басқа үлгі\"\n"
        + &row("000000000022", "archivist").replace("000000000100", "000000000900")
        + "\n[[service]]\nname = \"machine\"\nbin = \"000000000100\"\nkind = \"clerk\"\nfrom = \"2020-01-01\"\n\
           basis = \"Үлгі бұйрық\"\n";
    bench.adopt(&archive, &register);
    assert!(archive.confirmed().unwrap().has_quorum);
    (bench, archive, register)
}

fn person(archive: &Archive, name: &str, iin: &str) {
    archive.open_account(name, &Holder::Person(Iin::parse(iin).unwrap()), None, SYSTEM_ACTOR).unwrap();
}

fn grants(archive: &Archive, name: &str) -> Vec<Grant> {
    grants_of(archive, archive.accounts().unwrap().account(name).unwrap()).unwrap()
}

fn token(archive: &Archive, account: &str, scopes: &[&str], days: u64) -> (String, String) {
    let (until, actor) = (archive.today() + chrono::Days::new(days), archive.actor(account).unwrap());
    let (id, token, _) = archive.issue_token(account, &scopes.iter().copied().collect(), until, actor).unwrap();
    (id, token)
}

#[test]
fn a_right_comes_from_a_confirmed_register_and_goes_with_any() {
    let (bench, archive, register) = staffed();
    person(&archive, "archivist", "000000000021");
    person(&archive, "stranger", "000000000003");
    assert_eq!(grants(&archive, "archivist").iter().map(|g| g.role).collect::<Vec<_>>(), [Role::Archivist]);
    assert!(grants(&archive, "stranger").is_empty(), "an account is no right");
    // Whoever runs the program adopts a register of his own: it gives nothing, and takes away.
    let stranger = row("000000000003", "legal_officer");
    let mine = register.replacen("version = \"2\"", "version = \"3\"", 1).replace("000000000021", "000000000029");
    bench.adopt(&archive, &(mine + &stranger));
    assert!(!archive.unconfirmed().unwrap().is_empty());
    assert!(grants(&archive, "stranger").is_empty() && grants(&archive, "archivist").is_empty());
    let other = register.replacen("id = \"", "id = \"another-", 1).replace("000000000021", "000000000003");
    bench.adopt(&archive, &other);
    assert!(grants(&archive, "stranger").is_empty(), "another register of his own neither");
    // After the archive is opened again it is the same.
    archive.close().unwrap();
    let archive = bench.open();
    assert!(grants(&archive, "archivist").is_empty());
    // The confirmed file again needs nobody's signature, and brings the office back.
    bench.adopt(&archive, &register);
    assert_eq!(grants(&archive, "archivist").len(), 1);
    archive.close().unwrap();
}

#[test]
fn an_administrator_reads_nothing_whatever_other_office_they_have_and_agencies_are_apart() {
    let (bench, archive, register) = staffed();
    for (name, iin) in [("admin", "000000000015"), ("archivist", "000000000021"), ("other", "000000000022")] {
        person(&archive, name, iin);
    }
    let today = archive.today();
    let public = Target { agency: Some(AGENCY), access: Some(AccessCategory::Public), ..Target::default() };
    let enter = |archive: &Archive, name: &str| {
        let (_, token) = token(archive, name, &["content.read"], 1);
        authenticate_token(archive, &token).unwrap().unwrap()
    };
    let rule = |who: &Principal, target: &Target<'_>| decide(who, Action::ContentRead, target, today).rule;
    let admin = enter(&archive, "admin");
    assert!(admin.is_administrator && admin.grants.iter().any(|grant| grant.role == Role::Archivist));
    assert_eq!(rule(&admin, &public), "deny.administrator");
    let archivist = enter(&archive, "archivist");
    assert_eq!(rule(&archivist, &public), "archivist.content");
    let other = enter(&archive, "other");
    assert_eq!(rule(&other, &public), "deny.default");
    assert_eq!(rule(&other, &Target { agency: Some("OTHER-01"), ..public }), "archivist.content");
    assert_eq!(rule(&archivist, &Target { agency: Some("OTHER-01"), ..public }), "deny.default");
    // Who is named an administrator by a register that nobody confirmed is one, and gets nothing by that.
    let named = register.replacen("version = \"2\"", "version = \"3\"", 1) + &row("000000000021", "administrator");
    bench.adopt(&archive, &named);
    let archivist = enter(&archive, "archivist");
    assert!(archivist.is_administrator);
    assert_eq!(rule(&archivist, &public), "deny.administrator");
    assert!(!decide(&archivist, Action::ServiceOperate, &Target::default(), today).allowed);
    archive.close().unwrap();
}

#[test]
fn a_token_opens_until_its_day_and_not_when_revoked_changed_or_closed() {
    let (bench, archive, _) = staffed();
    archive.open_account("machine", &Holder::Service("machine".into()), None, SYSTEM_ACTOR).unwrap();
    person(&archive, "archivist", "000000000021");
    let enter = |archive: &Archive, token: &str| authenticate_token(archive, token).unwrap();
    let (id, first) = token(&archive, "machine", &["submit"], 1);
    let (_, second) = token(&archive, "machine", &["submit", "submission.see"], 9);
    let who = enter(&archive, &first).unwrap();
    assert_eq!((who.account.as_str(), who.means, who.person.is_none()), ("machine", Means::Token, true));
    assert_eq!(who.actor, archive.actor("machine").unwrap());
    let own = |action, by| {
        let target = Target { agency: Some(AGENCY), by: Some(by), ..Target::default() };
        decide(&who, action, &target, archive.today()).rule
    };
    assert_eq!(own(Action::Submit, who.actor), "clerk.submit");
    assert_eq!(own(Action::SubmissionSee, who.actor), "deny.scope");
    // Every other text opens nothing, and says nothing.
    let (head, secret) = first.rsplit_once('_').unwrap();
    let mut changed = secret.to_owned();
    changed.replace_range(0..1, if secret.starts_with('0') { "1" } else { "0" });
    let unknown = format!("mrg_{}_{secret}", "0".repeat(16));
    for text in [
        format!("{head}_{changed}"),
        unknown,
        head.to_owned(),
        format!("{first}0"),
        first.to_uppercase(),
        second.replacen(&second[4..20], &id, 1),
        String::new(),
        "mrg_".to_owned(),
    ] {
        assert!(enter(&archive, &text).is_none(), "{text}");
    }
    // The secret is nowhere in what is kept of it.
    let kept = archive.accounts().unwrap();
    assert_eq!(kept.token(&id).unwrap().sha256, sha256(first.as_bytes()));
    bench.later(DAY_MS);
    assert!(enter(&archive, &first).is_some(), "its last day");
    bench.later(DAY_MS);
    assert!(enter(&archive, &first).is_none() && enter(&archive, &second).is_some());
    let id = &second[4..20];
    archive.revoke_token(id, "Үлгі", SYSTEM_ACTOR).unwrap();
    assert!(enter(&archive, &second).is_none());
    assert_eq!(archive.revoke_token(id, "Үлгі", SYSTEM_ACTOR).unwrap_err().code, ErrorCode::AccUnknown);
    let (_, third) = token(&archive, "machine", &["submit"], 9);
    archive.close().unwrap();
    let archive = bench.open();
    assert!(enter(&archive, &third).is_some() && enter(&archive, &second).is_none(), "replayed from the acts");
    archive.close_account("machine", "Үлгі", SYSTEM_ACTOR).unwrap();
    assert!(enter(&archive, &third).is_none(), "closed with all it had");
    let again = archive.open_account("machine", &Holder::Service("machine".into()), None, SYSTEM_ACTOR);
    assert_eq!(again.unwrap_err().code, ErrorCode::AccTaken, "its pseudonym stays its own");
    // Whoever runs the program makes no token that acts as a person.
    let tomorrow = archive.today() + chrono::Days::new(1);
    for actor in [SYSTEM_ACTOR, archive.actor("os-user:0").unwrap()] {
        let theirs = archive.issue_token("archivist", &BTreeSet::from(["content.read"]), tomorrow, actor);
        assert_eq!(theirs.unwrap_err().code, ErrorCode::AccInvalid);
    }
    let until = archive.today() + chrono::Days::new(367);
    let endless = archive.issue_token("archivist", &BTreeSet::from(["submit"]), until, SYSTEM_ACTOR);
    assert_eq!(endless.unwrap_err().code, ErrorCode::AccInvalid);
    archive.close().unwrap();
}

#[test]
fn a_nonce_opens_once_in_time_for_who_signed_it_and_holds_an_office() {
    let (bench, archive, _) = staffed();
    person(&archive, "clerk", "000000000002");
    person(&archive, "stranger", "000000000003");
    let (clerk, stranger) = (&bench.office.clerk, &bench.office.stranger);
    let extra = Material::default();
    let now = at(bench.now());
    let sign = |nonce: &str| clerk.sign_detached(nonce.as_bytes(), now);
    let nonce = login_nonce(&archive);
    let signature = sign(nonce.text());
    let who = authenticate_signature(&archive, nonce, &signature, &extra).unwrap().unwrap();
    assert_eq!((who.account.as_str(), who.means), ("clerk", Means::Signature));
    assert!(who.person.unwrap().digits() == "000000000002" && !who.grants.is_empty());
    let denied =
        |nonce, signature: &[u8]| authenticate_signature(&archive, nonce, signature, &extra).unwrap().is_none();
    assert!(denied(login_nonce(&archive), &signature), "the signature of another nonce is none of this one");
    let nonce = login_nonce(&archive);
    let attached = clerk.sign_attached(nonce.text().as_bytes(), now);
    assert!(!denied(nonce, &attached), "with the text inside");
    // A signature over other bytes that carries them, one of nobody known, one of another CA, and none.
    assert!(denied(login_nonce(&archive), &clerk.sign_attached(b"muragat login 1\n", now)));
    let nonce = login_nonce(&archive);
    let by = stranger.sign_detached(nonce.text().as_bytes(), now);
    assert!(denied(nonce, &by), "an account without an office");
    let nonce = login_nonce(&archive);
    let by = bench.office.foreign.sign_detached(nonce.text().as_bytes(), now);
    assert!(denied(nonce, &by) && denied(login_nonce(&archive), b"") && denied(login_nonce(&archive), b"\x30\x00"));
    let nonce = login_nonce(&archive);
    let by = bench.office.official.sign_detached(nonce.text().as_bytes(), now);
    assert!(denied(nonce, &by), "an office without an account");
    let (early, late) = (login_nonce(&archive), login_nonce(&archive));
    let signatures = [sign(early.text()), sign(late.text())];
    bench.later(NONCE_MS);
    assert!(!denied(early, &signatures[0]));
    bench.later(1);
    assert!(denied(late, &signatures[1]), "after five minutes");
    archive.close_account("clerk", "Үлгі", SYSTEM_ACTOR).unwrap();
    let nonce = login_nonce(&archive);
    let by = sign(nonce.text());
    assert!(denied(nonce, &by));
    archive.close().unwrap();
    // A nonce of another archive is another text.
    let elsewhere = Bench::bare();
    let archive = elsewhere.open();
    let origin = |text: &str| text.lines().nth(1).unwrap().to_owned();
    let here = bench.open();
    assert_ne!(origin(login_nonce(&archive).text()), origin(login_nonce(&here).text()));
}

#[test]
fn a_password_sets_up_and_a_certificate_is_of_one_machine() {
    let (bench, archive, _) = staffed();
    let hash = password::hash("үлгі құпиясөз 1").unwrap();
    archive.open_account("setup", &Holder::Bootstrap, Some(&hash), SYSTEM_ACTOR).unwrap();
    let enter = |name: &str, password: &str| authenticate_password(&archive, name, password).unwrap();
    let who = enter("setup", "үлгі құпиясөз 1").unwrap();
    let open = Action::ALL.iter().filter(|action| decide(&who, **action, &Target::default(), archive.today()).allowed);
    assert_eq!(open.collect::<Vec<_>>(), [&Action::AccountsManage, &Action::ServiceOperate]);
    assert!(enter("setup", "үлгі құпиясөз 2").is_none() && enter("nobody", "үлгі құпиясөз 1").is_none());
    archive.change_password("setup", &password::hash("басқа құпиясөз").unwrap(), SYSTEM_ACTOR).unwrap();
    assert!(enter("setup", "үлгі құпиясөз 1").is_none() && enter("setup", "басқа құпиясөз").is_some());
    let with = archive.open_account("p", &Holder::Service("machine".into()), Some(&hash), SYSTEM_ACTOR);
    assert_eq!(with.unwrap_err().code, ErrorCode::AccInvalid, "a password is for setting up");
    archive.open_account("machine", &Holder::Service("machine".into()), None, SYSTEM_ACTOR).unwrap();
    archive.open_account("second", &Holder::Service("machine".into()), None, SYSTEM_ACTOR).unwrap();
    let (der, other) = (bench.office.official.certificate(), bench.office.brief.certificate());
    for certificate in [der, other] {
        archive.bind_certificate("machine", sha256(certificate), SYSTEM_ACTOR).unwrap();
    }
    let again = archive.bind_certificate("second", sha256(der), SYSTEM_ACTOR);
    assert_eq!(again.unwrap_err().code, ErrorCode::AccTaken);
    let enter = |der: &[u8]| authenticate_certificate(&archive, der).unwrap();
    let who = enter(der).unwrap();
    assert_eq!((who.account.as_str(), who.means, who.scopes), ("machine", Means::Certificate, None));
    assert!(enter(other).is_none(), "it has expired");
    assert!(enter(bench.office.clerk.certificate()).is_none() && enter(b"").is_none());
    archive.close().unwrap();
}

/// The readings of a record: who by their account, and what was said.
fn readings(archive: &Archive, record: RecordId) -> Vec<(Option<String>, Option<String>, Option<String>)> {
    let opened = access::open(archive, record, SYSTEM_ACTOR).unwrap();
    let (_, entries) = opened.history().unwrap();
    entries
        .iter()
        .filter(|entry| entry.leaf.act == ActKind::RecordRead && entry.leaf.actor != SYSTEM_ACTOR)
        .map(|entry| {
            assert_eq!(entry.leaf.act.chain(), Chain::Reading);
            let said = reading(archive, entry.index, &entry.leaf).unwrap();
            (entry.account.clone(), said.purpose, said.rule)
        })
        .collect()
}

#[test]
fn a_reading_says_who_what_for_and_by_which_rule_and_a_permit_is_for_its_records() {
    let (bench, archive, _) = staffed();
    let mut secret = bench.draft("1-қ");
    secret.access = "confidential";
    let record = accepted(&bench.take(&archive, &secret)).unwrap();
    let public = accepted(&bench.take(&archive, &bench.draft("2-қ"))).unwrap();
    person(&archive, "reader", "000000000031");
    let actor = archive.actor("reader").unwrap();
    let until = archive.today() + chrono::Days::new(3);
    let permitting = |records: &[RecordId]| Permitting {
        account: "reader".into(),
        records: records.iter().copied().collect(),
        until,
        basis: "Үлгі өтініш № 1".into(),
    };
    let permit = archive.permit_reading(&permitting(&[record]), SYSTEM_ACTOR).unwrap();
    assert!(archive.permit_reading(&permitting(&[RECORD]), SYSTEM_ACTOR).is_err(), "of no record");
    let enter = || {
        let account = archive.accounts().unwrap().account("reader").unwrap().clone();
        access::login::principal(&archive, &account, Means::Signature, None).unwrap()
    };
    let row = archive.index().record_by_id(record).unwrap().unwrap();
    let about = |record| Target {
        agency: Some(&row.agency),
        access: Some(row.access()),
        record: Some(record),
        about_person: access::is_about_persons(row.access()),
        ..Target::default()
    };
    let asked = |action, record, day| decide(&enter(), action, &about(record), day);
    let decision = asked(Action::ContentRead, record, archive.today());
    assert_eq!((decision.rule, decision.needs_purpose), ("reader.records", true));
    assert!(!asked(Action::ContentTake, record, archive.today()).allowed);
    assert!(!asked(Action::ContentRead, public, archive.today()).allowed, "not in the permit");
    assert!(!asked(Action::ContentRead, record, until + chrono::Days::new(1)).allowed);

    let open = |rule, purpose| access::open(&archive, record, Reader::asking(actor, rule, purpose)).map(drop);
    for purpose in [None, Some(""), Some("  "), Some("екі\nжол")] {
        assert_eq!(open(decision.rule, purpose).unwrap_err().code, ErrorCode::AccPurpose, "{purpose:?}");
    }
    assert!(readings(&archive, record).is_empty(), "what was not read is not in the chain");
    open(decision.rule, Some("Зерттеу")).unwrap();
    open(decision.rule, Some("Зерттеу")).unwrap();
    let said = |purpose: &str, rule: &str| (Some("reader".into()), Some(purpose.into()), Some(rule.to_owned()));
    assert_eq!(readings(&archive, record), [said("Зерттеу", "reader.records")], "one entry stands for 15 minutes");
    open(decision.rule, Some("Басқа мақсат")).unwrap();
    open("archivist.content", Some("Басқа мақсат")).unwrap();
    open(decision.rule, Some("Зерттеу")).unwrap();
    let all = [
        said("Зерттеу", "reader.records"),
        said("Басқа мақсат", "reader.records"),
        said("Басқа мақсат", "archivist.content"),
    ];
    assert_eq!(readings(&archive, record), all, "another purpose is another reading");
    bench.later(15 * 60 * 1000);
    open(decision.rule, Some("Зерттеу")).unwrap();
    assert_eq!(readings(&archive, record).len(), 4);
    access::open(&archive, public, Reader::asking(actor, decision.rule, None)).unwrap();
    assert!(readings(&archive, public).is_empty(), "what is open to everybody is no entry");

    archive.end_reading(permit, "Үлгі", SYSTEM_ACTOR).unwrap();
    assert!(!asked(Action::ContentRead, record, archive.today()).allowed);
    archive.close().unwrap();
    // The journal says of a reader and a reading a pseudonym and a commitment, and nothing else.
    let archive = bench.open();
    let counted = readings(&archive, record).len();
    assert_eq!(counted, 4);
    let mut acts: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in 0..archive.head().size {
        let leaf = archive.leaf(entry).unwrap();
        *acts.entry(leaf.act.as_str()).or_default() += 1;
    }
    assert_eq!((acts["reading.permitted"], acts["reading.ended"], acts["account.opened"]), (1, 1, 1));
    archive.close().unwrap();
    let (config, erasing) = (Config::load(&bench.root()).unwrap(), muragat::store::local::Erasing::Vault);
    let disk = LocalDisk::open(&bench.root(), erasing).unwrap();
    let options = AuditOptions { every_byte: true, threads: 2 };
    let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(readings(&archive, record).len(), counted, "from the truths alone");
    assert!(archive.accounts().unwrap().permits().all(|permit| permit.ended.is_some()));
}

#[test]
fn a_subject_report_finds_cards_signers_offices_and_accounts_and_is_a_reading_itself() {
    let (bench, archive, _) = staffed();
    let mut secret = bench.draft("1-қ");
    secret.access = "confidential";
    secret.card["executor_surname"] = serde_json::json!("Мысалбаева");
    let record = accepted(&bench.take(&archive, &secret)).unwrap();
    let public = accepted(&bench.take(&archive, &bench.draft("2-қ"))).unwrap();
    person(&archive, "clerk", "000000000002");
    let actor = archive.actor("clerk").unwrap();
    let about = |iin: Option<&str>, name: &str, purpose| {
        let person = Person::new(iin.and_then(Iin::parse), name).unwrap();
        report(&archive, &person, Reader::asking(actor, "archivist.decide", purpose), &mut |_, _| {})
    };
    let ids = |found: &access::subject::Report| found.records.iter().map(|held| held.record).collect::<Vec<_>>();
    // Who signed the cards is in no index: the reports of their signatures say it.
    let clerk = about(Some("000000000002"), "", Some("Өтініш № 1")).unwrap();
    assert_eq!((ids(&clerk), clerk.unreadable), (vec![record, public], 0));
    assert!(clerk.records.iter().all(|held| held.places == BTreeSet::from(["signature"])));
    assert_eq!(clerk.accounts, ["clerk"]);
    let kinds: Vec<&str> = clerk.offices.iter().map(|office| office.kind).collect();
    assert_eq!(kinds, ["records_office", "archivist"]);
    let named = about(None, "мысалбаева", Some("Өтініш № 2")).unwrap();
    assert_eq!(ids(&named), [record]);
    let said: Vec<_> = named.records[0].readings.iter().map(|one| one.said.purpose.as_deref()).collect();
    assert_eq!(said, [Some("Өтініш № 1"), Some("Өтініш № 2")], "each report is a reading");
    assert!(about(None, "Мысалбаев", Some("Өтініш № 3")).unwrap().records.is_empty(), "a part of a name is no name");
    let nobody = about(Some("000000000099"), "", Some("Өтініш № 4")).unwrap();
    assert!(nobody.records.is_empty() && nobody.offices.is_empty() && nobody.accounts.is_empty());
    assert_eq!(about(Some("000000000002"), "", None).unwrap_err().code, ErrorCode::AccPurpose);
    assert_eq!(Person::new(None, " - ").unwrap_err().code, ErrorCode::AccInvalid);
    archive.close().unwrap();
}
