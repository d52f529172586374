//! `muragat doctor`.
//!
//! Advice about surroundings that the archive cannot mend itself, and about work that waits for a person; it changes
//! nothing.

use super::{Common, NO_MEMORY, means};
use crate::archive::{Account, Archive, Holder};
use crate::clock::{civil_date, rfc3339, utc};
use crate::config::Action;
use crate::error::{Error, Exit};
use crate::filing::files::File;
use crate::filing::{due, holds, paper};
use crate::ingest::issue;
use crate::inquiry::desk;
use crate::inspection;
use crate::model::calendar::{CalendarBasis, CalendarStatus};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::model::validation::time_text;
use crate::retention::Status;
use crate::text::{Text, text};
use crate::tlog::fork::Conflict;
use crate::transfer::case;
use crate::vault::keys::WITNESSED;
use crate::verify::authority::Authority;
use crate::verify::name::{names_match, rfc4514};
use crate::verify::policy::SignerKind;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub(super) struct Doctor {}

struct Advice {
    code: &'static str,
    text: Text,
    detail: String,
}

const GOOD: Text = text("Ескерту жоқ.", "Замечаний нет.", "Nothing to mend.");
const SAME_VOLUME: Text = text(
    "Кілттер архивпен бір томда: том жоғалса немесе ұрланса, екеуі де кетеді. Кілттер қалтасын басқа дискіге \
     көшіріңіз.",
    "Ключи на одном томе с архивом: пропадёт или будет украден том, пропадёт всё. Перенесите папку ключей на другой \
     диск.",
    "The keys are on the same volume as the archive: whoever loses or steals the volume has both. Move the key folder.",
);
const OPEN_KEYS: Text = text(
    "Кілттер қалтасын басқалар оқи алады. Рұқсатты тек иесіне қалдырыңыз (chmod 700).",
    "Папку ключей могут читать другие. Оставьте права только владельцу (chmod 700).",
    "Others can read the key folder. Leave the permissions to its owner only (chmod 700).",
);
const NO_CUSTODY: Text = text(
    "Кілттердің басқа жерде көшірмесі тіркелмеген: бұл нұсқада сақтық көшірме бұйрығы жоқ, архив пен кілттерді бөлек \
     көшіріңіз.",
    "Копий ключей в других местах не учтено: в этой версии нет команды резервного копирования, копируйте архив и ключи \
     отдельно.",
    "No copy of the keys elsewhere is known: this version has no backup command; copy archive and keys separately.",
);
const NO_WITNESS: Text = text(
    "Журналды ешкім куәландырмайды: бақылау нүктесін (log checkpoint) басқа жерде сақтаңыз.",
    "Журнал никто не заверяет: храните контрольную точку (log checkpoint) в другом месте.",
    "Nobody witnesses the journal: keep its checkpoint (log checkpoint) somewhere else.",
);
const WITNESS_QUORUM: Text = text(
    "Журналдың соңғы күйіне куәгерлер кворумы қол қоймаған: «log witness push» іске қосыңыз не курьер жіберіңіз.",
    "Последнее состояние журнала не заверено кворумом свидетелей: запустите «log witness push» или пошлите курьера.",
    "No quorum of witnesses has signed the journal of late: run `log witness push`, or send a courier.",
);
/// Days after which a cosignature counts as old. Own bound: a courier once a week.
const WITNESS_DAYS: i64 = 7;
const STOPPED: Text = text(
    "АРХИВ ТОҚТАТЫЛДЫ: оның кілтімен журналдың басқа тарихына қол қойылған. Ештеңе жазылмайды; docs/witnesses.md §5.",
    "АРХИВ ОСТАНОВЛЕН: его ключом подписана другая история журнала. Ничего не записывается; docs/witnesses.md §5.",
    "THE ARCHIVE HAS STOPPED: its key has signed another history of the journal. Nothing is written; \
     docs/witnesses.md §5.",
);
const HOLDS_UNCONFIRMED: Text = text(
    "Журналдың соңы жоғалған: мына мекемелердің жоғалған тыйымдары расталмаған, сондықтан олардың ештеңесі жойылмайды \
     («hold statement», «hold confirm»).",
    "Конец журнала утрачен: запреты этих органов, которые в нём были, не подтверждены, поэтому ничто из их документов \
     не уничтожается («hold statement», «hold confirm»).",
    "The end of the journal was lost: the holds of these agencies that were in it are not confirmed, so nothing of \
     theirs is destroyed (`hold statement`, `hold confirm`).",
);
const ROOT_READS: Text = text(
    "Кілттер файлда: кілттер қалтасын оқи алатын адам, root соның бірі, бәрін оқи алады; рөлдер мен құқықтар оны \
     тоқтатпайды. Бұл нұсқада құпиясөйлем де, кілт үлестері де, HSM де жоқ (docs/threat-model.md §4.1).",
    "Ключи в файлах: кто читает папку ключей, в том числе root, тот читает всё; роли и права его не остановят. В этой \
     версии нет ни парольной фразы, ни долей ключа, ни HSM (docs/threat-model.md §4.1).",
    "The keys are in files: whoever can read the key folder, root among them, can read everything; no role or right \
     stops them. This version has no passphrase, no shares of keys and no HSM (docs/threat-model.md §4.1).",
);
const RIGHTS_OPEN: Text = text(
    "Тіркелгілер бар, бірақ бекітушілердің кворумы жоқ: құқықтар бағдарламаны іске қосатын адам өзгерте алатын \
     тізілімдерден алынады. Екі бекітуші атайтын тізілім енгізіңіз.",
    "Учётные записи есть, а кворума утверждающих нет: права берутся из реестров, которые может менять тот, кто \
     запускает программу. Введите реестр, называющий двух утверждающих.",
    "There are accounts, and no quorum of approvers: rights come from registers that whoever runs the program can \
     change. Adopt a register that names two approvers.",
);
const BOOTSTRAP_OPEN: Text = text(
    "Архивті орнатуға арналған тіркелгілер әлі ашық. Бекітушілер бар кезде олар қажет емес: жабыңыз («user close»).",
    "Учётные записи для начальной настройки ещё открыты. Когда утверждающие есть, они не нужны: закройте их («user \
     close»).",
    "Accounts for setting the archive up are still open. With approvers named they are not needed: close them (`user \
     close`).",
);
const RECOVERED: Text = text(
    "Алдыңғы жұмыс үзілген, ашу кезінде қалпына келтірілді; қабылданған құжаттар бүтін.",
    "Прошлая работа была прервана и восстановлена при открытии; принятые документы целы.",
    "The last run was interrupted and was recovered at opening; what was accepted is whole.",
);
const LENIENT: Text = text(
    "Қабылдау саясаты жұмсартылған: пішімі үшін ештеңе қабылданбай қалмайды немесе құпиялылық белгісі тек ескертіледі.",
    "Политика приёма смягчена: за формат не отказывают, или гриф секретности лишь отмечается.",
    "The intake policy is lenient: nothing is refused for its format, or a mark of secrecy is only flagged.",
);
const CALENDAR_SAMPLE: Text = text(
    "Мерзімдер үлгі күнтізбе бойынша есептеледі: заңмен салыстырылған күнтізбені енгізіңіз (policy adopt).",
    "Сроки считаются по календарю-образцу: введите календарь, сверенный с законодательством (policy adopt).",
    "Deadlines are counted by a sample calendar: adopt one that was checked against the law (policy adopt).",
);
const CALENDAR_ENDS: Text = text(
    "Осы күннен бастап енгізілген күнтізбе жоқ, демалыстың ауыстырылуы ескерілмейді: келесі күнтізбені енгізіңіз.",
    "С этого дня введённого календаря нет, переносы выходных не учитываются: введите следующий календарь.",
    "No calendar was made for this day and those after it, so moved days off are not counted: adopt the next one.",
);
/// Days ahead that the calendars are looked at for. Own bound: time to write and check the next one.
const CALENDAR_DAYS: usize = 31;
const CLOCK: Text = text(
    "Компьютер сағаты журналдағы соңғы жазбадан артта. Сағатты түзетіңіз.",
    "Часы компьютера отстают от последней записи журнала. Исправьте часы.",
    "The computer's clock is behind the journal's last entry. Set the clock.",
);

const NO_POLICY: Text = text(
    "Тексеру саясаты енгізілмеген: қолтаңба тексерілмейді. Сенім тізімі бар саясатты енгізіңіз («policy adopt»).",
    "Политика проверки не введена: подписи не проверяются. Введите политику со списком доверия («policy adopt»).",
    "No validation policy was adopted: no signature can be judged. Adopt one with its trust list (`policy adopt`).",
);
const NO_REGISTER: Text = text(
    "Өкілеттіктер тізілімі енгізілмеген: ешбір қол қоюшы танылмайды. Тізілімді енгізіңіз («policy adopt»).",
    "Реестр полномочий не введён: ни один подписавший не будет признан. Введите реестр («policy adopt»).",
    "No register of authority was adopted: no signer is known. Adopt one (`policy adopt`).",
);
const NO_QUORUM: Text = text(
    "Тізілімде бұл мекемелердің жоюды ұсынатын, қарайтын және бекітетін адамдары жеткіліксіз, барлығы әртүрлі болуы \
     тиіс.",
    "В реестре не хватает лиц этих органов, которые предлагают, рассматривают и утверждают уничтожение; все они \
     разные.",
    "The register has too few persons of these agencies who propose, review and approve a destruction, all different.",
);
const UNCONFIRMED_POLICY: Text = text(
    "Расталмаған саясат не тізілім енгізілген: құжаттар сол бойынша қабылданады, ал жоюға қол қоятындар бұрынғы \
     расталған нұсқа бойынша тексеріледі. Кім енгізгенін анықтап, екі бекітушіге растатыңыз («policy adopt \
     --signature») не бұрынғысын қайта енгізіңіз.",
    "Введена неподтверждённая политика или реестр: по ним идёт приём, а подписывающие уничтожение проверяются по \
     прежней подтверждённой версии. Выясните, кто ввёл; пусть двое утверждающих подтвердят («policy adopt \
     --signature»), или введите снова прежнюю.",
    "A policy or register is in force that is not confirmed: documents are taken in by it, and whoever signs a \
     destruction is judged by the one confirmed before. Find out who adopted it; have two approvers confirm it \
     (`policy adopt --signature`), or adopt the former one again.",
);
const POLICY_OPEN: Text = text(
    "Тізілімде екі бекітуші жоқ: бағдарламаны іске қосатын адам саясат пен тізілімді қолтаңбасыз ауыстыра алады. \
     Бекітушілерді (approver) тізілімге енгізіңіз.",
    "В реестре нет двух утверждающих: кто запускает программу, может сменить политику и реестр без подписей. Внесите \
     утверждающих (approver) в реестр.",
    "The register names no two approvers: whoever runs the program can change policy and register without a signature. \
     Name approvers in the register.",
);
const ANSWERS_OVERDUE: Text = text(
    "Мерзімінде қол қойылмаған түбіртек не хабарлама бар. «receipt list» көрсетеді; қызметкерге қол қойғызып, \
     «receipt sign» іске қосыңыз.",
    "Есть квитанции или уведомления, не подписанные в срок. Их покажет «receipt list»; пусть сотрудник подпишет, \
     затем «receipt sign».",
    "Receipts or notices were not signed in time. `receipt list` shows them; have an officer sign.",
);
const WAITING: Text = text(
    "Күтіп тұрған құжаттар бар. Не жетіспейтінін «waiting list» айтады; «material add» арқылы қосып, «waiting retry» \
     іске қосыңыз.",
    "Есть ожидающие документы. Чего не хватает, скажет «waiting list»; добавьте через «material add» и запустите \
     «waiting retry».",
    "Submissions wait. `waiting list` says what each lacks; add it with `material add`, then `waiting retry`.",
);
const WAITING_OVERDUE: Text = text(
    "Күту мерзімі өткен құжаттар бар: шешім қабылдаңыз («waiting refuse» немесе жаңа деректермен «waiting retry»).",
    "Есть документы, срок ожидания которых истёк: примите решение («waiting refuse» или «waiting retry» с новыми \
     данными).",
    "The term of waiting is over for some submissions: decide (`waiting refuse`, or `waiting retry`).",
);
const HOLD_REVIEW: Text = text(
    "Қайта қарау күні өткен тыйымдар бар: әлі керек пе, анықтаңыз («hold list»)",
    "Есть запреты, срок пересмотра которых прошёл: выясните, нужны ли они ещё («hold list»)",
    "The day of review of some holds has passed: find out whether they are still needed (`hold list`)",
);
const FILES_UNKNOWN: Text = text(
    "Сақтау мерзімі белгісіз істер бар, олардың мерзімі ешқашан аяқталмайды: себебін «why» айтады",
    "Есть дела с неизвестным сроком хранения, он никогда не истечёт: причину скажет «why»",
    "The term of some files is not known, so they are never due: `why` says the reason",
);
const PAPER_ORIGINAL: Text = text(
    "Қағаз түпнұсқасы болуға тиіс, бірақ тіркелмеген құжаттар бар: орнын «paper add» арқылы тіркеңіз",
    "Есть документы, у которых должен быть бумажный подлинник, но он не учтён: внесите его через «paper add»",
    "Some documents must have an original on paper, and none is noted: note where it lies (`paper add`)",
);
const LIST_SAMPLE: Text = text(
    "Үлгі тізбе енгізілген: ол бойынша сынақ архивінен басқа жерде ештеңе жойылмайды. Ресми тізбені актімен енгізіңіз \
     («rules adopt»)",
    "Введён перечень-образец: по нему уничтожают лишь в тестовом архиве. Введите официальный перечень актом \
     («rules adopt»)",
    "A sample list is adopted: by it nothing is destroyed but in a test archive. Adopt the official list by an act \
     (`rules adopt`)",
);
const IN_SEARCH: Text = text(
    "Іздестірудегі жазбалар бар: жоғалған бөлігін сақтық көшірмелерден іздеңіз («presence status»)",
    "Есть записи в розыске: ищите утраченное в резервных копиях («presence status»)",
    "Records are in search: look for what is missing in the backups (`presence status`)",
);
const TRANSFER_RECEIPT: Text = text(
    "Басқа архив пакеттің келгенін мерзімінде растамады: одан басқа жолмен сұраңыз («transfer status»)",
    "Другой архив не подтвердил в срок, что пакет получен: спросите его иным путём («transfer status»)",
    "The other archive has not confirmed in time that the package came: ask it in another way (`transfer status`)",
);
const INQUIRY_OVERDUE: Text = text(
    "Жауап беру мерзімі өткен сұрау салулар бар: «inquiry list --open»",
    "Есть запросы, срок ответа на которые прошёл: «inquiry list --open»",
    "Inquiries are overdue: `inquiry list --open`",
);
const ENDED: Text = text(
    "Архивтің жұмысы аяқталған: ол тек оқылады",
    "Архив завершён: его можно только читать",
    "The archive has ended: it can only be read",
);
const NOT_COMPLETE: Text = text(
    "«decommission execute» қайта орындалуы керек",
    "повторите «decommission execute»",
    "repeat `decommission execute`",
);
const PRESENCE_OPEN: Text = text(
    "Аяқталмаған тексеру бар: «presence run», содан соң «presence end» іске қосыңыз",
    "Есть незавершённая проверка наличия: запустите «presence run», затем «presence end»",
    "A presence check was begun and not ended: go on with `presence run`, then `presence end`",
);
const CRL_STALE: Text = text(
    "Куәландырушы орталықтың CRL-ы ескірген: жаңасын алып, «material add» арқылы қосыңыз, әйтпесе оның қолтаңбалары \
     күтіп қалады.",
    "CRL удостоверяющего центра устарел: получите свежий и добавьте через «material add», иначе подписи будут ждать.",
    "The CRL of an authority is old: fetch a fresh one and add it with `material add`, or its signatures will wait.",
);
const OIDC_BUILD: Text = text(
    "Конфигурацияда [oidc] бар, ал бұл бағдарлама OpenID-сіз жиналған: «serve» іске қосылмайды (OID-001).",
    "В конфигурации есть [oidc], а эта программа собрана без OpenID: «serve» не запустится (OID-001).",
    "The configuration has [oidc], and this program was built without OpenID: `serve` will not start (OID-001).",
);
const OIDC_SETTINGS: Text = text(
    "[oidc] атаған файлды қолдану мүмкін емес: «serve» іске қосылмайды (OID-002).",
    "Файл, названный в [oidc], непригоден: «serve» не запустится (OID-002).",
    "A file that [oidc] names cannot be used: `serve` will not start (OID-002).",
);
const OIDC_SECRET_OPEN: Text = text(
    "OpenID құпиясы бар файлды басқалар оқи алады. Рұқсатты тек иесіне қалдырыңыз (chmod 600).",
    "Файл с секретом OpenID могут читать другие. Оставьте права только владельцу (chmod 600).",
    "Others can read the file with the secret of OpenID. Leave the permissions to its owner only (chmod 600).",
);
const OIDC_ANY_LEVEL: Text = text(
    "OpenID арқылы кез келген деңгеймен, соның ішінде тек құпиясөзбен кіруге болады. Қажет деңгейлерді [oidc] acr \
     кілтінде атаңыз.",
    "Через OpenID можно войти с любым уровнем, хотя бы одним паролем. Назовите нужные уровни в ключе acr таблицы \
     [oidc].",
    "By OpenID people sign in at any level, be it by a password alone. Name the levels that are asked for under acr \
     in [oidc].",
);
const POLICY: Text = text("Тексеру саясаты", "Политика проверки", "Validation policy");
const BUILT_IN: Text =
    text("кіріктірілген, ешкімге сенбейді", "встроенная, никому не доверяет", "built in, trusts nobody");
const REGISTERS: Text = text("Өкілеттіктер тізілімдері", "Реестры полномочий", "Registers of authority");
const NONE: Text = text("жоқ", "нет", "none");

/// The newest CRL of each authority in the material that is older than the policy admits: whose, and until when it was
/// fresh. CRLs of authorities that are not trusted may grow old.
fn stale_crls(archive: &Archive) -> Result<Vec<(String, DateTime<Utc>)>, Error> {
    let (pool, in_force, now) = (archive.material()?, archive.validation_policy()?, utc(archive.now()));
    let age = TimeDelta::seconds(i64::from(in_force.policy.revocation.crl_age_max_s));
    let anchors = in_force.policy.anchors.iter().chain(&in_force.policy.tsa_anchors);
    let anchors: Vec<&[u8]> = anchors.map(|anchor| anchor.certificate.subject_der()).collect();
    let is_trusted = |name: &[u8]| {
        let is_anchor = |name: &[u8]| anchors.iter().any(|anchor| names_match(anchor, name));
        is_anchor(name) || pool.certificates_named(name).any(|ca| is_anchor(ca.issuer_der()))
    };
    let mut newest: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    for crl in pool.crls().filter(|crl| !crl.is_delta() && is_trusted(crl.issuer_der())) {
        let until = crl.next_update.unwrap_or(crl.this_update + age);
        let known = newest.entry(rfc4514(crl.issuer_der())).or_insert(until);
        *known = until.max(*known);
    }
    Ok(newest.into_iter().filter(|(_, until)| *until < now).collect())
}

/// Records of closed files that must have an original on paper and have none noted.
fn without_paper(archive: &Archive, judge: &due::Judge<'_>, today: chrono::NaiveDate) -> Result<usize, Error> {
    let mut lacking = 0;
    for file in due::files(archive)? {
        if !file.row.is_open() && paper::is_original_required(archive, judge, &file, today) {
            lacking += paper::without_original(archive, file.id)?.len();
        }
    }
    Ok(lacking)
}

fn register_name(register: &Authority) -> String {
    format!("{} {}", shown(&register.id), shown(&register.version))
}

fn register_json(register: &Authority) -> Value {
    json!({"id": register.id, "version": register.version})
}

/// The first of many, and how many there are.
fn some(names: &[String]) -> String {
    const FIRST: usize = 5;
    let first: Vec<&str> = names.iter().take(FIRST).map(String::as_str).collect();
    format!("{}: {}{}", names.len(), first.join(", "), if names.len() > FIRST { ", …" } else { "" })
}

/// Agencies with files for which no plan of destruction could be brought to its end.
fn without_quorum(archive: &Archive, today: NaiveDate) -> Result<Vec<String>, Error> {
    let confirmed = archive.confirmed()?;
    let authorities = &confirmed.registers;
    if authorities.adopted().is_empty() {
        return Ok(Vec::new());
    }
    let asked = archive.config().disposal;
    let (reviews, approvals) = (asked.reviews as usize, asked.approvals as usize);
    let wanted = [(SignerKind::RecordsOffice, 1), (SignerKind::Commission, reviews), (SignerKind::Approver, approvals)];
    let is_short = |agency: &String| {
        let of = |kinds: &[SignerKind]| -> BTreeSet<String> {
            let held = authorities.in_office(agency, kinds, today);
            held.into_iter().map(|(_, iin)| iin.to_owned()).collect()
        };
        let all = of(&wanted.map(|(kind, _)| kind)).len();
        wanted.iter().any(|(kind, count)| of(&[*kind]).len() < *count) || all < 1 + reviews + approvals
    };
    let agencies: BTreeSet<String> = due::files(archive)?.into_iter().map(|file| file.row.agency).collect();
    Ok(agencies.into_iter().filter(is_short).collect())
}

/// Whether what was committed since the last quorum of witnesses has waited too long for one.
fn is_unwitnessed(archive: &Archive) -> Result<bool, Error> {
    let Some(shown) = archive.cosigned()? else { return Ok(true) };
    let Some(judged) = shown.judged.filter(|judged| judged.is_met) else { return Ok(true) };
    let newest = judged.times.into_iter().flatten().max().and_then(|time| i64::try_from(time).ok());
    let Some(newest) = newest.and_then(|time| DateTime::from_timestamp(time, 0)) else { return Ok(false) };
    let is_old = newest + TimeDelta::days(WITNESS_DAYS) < utc(archive.now());
    Ok(is_old && shown.checkpoint.size < archive.head().size)
}

/// What is wrong with signing in by OpenID: code, text, detail. The provider is not asked.
fn openid_advice(archive: &Archive) -> Vec<(&'static str, Text, String)> {
    let (Some(settings), folder) = (&archive.config().oidc, archive.root()) else { return Vec::new() };
    let mut found = Vec::new();
    #[cfg(feature = "oidc")]
    let fault = crate::fetch::openid::Provider::new(settings, folder).err().map(|e| e.what);
    #[cfg(not(feature = "oidc"))]
    let fault = settings.secret(folder).err().or_else(|| settings.roots(folder).err());
    if !cfg!(feature = "oidc") {
        found.push(("oidc-build", OIDC_BUILD, settings.issuer.clone()));
    }
    if let Some(fault) = fault {
        found.push(("oidc-settings", OIDC_SETTINGS, shown(&fault)));
    }
    if let Some(file) = settings.open_secret(folder) {
        found.push(("oidc-secret-open", OIDC_SECRET_OPEN, file.display().to_string()));
    }
    if settings.acr.is_empty() {
        found.push(("oidc-any-level", OIDC_ANY_LEVEL, settings.issuer.clone()));
    }
    found
}

impl Doctor {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let lang = common.lang();
        let keys = archive.config().keys_path(archive.root());
        let mut advice = Vec::new();
        let mut add = |code, text, detail: String| advice.push(Advice { code, text, detail });
        let volume = |path: &std::path::Path| std::fs::metadata(path).map(|m| m.dev()).ok();
        if volume(&keys).is_some() && volume(&keys) == volume(archive.root()) {
            add("keys-same-volume", SAME_VOLUME, keys.display().to_string());
        }
        if std::fs::metadata(&keys).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
            add("keys-open", OPEN_KEYS, keys.display().to_string());
        }
        add("keys-in-files", ROOT_READS, keys.display().to_string());
        add("no-custody", NO_CUSTODY, String::new());
        if let Some(conflict) = archive.conflict() {
            let Conflict { file, size, ours } = conflict;
            add("stopped", STOPPED, format!("{file}: {size} / {ours}"));
        }
        if !archive.remembers()? {
            add("no-memory", NO_MEMORY, keys.join(WITNESSED).display().to_string());
        }
        let locked = Vec::from_iter(archive.locked_agencies()?);
        if !locked.is_empty() {
            add("holds-unconfirmed", HOLDS_UNCONFIRMED, some(&locked));
        }
        match archive.witnesses()? {
            None => add("no-witness", NO_WITNESS, archive.config().vkey.name.clone()),
            Some(_) if is_unwitnessed(&archive)? => add("witness-quorum", WITNESS_QUORUM, String::new()),
            Some(_) => {}
        }
        let policy = archive.policy();
        let lenient =
            [("signatures", policy.signatures), ("formats", policy.formats), ("secrecy_marks", policy.secrecy_marks)];
        for (key, _) in lenient.iter().filter(|(_, action)| *action == Action::Flag) {
            add("policy-lenient", LENIENT, format!("[ingest] {key} = \"flag\""));
        }
        let calendars = archive.calendars()?;
        let today = civil_date(archive.now());
        if calendars.basis(today) == CalendarBasis::Sample {
            add("calendar-sample", CALENDAR_SAMPLE, String::new());
        }
        let uncovered = |day: &chrono::NaiveDate| calendars.basis(*day) == CalendarBasis::NotCovered;
        if let Some(day) = today.iter_days().take(CALENDAR_DAYS).find(uncovered) {
            add("calendar-ends", CALENDAR_ENDS, day.to_string());
        }
        let (adopted, authorities) = (archive.validation_policy()?, archive.authorities()?);
        let judges = policy.signatures == Action::Refuse;
        if judges && !adopted.is_adopted() {
            add("no-policy", NO_POLICY, String::new());
        }
        if judges && authorities.adopted().is_empty() {
            add("no-register", NO_REGISTER, String::new());
        }
        let unconfirmed = archive.unconfirmed()?;
        if !unconfirmed.is_empty() {
            let names =
                unconfirmed.iter().map(|(id, version, entry)| format!("{} {} (#{entry})", shown(id), shown(version)));
            add("unconfirmed-policy", UNCONFIRMED_POLICY, some(&names.collect::<Vec<_>>()));
        }
        if adopted.is_adopted() && !archive.confirmed()?.has_quorum {
            add("policy-open", POLICY_OPEN, String::new());
        }
        let (accounts, has_quorum) = (archive.accounts()?, archive.confirmed()?.has_quorum);
        let open: Vec<&Account> = accounts.all().filter(|account| account.closed.is_none()).collect();
        if !open.is_empty() && !has_quorum {
            add("rights-open", RIGHTS_OPEN, open.len().to_string());
        }
        let setting_up = open.iter().filter(|account| account.holder == Holder::Bootstrap && has_quorum);
        let setting_up: Vec<String> = setting_up.map(|account| shown(&account.name)).collect();
        if !setting_up.is_empty() {
            add("bootstrap-open", BOOTSTRAP_OPEN, some(&setting_up));
        }
        for (code, text, detail) in openid_advice(&archive) {
            add(code, text, detail);
        }
        let unsigned = issue::unsigned(&archive)?;
        let overdue: Vec<String> =
            unsigned.iter().filter(|row| row.is_overdue).map(|row| format!("#{}", row.entry)).collect();
        if !overdue.is_empty() {
            add("answers-overdue", ANSWERS_OVERDUE, some(&overdue));
        }
        let waiting = archive.all_waiting()?;
        if !waiting.is_empty() {
            add("waiting", WAITING, waiting.len().to_string());
        }
        let mut late = Vec::new();
        for one in &waiting {
            if super::waiting::is_overdue(&archive, &archive.waiting(*one)?)? {
                late.push(one.to_string());
            }
        }
        if !late.is_empty() {
            add("waiting-overdue", WAITING_OVERDUE, some(&late));
        }
        let held = holds::list(&archive, false)?;
        let to_review = held.iter().filter(|hold| hold.placing.review.is_some_and(|day| day < today));
        let to_review: Vec<String> = to_review.map(|hold| hold.id.to_string()).collect();
        if !to_review.is_empty() {
            add("hold-review", HOLD_REVIEW, some(&to_review));
        }
        let unanswered: Vec<String> = case::overdue(&archive)?.iter().map(RecordId::to_string).collect();
        if !unanswered.is_empty() {
            add("transfer-receipt", TRANSFER_RECEIPT, some(&unanswered));
        }
        let overdue: Vec<String> = desk::overdue(&archive)?.iter().map(|one| one.id.to_string()).collect();
        if !overdue.is_empty() {
            add("inquiry-overdue", INQUIRY_OVERDUE, some(&overdue));
        }
        let short = without_quorum(&archive, today)?;
        if !short.is_empty() {
            add("no-quorum", NO_QUORUM, some(&short));
        }
        let missing: Vec<String> =
            inspection::in_search(&archive)?.iter().map(|(record, ..)| record.to_string()).collect();
        if !missing.is_empty() {
            add("in-search", IN_SEARCH, some(&missing));
        }
        let open = inspection::list(&archive)?.into_iter().filter(|check| check.row.ended.is_none());
        let open: Vec<String> = open.map(|check| check.id.to_string()).collect();
        if !open.is_empty() {
            add("presence-open", PRESENCE_OPEN, some(&open));
        }
        match due::Basis::read(&archive) {
            Ok(basis) => {
                let judge = basis.judge();
                let is_unknown =
                    |file: &File| judge.standing(file.id, file.row.view(), today).status == Status::Unknown;
                let unknown = due::files(&archive)?.iter().filter(|file| is_unknown(file)).count();
                if unknown > 0 {
                    add("files-unknown", FILES_UNKNOWN, unknown.to_string());
                }
                let lacking = without_paper(&archive, &judge, today)?;
                if lacking > 0 {
                    add("paper-original", PAPER_ORIGINAL, lacking.to_string());
                }
            }
            Err(e) => add("files-unknown", FILES_UNKNOWN, e.what),
        }
        let samples = archive.adopted_lists()?;
        let samples = samples.iter().filter(|held| held.list.status == CalendarStatus::Sample);
        let samples: Vec<String> = samples.map(|held| format!("{} {}", held.list.id, held.list.edition)).collect();
        if !samples.is_empty() {
            add("list-sample", LIST_SAMPLE, shown(&some(&samples)));
        }
        for (issuer, until) in stale_crls(&archive)? {
            add("crl-stale", CRL_STALE, format!("{} · {}", shown(&issuer), time_text(until)));
        }
        if let Some((code, text, detail)) = means::advice(&archive)? {
            add(code, text, detail);
        }
        let head = archive.head();
        if archive.now() < head.t {
            add("clock-behind", CLOCK, rfc3339(head.t));
        }
        let (recovery, rebuilt) = archive.recovery();
        if recovery.cut_bytes > 0 || recovery.lock_mended {
            add("recovered", RECOVERED, format!("{} bytes cut", recovery.cut_bytes));
        }
        if let Some(ended) = archive.ended() {
            // Nothing can be mended in it any more but where its keys lie.
            advice.retain(|one| one.code.starts_with("keys-"));
            let detail = if ended.is_complete { String::new() } else { NOT_COMPLETE.get(lang).to_owned() };
            advice.push(Advice { code: "archive-ended", text: ENDED, detail });
        }
        let meta = archive.index_meta();
        if common.json() {
            let list: Vec<_> = advice
                .iter()
                .map(|a| json!({"code": a.code, "text": a.text.get(common.lang()), "detail": a.detail}))
                .collect();
            common.print_json(&json!({
                "archive_id": archive.config().archive_id.to_string(), "entries": head.size, "records": meta.records,
                "store_segment": head.store.segment, "vault_epoch": head.vault.epoch, "index_entries": meta.size,
                "index_generation": meta.generation, "index_rebuilt": rebuilt, "unsigned": unsigned.len(),
                "waiting": waiting.len(), "advice": list,
                "program": archive.program().value(), "means": archive.means()?.map(|record| record.to_string()),
                "policy": {"id": adopted.policy.id, "version": adopted.policy.version, "entry": adopted.entry},
                "registers": authorities.adopted().iter().map(register_json).collect::<Vec<_>>(),
            }));
        } else {
            out!("{} · {} · #{}", archive.root().display(), archive.config().archive_id, head.size);
            out!("{}", means::program_text(&archive.program().value()));
            let (id, version) = (shown(&adopted.policy.id), shown(&adopted.policy.version));
            let entry = adopted.entry.map_or(BUILT_IN.get(lang).to_owned(), |entry| format!("#{entry}"));
            out!("{}: {id} {version} ({entry})", POLICY.get(lang));
            let registers: Vec<String> = authorities.adopted().iter().map(register_name).collect();
            let registers = if registers.is_empty() { NONE.get(lang).to_owned() } else { registers.join(", ") };
            out!("{}: {registers}", REGISTERS.get(lang));
            if advice.is_empty() {
                out!("{}", GOOD.get(common.lang()));
            }
            for a in &advice {
                out!("• {}: {}", a.code, a.text.get(common.lang()));
                if !a.detail.is_empty() {
                    out!("  {}", a.detail);
                }
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}
