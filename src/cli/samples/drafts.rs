//! The texts of the sample records.
//!
//! All of it is made up, and says so: the office, the people («Үлгіев» is «of the example», «Сынақова» «of the test»)
//! and the telephone numbers exist nowhere. `{date}`, `{year}` and `{number}` are filled in when the record is made.

use super::docx::Block::{self, Heading, Paragraph, Table};
use crate::text::{Text, text};

/// The office that keeps the records.
pub(super) const OFFICE: &str = "Үлгі ауданы әкімінің аппараты";

/// What one sample record is made from.
pub(super) struct Draft {
    /// Name of its folder.
    pub(super) folder: &'static str,
    /// What it shows, for the reader of the demonstration.
    pub(super) about: Text,
    /// Nomenclature index of its file.
    pub(super) nomenclature_index: &'static str,
    /// `incoming`, `outgoing` or `internal`.
    pub(super) direction: &'static str,
    /// `public` or `confidential`.
    pub(super) access_category: &'static str,
    /// Registration number; without one the card is not whole and the submission is refused.
    pub(super) number: Option<&'static str>,
    /// Kind of document.
    pub(super) document_type: &'static str,
    /// Nature of the matter.
    pub(super) nature: &'static str,
    /// Title: short content.
    pub(super) title: &'static str,
    /// Addressee: body.
    pub(super) addressee_body: &'static str,
    /// Addressee: post and surname.
    pub(super) addressee: Option<(&'static str, &'static str)>,
    /// Executor: surname and telephone number.
    pub(super) executor: (&'static str, &'static str),
    /// Mark of control.
    pub(super) control_mark: Option<&'static str>,
    /// Mark of execution and filing.
    pub(super) filing_mark: Option<&'static str>,
    /// Number of the document this one answers.
    pub(super) link: Option<&'static str>,
    /// `original`, `copy` or `none`: what there is on paper.
    pub(super) paper_mark: &'static str,
    /// The main document.
    pub(super) main: &'static [Block<'static>],
    /// The attachment, line by line; one sheet.
    pub(super) attachment: Option<&'static [&'static str]>,
    /// The receipt, line by line.
    pub(super) receipt: Option<&'static [&'static str]>,
}

const LETTERHEAD: Block<'static> = Heading("ҮЛГІ АУДАНЫ ӘКІМІНІҢ АППАРАТЫ");
const PLACE: Block<'static> = Paragraph("Үлгі ауылы, Шаһар көшесі, 1-үй");
const REGISTERED: Block<'static> = Paragraph("{date}, № {number}");
const MADE_UP: Block<'static> = Paragraph("Бұл – сынақ құжаты: мекеме, адамдар және нөмірлер ойдан шығарылған.");

/// The records, in the order of their folders.
pub(super) const DRAFTS: [Draft; 6] = [ORDER, LETTER, MINUTES, REGISTER, APPOINTMENT, ANSWER];

/// One more, for who tries the demonstration to hand in: the letter that was refused, registered.
pub(super) const NEXT: Draft = Draft {
    folder: "next",
    about: text(
        "Тіркелген жауап хат: оны өзіңіз тапсырасыз",
        "Зарегистрированный ответ: его сдаёте вы",
        "The registered answer: for you to hand in",
    ),
    number: Some("19-ш"),
    ..ANSWER
};

const ORDER: Draft = Draft {
    folder: "1-order",
    about: text(
        "Демалыс кестесі туралы бұйрық: DOCX, PDF қосымшасы, екі қолтаңба",
        "Приказ о графике отпусков: DOCX, приложение PDF, две подписи",
        "Order on the holiday roster: DOCX, PDF attachment, two signatures",
    ),
    nomenclature_index: "01-05",
    direction: "internal",
    access_category: "public",
    number: Some("15-қ"),
    document_type: "Бұйрық",
    nature: "Еңбек демалыстары",
    title: "Қызметкерлердің {year} жылғы еңбек демалыстарының кестесін бекіту туралы",
    addressee_body: OFFICE,
    addressee: None,
    executor: ("Сынақова", "+7 000 000 00 01"),
    control_mark: None,
    filing_mark: Some("Орындалды, 01-05 іске тігілді"),
    link: None,
    paper_mark: "none",
    main: &[
        LETTERHEAD,
        PLACE,
        Heading("БҰЙРЫҚ"),
        REGISTERED,
        Heading("Қызметкерлердің {year} жылғы еңбек демалыстарының кестесін бекіту туралы"),
        Paragraph("Қызметкерлердің еңбек демалыстарын жоспарлы түрде беру мақсатында БҰЙЫРАМЫН:"),
        Paragraph("1. Қоса беріліп отырған {year} жылғы еңбек демалыстарының кестесі бекітілсін."),
        Paragraph("2. Бөлім басшылары қызметкерлерді кестемен таныстырсын."),
        Paragraph("3. Осы бұйрықтың орындалуын бақылау құжаттамалық қамтамасыз ету бөліміне жүктелсін."),
        Paragraph("Аппарат басшысы Т. Үлгіев"),
        MADE_UP,
    ],
    attachment: Some(&[
        "{date}, № {number} бұйрыққа қосымша",
        "",
        "{year} жылғы еңбек демалыстарының кестесі",
        "",
        "№   Тегі            Бөлім                             Айы       Күні",
        "1   Үлгіев Т.       басшылық                          шілде     30",
        "2   Сынақова А.     құжаттамалық қамтамасыз ету       тамыз     24",
        "3   Мысалов Ғ.      қаржы бөлімі                      мамыр     24",
        "4   Болжамова Һ.    кадр қызметі                      қыркүйек  30",
        "",
        "Бұл – сынақ құжаты: адамдар ойдан шығарылған.",
    ]),
    receipt: None,
};

const LETTER: Draft = Draft {
    folder: "2-letter",
    about: text(
        "Кіріс хат: PDF қосымшасы және хабарлама-түбіртек; тақырыбында латынша «i» бар, іздеу оны да табады",
        "Входящее письмо: приложение PDF и уведомление-квитанция; в заголовке латинская «i», поиск находит и её",
        "Incoming letter: PDF attachment and receipt; its title has a Latin «i», and search finds it all the same",
    ),
    nomenclature_index: "02-03",
    direction: "incoming",
    access_category: "public",
    number: Some("кір-27"),
    document_type: "Хат",
    nature: "Мұрағат ісі",
    // The last letter of «кестесi» is Latin, as office documents often have it: search folds look-alikes.
    title: "Электрондық құжаттарды мемлекеттік мұрағатқа тапсыру кестесi туралы",
    addressee_body: OFFICE,
    addressee: Some(("Аппарат басшысы", "Үлгіев")),
    executor: ("Мысалова", "+7 000 000 00 02"),
    control_mark: Some("Бақылауда: 10 жұмыс күні"),
    filing_mark: None,
    link: None,
    paper_mark: "none",
    main: &[
        Heading("СЫНАҚ ОБЛЫСЫНЫҢ МҰРАҒАТ БАСҚАРМАСЫ"),
        Paragraph("Сынақ қаласы, Шаһар даңғылы, 2-үй"),
        Paragraph("{date}, № {number}"),
        Paragraph("Үлгі ауданы әкімі аппаратының басшысы Т. Үлгіевке"),
        Heading("Электрондық құжаттарды мемлекеттік мұрағатқа тапсыру кестесi туралы"),
        Paragraph(
            "Сынақ облысының мұрағат басқармасы электрондық құжаттарды тапсырудың {year} жылғы кестесін жолдайды.",
        ),
        Paragraph("Кестемен танысып, ұсыныстарыңызды он жұмыс күні ішінде жіберуіңізді сұраймыз."),
        Paragraph("Қосымша: 1 парақ."),
        Paragraph("Басқарма басшысы Ә. Сынақов"),
        MADE_UP,
    ],
    attachment: Some(&[
        "Электрондық құжаттарды тапсырудың {year} жылғы кестесі",
        "",
        "Тоқсан   Мекеме                                  Істер саны",
        "I        Үлгі ауданы әкімінің аппараты           12",
        "II       Мысал ауданы әкімінің аппараты          9",
        "III      Сынақ қаласы әкімінің аппараты          14",
        "IV       Болжам ауданы әкімінің аппараты         7",
        "",
        "Бұл – сынақ құжаты: мекемелер ойдан шығарылған.",
    ]),
    // N 430 cl. 17: who sends the receipt, when, the registration date and number, the responsible executor; signed by
    // the records office.
    receipt: Some(&[
        "ХАБАРЛАМА-ТҮБІРТЕК",
        "Жөнелтуші: Үлгі ауданы әкімінің аппараты",
        "Күні мен уақыты: {time}",
        "Тіркеу күні мен нөмірі: {date}, № {number}",
        "Жауапты орындаушы: Мысалова, +7 000 000 00 02",
    ]),
};

const MINUTES: Draft = Draft {
    folder: "3-minutes",
    about: text(
        "Сараптама комиссиясының хаттамасы: қағаз түпнұсқасы да бар",
        "Протокол экспертной комиссии: есть и подлинник на бумаге",
        "Minutes of the expert commission: there is a paper original too",
    ),
    nomenclature_index: "01-09",
    direction: "internal",
    access_category: "public",
    // A Latin V and Cyrillic І, as Roman numerals are typed on a Kazakh keyboard.
    number: Some("VІІ-3"),
    document_type: "Хаттама",
    nature: "Құжаттардың құндылығын сараптау",
    title: "Сараптама комиссиясының VІІ отырысының хаттамасы: істер номенклатурасын келісу туралы",
    addressee_body: OFFICE,
    addressee: None,
    executor: ("Сынақова", "+7 000 000 00 01"),
    control_mark: None,
    filing_mark: Some("Орындалды, 01-09 іске тігілді"),
    link: None,
    paper_mark: "original",
    main: &[
        LETTERHEAD,
        PLACE,
        Heading("САРАПТАМА КОМИССИЯСЫ ОТЫРЫСЫНЫҢ ХАТТАМАСЫ"),
        REGISTERED,
        Paragraph("Төраға: Т. Үлгіев. Хатшы: А. Сынақова. Қатысқандар: Ғ. Мысалов, Һ. Болжамова."),
        Heading("КҮН ТӘРТІБІ"),
        Paragraph("1. {year} жылғы істер номенклатурасын келісу туралы."),
        Paragraph("2. Құжаттардың сақтау мерзімдері туралы."),
        Heading("ҚАУЛЫ ЕТЕДІ"),
        Paragraph("1. Істер номенклатурасының жобасы келісілсін және бекітуге ұсынылсын."),
        Paragraph("2. Сақтау мерзімі өткен құжаттардың тізімін келесі отырысқа дайындау А. Сынақоваға тапсырылсын."),
        Paragraph("Төраға Т. Үлгіев"),
        Paragraph("Хатшы А. Сынақова"),
        MADE_UP,
    ],
    attachment: None,
    receipt: None,
};

const REGISTER: Draft = Draft {
    folder: "4-contracts",
    about: text(
        "Шарттарды тіркеу тізілімі: кестесі бар DOCX және PDF қосымшасы",
        "Реестр регистрации договоров: DOCX с таблицей и приложение PDF",
        "Register of contracts: DOCX with a table, and a PDF attachment",
    ),
    nomenclature_index: "05-11",
    direction: "internal",
    access_category: "public",
    number: Some("05-11/4"),
    document_type: "Тізілім",
    nature: "Шарттар",
    title: "{year} жылғы шарттарды тіркеу тізілімі",
    addressee_body: OFFICE,
    addressee: None,
    executor: ("Мысалов", "+7 000 000 00 03"),
    control_mark: None,
    filing_mark: None,
    link: None,
    paper_mark: "none",
    main: &[
        LETTERHEAD,
        PLACE,
        Heading("{year} ЖЫЛҒЫ ШАРТТАРДЫ ТІРКЕУ ТІЗІЛІМІ"),
        REGISTERED,
        Table(&[
            &["№", "Тарап", "Шарттың мәні", "Сомасы, теңге"],
            &["1", "«Жаһандық сынақ» ЖШС", "Кеңсе тауарларын жеткізу", "100 000"],
            &["2", "«Үлгі қызмет» ЖК", "Ғимаратты жинау", "200 000"],
            &["3", "«Мысал байланыс» ЖШС", "Өңірлік байланыс желісін қолдау", "300 000"],
        ]),
        Paragraph("Қаржы бөлімінің басшысы Ғ. Мысалов"),
        MADE_UP,
    ],
    attachment: Some(&[
        "{year} жылғы шарттарды тіркеу тізіліміне түсіндірме",
        "",
        "Тізілімге {year} жылы жасалған барлық шарттар енгізіледі. Әр шарт жасалған күні тіркеледі, өзгерістер мен \
         толықтырулар жеке жолмен жазылады. Тізілім жыл аяқталғаннан кейін жабылады.",
        "",
        "Бұл – сынақ құжаты: ұйымдар мен сомалар ойдан шығарылған.",
    ]),
    receipt: None,
};

const APPOINTMENT: Draft = Draft {
    folder: "5-appointment",
    about: text(
        "Жеке құрам жөніндегі бұйрық: қолжетімділігі шектеулі",
        "Приказ по личному составу: доступ ограничен",
        "Personnel order: access is limited",
    ),
    nomenclature_index: "03-02",
    direction: "internal",
    access_category: "confidential",
    number: Some("8-ж"),
    document_type: "Бұйрық",
    nature: "Жеке құрам",
    title: "Һ. Болжамованы бас маман лауазымына тағайындау туралы",
    addressee_body: OFFICE,
    addressee: Some(("Кадр қызметінің басшысы", "Сынақова")),
    executor: ("Сынақова", "+7 000 000 00 01"),
    control_mark: None,
    filing_mark: Some("Орындалды, 03-02 іске тігілді"),
    link: None,
    paper_mark: "copy",
    main: &[
        LETTERHEAD,
        PLACE,
        Heading("БҰЙРЫҚ"),
        REGISTERED,
        Heading("Қызметке тағайындау туралы"),
        Paragraph("БҰЙЫРАМЫН:"),
        Paragraph("1. Һ. Болжамова {date} бастап кадр қызметінің бас маманы лауазымына тағайындалсын."),
        Paragraph("2. Үш ай сынақ мерзімі белгіленсін."),
        Paragraph("Негіздеме: Һ. Болжамованың өтініші, еңбек шарты."),
        Paragraph("Аппарат басшысы Т. Үлгіев"),
        MADE_UP,
    ],
    attachment: None,
    receipt: None,
};

const ANSWER: Draft = Draft {
    folder: "6-refused",
    about: text(
        "Карточкасында тіркеу нөмірі жоқ шығыс хат: қабылданбауға тиіс",
        "Исходящее письмо без регистрационного номера в карточке: должно быть отклонено",
        "Outgoing letter whose card has no registration number: must be refused",
    ),
    nomenclature_index: "02-04",
    direction: "outgoing",
    access_category: "public",
    number: None,
    document_type: "Хат",
    nature: "Мұрағат ісі",
    title: "Құжаттарды тапсыру кестесімен келісу туралы",
    addressee_body: "Сынақ облысының мұрағат басқармасы",
    addressee: Some(("Басқарма басшысы", "Сынақов")),
    executor: ("Сынақова", "+7 000 000 00 01"),
    control_mark: None,
    filing_mark: None,
    link: LETTER.number,
    paper_mark: "none",
    main: &[
        LETTERHEAD,
        PLACE,
        Paragraph("{date}"),
        Paragraph("Сынақ облысы мұрағат басқармасының басшысы Ә. Сынақовқа"),
        Heading("Құжаттарды тапсыру кестесімен келісу туралы"),
        Paragraph("Электрондық құжаттарды тапсырудың {year} жылғы кестесіне ұсыныстарымыз жоқ."),
        Paragraph("Аппарат басшысы Т. Үлгіев"),
        MADE_UP,
    ],
    attachment: None,
    receipt: None,
};
