//! `muragat doctor`.
//!
//! Advice about surroundings that the archive cannot mend itself; it changes nothing.

use super::{Common, means};
use crate::clock::rfc3339;
use crate::config::Action;
use crate::error::{Error, Exit};
use crate::text::{Text, text};
use serde_json::json;
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
const ROOT_READS: Text = text(
    "Кілттер файлда: кілттер қалтасын оқи алатын адам бәрін оқи алады.",
    "Ключи в файлах: кто читает папку ключей, тот читает всё.",
    "The keys are in files: whoever can read the key folder can read everything.",
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
const CLOCK: Text = text(
    "Компьютер сағаты журналдағы соңғы жазбадан артта. Сағатты түзетіңіз.",
    "Часы компьютера отстают от последней записи журнала. Исправьте часы.",
    "The computer's clock is behind the journal's last entry. Set the clock.",
);

impl Doctor {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
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
        add("no-witness", NO_WITNESS, archive.config().vkey.name.clone());
        let policy = archive.policy();
        let lenient =
            [("signatures", policy.signatures), ("formats", policy.formats), ("secrecy_marks", policy.secrecy_marks)];
        for (key, _) in lenient.iter().filter(|(_, action)| *action == Action::Flag) {
            add("policy-lenient", LENIENT, format!("[ingest] {key} = \"flag\""));
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
        let meta = archive.index_meta();
        if common.json() {
            let list: Vec<_> = advice
                .iter()
                .map(|a| json!({"code": a.code, "text": a.text.get(common.lang()), "detail": a.detail}))
                .collect();
            common.print_json(&json!({
                "archive_id": archive.config().archive_id.to_string(), "entries": head.size, "records": meta.records,
                "store_segment": head.store.segment, "vault_epoch": head.vault.epoch, "index_entries": meta.size,
                "index_generation": meta.generation, "index_rebuilt": rebuilt, "advice": list,
                "program": archive.program().value(), "means": archive.means()?.map(|record| record.to_string()),
            }));
        } else {
            out!("{} · {} · #{}", archive.root().display(), archive.config().archive_id, head.size);
            out!("{}", means::program_text(&archive.program().value()));
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
