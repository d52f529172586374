//! The certificate of a release, and finding what another archive keeps.
//!
//! Goal: who has the file and the key of the journal alone can tell that records went, by whose word and to whom, and
//! nobody can change a word of it, not even the archive that made it; what went is found by number and date, and what
//! was restricted is not. Method: a transfer with real signatures up to its end; the certificate is changed in each
//! part; then a journal is made up that commits to documents that lie, and signed by a key of its own.

use super::disposal::{Due, placing};
use super::signed::{AGENCY, Bench};
use super::transfer::Sender;
use super::transfer_release::Two;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::archive::Archive;
use muragat::error::ErrorCode;
use muragat::filing::holds;
use muragat::index::filing::HoldTarget;
use muragat::index::query::Query;
use muragat::ingest::amend::add;
use muragat::inquiry::answer;
use muragat::inquiry::desk::{self, Opening};
use muragat::inquiry::search::{Within, search, search_within};
use muragat::model::canonical;
use muragat::model::digest::{Sha256, sha256};
use muragat::model::id::RecordId;
use muragat::model::record::CardField;
use muragat::model::submission::{AccessCategory, ComponentEntry, Role};
use muragat::text::Lang;
use muragat::tlog::checkpoint::LogSigner;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::Leaf;
use muragat::tlog::tree::{leaf_hash, merkle_root, split_point};
use muragat::transfer::certificate::{give, verify};
use muragat::transfer::list::draw_up as draw_up_list;
use muragat::transfer::release::{Release, Released, Why, close};
use muragat::transfer::reply::Outcome;
use muragat::transfer::select::Reason;
use muragat::transfer::{approve, release as releasing};
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Both records are kept there; the act is signed, and the days are over.
fn agreed() -> Two {
    let (two, _) = Two::agreed([Outcome::Accepted, Outcome::AcceptedWithRemark]);
    two.cool(8);
    two
}

fn let_go(two: &Two) -> Vec<RecordId> {
    let Released::Done { released, .. } = two.release(&two.drawn().encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    released
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn follows(schema: &str, value: &Value) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(schema);
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_stranger_checks_what_went_and_to_whom() {
    let two = agreed();
    let own = two.archive.config().vkey.clone();
    let none = give(&two.archive, two.transfer).unwrap_err();
    assert_eq!(none.code, ErrorCode::TrfStage, "nothing went yet");
    // A hold that was lifted before it went, and one that keeps something else too.
    let target = |file: usize| HoldTarget::File(two.sender.file(file).0);
    let (spent, _) = holds::place(&two.archive, &placing(), &[target(0)], SYSTEM_ACTOR).unwrap();
    let (needed, _) = holds::place(&two.archive, &placing(), &[target(1), target(2)], SYSTEM_ACTOR).unwrap();
    for hold in [spent, needed] {
        holds::lift(&two.archive, hold, "Іс аяқталды", SYSTEM_ACTOR).unwrap();
    }
    let released = let_go(&two);
    assert_eq!(released.len(), 2);
    let holds: Vec<RecordId> = two.archive.index().holds().unwrap().into_iter().map(|(hold, _)| hold).collect();
    assert!(!holds.contains(&spent) && holds.contains(&needed), "what a spent hold says names people");

    let (bytes, said) = give(&two.archive, two.transfer).unwrap();
    assert_eq!((said.closed, said.counts()), (None, (2, 2)));
    assert!(!said.remaining.is_empty());
    follows("certificate/2/certificate.schema.json", &read(&bytes));
    let two = two.reopened().compacted();
    close(&two.archive, two.transfer, SYSTEM_ACTOR).unwrap();
    let (bytes, said) = give(&two.archive, two.transfer).unwrap();
    assert_eq!(give(&two.archive, two.transfer).unwrap().0, bytes, "the same bytes");
    assert_eq!(verify(&bytes, &own).unwrap(), said);
    assert!(said.closed.is_some() && said.remaining.is_empty());
    follows("certificate/2/certificate.schema.json", &read(&bytes));
    let gone: Vec<RecordId> = said.releases[0].records.iter().map(|gone| gone.record).collect();
    assert_eq!(gone.iter().collect::<BTreeSet<_>>(), released.iter().collect());
    assert_eq!((said.party.archive, said.act.number.as_str()), (two.state.config().archive_id, "2028-4"));
    let acts: Vec<&str> = said.signers.iter().map(|(act, _)| act.as_str()).collect();
    let wanted = [
        "party.adopted",
        "party.adopted",
        "transfer.approved",
        "transfer.agreed",
        "transfer.released",
        "transfer.released",
    ];
    assert_eq!(acts, wanted);
    assert!(verify(&bytes, &two.state.config().vkey).is_err(), "of another archive");
    every_part_counts(&bytes, &own);
    let entries = all_entries(&two.archive);
    no_lie_holds(&bytes, &entries);
    two.audit_is_clean();
}

/// Whatever is changed in a certificate is found.
fn every_part_counts(bytes: &[u8], own: &muragat::tlog::checkpoint::VerifierKey) {
    let value = read(bytes);
    let mut changed: Vec<(String, Value)> = Vec::new();
    let mut change = |what: String, edit: &dyn Fn(&mut Value)| {
        let mut other = value.clone();
        edit(&mut other);
        assert_ne!(other, value, "{what}");
        changed.push((what, other));
    };
    let flipped = |text: &str| {
        let at = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for (n, entry) in value["entries"].as_array().unwrap().iter().enumerate() {
        let name = format!("entry {} {}", entry["index"], entry["entry"]);
        change(format!("without {name}"), &|v| drop(v["entries"].as_array_mut().unwrap().remove(n)));
        change(format!("{name} elsewhere"), &|v| v["entries"][n]["index"] = json!(0));
        change(format!("{name} with another byte"), &|v| {
            v["entries"][n]["entry"] = flipped(entry["entry"].as_str().unwrap()).into();
        });
        if let Some(hash) = entry["proof"].as_array().unwrap().first() {
            change(format!("{name} with another proof"), &|v| {
                v["entries"][n]["proof"][0] = flipped(hash.as_str().unwrap()).into();
            });
        }
        if let Some(document) = entry["document"].as_str() {
            change(format!("{name} with another document"), &|v| {
                v["entries"][n]["document"] = flipped(document).into();
            });
            change(format!("{name} without its document"), &|v| {
                drop(v["entries"][n].as_object_mut().unwrap().remove("document"));
            });
        }
    }
    for (n, file) in value["files"].as_array().unwrap().iter().enumerate() {
        let name = format!("file {} of {}", file["name"], file["entry"]);
        change(format!("without {name}"), &|v| drop(v["files"].as_array_mut().unwrap().remove(n)));
        change(format!("{name} with another byte"), &|v| {
            let mut bytes = STANDARD.decode(file["base64"].as_str().unwrap()).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            v["files"][n]["base64"] = STANDARD.encode(bytes).into();
        });
        change(format!("{name} twice"), &|v| {
            let mut twice = v["files"][n].clone();
            twice["name"] = "signature-9.p7s".into();
            v["files"].as_array_mut().unwrap().push(twice);
        });
    }
    for (key, said) in value["said"].as_object().unwrap() {
        change(format!("said {key}"), &|v| match said {
            Value::String(text) => v["said"][key] = format!("{text} ").into(),
            Value::Number(number) => v["said"][key] = (number.as_u64().unwrap() + 1).into(),
            Value::Bool(is) => v["said"][key] = (!is).into(),
            Value::Array(_) => v["said"][key].as_array_mut().unwrap().push(json!("index")),
            _ => drop(v["said"].as_object_mut().unwrap().remove(key)),
        });
    }
    change("a record more".into(), &|v| {
        let twice = v["said"]["releases"][0]["records"][0].clone();
        v["said"]["releases"][0]["records"].as_array_mut().unwrap().push(twice);
    });
    change("another kind".into(), &|v| v["kind"] = "destruction".into());
    change("the first version".into(), &|v| v["schema"] = "muragat/certificate/1".into());
    change("a field more".into(), &|v| v["more"] = true.into());
    change("another checkpoint".into(), &|v| v["checkpoint"] = flipped(v["checkpoint"].as_str().unwrap()).into());
    assert!(changed.len() > 60, "{}", changed.len());
    for (what, other) in changed {
        let other = canonical::to_vec(&other).unwrap();
        assert!(verify(&other, own).is_err(), "{what}");
    }
    let mut spaced = bytes.to_vec();
    spaced.push(b'\n');
    assert!(verify(&spaced, own).is_err(), "a byte behind it");
}

fn all_entries(archive: &Archive) -> Vec<Vec<u8>> {
    let log = archive.log().unwrap();
    (0..log.size()).map(|n| log.entry(n).unwrap()).collect()
}

fn proof(hashes: &[Sha256], index: usize) -> Vec<Sha256> {
    if hashes.len() == 1 {
        return Vec::new();
    }
    let split = usize::try_from(split_point(hashes.len() as u64)).unwrap();
    let (left, right) = hashes.split_at(split);
    let (mut path, other) =
        if index < split { (proof(left, index), right) } else { (proof(right, index - split), left) };
    path.push(merkle_root(other));
    path
}

/// The certificate of an archive that wrote other documents and signed another journal: every digest is right.
fn forged(bytes: &[u8], entries: &[Vec<u8>], lie: &dyn Fn(&mut Value)) -> (Vec<u8>, LogSigner) {
    let mut value = read(bytes);
    lie(&mut value);
    let files = value["files"].as_array().unwrap().clone();
    let mut entries = entries.to_vec();
    for entry in value["entries"].as_array_mut().unwrap() {
        let index = entry["index"].as_u64().unwrap();
        let mut leaf = Leaf::decode(index, entry["entry"].as_str().unwrap().as_bytes()).unwrap();
        if let Some(document) = entry["document"].as_str() {
            let mut document = read(document.as_bytes());
            for file in files.iter().filter(|file| file["entry"] == json!(index)) {
                let bytes = STANDARD.decode(file["base64"].as_str().unwrap()).unwrap();
                let rows = document["files"].as_array_mut().unwrap();
                let row = rows.iter_mut().find(|row| row["name"] == file["name"]).unwrap();
                row["sha256"] = sha256(&bytes).to_string().into();
                row["size"] = bytes.len().into();
                if ["release.json", "act.json"].contains(&file["name"].as_str().unwrap()) {
                    document["sha256"] = sha256(&bytes).to_string().into();
                }
            }
            let document = String::from_utf8(canonical::to_vec(&document).unwrap()).unwrap();
            leaf.doc = Some(sha256(document.as_bytes()));
            entry["document"] = document.into();
        }
        let encoded = leaf.encode();
        entries[usize::try_from(index).unwrap()] = encoded.clone();
        entry["entry"] = String::from_utf8(encoded).unwrap().into();
    }
    let hashes: Vec<Sha256> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    for entry in value["entries"].as_array_mut().unwrap() {
        let index = usize::try_from(entry["index"].as_u64().unwrap()).unwrap();
        entry["proof"] = proof(&hashes, index).iter().map(Sha256::to_string).collect();
    }
    let origin = value["said"]["origin"].as_str().unwrap();
    let signer = LogSigner::new(origin, &[7; 32]);
    value["checkpoint"] = signer.sign(hashes.len() as u64, merkle_root(&hashes)).unwrap().into();
    (canonical::to_vec(&value).unwrap(), signer)
}

/// What is changed in the acts before they are committed to.
type Lie<'a> = Box<dyn Fn(&mut Value) + 'a>;

/// An archive that lies in its own journal is found out where another one, or an officer, signed.
fn no_lie_holds(bytes: &[u8], entries: &[Vec<u8>]) {
    let (honest, signer) = forged(bytes, entries, &|_| {});
    verify(&honest, signer.verifier()).unwrap();
    let at = |value: &Value, act: &str| {
        let wanted = format!("\"act\":\"{act}\"");
        let rows = value["entries"].as_array().unwrap();
        rows.iter().position(|row| row["entry"].as_str().unwrap().contains(&wanted)).unwrap()
    };
    let document = |value: &mut Value, act: &str, edit: &dyn Fn(&mut Value)| {
        let n = at(value, act);
        let mut document = read(value["entries"][n]["document"].as_str().unwrap().as_bytes());
        edit(&mut document);
        value["entries"][n]["document"] = String::from_utf8(canonical::to_vec(&document).unwrap()).unwrap().into();
    };
    let file = |value: &mut Value, name: &str, act: &str, edit: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let index = value["entries"][at(value, act)]["index"].clone();
        let rows = value["files"].as_array_mut().unwrap();
        let row = rows.iter_mut().find(|row| row["name"] == json!(name) && row["entry"] == index).unwrap();
        let bytes = edit(STANDARD.decode(row["base64"].as_str().unwrap()).unwrap());
        row["base64"] = STANDARD.encode(bytes).into();
    };
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from}");
            text.replace(from, to).into_bytes()
        }
    };
    let other_id = "ab".repeat(16);
    let lies: Vec<(&str, &str, Lie<'_>)> = vec![
        ("a record that was not signed for", "is not one that was signed for", {
            let other = other_id.clone();
            Box::new(move |v| {
                document(v, "transfer.released", &|d| {
                    d["released"][0]["records"][0]["record_id"] = other.clone().into()
                });
            })
        }),
        ("another id there", "is not one that was signed for", {
            let other = other_id.clone();
            Box::new(move |v| {
                document(v, "transfer.released", &|d| {
                    d["released"][0]["records"][0]["reference"] = other.clone().into()
                });
            })
        }),
        ("a record that went twice", "went twice", {
            Box::new(move |v| {
                document(v, "transfer.released", &|d| {
                    d["holds"] = json!([]);
                    let twice = d["released"][0]["records"][0].clone();
                    d["released"][0]["records"].as_array_mut().unwrap().push(twice);
                });
            })
        }),
        ("more records than entries", "the roll of the vault", {
            Box::new(move |v| {
                document(v, "transfer.released", &|d| d["holds"] = json!([other_id.clone(), other_id.clone()]));
            })
        }),
        ("one officer", "sign", {
            Box::new(move |v| {
                document(v, "transfer.released", &|d| {
                    let first = d["approved"][0].clone();
                    d["approved"] = json!([first, first]);
                });
            })
        }),
        ("nobody who approves", "two officers did not sign", {
            Box::new(move |v| {
                document(v, "transfer.released", &|d| {
                    d["approved"]
                        .as_array_mut()
                        .unwrap()
                        .iter_mut()
                        .for_each(|by| by["kind"] = "records_office".into());
                });
            })
        }),
        ("another release than was signed", "a signature is not over", {
            Box::new(move |v| {
                file(v, "release.json", "transfer.released", &|bytes| {
                    let mut release = Release::decode(&bytes).unwrap();
                    release.records.pop();
                    release.encode()
                });
            })
        }),
        ("another answer key", "the reply", {
            Box::new(move |v| {
                file(v, "party.toml", "party.adopted", &|bytes| {
                    let text = String::from_utf8(bytes).unwrap();
                    let line = text.lines().find(|line| line.starts_with("answer_key")).unwrap().to_owned();
                    text.replace(&line, &format!("answer_key = \"{}\"", "0a".repeat(32))).into_bytes()
                });
            })
        }),
        ("another archive", "another package was sealed", {
            Box::new(move |v| {
                file(v, "party.toml", "party.adopted", &|bytes| {
                    let text = String::from_utf8(bytes).unwrap();
                    let line = text.lines().find(|line| line.starts_with("archive =")).unwrap().to_owned();
                    text.replace(&line, &format!("archive = \"{}\"", "0a".repeat(16))).into_bytes()
                });
            })
        }),
        ("a body of another BIN", "another body", {
            let edit = replaced("bin = \"000000000200\"", "bin = \"000000000300\"");
            Box::new(move |v| file(v, "party.toml", "party.adopted", &edit))
        }),
        ("a party that it was not selected for", "selected for another archive", {
            Box::new(move |v| document(v, "transfer.selected", &|d| d["party_entry"] = json!(1)))
        }),
        ("another digest than the reply keeps", "", {
            Box::new(move |v| {
                file(v, "package.json", "transfer.sealed", &|bytes| {
                    let mut seal = read(&bytes);
                    seal["records"][0]["digest"] = "0b".repeat(32).into();
                    canonical::to_vec(&seal).unwrap()
                });
            })
        }),
        ("a reply that says something else", "the reply", {
            Box::new(move |v| {
                file(v, "reply-answer.json", "transfer.replied", &|bytes| {
                    let mut answer = read(&bytes);
                    answer["time"] = (answer["time"].as_u64().unwrap() + 1).into();
                    canonical::to_vec(&answer).unwrap()
                });
            })
        }),
    ];
    for (what, wanted, lie) in &lies {
        let (forged, signer) = forged(bytes, entries, lie);
        let fault = verify(&forged, signer.verifier()).unwrap_err().to_string();
        assert!(fault.contains(wanted) && !fault.contains("written out"), "{what}: {fault}");
    }
}

fn ids(archive: &Archive, query: &str) -> Vec<RecordId> {
    let mut found = Vec::new();
    archive
        .index()
        .find_released(&Query::parse(query).unwrap(), &mut |id, _| {
            found.push(id);
            true
        })
        .unwrap();
    found
}

#[test]
fn what_went_is_found_by_number_and_date_and_what_was_restricted_is_not() {
    let due = Due::closed_with(Bench::bare(), &["3", "3", "3", "4"], &|n, _, draft| {
        draft.access = if n == 1 { "confidential" } else { "public" };
    });
    due.go_to("2028-01-10");
    let two = Two::of(Sender::of(due, 2026, "2028-01-05"));
    two.agree([Outcome::Accepted, Outcome::Accepted]);
    two.cool(8);
    let [open, closed] = [0, 1].map(|n| two.record(n));
    let row = two.archive.index().record_by_id(open).unwrap().unwrap();
    let date = row.card_field(CardField::DocumentDate).unwrap().to_owned();
    assert_eq!(row.card_field(CardField::RegistrationNumber), Some("01-05/0"));
    assert!(ids(&two.archive, "reg:01-05/0").is_empty(), "it is here");
    let drawn = two.drawn();
    let text = String::from_utf8(drawn.encode()).unwrap();
    assert!(text.contains("\"01-05/0\"") && !text.contains("01-05/1"), "a restricted number goes to nobody");
    let said = drawn.text(Lang::Kk);
    for part in ["000000000200", "Үлгі бұйрық № 7", "01-00 (2026, том 1) · 1 құжат", "SHA-256"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(let_go(&two).len(), 2);
    let two = two.reopened();

    let found = [
        ("reg:01-05/0", vec![open]),
        ("reg:01-05", vec![open]),
        ("01-05/0", vec![open]),
        ("reg:01-05/1", vec![]),
        ("reg:01-05/7", vec![]),
        ("kind:electronic_original", vec![]),
        ("reg:01-05/0 title:хаты", vec![]),
        ("reg:01-05/0 received:2026..", vec![]),
        ("agency:OTHER reg:01-05/0", vec![]),
        ("date:2001", vec![]),
    ];
    let asked = |two: &Two| {
        for (query, wanted) in &found {
            assert_eq!(&ids(&two.archive, query), wanted, "{query}");
        }
        assert_eq!(ids(&two.archive, &format!("date:{date}")), [open]);
        assert_eq!(ids(&two.archive, &format!("date:..{date} agency:{AGENCY} reg:01-05/0")), [open]);
        assert_eq!(ids(&two.archive, &format!("id:{open}")), [open]);
        assert!(two.archive.index().released(closed).unwrap().is_none());
        two.archive.index().released(open).unwrap().unwrap()
    };
    let before = asked(&two);
    assert_eq!((before.number.as_deref(), before.date.as_deref()), (Some("01-05/0"), Some(date.as_str())));
    let elsewhere = muragat::filing::handover::elsewhere(&two.archive, open).unwrap().unwrap();
    assert_eq!((elsewhere.act.as_str(), elsewhere.file.1.as_str()), ("2028-4", "01-00"));
    assert_eq!(elsewhere.reference, Some(RecordId(before.reference)));
    // Where the restricted one is is still said by its id.
    assert!(muragat::filing::handover::elsewhere(&two.archive, closed).unwrap().is_some());

    // An answer to an inquiry says where it is; what is confined does not reach it.
    let opening = Opening {
        agency: AGENCY.into(),
        authority: "Үлгі соты".into(),
        case: "№ 7 іс".into(),
        basis: "АПК 1-бап".into(),
        requester: "Судья".into(),
        due: "2090-01-01".parse().unwrap(),
    };
    let (inquiry, _) = desk::open(&two.archive, opening, None, SYSTEM_ACTOR).unwrap();
    let searched = search(&two.archive, inquiry, "reg:01-05/0", SYSTEM_ACTOR).unwrap();
    assert_eq!((searched.found.len(), searched.destroyed), (0, BTreeSet::from([open])));
    assert!(search(&two.archive, inquiry, "reg:01-05/1", SYSTEM_ACTOR).unwrap().destroyed.is_empty());
    search(&two.archive, inquiry, "title:Жоқ", SYSTEM_ACTOR).unwrap();
    for (agency, access) in [("OTHER-01", AccessCategory::Public), (AGENCY, AccessCategory::Confidential)] {
        let within = Within { agency: agency.into(), access: BTreeSet::from([access]) };
        let searched = search_within(&two.archive, inquiry, "reg:01-05/0", Some(&within), SYSTEM_ACTOR).unwrap();
        assert!(searched.destroyed.is_empty(), "{agency} {access:?}");
    }
    let prepared = answer::prepare(&two.archive, inquiry).unwrap();
    let value = answer::check(&prepared.bytes).unwrap();
    follows("inquiry-answer/2/inquiry-answer.schema.json", &value);
    assert_eq!(value["outcome"], "handed_over");
    let gone = &value["handed_over"][0];
    assert_eq!((&gone["registration_number"], &gone["act"]), (&json!("01-05/0"), &json!("2028-4")));
    let reaches: Vec<&Value> =
        value["searches"].as_array().unwrap().iter().map(|made| &made["reaches_handed_over"]).collect();
    assert_eq!(reaches, [&json!(true), &json!(true), &json!(false), &json!(true), &json!(true)]);
    let text = answer::text_of(&prepared.bytes, Lang::En);
    for part in ["01-05/0", "to which access was not restricted", "nor does it reach records handed over"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let changed = String::from_utf8(prepared.bytes.clone()).unwrap().replace("inquiry-answer/2", "inquiry-answer/1");
    assert!(answer::check(changed.as_bytes()).is_ok(), "what a version says is what its fields say");

    // Another index says the same.
    let Two { sender, archive, state, transfer, folder } = two;
    archive.close().unwrap();
    std::fs::remove_dir_all(sender.due.bench.root().join("index")).unwrap();
    let archive = sender.due.bench.open();
    let two = Two { sender, archive, state, transfer, folder };
    assert_eq!(asked(&two), before);
    assert_eq!(answer::prepare(&two.archive, inquiry).unwrap().bytes, prepared.bytes);

    two.audit_is_clean();
}

#[test]
fn what_is_signed_in_the_second_in_which_it_was_drawn_up_is_signed_after_it() {
    let (sender, archive) = Sender::new();
    let office = &sender.due.bench.office;
    let file = super::transfer::party_file(&archive, &sender.due.today().to_string(), "state_archive");
    sender.adopt(&archive, &file, &[&office.approvers[0], &office.commission[0]]).unwrap();
    let id = sender.select(&archive, Reason::Early, &[sender.file(0)]).unwrap();
    // In the middle of a second; a signature names the second alone.
    let now = sender.due.bench.now();
    sender.due.bench.later(1_000 - now % 1_000 + 500);
    let (list, _) = draw_up_list(&archive, id, SYSTEM_ACTOR).unwrap();
    let bytes = list.encode();
    let at = |t: u64| {
        let signature = office.commission[0].sign_detached(&bytes, super::signed::at(t));
        approve::approve(&archive, id, &[signature], &Material::default(), SYSTEM_ACTOR).unwrap()
    };
    let now = sender.due.bench.now();
    assert!(matches!(at(now - 1_000), approve::Signed::Refused(_)), "a second before");
    assert!(matches!(at(now), approve::Signed::Done(_)));
    archive.close().unwrap();
}

#[test]
fn what_a_changed_record_was_called_keeps_no_other_from_going() {
    let two = agreed();
    let mut signed = two.drawn();
    assert_eq!(signed.records[0].record, two.record(0));
    // As if its card had said so when it was drawn up.
    signed.records[0].number = Some("99-9".into());
    assert_eq!(two.release(&signed.encode(), &two.both()).unwrap_err().code, ErrorCode::TrfRelease, "another number");
    let mark = two.folder.path().join("mark.txt");
    std::fs::write(&mark, "Орындалды").unwrap();
    let entry = ComponentEntry {
        path: "marks/execution.txt".into(),
        role: Role::Mark,
        covers: Vec::new(),
        media_type: None,
        derivation: None,
    };
    add(&two.archive, two.record(0), entry, mark.as_path(), Some("Белгі".to_owned()), SYSTEM_ACTOR).unwrap();
    two.archive.wait_index().unwrap();
    let Released::Done { released, kept, .. } = two.release(&signed.encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    assert_eq!((released, kept), (vec![two.record(1)], vec![(two.record(0), Why::Changed)]));
    let (_, said) = give(&two.archive, two.transfer).unwrap();
    assert_eq!(said.counts(), (1, 1));
}

/// What is not drawn up any more is still read: a release and its certificate of the first version.
#[test]
fn a_release_of_the_first_version_is_read() {
    let two = agreed();
    let drawn = two.drawn();
    let first = Release { grounds: None, ..drawn.clone() };
    let first = Release {
        records: first
            .records
            .iter()
            .map(|one| releasing::Leaving { file: None, number: None, date: None, ..one.clone() })
            .collect(),
        ..first
    };
    let bytes = first.encode();
    follows("transfer-release/1/transfer-release.schema.json", &read(&bytes));
    follows("transfer-release/2/transfer-release.schema.json", &read(&drawn.encode()));
    assert_eq!(Release::decode(&bytes), Some(first));
    assert_eq!(Release::decode(&drawn.encode()), Some(drawn));
}
