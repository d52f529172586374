//! A decision as JSON, and in the words of people.
//!
//! The JSON is canonical (no null, no fraction): it is sealed into acts, and its words never change. The sentences show
//! the arithmetic with its dates, one step each; they are made anew from the decision, and sealed nowhere.
//!
//! It decides nothing.

use super::decision::{Action, By, Decision, Reason, Status};
use crate::model::case_file::ListItem;
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use serde_json::{Map, Value};

impl Status {
    /// Its word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Unfiled => "unfiled",
            Status::Unknown => "unknown",
            Status::Permanent => "permanent",
            Status::Open => "open",
            Status::Running => "running",
            Status::AwaitsPerson => "awaits_person",
            Status::Held => "held",
            Status::Due => "due",
        }
    }

    /// What it means.
    pub fn text(self, lang: Lang) -> &'static str {
        let said = match self {
            Status::Unfiled => text(
                "ешбір іске енгізілмеген, сақтау мерзімі есептелмейді",
                "не входит ни в одно дело, срок хранения не исчисляется",
                "in no file, no retention period is counted",
            ),
            Status::Unknown => text(
                "сақтау мерзімі белгісіз, жоюға бөлінбейді",
                "срок хранения не известен, к уничтожению не выделяется",
                "the retention period is not known, never selected for destruction",
            ),
            Status::Permanent => text("тұрақты сақталады", "хранится постоянно", "kept permanently"),
            Status::Open => text(
                "іс ашық, мерзім есептелмейді",
                "дело открыто, срок не исчисляется",
                "the file is open, no period is counted",
            ),
            Status::Running => text("сақтау мерзімі өткен жоқ", "срок хранения не истёк", "the retention period runs"),
            Status::AwaitsPerson => text(
                "ең аз мерзім өтті, қажеттілігінің өткені туралы шешім керек",
                "наименьший срок истёк, нужно решение о миновании надобности",
                "the least period is over, a decision that it is no longer needed is wanted",
            ),
            Status::Held => text(
                "сақтау мерзімі өтті, бірақ жоюға тыйым салынған",
                "срок хранения истёк, но уничтожение запрещено",
                "the retention period is over, but a hold forbids destruction",
            ),
            Status::Due => text("сақтау мерзімі өтті", "срок хранения истёк", "the retention period is over"),
        };
        said.get(lang)
    }
}

impl Action {
    /// Its word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Destroy => "destroy",
            Action::Expert => "expert",
        }
    }

    /// What it means, when the term is over.
    pub fn text(self, lang: Lang) -> &'static str {
        let said = match self {
            Action::Destroy => {
                text("жоюға бөлуге болады", "можно выделить к уничтожению", "may be selected for destruction")
            }
            Action::Expert => text(
                "сараптау комиссиясы (СК) шешеді",
                "решает экспертная комиссия (ЭК)",
                "an expert commission decides",
            ),
        };
        said.get(lang)
    }
}

impl Decision {
    /// It as JSON.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        let mut set = |key: &str, value: Option<Value>| drop(value.map(|value| map.insert(key.to_owned(), value)));
        set("file", self.file.map(id));
        set("as_of", Some(day(self.as_of)));
        set("status", Some(self.status.as_str().into()));
        set("action", self.action.map(|action| action.as_str().into()));
        set("due", self.due.map(day));
        set("by", self.by.as_ref().map(By::value));
        set("is_sample", Some(self.is_sample.into()));
        set("reasons", Some(self.reasons.iter().map(Reason::value).collect()));
        set("holds", Some(self.holds.iter().map(|(hold, record)| hold_value(*hold, *record)).collect()));
        map.into()
    }

    /// The derivation, one sentence a step, and what follows.
    pub fn sentences(&self, lang: Lang) -> Vec<String> {
        let mut said: Vec<_> = self.reasons.iter().map(|reason| reason.text(lang)).collect();
        let as_of = text("{day} күніне", "На {day}", "As of {day}");
        let as_of = fill(as_of, lang, &[("day", date(self.as_of))]);
        let mut result = format!("{as_of}: {}", self.status.text(lang));
        if let (Status::Due, Some(action)) = (self.status, self.action) {
            result = format!("{result}; {}", action.text(lang));
        }
        if let Some(due) = self.due {
            let over = match self.status {
                Status::Running => text("{day} күнінен бастап өтеді", "истекает с {day}", "over from {day} on"),
                _ => text("{day} күнінен бастап", "с {day}", "from {day} on"),
            };
            result = format!("{result} ({})", fill(over, lang, &[("day", date(due))]));
        }
        said.push(format!("{result}."));
        said
    }
}

impl By {
    /// It as JSON.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        map.insert("item".into(), self.item.value());
        if let Some(variant) = &self.variant {
            map.insert("variant".into(), variant.as_str().into());
        }
        map.insert("edition".into(), self.edition.as_str().into());
        map.insert("sha256".into(), self.sha256.to_string().into());
        map.insert("is_sample".into(), self.is_sample.into());
        map.insert("adopted".into(), self.adopted.into());
        map.into()
    }
}

impl Reason {
    /// Its word in documents.
    pub fn as_str(&self) -> &'static str {
        match self {
            Reason::Unfiled => "unfiled",
            Reason::Open => "open",
            Reason::Empty => "empty",
            Reason::UnknownDate => "unknown_date",
            Reason::NoItem => "no_item",
            Reason::NoList(_) => "no_list",
            Reason::NoRule(_) => "no_rule",
            Reason::NoAttribute(_) => "no_attribute",
            Reason::NoEvent(_) => "no_event",
            Reason::Happened(_) => "happened",
            Reason::AsDocument => "as_document",
            Reason::Rule(_) => "rule",
            Reason::Permanent => "permanent",
            Reason::Closed(_) => "closed",
            Reason::Newest(_) => "newest",
            Reason::MadeBefore(_) => "made_before",
            Reason::MadeSince(_) => "made_since",
            Reason::Event(..) => "event",
            Reason::Start(_) => "start",
            Reason::Years(..) => "years",
            Reason::Beyond => "beyond",
            Reason::NotBefore(_) => "not_before",
            Reason::NotInForce(_) => "not_in_force",
            Reason::Longest(_) => "longest",
            Reason::NotShortened { .. } => "not_shortened",
            Reason::RuledForever(_) => "ruled_forever",
            Reason::RuledNotBefore(..) => "ruled_not_before",
            Reason::RuledNotNeeded(..) => "ruled_not_needed",
            Reason::StillNeeded => "still_needed",
            Reason::Hold(..) => "hold",
        }
    }

    /// It as JSON.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        set("reason", self.as_str().into());
        match self {
            Reason::Unfiled
            | Reason::Open
            | Reason::Empty
            | Reason::UnknownDate
            | Reason::NoItem
            | Reason::AsDocument
            | Reason::Permanent
            | Reason::Beyond
            | Reason::StillNeeded => {}
            Reason::NoList(list) => set("list", list.as_str().into()),
            Reason::NoRule(item) => set("item", item.value()),
            Reason::NoAttribute(attribute) => set("attribute", attribute.as_str().into()),
            Reason::NoEvent(event) | Reason::Happened(event) => set("event", event.as_str().into()),
            Reason::Rule(by) => set("by", by.value()),
            Reason::Closed(on)
            | Reason::Newest(on)
            | Reason::MadeBefore(on)
            | Reason::MadeSince(on)
            | Reason::Start(on)
            | Reason::NotBefore(on)
            | Reason::NotInForce(on)
            | Reason::Longest(on) => set("day", day(*on)),
            Reason::Event(event, on) => {
                set("event", event.as_str().into());
                set("day", day(*on));
            }
            Reason::Years(years, on) => {
                set("years", (*years).into());
                set("day", day(*on));
            }
            Reason::NotShortened { entry, day: on } => {
                set("entry", (*entry).into());
                if let Some(on) = on {
                    set("day", day(*on));
                }
            }
            Reason::RuledForever(entry) => set("entry", (*entry).into()),
            Reason::RuledNotBefore(entry, on) | Reason::RuledNotNeeded(entry, on) => {
                set("entry", (*entry).into());
                set("day", day(*on));
            }
            Reason::Hold(hold, record) => map.append(&mut hold_value(*hold, *record)),
        }
        map.into()
    }

    /// It as a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let values: Vec<(&str, String)> = match self {
            Reason::Unfiled
            | Reason::Open
            | Reason::Empty
            | Reason::UnknownDate
            | Reason::NoItem
            | Reason::AsDocument
            | Reason::Permanent
            | Reason::Beyond
            | Reason::StillNeeded => Vec::new(),
            Reason::NoList(list) => vec![("list", shown(list))],
            Reason::NoRule(ListItem { list, item }) => vec![("list", shown(list)), ("item", shown(item))],
            Reason::NoAttribute(attribute) => vec![("attribute", shown(attribute))],
            Reason::NoEvent(event) | Reason::Happened(event) => vec![("event", shown(event))],
            Reason::Rule(by) => vec![
                ("list", shown(&by.item.list)),
                ("item", shown(by.variant.as_ref().unwrap_or(&by.item.item))),
                ("edition", shown(&by.edition)),
                ("entry", by.adopted.to_string()),
            ],
            Reason::Closed(day)
            | Reason::Newest(day)
            | Reason::MadeBefore(day)
            | Reason::MadeSince(day)
            | Reason::Start(day)
            | Reason::NotBefore(day)
            | Reason::NotInForce(day)
            | Reason::Longest(day) => vec![("day", date(*day))],
            Reason::Event(event, day) => vec![("event", shown(event)), ("day", date(*day))],
            Reason::Years(years, day) => vec![("years", years_text(*years, lang)), ("day", date(*day))],
            Reason::NotShortened { entry, day } => {
                let day = day.map(|day| ("day", date(day)));
                [("entry", entry.to_string())].into_iter().chain(day).collect()
            }
            Reason::RuledForever(entry) => vec![("entry", entry.to_string())],
            Reason::RuledNotBefore(entry, day) | Reason::RuledNotNeeded(entry, day) => {
                vec![("entry", entry.to_string()), ("day", date(*day))]
            }
            Reason::Hold(hold, record) => {
                let record = record.map(|record| ("record", record.to_string()));
                [("hold", hold.to_string())].into_iter().chain(record).collect()
            }
        };
        fill(self.template(), lang, &values)
    }

    fn template(&self) -> Text {
        match self {
            Reason::Unfiled => text(
                "Құжат ешбір іске енгізілмеген.",
                "Документ не входит ни в одно дело.",
                "The record is in no file.",
            ),
            Reason::Open => text("Іс жабылмаған.", "Дело не закрыто.", "The file is not closed."),
            Reason::Empty => text("Істе құжат жоқ.", "В деле нет документов.", "The file has no documents."),
            Reason::UnknownDate => text(
                "Істегі құжаттың жасалған күні белгісіз.",
                "Дата создания документа дела не известна.",
                "The date of creation of a document of the file is not known.",
            ),
            Reason::NoItem => text(
                "Іс үшін тізбенің тармағы көрсетілмеген.",
                "Для дела не указан пункт перечня.",
                "No item of a list is given for the file.",
            ),
            Reason::NoList(_) => text(
                "«{list}» тізбесінің енгізілген басылымы жоқ.",
                "Нет принятой редакции перечня «{list}».",
                "No edition of the list {list} has been adopted.",
            ),
            Reason::NoRule(_) => text(
                "«{list}» тізбесінде мынадай тармақ жоқ: {item}.",
                "В перечне «{list}» нет пункта {item}.",
                "The list {list} has no item {item}.",
            ),
            Reason::NoAttribute(_) => text(
                "Мерзім «{attribute}» белгісіне байланысты, бірақ ол іс үшін көрсетілмеген.",
                "Срок зависит от признака «{attribute}», но для дела он не указан.",
                "The period depends on the attribute {attribute}, which is not given for the file.",
            ),
            Reason::NoEvent(_) => text(
                "«{event}» оқиғасы тіркелмеген.",
                "Событие «{event}» не зарегистрировано.",
                "The event {event} is not recorded.",
            ),
            Reason::Happened(_) => text(
                "«{event}» оқиғасы тіркелген, бірақ оның аяқталғаны тіркелмеген.",
                "Событие «{event}» зарегистрировано, а его окончание нет.",
                "The event {event} is recorded, and its end is not.",
            ),
            Reason::AsDocument => text(
                "Өзі тиесілі құжатпен бірге сақталады, жеке мерзімі жоқ.",
                "Хранится вместе с документом, к которому относится; своего срока нет.",
                "Kept with the document that it belongs to; it has no period of its own.",
            ),
            Reason::Rule(by) if by.is_sample => text(
                "Үлгі ретіндегі «{list}» тізбесі, {edition} басылымы, {item} тармағы (журналдағы жазба № {entry}).",
                "Перечень-образец «{list}», редакция {edition}, пункт {item} (запись журнала № {entry}).",
                "Sample list {list}, edition {edition}, item {item} (journal entry {entry}).",
            ),
            Reason::Rule(_) => text(
                "«{list}» тізбесі, {edition} басылымы, {item} тармағы (журналдағы жазба № {entry}).",
                "Перечень «{list}», редакция {edition}, пункт {item} (запись журнала № {entry}).",
                "List {list}, edition {edition}, item {item} (journal entry {entry}).",
            ),
            Reason::Permanent => {
                text("Сақтау мерзімі: тұрақты.", "Срок хранения: постоянно.", "Retention period: permanent.")
            }
            Reason::Closed(_) => text("Іс {day} күні жабылды.", "Дело закрыто {day}.", "The file was closed on {day}."),
            Reason::Newest(_) => text(
                "Істің соңғы құжаты жабылғаннан кейін, {day} күні жасалған: мерзім сол күн бойынша есептеледі.",
                "Последний документ дела создан после закрытия, {day}: срок считается по этому дню.",
                "The last document of the file was made after the closing, on {day}: that day counts.",
            ),
            Reason::MadeBefore(_) => text(
                "Істе {day} күніне дейін жасалған құжат бар.",
                "В деле есть документ, созданный до {day}.",
                "The file has a document made before {day}.",
            ),
            Reason::MadeSince(_) => text(
                "Істің барлық құжаты {day} күні немесе одан кейін жасалған.",
                "Все документы дела созданы {day} или позже.",
                "All documents of the file were made on {day} or later.",
            ),
            Reason::Event(..) => text(
                "«{event}» оқиғасының күні: {day}.",
                "День события «{event}»: {day}.",
                "The event {event} was on {day}.",
            ),
            Reason::Start(_) => {
                text("Мерзім {day} күнінен басталады.", "Срок начинается {day}.", "The period begins on {day}.")
            }
            Reason::Years(..) => text(
                "Мерзім {years}: {day} күнінен бастап өткен болып саналады.",
                "Срок {years}: считается истёкшим с {day}.",
                "The period is {years}: over from {day} on.",
            ),
            Reason::Beyond => text(
                "Мерзім 9999 жылдан кейін аяқталады: ешқашан өтпейді.",
                "Срок кончается после 9999 года: не истекает никогда.",
                "The period ends after the year 9999: never over.",
            ),
            Reason::NotBefore(_) => text(
                "Мерзім {day} күніне дейін өтпейді: іс сол күні аяқталды немесе қажетті оқиға сол күні болды.",
                "Срок не истекает до {day}: в этот день окончено дело или наступило нужное событие.",
                "The period is not over before {day}: on that day the file ended, or an event that it needs happened.",
            ),
            Reason::NotInForce(_) => text(
                "Басылым {day} күнінен бастап күшіне енеді: оған дейін мерзім өтпейді.",
                "Редакция действует с {day}: до этого дня срок не истекает.",
                "The edition is in force from {day} on: the period is not over before.",
            ),
            Reason::Longest(_) => text(
                "Бірнеше мерзімнің ең ұзағы {day} күнінен бастап өткен болып саналады.",
                "Самый долгий из нескольких сроков считается истёкшим с {day}.",
                "The longest of several periods is over from {day} on.",
            ),
            Reason::NotShortened { day: Some(_), .. } => text(
                "Бұрынғы мәлімет бойынша (журналдағы жазба № {entry}) мерзім тек {day} күнінен бастап өтеді; оны \
                 қысқарту туралы қол қойылған шешім жоқ.",
                "По прежним данным (запись журнала № {entry}) срок истекает только с {day}; подписанного решения о его \
                 сокращении нет.",
                "By what held earlier (journal entry {entry}) the period is over only from {day} on; there is no \
                 signed decision to shorten it.",
            ),
            Reason::NotShortened { day: None, .. } => text(
                "Бұрынғы мәлімет бойынша (журналдағы жазба № {entry}) мерзім ешқашан өтпейді; оны қысқарту туралы қол \
                 қойылған шешім жоқ.",
                "По прежним данным (запись журнала № {entry}) срок не истекает никогда; подписанного решения о его \
                 сокращении нет.",
                "By what held earlier (journal entry {entry}) the period is never over; there is no signed decision to \
                 shorten it.",
            ),
            Reason::RuledForever(_) => text(
                "Комиссия тұрақты сақтауға шешім шығарды (журналдағы жазба № {entry}).",
                "Комиссия решила хранить постоянно (запись журнала № {entry}).",
                "A commission ruled: kept permanently (journal entry {entry}).",
            ),
            Reason::RuledNotBefore(..) => text(
                "Комиссия мерзімді {day} күніне дейін ұзартты (журналдағы жазба № {entry}).",
                "Комиссия продлила срок до {day} (запись журнала № {entry}).",
                "A commission extended the period to {day} (journal entry {entry}).",
            ),
            Reason::RuledNotNeeded(..) => text(
                "{day} күнгі шешім бойынша қажеттілігі өтті (журналдағы жазба № {entry}).",
                "По решению от {day} надобность миновала (запись журнала № {entry}).",
                "By a ruling of {day} it is no longer needed (journal entry {entry}).",
            ),
            Reason::StillNeeded => text(
                "Қажеттілігі өткенге дейін сақталады: оның өткені туралы шешім жоқ.",
                "Хранится до минования надобности: решения о том, что она миновала, нет.",
                "Kept until no longer needed: nobody has ruled that it is not.",
            ),
            Reason::Hold(_, None) => text(
                "Істі жоюға тыйым салынған (тыйым {hold}).",
                "Уничтожение дела запрещено (запрет {hold}).",
                "A hold forbids destruction of the file (hold {hold}).",
            ),
            Reason::Hold(_, Some(_)) => text(
                "Істегі {record} құжатын жоюға тыйым салынған (тыйым {hold}): іс толығымен сақталады.",
                "Уничтожение документа дела {record} запрещено (запрет {hold}): дело хранится целиком.",
                "A hold forbids destruction of the record {record} of the file (hold {hold}): the whole file is kept.",
            ),
        }
    }
}

fn id(id: RecordId) -> Value {
    id.to_string().into()
}

fn day(day: NaiveDate) -> Value {
    day.to_string().into()
}

fn hold_value(hold: RecordId, record: Option<RecordId>) -> Map<String, Value> {
    let mut map = Map::from_iter([("hold".to_owned(), id(hold))]);
    map.extend(record.map(|record| ("record".to_owned(), id(record))));
    map
}

/// A date as documents for people write it.
fn date(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// A number of years with its word.
fn years_text(years: u32, lang: Lang) -> String {
    let word = match (lang, years % 10, years % 100) {
        (Lang::Kk, ..) => "жыл",
        (Lang::Ru, 1, tens) if tens != 11 => "год",
        (Lang::Ru, 2..=4, tens) if !(12..=14).contains(&tens) => "года",
        (Lang::Ru, ..) => "лет",
        (Lang::En, ..) if years == 1 => "year",
        (Lang::En, ..) => "years",
    };
    format!("{years} {word}")
}

/// The template with `{name}` replaced by the value of the name. What a value holds is not looked at again.
fn fill(template: Text, lang: Lang, values: &[(&str, String)]) -> String {
    let mut parts = template.get(lang).split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canonical;
    use crate::model::digest::Sha256;
    use std::collections::BTreeSet;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn every_reason() -> Vec<Reason> {
        let item = ListItem { list: "KZ {day}".to_owned(), item: "462".to_owned() };
        let by = By {
            item: item.clone(),
            variant: None,
            edition: "2017".to_owned(),
            sha256: Sha256([7; 32]),
            is_sample: false,
            adopted: 4,
        };
        let sub = By { variant: Some("462(1)".to_owned()), is_sample: true, ..by.clone() };
        let (day, name) = (d("2025-01-01"), || "ended".to_owned());
        let (hold, record) = (RecordId([2; 16]), RecordId([3; 16]));
        vec![
            Reason::Unfiled,
            Reason::Open,
            Reason::Empty,
            Reason::UnknownDate,
            Reason::NoItem,
            Reason::NoList(name()),
            Reason::NoRule(item),
            Reason::NoAttribute(name()),
            Reason::NoEvent(name()),
            Reason::Happened(name()),
            Reason::AsDocument,
            Reason::Rule(by),
            Reason::Rule(sub),
            Reason::Permanent,
            Reason::Closed(day),
            Reason::Newest(day),
            Reason::MadeBefore(day),
            Reason::MadeSince(day),
            Reason::Event(name(), day),
            Reason::Start(day),
            Reason::Years(5, day),
            Reason::Beyond,
            Reason::NotBefore(day),
            Reason::NotInForce(day),
            Reason::Longest(day),
            Reason::NotShortened { entry: 9, day: Some(day) },
            Reason::NotShortened { entry: 9, day: None },
            Reason::RuledForever(9),
            Reason::RuledNotBefore(9, day),
            Reason::RuledNotNeeded(9, day),
            Reason::StillNeeded,
            Reason::Hold(hold, None),
            Reason::Hold(hold, Some(record)),
        ]
    }

    #[test]
    fn every_reason_is_a_sentence_of_its_own_in_each_language() {
        let reasons = every_reason();
        for lang in [Lang::Kk, Lang::Ru, Lang::En] {
            let said: BTreeSet<_> = reasons.iter().map(|reason| reason.text(lang)).collect();
            assert_eq!(said.len(), reasons.len(), "two say the same in {lang:?}");
            for sentence in said {
                // The name of the list holds a brace, and is not filled in again.
                let plain = sentence.replace("KZ {day}", "KZ");
                assert!(!plain.contains(['{', '}']) && !plain.contains("  "), "{sentence}");
                assert!(plain.ends_with('.') && plain.chars().next().is_some_and(|c| !c.is_lowercase()), "{sentence}");
            }
        }
        for reason in reasons {
            // What the JSON has beside the word, a person reads too.
            let value = reason.value();
            let text = reason.text(Lang::Kk);
            for (key, value) in value.as_object().unwrap() {
                match key.as_str() {
                    "day" => assert!(text.contains("01.01.2025"), "{text}"),
                    "entry" | "years" | "event" | "attribute" | "list" | "hold" | "record" => {
                        assert!(text.contains(value.to_string().trim_matches('"')), "{text}");
                    }
                    "item" => assert!(text.contains("462"), "{text}"),
                    "by" => assert!(text.contains(value["variant"].as_str().unwrap_or("462")), "{text}"),
                    key => assert_eq!(key, "reason"),
                }
            }
        }
    }

    #[test]
    fn a_decision_is_canonical_and_absent_fields_are_absent() {
        let mut decision = Decision::unfiled(d("2026-01-01"));
        assert_eq!(
            String::from_utf8(canonical::to_vec(&decision.value()).unwrap()).unwrap(),
            r#"{"as_of":"2026-01-01","holds":[],"is_sample":false,"reasons":[{"reason":"unfiled"}],"status":"unfiled"}"#
        );
        decision.reasons = every_reason();
        decision.holds = vec![(RecordId([2; 16]), None), (RecordId([2; 16]), Some(RecordId([3; 16])))];
        decision.file = Some(RecordId([1; 16]));
        decision.due = Some(d("2025-01-01"));
        decision.action = Some(Action::Expert);
        let text = String::from_utf8(canonical::to_vec(&decision.value()).unwrap()).unwrap();
        for part in [
            r#""action":"expert""#,
            r#""due":"2025-01-01""#,
            r#""holds":[{"hold":"02020202020202020202020202020202"},{"hold":"0202"#,
            r#","record":"03030303030303030303030303030303"}]"#,
            r#"{"day":"2025-01-01","reason":"years","years":5}"#,
            r#"{"entry":9,"reason":"not_shortened"}"#,
            r#""variant":"462(1)""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn years_take_the_word_of_their_number() {
        let said = |years| years_text(years, Lang::Ru);
        for (years, text) in [
            (0, "0 лет"),
            (1, "1 год"),
            (3, "3 года"),
            (5, "5 лет"),
            (11, "11 лет"),
            (14, "14 лет"),
            (21, "21 год"),
            (75, "75 лет"),
            (101, "101 год"),
            (112, "112 лет"),
        ] {
            assert_eq!(said(years), text);
        }
        assert_eq!(
            [years_text(1, Lang::En), years_text(2, Lang::En), years_text(1, Lang::Kk)],
            ["1 year", "2 years", "1 жыл"]
        );
    }

    #[test]
    fn the_last_sentence_says_what_follows() {
        let mut decision = Decision::unfiled(d("2026-01-01"));
        let last = |decision: &Decision, lang| decision.sentences(lang).pop().unwrap();
        assert_eq!(last(&decision, Lang::En), "As of 01.01.2026: in no file, no retention period is counted.");
        (decision.status, decision.action, decision.due) = (Status::Held, Some(Action::Expert), Some(d("2025-01-01")));
        assert_eq!(
            last(&decision, Lang::Ru),
            "На 01.01.2026: срок хранения истёк, но уничтожение запрещено (с 01.01.2025)."
        );
        decision.status = Status::Due;
        assert_eq!(
            last(&decision, Lang::Kk),
            "01.01.2026 күніне: сақтау мерзімі өтті; сараптау комиссиясы (СК) шешеді (01.01.2025 күнінен бастап)."
        );
        decision.status = Status::Running;
        assert_eq!(last(&decision, Lang::En), "As of 01.01.2026: the retention period runs (over from 01.01.2025 on).");
    }
}
