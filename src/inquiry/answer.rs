//! The answer to an inquiry: what was searched and up to where, what was found, what was destroyed and by which act.
//!
//! An answer is canonical JSON (`schema/inquiry-answer/2`) with the same in three languages for people. It is made from
//! the acts of the inquiry, so until those change it is the same bytes. A records officer signs exactly these bytes,
//! outside; [`sign`] makes them again, has the signature validated ([`crate::ingest::approval`]) and seals both.
//!
//! Invariants
//!   - «Not found» is a statement with a size and a root: it speaks of every entry before it, and says how many of them
//!     could not be read.
//!   - What people read is what the fields say: [`check`] writes the texts again and compares.
//!   - Answers of the first version are checked for ever by the words that they had; none is made any more.
//!   - It names its own inquiry and no other, and no title of a restricted record.
//!
//! A crash leaves an answer taken in or not. It proves no signature by itself: `validate` does, with the answer as
//! content.

use super::desk::{Inquiry, find, standing};
use super::search::{self, Searched, Within};
use crate::archive::{ActOwner, Archive};
use crate::clock::{civil_date, local_text, rfc3339};
use crate::disposition::case::Case;
use crate::disposition::certificate;
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::cite;
use crate::filing::handover::{self, Elsewhere};
use crate::index::filing::HoldTarget;
use crate::index::query::Query;
use crate::ingest::approval::{Asked, approved_act};
use crate::model::canonical::{self, said};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::CardField;
use crate::model::submission::AccessCategory;
use crate::text::{Lang, Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The value of an answer's `schema` field.
pub const ANSWER_SCHEMA: &str = "muragat/inquiry-answer/2";
/// The same of the first version: no query of number or date reached what another archive keeps.
pub const ANSWER_SCHEMA_1: &str = "muragat/inquiry-answer/1";
/// The answer in its act.
pub const ANSWER_FILE: &str = "answer.json";
/// The officer's signature in the act.
const SIGNATURE_FILE: &str = "signature-1.p7s";
/// In which office an answer is signed.
const OFFICE: &[SignerKind] = &[SignerKind::RecordsOffice];

/// An answer as it is given out.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The answer.
    pub bytes: Vec<u8>,
    /// The signature, and the entry that took it in; none: it is to be signed.
    pub signed: Option<(Vec<u8>, u64)>,
    /// The plans by which something that was found was destroyed: their certificates go with it.
    pub plans: BTreeSet<RecordId>,
    /// Records that it names.
    pub records: BTreeSet<RecordId>,
    /// Files and records that it says were destroyed.
    pub destroyed: BTreeSet<RecordId>,
}

impl Prepared {
    /// The answer with its texts, and its signature: files as they are given out.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![(ANSWER_FILE.to_owned(), self.bytes.clone())];
        for (name, lang) in Lang::ALL {
            files.push((format!("answer.{name}.txt"), text_of(&self.bytes, lang).into_bytes()));
        }
        files.extend(self.signed.iter().map(|(signature, _)| (format!("{ANSWER_FILE}.p7s"), signature.clone())));
        files
    }

    /// The certificates of what was destroyed, with the newest checkpoint.
    pub fn certificates(&self, archive: &Archive) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let made = |plan: &RecordId| Ok((format!("certificate-{plan}.json"), certificate::make(archive, *plan)?));
        self.plans.iter().map(made).collect()
    }
}

/// The answer to an inquiry: the one that was signed, or as it is to be signed.
///
/// # Errors
///
/// Nothing was searched or taken, so there is nothing to be said; or it was closed without an answer.
pub fn prepare(archive: &Archive, id: RecordId) -> Result<Prepared, Error> {
    archive.wait_index()?;
    let inquiry = find(archive, id)?;
    let (bytes, signed) = match (inquiry.row.answered(), inquiry.row.closed) {
        (None, None) => (compose(archive, &inquiry)?, None),
        // Nobody can sign one any more, and what it would speak of need not be there.
        (None, Some(entry)) => {
            let what = format!("closed by entry {entry} without an answer to all that was searched");
            return Err(Error::new(ErrorCode::InqClosed, id.to_string(), what));
        }
        (Some(entry), _) => {
            let (bytes, signature) = taken_in(archive, entry)?;
            (bytes, Some((signature, entry)))
        }
    };
    let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the answer cannot be read");
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| changed())?;
    let ids = |of: &str, key: &str| list(&value, of).filter_map(|one| one.get(key)?.as_str()?.parse().ok()).collect();
    let (plans, destroyed) = (ids("destroyed", "plan_id"), ids("destroyed", "id"));
    Ok(Prepared { plans, destroyed, records: ids("records", "record_id"), bytes, signed })
}

/// The answer that an entry took in, and its signature.
fn taken_in(archive: &Archive, entry: u64) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (document, row) = archive.document(entry)?;
    let file = |name| archive.act_file(&row, &document, name);
    Ok((file(ANSWER_FILE)?, file(SIGNATURE_FILE)?))
}

/// What became of a signed answer.
#[derive(Debug)]
pub enum Signed {
    /// Taken in, as this entry of the journal.
    Done(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in the signature of a records officer over the answer as it is now. `extra` is material for it beside that of
/// the archive. One that was taken in already is not taken twice: whoever does not know whether it was asks again.
pub fn sign(
    archive: &Archive,
    id: RecordId,
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Signed, Error> {
    archive.wait_index()?;
    let inquiry = standing(archive, id)?;
    if let Some(entry) = inquiry.row.answered()
        && signatures == [taken_in(archive, entry)?.1]
    {
        return Ok(Signed::Done(entry));
    }
    let bytes = compose(archive, &inquiry)?;
    let newest = archive.leaf(inquiry.row.newest_work().unwrap_or(inquiry.row.opened))?.t;
    let asked = Asked {
        file: &bytes,
        agency: &inquiry.opening.agency,
        date: civil_date(newest),
        // Nobody signs what was found before it was searched.
        replaced: Some(newest),
        kinds: OFFICE,
        offices: OFFICE,
        persons: 1,
        code: ErrorCode::InqSigned,
    };
    let (fields, files) = match approved_act(archive, (ANSWER_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Signed::Refused(refusals)),
    };
    let committed = archive.commit_together_deciding(|| {
        let now = standing(archive, id)?.row;
        if (now.newest_work(), &now.answers) != (inquiry.row.newest_work(), &inquiry.row.answers) {
            let what = "something was searched, taken or answered meanwhile";
            return Err(Error::new(ErrorCode::InqUnanswered, id.to_string(), what));
        }
        let act = Act::new(ActKind::InquiryAnswered, actor);
        let (act, payload, session) = archive.seal_files(act, ActOwner::Known(id), fields, files)?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    Ok(Signed::Done(committed[0].index))
}

/// What an inquiry has found by all its searches, ascending.
pub fn found(archive: &Archive, inquiry: &Inquiry) -> Result<BTreeSet<RecordId>, Error> {
    let mut found = BTreeSet::new();
    for entry in &inquiry.row.searches {
        found.extend(search::find(archive, *entry)?.found);
    }
    Ok(found)
}

/// The answer from what the acts of the inquiry say.
fn compose(archive: &Archive, inquiry: &Inquiry) -> Result<Vec<u8>, Error> {
    let Some(newest) = inquiry.row.newest_work() else {
        return Err(Error::new(
            ErrorCode::InqNothing,
            inquiry.id.to_string(),
            "nothing was searched and nothing taken",
        ));
    };
    let time = |entry| Ok::<_, Error>(archive.leaf(entry)?.t);
    let (mut found, mut destroyed, mut searches) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for entry in &inquiry.row.searches {
        let made = search::find(archive, *entry)?;
        searches.push(searched(&made, rfc3339(time(*entry)?)));
        found.extend(made.found);
        destroyed.extend(made.destroyed);
    }
    let mut taken = Vec::new();
    for entry in &inquiry.row.taken {
        let (document, _) = archive.document(*entry)?;
        let targets = document.fields.get("targets").cloned().unwrap_or_default();
        for target in targets.as_array().into_iter().flatten().filter_map(HoldTarget::of) {
            match target {
                HoldTarget::Record(record) => drop(found.insert(RecordId(record))),
                HoldTarget::File(file) => {
                    found.extend(cite::records(archive, RecordId(file))?.iter().map(|row| row.id()));
                }
            }
        }
        taken.push(json!({"entry": entry, "time": rfc3339(time(*entry)?), "targets": targets}));
    }
    let records = found.iter().map(|id| record(archive, *id)).collect::<Result<Vec<_>, _>>()?;
    let (mut gone, mut elsewhere) = (Vec::new(), Vec::new());
    for id in &destroyed {
        match handover::elsewhere(archive, *id)? {
            Some(found) => elsewhere.push(handed_over(archive, *id, &found)?),
            None => gone.push(destruction(archive, *id)?),
        }
    }
    let opening = &inquiry.opening;
    let config = archive.config();
    let mut value = json!({
        "schema": ANSWER_SCHEMA, "archive": archive.id().to_string(), "origin": config.vkey.name,
        "issuer": config.issuer.name, "test": archive.is_test(), "inquiry": inquiry.id.to_string(),
        "opened": {"entry": inquiry.row.opened, "time": rfc3339(time(inquiry.row.opened)?)},
        "agency": opening.agency, "authority": opening.authority, "case": opening.case, "basis": opening.basis,
        "requester": opening.requester, "due": opening.due.to_string(), "date": civil_date(time(newest)?).to_string(),
        "outcome": outcome(&records, &gone, &elsewhere), "searches": searches, "taken": taken, "records": records,
        "destroyed": gone, "handed_over": elsewhere,
    });
    canonical::drop_nulls(&mut value);
    let texts: serde_json::Map<String, Value> =
        Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), render(&value, *lang).into())).collect();
    value["text"] = texts.into();
    Ok(canonical::to_vec(&value).expect("an answer holds texts, small numbers and nothing empty"))
}

fn outcome(records: &[Value], destroyed: &[Value], elsewhere: &[Value]) -> &'static str {
    match (records.is_empty(), elsewhere.is_empty(), destroyed.is_empty()) {
        (false, _, _) => "found",
        (true, false, _) => "handed_over",
        (true, true, false) => "destroyed",
        (true, true, true) => "not_found",
    }
}

fn searched(made: &Searched, time: String) -> Value {
    let mut value = json!({
        "entry": made.entry, "time": time, "query": made.query, "canonical": made.canonical, "size": made.size,
        "root": made.root.to_string(), "unreadable": made.unreadable, "reaches_destroyed": made.reaches_destroyed,
        "found": made.found.len(), "destroyed": made.destroyed.len(),
    });
    let query = Query::parse(&made.canonical);
    value["reaches_handed_over"] = (made.reaches_destroyed || query.is_ok_and(|query| query.reaches_released())).into();
    value["within"] = made.within.as_ref().map(Within::value).into();
    value
}

/// A record as an answer names it: what a list may show without reading it.
fn record(archive: &Archive, id: RecordId) -> Result<Value, Error> {
    let row = archive.index().record_by_id(id)?.ok_or_else(|| archive.no_record(id))?;
    let field = |field| row.card_field(field).unwrap_or_default();
    let title = (row.access() == AccessCategory::Public).then(|| field(CardField::Title));
    Ok(json!({
        "record_id": id.to_string(), "entry": row.entry, "accepted": rfc3339(row.accepted), "agency": row.agency,
        "registration_number": field(CardField::RegistrationNumber), "document_date": field(CardField::DocumentDate),
        "document_type": field(CardField::DocumentType), "title": title,
    }))
}

/// Who keeps a file or record that was handed over.
fn handed_over(archive: &Archive, id: RecordId, found: &Elsewhere) -> Result<Value, Error> {
    let (file, index, year, volume, title) = &found.file;
    let name = &found.party.title;
    let row = archive.index().released(id)?;
    let (number, date) = row.map(|row| (row.number, row.date)).unwrap_or_default();
    Ok(json!({
        "kind": if *file == id { "file" } else { "record" }, "id": id.to_string(), "act": found.act,
        "date": civil_date(found.at).to_string(), "entry": found.entry, "transfer_id": found.transfer.to_string(),
        "archive": found.party.archive.to_string(), "to": {"kk": name.kk, "ru": name.ru, "en": name.en},
        "reference": found.reference.map(|id| id.to_string()), "agency": found.agency, "index": index, "year": year,
        "volume": volume, "title": title, "registration_number": number, "document_date": date,
    }))
}

/// By which act a file or record was destroyed.
fn destruction(archive: &Archive, id: RecordId) -> Result<Value, Error> {
    let (plan, entry) = archive.index().destroyed(id)?.ok_or_else(|| archive.no_record(id))?;
    let case = Case::read(archive, plan)?;
    let item = case.plan.items.iter().find(|item| item.file == id || item.records.contains(&id));
    let is_file = item.is_some_and(|item| item.file == id);
    Ok(json!({
        "kind": if is_file { "file" } else { "record" }, "id": id.to_string(), "act": case.plan.number,
        "date": civil_date(archive.leaf(entry)?.t).to_string(), "entry": entry, "plan_id": plan.to_string(),
        "plan_sha256": case.plan.sha256().to_string(), "agency": case.plan.agency,
        "index": item.map(|item| item.index.clone()), "year": item.map(|item| item.year),
        "volume": item.map(|item| item.volume), "title": item.map(|item| item.title.clone()),
        "documents": item.filter(|_| is_file).map(|item| item.records.len()),
    }))
}

/// Whether a schema is that of an answer, of either version.
pub fn is_answer(schema: &str) -> bool {
    [ANSWER_SCHEMA, ANSWER_SCHEMA_1].contains(&schema)
}

/// Whether these bytes are an answer that says in each language what its fields say; else why not.
///
/// # Errors
///
/// What is wrong with it, in technical English.
pub fn check(bytes: &[u8]) -> Result<Value, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| "not JSON".to_owned())?;
    if !value.get("schema").and_then(Value::as_str).is_some_and(is_answer) {
        return Err("not an answer to an inquiry".to_owned());
    }
    if canonical::to_vec(&value).ok().as_deref() != Some(bytes) {
        return Err("not canonical".to_owned());
    }
    for (name, lang) in Lang::ALL {
        if value.get("text").and_then(|text| text.get(name)).and_then(Value::as_str) != Some(&render(&value, lang)) {
            return Err(format!("text/{name} is not what the fields say"));
        }
    }
    Ok(value)
}

/// Its text in a language, as people read it.
pub fn text_of(bytes: &[u8], lang: Lang) -> String {
    let name = Lang::ALL.iter().find(|(_, other)| *other == lang).map_or("kk", |(name, _)| name);
    let value: Option<Value> = serde_json::from_slice(bytes).ok();
    let said = value.as_ref().and_then(|value| value.get("text")?.get(name)?.as_str());
    said.unwrap_or_default().to_owned()
}

const TITLE: Text = text("СҰРАУ САЛУҒА ЖАУАП", "ОТВЕТ НА ЗАПРОС", "ANSWER TO AN INQUIRY");
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
const ARCHIVE: Text = text("Архив", "Архив", "Archive");
const INQUIRY: Text = text("Сұрау салу", "Запрос", "Inquiry");
const AUTHORITY: Text = text("Сұратқан орган", "Запросивший орган", "Authority");
const CASE: Text = text("Іс бойынша", "По делу", "Case");
const BASIS: Text = text("Құқықтық негізі", "Правовое основание", "Legal basis");
const REQUESTER: Text = text("Сұрауға қол қойған", "Подписал запрос", "Requested by");
const DUE: Text = text("Жауап мерзімі", "Срок ответа", "Due");
const ANSWERS: Text = text("Жауап беретін орган", "Отвечает", "Answered by");
const SEARCHED: Text = text("ІЗДЕЛДІ", "ПРОИЗВЕДЁН ПОИСК", "SEARCHED");
const QUERY: Text = text("сұраным", "запрос", "query");
const UP_TO: Text = text(
    "журналдың мына мөлшеріне дейін (жазба, түбірі)",
    "до размера журнала (записей, корень)",
    "up to this size of the journal (entries, root)",
);
const FOUND_COUNT: Text = text("табылды", "найдено", "found");
const UNREADABLE: Text = text(
    "оқылмаған, сондықтан ізделмеген журнал жазбалары",
    "записей журнала не прочитано, и в них не искали",
    "entries of the journal that could not be read, and so were not searched",
);
const NOT_DESTROYED: Text = text(
    "бұл сұраным жойылған істерге жетпейді: олардан тек индекс, тақырып, жыл мен идентификатор қалған",
    "этот запрос не достигает уничтоженных дел: от них остались только индекс, заголовок, год и идентификатор",
    "this query does not reach destroyed files: index, title, year and id are all that is left of them",
);
const PUBLIC_ELSEWHERE: Text = text(
    "басқа архивке тапсырылғандардан ол қол жеткізу шектелмеген құжаттарға ғана жетеді",
    "из переданных в другой архив он достигает только документов, доступ к которым не был ограничен",
    "of what was handed over to another archive it reaches only records to which access was not restricted",
);
const NOT_ELSEWHERE: Text = text(
    "ол басқа архивке тапсырылған құжаттарға да жетпейді: олардан істің индексі, тақырыбы мен жылы, идентификатор, ал \
     қол жеткізу шектелмеген құжаттардан тіркеу нөмірі мен күні де қалған",
    "не достигает он и документов, переданных в другой архив: от них остались индекс, заголовок и год дела, \
     идентификатор, а от документов без ограничения доступа также регистрационный номер и дата",
    "nor does it reach records handed over to another archive: index, title and year of the file and the id are left \
     of them, and number and date of those to which access was not restricted",
);
const WITHIN: Text = text("тек мыналардың ішінен ізделді", "поиск произведён только среди", "searched only among");
const RECORDS_OF: Text = text("мекеменің жазбалары", "записи учреждения", "records of the agency");
const TAKEN: Text = text("АТЫ БОЙЫНША АЛЫНДЫ", "ВЗЯТО ПО НАЗВАНИЮ", "TAKEN BY NAME");
const FOUND: Text = text("ТАБЫЛҒАНЫ", "НАЙДЕНО", "FOUND");
const NOT_FOUND: Text = text(
    "ТАБЫЛМАДЫ. Жоғарыда аталған мөлшерге дейін архивте сұранымға сәйкес келетін жазба жоқ.",
    "НЕ НАЙДЕНО. До размера, названного выше, в архиве нет записи, которая отвечает запросу.",
    "NOT FOUND. Up to the size named above the archive holds no record that the query asks for.",
);
const NOT_FOUND_WITHIN: Text = text(
    "ТАБЫЛМАДЫ. Жоғарыда аталған мөлшерге дейін, ізделген жазбалардың ішінде сұранымға сәйкес келетіні жоқ.",
    "НЕ НАЙДЕНО. До размера, названного выше, среди записей, в которых произведён поиск, нет отвечающей запросу.",
    "NOT FOUND. Up to the size named above, none of the records that were searched is one that the query asks for.",
);
const ELSEWHERE: Text = text("БАСҚА АРХИВКЕ ТАПСЫРЫЛҒАНЫ", "ПЕРЕДАНО В ДРУГОЙ АРХИВ", "HANDED OVER TO ANOTHER ARCHIVE");
const DESTROYED: Text = text("ЖОЙЫЛҒАНЫ", "УНИЧТОЖЕНО", "DESTROYED");
const BY_ACT: Text = text("акт №", "акт №", "act no.");
const CERTIFICATE: Text =
    text("жою сертификаты, жоспар", "сертификат уничтожения, план", "certificate of destruction, plan");
const HANDED_OVER: Text =
    text("БАСҚА АРХИВКЕ БЕРІЛГЕНІ: жоқ", "ПЕРЕДАНО В ДРУГОЙ АРХИВ: ничего", "HANDED OVER TO ANOTHER ARCHIVE: nothing");
const KEPT: Text = text(
    "Табылған жазбалар сұрау салу жабылғанша жойылмайды.",
    "Найденные записи не уничтожаются, пока запрос не закрыт.",
    "What was found is not destroyed until the inquiry is closed.",
);

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A time of the answer as people read it.
fn moment(value: &Value) -> String {
    let time = said(value, "time");
    let read = chrono::DateTime::parse_from_rfc3339(&time).ok();
    let ms = read.and_then(|time| u64::try_from(time.timestamp_millis()).ok());
    ms.map_or(time, local_text)
}

/// What a search was confined to.
fn bounds(within: &Value, lang: Lang) -> String {
    let words = list(within, "access").filter_map(Value::as_str);
    let word = |word: &str| AccessCategory::parse(word).map_or(word.to_owned(), |one| one.text().get(lang).to_owned());
    let words: Vec<String> = words.map(word).collect();
    format!("{} {} ({})", RECORDS_OF.get(lang), said(within, "agency"), words.join(", "))
}

/// The answer for people, from its fields alone.
fn render(value: &Value, lang: Lang) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(TITLE.get(lang).to_owned());
    if value.get("test") == Some(&Value::Bool(true)) {
        line(TEST.get(lang).to_owned());
    }
    let archive = [said(value, "issuer"), said(value, "origin"), said(value, "archive")];
    let archive: Vec<String> = archive.into_iter().filter(|part| !part.is_empty()).collect();
    line(format!("{}: {}", ARCHIVE.get(lang), archive.join(" · ")));
    let opened = value.get("opened").unwrap_or(&Value::Null);
    line(format!(
        "{}: {} · {} (#{})",
        INQUIRY.get(lang),
        said(value, "inquiry"),
        moment(opened),
        said(opened, "entry")
    ));
    for (name, key) in [
        (AUTHORITY, "authority"),
        (CASE, "case"),
        (BASIS, "basis"),
        (REQUESTER, "requester"),
        (DUE, "due"),
        (ANSWERS, "agency"),
    ] {
        line(format!("{}: {}", name.get(lang), said(value, key)));
    }
    line(format!("\n{}", SEARCHED.get(lang)));
    for made in list(value, "searches") {
        let (entry, query) = (said(made, "entry"), said(made, "query"));
        line(format!("{} (#{entry}) · {}: «{query}» [{}]", moment(made), QUERY.get(lang), said(made, "canonical")));
        line(format!("  {}: {}, {}", UP_TO.get(lang), said(made, "size"), said(made, "root")));
        line(format!("  {}: {} + {}", FOUND_COUNT.get(lang), said(made, "found"), said(made, "destroyed")));
        if let Some(within) = made.get("within") {
            line(format!("  {}: {}", WITHIN.get(lang), bounds(within, lang)));
        }
        if said(made, "unreadable") != "0" {
            line(format!("  {}: {}", UNREADABLE.get(lang), said(made, "unreadable")));
        }
        if made.get("reaches_destroyed") == Some(&Value::Bool(false)) {
            line(format!("  {}", NOT_DESTROYED.get(lang)));
            // The first version did not say so of itself.
            match made.get("reaches_handed_over").and_then(Value::as_bool) {
                Some(true) => line(format!("  {}", PUBLIC_ELSEWHERE.get(lang))),
                Some(false) => line(format!("  {}", NOT_ELSEWHERE.get(lang))),
                None => {}
            }
        }
    }
    for (at, taken) in list(value, "taken").enumerate() {
        if at == 0 {
            line(format!("\n{}", TAKEN.get(lang)));
        }
        let ids = list(taken, "targets").map(|target| said(target, "record") + &said(target, "file"));
        line(format!("{} (#{}): {}", moment(taken), said(taken, "entry"), ids.collect::<Vec<_>>().join(", ")));
    }
    if said(value, "outcome") == "not_found" {
        let is_bounded = list(value, "searches").any(|made| made.get("within").is_some());
        line(format!("\n{}", if is_bounded { NOT_FOUND_WITHIN } else { NOT_FOUND }.get(lang)));
    }
    for (at, record) in list(value, "records").enumerate() {
        if at == 0 {
            line(format!("\n{}", FOUND.get(lang)));
        }
        let keys = ["record_id", "agency", "registration_number", "document_date", "document_type", "title"];
        let parts: Vec<String> = keys.iter().map(|key| said(record, key)).filter(|part| !part.is_empty()).collect();
        line(format!("{}. {} (#{})", at + 1, parts.join(" · "), said(record, "entry")));
    }
    for (at, gone) in list(value, "destroyed").enumerate() {
        if at == 0 {
            line(format!("\n{}", DESTROYED.get(lang)));
        }
        let keys = ["id", "index", "year", "volume", "title"];
        let parts: Vec<String> = keys.iter().map(|key| said(gone, key)).filter(|part| !part.is_empty()).collect();
        line(format!("{}. {}", at + 1, parts.join(" · ")));
        let (number, date, entry) = (said(gone, "act"), said(gone, "date"), said(gone, "entry"));
        line(format!("  {} {number}, {date} (#{entry})", BY_ACT.get(lang)));
        let (plan, sha256) = (said(gone, "plan_id"), said(gone, "plan_sha256"));
        line(format!("  {} {plan}, SHA-256 {sha256}", CERTIFICATE.get(lang)));
    }
    for (at, gone) in list(value, "handed_over").enumerate() {
        if at == 0 {
            line(format!("\n{}", ELSEWHERE.get(lang)));
        }
        let keys = ["id", "registration_number", "document_date", "index", "year", "volume", "title"];
        let parts: Vec<String> = keys.iter().map(|key| said(gone, key)).filter(|part| !part.is_empty()).collect();
        line(format!("{}. {}", at + 1, parts.join(" · ")));
        let name = Lang::ALL.iter().find(|(_, other)| *other == lang).map_or("kk", |(name, _)| name);
        let to = gone.get("to").map(|to| said(to, name)).unwrap_or_default();
        let (number, date, entry) = (said(gone, "act"), said(gone, "date"), said(gone, "entry"));
        line(format!("  {to} · {} {number}, {date} (#{entry})", BY_ACT.get(lang)));
        line(format!("  {} {}", said(gone, "archive"), said(gone, "reference")));
    }
    if list(value, "handed_over").next().is_none() {
        line(format!("\n{}", HANDED_OVER.get(lang)));
    }
    if said(value, "outcome") == "found" {
        line(KEPT.get(lang).to_owned());
    }
    line(said(value, "date"));
    out
}
