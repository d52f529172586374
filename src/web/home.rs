//! The first page: what this archive is, how it is, and where to go.
//!
//! To everybody it says what the journal says to everybody; of records only to who may see a list of them.

use super::frame::{SEARCH, SIGN_IN, Visit, number, page, sign_in_for};
use super::html::Html;
use crate::access::rights::Action;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::service::{Ask, Service, target};
use crate::archive::Archive;
use crate::error::ErrorCode;
use crate::text::{Text, text};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// Records that are looked at to count them; beyond, it is said that there are more. Own bound: some tenths of a
/// second.
const COUNTED_MAX: usize = 10_000;

const ABOUT: Text = text(
    "Қол қойылған электрондық құжаттардың ұзақ мерзімді архиві.",
    "Долговременный архив подписанных электронных документов.",
    "A long-term archive of signed electronic documents.",
);
/// What an archive is called that has no name.
const UNNAMED: Text = text("Электрондық архив", "Электронный архив", "Electronic archive");
const STATE: Text = text("Архивтің күйі", "Состояние архива", "State of the archive");
const JOURNAL: Text = text("Журналдағы жазбалар", "Записей в журнале", "Entries in the journal");
const ORIGIN: Text = text("Журналдың атауы", "Имя журнала", "Origin of the journal");
const TAKES: Text = text("Құжат қабылдау", "Приём документов", "Taking documents in");
const TAKES_YES: Text = text("жүріп жатыр", "идёт", "goes on");
const TAKES_NO: Text = text(
    "тоқтап тұр: әкімшіге хабарлаңыз",
    "остановлен: сообщите администратору",
    "stands still: tell the administrator",
);
const INDEX: Text = text("Көрсеткіш", "Указатель", "Index");
const CURRENT: Text = text("журналмен бірдей", "соответствует журналу", "up with the journal");
const BEHIND: Text = text("журналдан қалып тұр, жазба", "отстаёт от журнала, записей", "behind the journal by entries");
const DAMAGED: Text = text("оқылмаған жазбалар", "не прочитано записей журнала", "entries that could not be read");
const RECORDS: Text = text("Сізге көрінетін жазбалар", "Записей, доступных вам", "Records that you may see");
const OR_MORE: Text = text("немесе одан көп", "или больше", "or more");
const HOW: Text = text(
    "Сөздерді, «тырнақшадағы тіркестерді» не өріс:мән түрінде жазып іздеңіз.",
    "Ищите слова, «фразы в кавычках» или поле:значение.",
    "Search for words, “phrases in quotation marks”, or field:value.",
);
const SIGNED_OUT: Text = text(
    "Жазбаларды іздеу мен оқу үшін жүйеге кіріңіз.",
    "Чтобы искать и читать записи, войдите в систему.",
    "Sign in to search and read records.",
);

/// What everybody may know.
struct Known {
    /// The name that it was given.
    name: Option<String>,
    origin: String,
    entries: u64,
    lag: u64,
    damaged: u32,
    takes: bool,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    caller: Caller,
) -> Result<Response, Problem> {
    let state = service.reach(state).await?;
    // Of how many is said where they can be looked for.
    let counted = if visit.may_search { service.ask(caller, records).await.map(Some) } else { Ok(None) };
    let records = match counted {
        Ok(records) => records,
        Err(problem) if problem.code == ErrorCode::SrvSignIn || problem.is_denied() => None,
        Err(problem) => return Err(problem),
    };
    let name = state.name.as_deref().unwrap_or(visit.say(UNNAMED));
    Ok(page(&visit, StatusCode::OK, name, &[], |html| write(html, &visit, &state, records)))
}

fn state(archive: &Archive) -> Result<Known, Problem> {
    let (config, meta, head) = (archive.config(), archive.index_meta(), archive.head());
    let origin = config.vkey.name.clone();
    Ok(Known {
        name: config.issuer.name.clone(),
        origin,
        entries: head.size,
        lag: head.size.saturating_sub(meta.size),
        damaged: meta.damaged,
        takes: archive.conflict().is_none() && !archive.is_read_only(),
    })
}

/// How many records the caller may see; whether there are more that were not looked at.
fn records(ask: &Ask) -> Result<(u64, bool), Problem> {
    let scope = ask.list(Action::RecordList)?;
    let (mut count, mut looked, mut more) = (0, 0, false);
    ask.index().newest(None, &mut |_, row| {
        more = looked == COUNTED_MAX;
        looked += 1;
        count += u64::from(!more && scope.contains(&target(&row)));
        !more
    })?;
    Ok((count, more))
}

fn write(html: &mut Html, visit: &Visit, state: &Known, records: Option<(u64, bool)>) {
    html.say("p", &[], visit.say(ABOUT));
    if visit.account.is_none() {
        html.el("p", &[], |html| {
            html.text(visit.say(SIGNED_OUT));
            html.text(" ");
            html.say("a", &[("class", "button"), ("href", &sign_in_for(visit))], visit.say(SIGN_IN));
        });
    } else if visit.may_search {
        html.say("h2", &[], visit.say(SEARCH));
        html.say("p", &[("class", "hint")], visit.say(HOW));
    }
    html.say("h2", &[], visit.say(STATE));
    html.el("dl", &[], |html| {
        let mut line = |name: Text, value: &str| {
            html.say("dt", &[], visit.say(name));
            html.say("dd", &[], value);
        };
        if let Some((count, more)) = records {
            let more = if more { format!(" {}", visit.say(OR_MORE)) } else { String::new() };
            line(RECORDS, &(number(count, visit.lang) + &more));
        }
        line(JOURNAL, &number(state.entries, visit.lang));
        line(ORIGIN, &state.origin);
        line(TAKES, visit.say(if state.takes { TAKES_YES } else { TAKES_NO }));
        let behind = || format!("{}: {}", visit.say(BEHIND), number(state.lag, visit.lang));
        line(INDEX, &if state.lag == 0 { visit.say(CURRENT).to_owned() } else { behind() });
        if state.damaged > 0 {
            line(DAMAGED, &number(state.damaged.into(), visit.lang));
        }
    });
}
