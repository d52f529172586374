// The table of codes, in the order of docs/errors.md. Included by error.rs; a code is never changed or reused.
codes! {
    /// The submission has no `submission.json`, or it cannot be read as JSON of the schema.
    IngSubmissionUnreadable = "ING-001", Refused,
        kk: "submission.json файлы жоқ немесе схемаға сай емес. Файлды түзетіп, қайта жіберіңіз.",
        ru: "Файла submission.json нет, или он не соответствует схеме. Исправьте файл и отправьте снова.",
        en: "submission.json is missing or does not follow the schema. Mend the file and send it again.";
    /// A key in `submission.json` or in the card that the schema does not have.
    IngKeyUnknown = "ING-002", Refused,
        kk: "Сипаттамада схемада жоқ кілт бар. Кілттің атауын тексеріңіз немесе оны алып тастаңыз.",
        ru: "В описании есть ключ, которого нет в схеме. Проверьте имя ключа или удалите его.",
        en: "The description has a key that the schema does not have. Check its name or remove it.";
    /// A field that must be there is missing.
    IngFieldMissing = "ING-003", Refused,
        kk: "Міндетті деректеме жоқ. Көрсетілген деректемені толтырыңыз.",
        ru: "Нет обязательного реквизита. Заполните указанное поле.",
        en: "A required field is missing. Fill in the field named.";
    /// A field has a value of the wrong kind, blank, too long or out of range.
    IngFieldMalformed = "ING-004", Refused,
        kk: "Деректеменің мәні дұрыс емес. Көрсетілген деректемені схемаға сай түзетіңіз.",
        ru: "Значение реквизита неверно. Исправьте указанное поле по схеме.",
        en: "The value of a field is malformed. Correct the field named as the schema says.";
    /// The card is not JSON.
    IngCardUnreadable = "ING-005", Refused,
        kk: "Тіркеу-бақылау карточкасы оқылмайды: ол JSON емес немесе онда кілт қайталанған. Карточканы түзетіп, \
             қайта жіберіңіз.",
        ru: "Регистрационно-контрольная карточка не читается: это не JSON или в ней повторён ключ. Исправьте \
             карточку и отправьте снова.",
        en: "The registration-control card cannot be read: it is not JSON, or a key is repeated. Mend the card and \
             send it again.";
    /// `submission.json` or the card is larger than a description can be.
    IngDescriptionTooLarge = "ING-006", Refused,
        kk: "submission.json немесе карточка тым үлкен: шегі 1 МиБ. Құжаттың мазмұнын жеке файлға салыңыз.",
        ru: "submission.json или карточка слишком велики: предел 1 МиБ. Поместите содержание документа в отдельный \
             файл.",
        en: "submission.json or the card is too large: the limit is 1 MiB. Put the contents of the document into \
             files of their own.";
    /// No card, or more than one.
    IngCardCount = "ING-007", Refused,
        kk: "Құжатта дәл бір тіркеу-бақылау карточкасы болуы тиіс. Рөлі «card» бір ғана компонент қалдырыңыз.",
        ru: "У документа должна быть ровно одна регистрационно-контрольная карточка. Оставьте один компонент с \
             ролью «card».",
        en: "A document must have exactly one registration-control card. Leave one component with the role \"card\".";
    /// No file of the main content.
    IngMainMissing = "ING-008", Refused,
        kk: "Құжаттың негізгі файлы жоқ. Рөлі «main» кемінде бір компонент қосыңыз.",
        ru: "Нет основного файла документа. Добавьте хотя бы один компонент с ролью «main».",
        en: "The document has no main file. Add at least one component with the role \"main\".";
    /// More attachments than N 430 cl. 7 admits.
    IngAttachmentsTooMany = "ING-009", Refused,
        kk: "Қосымшалар саны алтыдан асады (№ 430 қаулы, 7-тармақ). Артық қосымшаларды бөлек құжатпен жіберіңіз.",
        ru: "Приложений больше шести (постановление № 430, пункт 7). Отправьте лишние отдельным документом.",
        en: "There are more than six attachments (decree N 430, clause 7). Send the rest with another document.";
    /// More components than a submission may list.
    IngComponentsTooMany = "ING-010", Refused,
        kk: "Компоненттер тым көп: шегі 64. Құжатты бөліп жіберіңіз.",
        ru: "Слишком много компонентов: предел 64. Разделите документ.",
        en: "There are too many components: the limit is 64. Split the document.";
    /// A path that is absolute, climbs out, or cannot be written everywhere.
    IngPathUnsafe = "ING-011", Refused,
        kk: "Файл жолы қауіпті немесе жарамсыз. Жол салыстырмалы болуы, «..», кері қиғаш сызық және басқару \
             таңбалары болмауы тиіс.",
        ru: "Путь к файлу опасен или недопустим. Путь должен быть относительным, без «..», обратной косой черты и \
             управляющих символов.",
        en: "The path of a file is unsafe or cannot be kept. It must be relative, without \"..\", backslashes and \
             control characters.";
    /// Two paths that are the same file on some file system.
    IngPathConflict = "ING-012", Refused,
        kk: "Екі файлдың аты бірдей немесе тек әріп регистрімен ғана ерекшеленеді. Біреуінің атын өзгертіңіз.",
        ru: "Имена двух файлов одинаковы или различаются только регистром букв. Переименуйте один из них.",
        en: "Two files have the same name, or names that differ in letter case only. Rename one of them.";
    /// `covers` names nothing, itself, or stands where nothing is covered.
    IngCoversWrong = "ING-013", Refused,
        kk: "«covers» тізімі дұрыс емес. Ол тек қолтаңба мен уақыт белгісінде болады және бар компоненттерді атауы \
             тиіс.",
        ru: "Список «covers» неверен. Он бывает только у подписи и метки времени и должен называть имеющиеся \
             компоненты.",
        en: "The list \"covers\" is wrong. Only a signature or a time-stamp has it, and it must name components \
             that exist.";
    /// The card and the submission contradict each other.
    IngCardDisagrees = "ING-014", Refused,
        kk: "Карточка submission.json файлына қайшы келеді. Екеуінің қайсысы дұрыс екенін анықтап, түзетіңіз.",
        ru: "Карточка противоречит submission.json. Выясните, что из них верно, и исправьте.",
        en: "The card contradicts submission.json. Find out which of them is right and correct the other.";
    /// The access category is a state secret.
    IngStateSecret = "ING-015", Refused,
        kk: "Мемлекеттік құпиялар бұл жүйеде қабылданбайды және сақталмайды (№ 430 қаулы, 1 және 45-тармақтар). \
             Құпия іс жүргізу бөліміне хабарласыңыз.",
        ru: "Государственные секреты в этой системе не принимаются и не хранятся (постановление № 430, пункты 1 и \
             45). Обратитесь в подразделение секретного делопроизводства.",
        en: "State secrets are neither taken nor kept in this system (decree N 430, clauses 1 and 45). Turn to the \
             office for secret records.";
    /// The access category is "for official use", which no policy admits.
    IngOfficialUse = "ING-016", Refused,
        kk: "Қызмет бабында пайдалануға арналған құжаттарды бұл мұрағаттың саясаты қабылдауға рұқсат етпейді. \
             Мұрағат әкімшісіне хабарласыңыз.",
        ru: "Документы для служебного пользования политика этого архива принимать не разрешает. Обратитесь к \
             администратору архива.",
        en: "The policy of this archive does not admit documents for official use. Turn to the administrator of \
             the archive.";
    /// Neither a folder nor a ZIP file, or a ZIP file that is damaged or ambiguous.
    IngContainerUnreadable = "ING-017", Refused,
        kk: "Жіберілім қалта да, бүтін ZIP файл да емес. ZIP файлды қайта жасап, жіберіңіз.",
        ru: "Отправление не является ни папкой, ни целым ZIP-файлом. Создайте ZIP-файл заново и отправьте.",
        en: "The submission is neither a folder nor a sound ZIP file. Make the ZIP file anew and send it.";
    /// A link, a device or the like.
    IngEntryNotAFile = "ING-018", Refused,
        kk: "Жіберілімде сілтеме немесе кәдімгі файл емес нәрсе бар. Оның орнына файлдың өзін салыңыз.",
        ru: "В отправлении есть ссылка или нечто, не являющееся обычным файлом. Положите вместо неё сам файл.",
        en: "The submission has a link or something that is no regular file. Put the file itself in its place.";
    /// More files and folders than a submission may have.
    IngEntriesTooMany = "ING-019", Refused,
        kk: "Жіберілімде файлдар мен қалталар тым көп. submission.json тізіміндегі файлдарды ғана қалдырыңыз.",
        ru: "В отправлении слишком много файлов и папок. Оставьте только файлы из списка submission.json.",
        en: "The submission has too many files and folders. Leave only those that submission.json lists.";
    /// An encrypted ZIP entry.
    IngZipEncrypted = "ING-020", Refused,
        kk: "ZIP ішіндегі файл құпиясөзбен шифрланған. Құпиясөзсіз ZIP жасап, жіберіңіз.",
        ru: "Файл внутри ZIP зашифрован паролем. Создайте ZIP без пароля и отправьте.",
        en: "A file inside the ZIP is encrypted with a password. Make a ZIP without a password and send it.";
    /// A ZIP entry that is neither stored nor deflated.
    IngZipMethod = "ING-021", Refused,
        kk: "ZIP ішіндегі файл қолдау көрсетілмейтін әдіспен сығылған. Әдеттегі әдіспен (Deflate) қайта сығыңыз.",
        ru: "Файл внутри ZIP сжат неподдерживаемым методом. Сожмите заново обычным методом (Deflate).",
        en: "A file inside the ZIP is compressed with a method that is not read here. Compress it anew with the \
             usual one (Deflate).";
    /// A listed file is not there.
    IngFileMissing = "ING-022", Refused,
        kk: "submission.json тізіміндегі файл жоқ. Файлды қосыңыз немесе оны тізімнен алып тастаңыз.",
        ru: "Файла из списка submission.json нет. Добавьте файл или уберите его из списка.",
        en: "A file that submission.json lists is not there. Add the file or take it off the list.";
    /// A file is there that is not listed.
    IngFileUnlisted = "ING-023", Refused,
        kk: "submission.json тізімінде жоқ файл бар. Оны рөлімен бірге тізімге қосыңыз немесе алып тастаңыз.",
        ru: "Есть файл, которого нет в списке submission.json. Внесите его в список с ролью или удалите.",
        en: "There is a file that submission.json does not list. List it with its role or remove it.";
    /// A file without bytes.
    IngFileEmpty = "ING-024", Refused,
        kk: "Файл бос. Файлдың мазмұнын тексеріп, қайта жіберіңіз.",
        ru: "Файл пуст. Проверьте содержимое файла и отправьте снова.",
        en: "The file is empty. Check its contents and send it again.";
    /// Main content and attachments are over the limit.
    IngContentTooLarge = "ING-025", Refused,
        kk: "Құжат пен қосымшалардың жалпы көлемі шектен асады (№ 430 қаулы, 7-тармақ: 60 Мб; ұйымның шегі одан \
             төмен болуы мүмкін). Көлемін азайтыңыз немесе құжатты бөліңіз.",
        ru: "Общий объём документа и приложений больше предела (постановление № 430, пункт 7: 60 Мб; предел \
             организации может быть ниже). Уменьшите объём или разделите документ.",
        en: "The document and its attachments together are over the limit (decree N 430, clause 7: 60 MB; that of \
             the agency may be lower). Make it smaller or split it.";
    /// Signatures, certificates, receipts and other material are over the limit.
    IngEvidenceTooLarge = "ING-026", Refused,
        kk: "Қолтаңбалар, сертификаттар, түбіртектер мен басқа ілеспе файлдар тым үлкен: шегі барлығы 16 МиБ. \
             Артық файлдарды алып тастаңыз.",
        ru: "Подписи, сертификаты, квитанции и прочие сопутствующие файлы слишком велики: предел 16 МиБ на всё. \
             Уберите лишние файлы.",
        en: "Signatures, certificates, receipts and other accompanying files are too large: the limit is 16 MiB \
             for all. Remove what is not needed.";
    /// The container as a whole is larger than any submission.
    IngSubmissionTooLarge = "ING-027", Refused,
        kk: "Жіберілімнің жалпы көлемі кез келген рұқсат етілген жіберілімнен үлкен. Әр құжатты жеке жіберіңіз.",
        ru: "Отправление больше любого допустимого. Отправляйте каждый документ отдельно.",
        en: "The submission is larger than any that is admitted. Send each document by itself.";
    /// A file has fewer or more bytes than declared.
    IngSizeMismatch = "ING-028", Refused,
        kk: "Файлдың көлемі мәлімделгеннен өзгеше: ол зақымданған немесе жіберу кезінде өзгерген. Жіберілімді \
             қайта жасаңыз.",
        ru: "Размер файла не равен заявленному: он повреждён или изменился во время отправки. Создайте отправление \
             заново.",
        en: "The size of a file is not the declared one: it is damaged or changed while it was sent. Make the \
             submission anew.";
    /// A component is or holds a private key.
    IngPrivateKey = "ING-029", Refused,
        kk: "Файлда жабық (құпия) кілт бар. Жабық кілт мұрағатқа берілмейді: оны алып тастаңыз және кілт иесіне \
             хабарлаңыз, кілтті ауыстыру қажет болуы мүмкін.",
        ru: "В файле есть закрытый (секретный) ключ. Закрытый ключ в архив не сдают: уберите его и сообщите \
             владельцу, ключ, возможно, придётся заменить.",
        en: "The file holds a private key. Private keys do not belong in an archive: remove it and tell its owner, \
             the key may have to be replaced.";
    /// The path given does not exist.
    IngNoSuchPath = "ING-030", NotFound,
        kk: "Мұндай файл немесе қалта жоқ. Жолды тексеріңіз.",
        ru: "Такого файла или папки нет. Проверьте путь.",
        en: "There is no such file or folder. Check the path.";
    /// A file or folder, of a submission or any other, cannot be read for a reason that is not its own.
    IngReadFailed = "ING-031", Temporary,
        kk: "Файлды немесе қалтаны оқу мүмкін болмады: диск немесе рұқсат қатесі. Себебін жойып, қайталап көріңіз.",
        ru: "Не удалось прочитать файл или папку: ошибка диска или прав доступа. Устраните причину и повторите.",
        en: "A file or folder could not be read: an error of the disk or of permissions. Remove the cause, try again.";
    /// The registration number and date are taken by a record with other content.
    IngRegistrationTaken = "ING-032", Refused,
        kk: "Бұл тіркеу нөмірі мен күні мазмұны басқа құжатқа берілген. Нөмірді тексеріңіз немесе карточканы \
             түзетіңіз.",
        ru: "Этот регистрационный номер и дата уже заняты документом с другим содержанием. Проверьте номер или \
             исправьте карточку.",
        en: "This registration number and date belong to a record with other content. Check the number or mend the \
             card.";
    /// A mark of a state secret stands in a card field or a file name.
    IngSecrecyMark = "ING-033", Refused,
        kk: "Карточкада немесе файл атауында құпиялылық белгісі бар. Мемлекеттік құпиялар бұл жүйеде \
             қабылданбайды (№ 430 қаулы, 1 және 45-тармақтар). Құпия іс жүргізу бөліміне хабарласыңыз.",
        ru: "В карточке или имени файла есть гриф секретности. Государственные секреты в этой системе не \
             принимаются (постановление № 430, пункты 1 и 45). Обратитесь в подразделение секретного \
             делопроизводства.",
        en: "A mark of secrecy stands in the card or in a file name. State secrets are not taken into this \
             system (decree N 430, clauses 1 and 45). Turn to the office for secret records.";
    /// A mark "for official use" on a document that is not declared as such.
    IngOfficialUseMark = "ING-034", Refused,
        kk: "Карточкада немесе файл атауында «Қызмет бабында пайдалану үшін» (ҚБПҮ, ДСП) белгісі бар, бірақ \
             құжат мұндай деп жарияланбаған. Қолжетімділік санатын тексеріңіз.",
        ru: "В карточке или имени файла есть пометка «Для служебного пользования» (ДСП, ҚБПҮ), но документ \
             так не объявлен. Проверьте категорию доступа.",
        en: "The card or a file name has the mark \"for official use\" (ҚБПҮ, ДСП), and the document is not \
             declared as such. Check the access category.";
    /// A code that the classifier of the day does not have.
    IngCodeUnknown = "ING-035", Refused,
        kk: "Код қолданыстағы жіктеуіште жоқ. Кодты тексеріңіз немесе жіктеуіштің жаңа басылымын енгізіңіз.",
        ru: "Кода нет в действующем классификаторе. Проверьте код или введите новую редакцию классификатора.",
        en: "The code is not in the classifier in force. Check the code, or adopt the new edition of the \
             classifier.";
    /// A paper original or copy without the electronic document.
    IngPaperOnly = "ING-036", Refused,
        kk: "Қағаз нұсқасы электрондық құжатсыз тіркелмейді (№ 430 қаулы, 10-тармақ). Электрондық құжаттың \
             өзін қосыңыз.",
        ru: "Бумажный экземпляр без электронного документа не регистрируется (постановление № 430, пункт 10). \
             Приложите сам электронный документ.",
        en: "Paper is not registered without its electronic document (decree N 430, clause 10). Add the \
             electronic document itself.";
    /// A scanned copy without its certifier, or a certifier where none belongs.
    IngCertifier = "ING-037", Refused,
        kk: "Қағаз құжаттың электрондық көшірмесін орындаушы немесе құжаттамалық қамтамасыз ету бөлімшесінің \
             қызметкері куәландыруы тиіс (№ 430 қаулы, 12 және 36-тармақтар). «certified_by» өрісін \
             толтырыңыз.",
        ru: "Электронную копию бумажного документа заверяет исполнитель или работник службы документационного \
             обеспечения (постановление № 430, пункты 12 и 36). Заполните поле «certified_by».",
        en: "A scanned copy is certified by the executor or a records officer (decree N 430, clauses 12 and \
             36). Fill in the field \"certified_by\".";
    /// A date of the document that lies in the future.
    IngDateFuture = "ING-038", Refused,
        kk: "Құжаттың күні әлі келген жоқ. Карточкадағы күнді тексеріңіз.",
        ru: "Дата документа ещё не наступила. Проверьте дату в карточке.",
        en: "The date of the document has not come yet. Check the date in the card.";

    /// Content of a format that is not known.
    FmtUnknown = "FMT-001", Refused,
        kk: "Файлдың пішімі танылмады. Файлды өз бағдарламасында ашып, рұқсат етілген пішімде қайта сақтаңыз.",
        ru: "Формат файла не распознан. Откройте файл в его программе и сохраните в допустимом формате.",
        en: "The format of the file is not recognised. Open it in its program and save it in an admitted \
             format.";
    /// Content of a format that is not admitted in this place.
    FmtNotAdmitted = "FMT-002", Refused,
        kk: "Бұл пішім мұнда қабылданбайды (№ 430 қаулы, 8-тармақ). Рұқсат етілген пішімде жіберіңіз.",
        ru: "Этот формат здесь не принимается (постановление № 430, пункт 8). Отправьте в допустимом формате.",
        en: "This format is not admitted in this place (decree N 430, clause 8). Send it in an admitted \
             format.";
    /// Content of another format than the name says.
    FmtMismatch = "FMT-003", Refused,
        kk: "Файлдың мазмұны атауындағы кеңейтімге сай емес. Файлдың атауын мазмұнына сай өзгертіңіз.",
        ru: "Содержимое файла не соответствует расширению в имени. Переименуйте файл по содержимому.",
        en: "The content of the file is not what the extension of its name says. Rename it after its content.";
    /// An admitted format under the name of a near relative.
    FmtNameDiffers = "FMT-004", Refused,
        kk: "Файл рұқсат етілген, бірақ атауы басқа пішімдікі (мысалы, .doc атауымен RTF). Назар аударыңыз.",
        ru: "Файл допустим, но назван как другой формат (например, RTF с именем .doc). Обратите внимание.",
        en: "The file is admitted but named as a near relative (for example RTF as .doc). Take note.";
    /// Content that is encrypted.
    FmtEncrypted = "FMT-005", Refused,
        kk: "Файл құпиясөзбен шифрланған, оны кейін ешкім оқи алмайды. Құпиясөзді алып тастап, қайта \
             жіберіңіз.",
        ru: "Файл зашифрован паролем, позже его никто не прочтёт. Снимите пароль и отправьте снова.",
        en: "The file is encrypted with a password and nobody could read it later. Remove the password and \
             send it again.";
    /// Content with macros.
    FmtMacros = "FMT-006", Refused,
        kk: "Файлда макрос бар. Макроссыз сақтап, қайта жіберіңіз немесе саясатты тексеріңіз.",
        ru: "В файле есть макросы. Сохраните без макросов и отправьте снова или проверьте политику.",
        en: "The file has macros. Save it without macros and send it again, or check the policy.";
    /// Content that would run something when it is opened.
    FmtActive = "FMT-007", Refused,
        kk: "Файл ашылғанда әрекет орындайды (JavaScript, бағдарлама іске қосу). Мұндай бөліксіз сақтап, \
             қайта жіберіңіз немесе саясатты тексеріңіз.",
        ru: "Файл при открытии выполняет действие (JavaScript, запуск программы). Сохраните без таких частей \
             или проверьте политику.",
        en: "The file would run something when it is opened (JavaScript, a program). Save it without such \
             parts, or check the policy.";
    /// Content with other files inside.
    FmtEmbedded = "FMT-008", Refused,
        kk: "Файлдың ішінде басқа файл бар. Оны бөлек қосымша етіп жіберген дұрыс.",
        ru: "Внутри файла есть другой файл. Лучше отправить его отдельным приложением.",
        en: "The file has another file inside. Better send that as an attachment of its own.";
    /// Content that is cut off or broken.
    FmtDamaged = "FMT-009", Refused,
        kk: "Файл бүлінген немесе толық емес. Түпнұсқасын қайта сұратыңыз.",
        ru: "Файл повреждён или неполон. Запросите его заново.",
        en: "The file is damaged or cut off. Ask for it again.";
    /// Content that grows beyond all measure when it is unpacked.
    FmtBomb = "FMT-010", Refused,
        kk: "Файл ашылғанда шектен тыс үлкейеді. Оны ашпаңыз, жіберушіден сұраңыз.",
        ru: "Файл при распаковке растёт сверх меры. Не открывайте его, спросите отправителя.",
        en: "The file grows beyond measure when it is unpacked. Do not open it; ask the sender.";
    /// An archive file or document with too many entries.
    FmtEntriesTooMany = "FMT-011", Refused,
        kk: "Файлдың ішіндегі бөліктер тым көп. Оларды бөліп жіберіңіз.",
        ru: "Внутри файла слишком много частей. Разделите их.",
        en: "The file has too many parts inside. Split it.";
    /// An entry that would leave its folder, or hides another.
    FmtUnsafeEntry = "FMT-012", Refused,
        kk: "Ішіндегі файлдың жолы қауіпті: қалтадан шығады, сілтеме немесе атауы қайталанған. Қайта \
             бумалаңыз.",
        ru: "Путь внутри файла опасен: выходит из папки, является ссылкой или имя повторено. Упакуйте заново.",
        en: "A path inside the file is unsafe: it leaves its folder, is a link, or a name is repeated. Pack \
             it again.";
    /// Nested too deep.
    FmtNested = "FMT-013", Refused,
        kk: "Файлдың ішкі құрылымы тым терең. Қайта сақтап, жіберіңіз.",
        ru: "Внутренняя вложенность файла слишком велика. Сохраните заново и отправьте.",
        en: "The file is nested too deep. Save it anew and send it.";
    /// XML with a document type or entities.
    FmtXmlEntities = "FMT-014", Refused,
        kk: "Файл ішіндегі XML құжат түрін немесе мәнділерді жариялайды; мұндайға рұқсат жоқ. Қайта сақтап, \
             жіберіңіз.",
        ru: "XML внутри файла объявляет тип документа или сущности; это не допускается. Сохраните заново и \
             отправьте.",
        en: "XML inside the file declares a document type or entities, which is not admitted. Save it anew \
             and send it.";
    /// Content that is two formats at once.
    FmtPolyglot = "FMT-015", Refused,
        kk: "Файл бір мезгілде екі пішімге жатады, сондықтан әр бағдарлама әртүрлі көрсетеді. Қайта сақтап, \
             жіберіңіз.",
        ru: "Файл одновременно является двумя форматами, и разные программы покажут разное. Сохраните заново \
             и отправьте.",
        en: "The file is two formats at once, so two programs would show two documents. Save it anew and send \
             it.";
    /// An image that claims more pixels than anybody scans.
    FmtHugeImage = "FMT-016", Refused,
        kk: "Кескін өлшемдері шамадан тыс үлкен деп көрсетілген. Қайта сканерлеңіз.",
        ru: "Заявленные размеры изображения непомерны. Отсканируйте заново.",
        en: "The image claims a size beyond measure. Scan it anew.";
    /// A structure that refers to itself.
    FmtLoop = "FMT-017", Refused,
        kk: "Файлдың құрылымы өзіне-өзі сілтейді. Қайта сақтап, жіберіңіз.",
        ru: "Структура файла ссылается сама на себя. Сохраните заново и отправьте.",
        en: "The structure of the file refers to itself. Save it anew and send it.";
    /// Readable, but not as the format says.
    FmtOdd = "FMT-018", Refused,
        kk: "Файл оқылады, бірақ пішім ережесінен ауытқиды. Назар аударыңыз.",
        ru: "Файл читается, но отступает от правил формата. Обратите внимание.",
        en: "The file can be read but departs from its format. Take note.";
    /// One part of an archive file of several.
    FmtPart = "FMT-019", Refused,
        kk: "Бұл көп бөлікті архив файлының бір бөлігі ғана; өзі жеке оқылмайды. Барлығын бір файлға \
             бумалаңыз.",
        ru: "Это только один том многотомного архивного файла; сам по себе он не читается. Упакуйте всё в \
             один файл.",
        en: "This is one volume of an archive file in several; alone it cannot be read. Pack all into one \
             file.";
    /// The work limit of identification was reached.
    FmtTooComplex = "FMT-020", Refused,
        kk: "Файлды тексеру шегінен асты. Оны қарапайым түрде қайта сақтап, жіберіңіз.",
        ru: "Проверка файла превысила предел. Сохраните его проще и отправьте снова.",
        en: "Checking the file took more work than is allowed. Save it in a simpler form and send it again.";

    /// A role that cannot be added to an accepted record.
    RecRole = "REC-001", Refused,
        kk: "Қабылданған жазбаға бұл рөлдегі файл қосылмайды: түпнұсқа өзгермейді. Түбіртек, белгі, қолтаңба, куәлік, \
             қайтарып алу деректері, уақыт белгісі немесе туынды көрініс қосуға болады; карточка жаңа нұсқасымен \
             түзетіледі.",
        ru: "К принятой записи файл с этой ролью не добавляется: подлинник не меняется. Можно добавить квитанцию, \
             отметку, подпись, сертификат, данные об отзыве, метку времени или производное представление; карточка \
             исправляется её новой версией.",
        en: "A file with this role is not added to an accepted record: originals never change. A receipt, mark, \
             signature, certificate, revocation data, time-stamp or representation can be added; the card is corrected \
             by a new version of it.";
    /// The record has another file under this name.
    RecPathTaken = "REC-002", Conflict,
        kk: "Жазбада осы атаумен басқа файл бар. Басқа атау беріңіз.",
        ru: "В записи под этим именем есть другой файл. Дайте ему другое имя.",
        en: "The record has another file under this name. Give it another name.";
    /// A correction that changes nothing.
    RecNoChange = "REC-003", Conflict,
        kk: "Жаңа карточка бұрынғысынан өзгеше емес.",
        ru: "Новая карточка ничем не отличается от прежней.",
        en: "The new card does not differ from the one that is there.";
    /// A corrected card that belongs to another agency's or document's record.
    RecCard = "REC-004", Refused,
        kk: "Түзетілген карточка бұл жазбаға жарамайды. Карточканы тексеріңіз.",
        ru: "Исправленная карточка не подходит к этой записи. Проверьте карточку.",
        en: "The corrected card does not fit this record. Check the card.";

    /// A classifier file that is not as it must be.
    ClsMalformed = "CLS-001", Refused,
        kk: "Жіктеуіш файлы схемаға сай емес. Көрсетілген жерді түзетіңіз.",
        ru: "Файл классификатора не соответствует схеме. Исправьте указанное место.",
        en: "The classifier file does not follow its schema. Mend the place that is named.";
    /// The edition was adopted with other content.
    ClsTaken = "CLS-002", Conflict,
        kk: "Бұл басылым басқа мазмұнмен енгізілген. Жаңа басылым нөмірін беріңіз.",
        ru: "Эта редакция уже введена с другим содержанием. Дайте редакции новое имя.",
        en: "This edition was adopted with other content. Give the edition a new name.";

    /// A signature is not valid: TOTAL-FAILED (ETSI EN 319 102-1).
    SigFailed = "SIG-001", Refused,
        kk: "Қолтаңба жарамсыз. Себебін жойып, түпнұсқаны жарамды қолтаңбасымен қайта жіберіңіз.",
        ru: "Подпись недействительна. Устраните причину и отправьте подлинник с действительной подписью снова.",
        en: "A signature is not valid. Remove the cause and send the original with a valid signature again.";
    /// A signature cannot be confirmed, and nothing that may still come can turn that: INDETERMINATE, by the policy's
    /// table.
    SigUnproven = "SIG-002", Refused,
        kk: "Қолтаңбаны растау мүмкін емес және қосымша деректер мұны өзгертпейді. Себебі бойынша жаңа қолтаңба \
             қойып, қайта жіберіңіз.",
        ru: "Подпись нельзя подтвердить, и дополнительные данные этого не изменят. Подпишите заново с учётом \
             причины и отправьте снова.",
        en: "A signature cannot be confirmed, and no later data can change that. Sign again, minding the reason, \
             and send again.";
    /// A signature cannot be confirmed yet: later material can turn the verdict. The submission waits.
    SigWaiting = "SIG-003", Incomplete,
        kk: "Қолтаңбаны әзірге растау мүмкін емес: кері қайтару деректері немесе сертификат жетіспейді. Құжат күтуде \
             тұр; деректер қосылған соң ол қайта тексеріледі.",
        ru: "Подпись пока нельзя подтвердить: не хватает данных об отзыве или сертификата. Документ ожидает; после \
             добавления данных он проверяется снова.",
        en: "A signature cannot be confirmed yet: revocation data or a certificate is missing. The document waits; \
             when the data are added, it is judged again.";
    /// A main file or attachment lacks the official's signature (N 430 cl. 16, 41).
    SigMissing = "SIG-004", Refused,
        kk: "Файлда лауазымды адамның қолтаңбасы жоқ. Әр файлға қол қойып, қайта жіберіңіз.",
        ru: "На файле нет подписи должностного лица. Подпишите каждый файл и отправьте снова.",
        en: "A file lacks the signature of an official. Have every file signed and send again.";
    /// The card lacks the signature of the records office (N 430 cl. 16, 41).
    SigOfficeMissing = "SIG-005", Refused,
        kk: "Карточкада құжаттамалық қамтамасыз ету бөлімшесінің қолтаңбасы жоқ. Карточкаға қол қойып, қайта \
             жіберіңіз.",
        ru: "На карточке нет подписи службы документационного обеспечения. Подпишите карточку и отправьте снова.",
        en: "The card lacks the signature of the records office. Have the card signed and send again.";
    /// The signer had no authority at the date of the signature (N 430 cl. 15).
    SigNoAuthority = "SIG-006", Refused,
        kk: "Қол қоюшының қол қойылған күні өкілеттігі болмаған. Өкілетті адамға қол қойдырып, қайта жіберіңіз.",
        ru: "У подписавшего на дату подписи не было полномочий. Пусть подпишет уполномоченное лицо; отправьте снова.",
        en: "The signer had no authority on the date of the signature. Have an authorised person sign, and send again.";
    /// The signer is not in the register of authority: unknown never passes (N 430 cl. 15).
    SigSignerUnknown = "SIG-007", Incomplete,
        kk: "Қол қоюшы өкілеттіктер тізілімінде жоқ. Тізілімнің жаңа басылымы енгізілген соң құжат қайта тексеріледі.",
        ru: "Подписавшего нет в реестре полномочий. После введения новой редакции реестра документ проверяется снова.",
        en: "The signer is not in the register of authority. When a new edition of the register is adopted, the \
             document is judged again.";
    /// The signed card does not name the document by its digest.
    SigCardDocument = "SIG-008", Refused,
        kk: "Қол қойылған карточкада құжаттың дайджесі көрсетілмеген. Карточканың «documents» өрісіне файлдарды \
             SHA-256 дайджесімен жазып, қайта қол қойыңыз.",
        ru: "В подписанной карточке не указан дайджест документа. Впишите в поле «documents» карточки файлы с \
             SHA-256 и подпишите заново.",
        en: "The signed card does not name the document by its digest. List the files with their SHA-256 in the \
             card's field `documents` and sign it again.";
    /// The office signed the card before the official signed the document (N 430 cl. 41).
    SigOrder = "SIG-009", Refused,
        kk: "Карточкаға құжаттан бұрын қол қойылған. Алдымен құжатқа, содан кейін карточкаға қол қойыңыз.",
        ru: "Карточка подписана раньше документа. Сначала подписывают документ, затем карточку.",
        en: "The card was signed before the document. The document is signed first, then the card.";
    /// No validation policy was adopted, so no signature can be judged.
    SigNoPolicy = "SIG-010", Configuration,
        kk: "Архивте қолтаңбаларды тексеру саясаты енгізілмеген. Сенім тізімі бар саясатты енгізіңіз.",
        ru: "В архиве не введена политика проверки подписей. Введите политику с перечнем доверия.",
        en: "The archive has no validation policy. Adopt one with its trust list.";
    /// A signature covers nothing of the submission, or it is not clear what.
    SigCovers = "SIG-011", Refused,
        kk: "Қолтаңба жіберілген файлдардың ешқайсысына қойылмаған. «covers» өрісінде қол қойылған файлды көрсетіңіз.",
        ru: "Подпись не относится ни к одному файлу. Укажите подписанный файл в поле «covers».",
        en: "A signature belongs to none of the files. Name the signed file in `covers`.";
    /// A signature could not be verified; the record was taken in all the same and says so.
    SigNotVerifiable = "SIG-012", Refused,
        kk: "Қолтаңбаны тексеру мүмкін болмады. Жазба сақталды, бірақ қолтаңбасы расталған деп көрсетілмейді.",
        ru: "Подпись не удалось проверить. Запись сохранена, но подпись не показывается как подтверждённая.",
        en: "The signature could not be verified. The record is kept, and never shown as validly signed.";
    /// No submission of this id waits.
    SigNotWaiting = "SIG-013", NotFound,
        kk: "Мұндай нөмірмен күтіп тұрған құжат жоқ. Тізімді «waiting list» көрсетеді.",
        ru: "Документа с таким номером в ожидании нет. Список показывает «waiting list».",
        en: "No submission of this id waits. `waiting list` shows those that do.";
    /// The signature that should issue a receipt or notice is not a valid one of a records officer over its bytes.
    SigAnswer = "SIG-014", Refused,
        kk: "Түбіртекті немесе хабарламаны шығару үшін құжаттамалық қамтамасыз ету қызметкерінің дәл осы мәтінге \
             қойған жарамды қолтаңбасы қажет.",
        ru: "Чтобы выдать квитанцию или уведомление, нужна действительная подпись сотрудника службы \
             документационного обеспечения под этим самым текстом.",
        en: "To issue a receipt or notice, a valid signature of a records officer over exactly this text is needed.";
    /// The receipt or notice was issued before.
    SigAnswerIssued = "SIG-015", Conflict,
        kk: "Бұл түбіртек немесе хабарлама бұрын шығарылған.",
        ru: "Эта квитанция или уведомление уже выданы.",
        en: "This receipt or notice was issued before.";
    /// There is no receipt or notice of this id or entry.
    SigNoAnswer = "SIG-016", NotFound,
        kk: "Мұндай жазба немесе бас тарту үшін түбіртек не хабарлама жоқ.",
        ru: "Для этой записи или отказа нет ни квитанции, ни уведомления.",
        en: "There is no receipt or notice for this record or refusal.";

    /// A file that was given as certificate, CRL or OCSP answer is none.
    SigMaterial = "SIG-017", Refused,
        kk: "Файл сертификат те, CRL де, OCSP жауабы да емес. PEM немесе DER түріндегі файлды көрсетіңіз.",
        ru: "Файл не является ни сертификатом, ни CRL, ни ответом OCSP. Укажите файл в виде PEM или DER.",
        en: "The file is neither a certificate nor a CRL nor an OCSP answer. Name one in PEM or DER.";

    /// A signature could not be confirmed: revocation data, a certificate or an entry of the register was missing.
    SigUnconfirmed = "SIG-018", Refused,
        kk: "Қолтаңба расталмады: кері қайтару деректері, сертификат немесе тізілімдегі жазба болмады.",
        ru: "Подпись не подтверждена: не было данных об отзыве, сертификата или записи в реестре.",
        en: "The signature was not confirmed: revocation data, a certificate or an entry of the register was missing.";
    /// A person ended the waiting of the submission.
    SigPersonRefused = "SIG-019", Refused,
        kk: "Құжат күту мерзімінде жауапты адамның шешімімен қабылданбады.",
        ru: "Ожидавший документ не принят по решению ответственного лица.",
        en: "The submission that waited was refused by the decision of a person.";
    /// The signing time is only claimed and lies too far back, and the signer has no authority at receipt.
    SigClaimOld = "SIG-020", Refused,
        kk: "Қол қойылған күн тек мәлімделген әрі тым ескі, ал қабылдау кезінде қол қоюшының өкілеттігі жоқ. Күнді \
             дәлелдейтін уақыт белгісін қосыңыз немесе өкілетті адамға қол қойдырыңыз.",
        ru: "Дата подписи только заявлена и слишком давняя, а при приёме у подписавшего нет полномочий. Приложите \
             метку времени, доказывающую дату, или пусть подпишет уполномоченное лицо.",
        en: "The signing time is only claimed and too far back, and the signer has no authority at receipt. Add a \
             time-stamp that proves the time, or have an authorised person sign.";

    /// No more submissions may wait at a time.
    SigWaitingFull = "SIG-021", Temporary,
        kk: "Құжаттың қолтаңбасын әзірге тексеру мүмкін емес, ал күтіп тұрған құжаттар шегіне жетті. Күтіп тұрғандар \
             шешілгеннен кейін қайта жіберіңіз.",
        ru: "Подпись документа пока проверить нельзя, а число ожидающих документов достигло предела. Отправьте снова \
             после решения по ожидающим.",
        en: "The signatures cannot be judged yet, and as many submissions wait as may. Send it again when those that \
             wait are decided about.";
    /// It is not known whose records office signs a receipt or notice.
    SigIssuerUnnamed = "SIG-022", Configuration,
        kk: "Құжат ұйымды атамаған, сондықтан кімнің қызметкері қол қоятыны белгісіз. muragat.toml файлында [archive] \
             agency мәнін беріңіз.",
        ru: "Отправление не назвало организацию, поэтому неизвестно, чей сотрудник подписывает. Укажите [archive] \
             agency в muragat.toml.",
        en: "The submission named no agency, so it is not known whose records officer signs. Set [archive] agency in \
             muragat.toml.";

    /// A file that was given to `validate` holds no signature that this program reads.
    SigNoneInFile = "SIG-026", Refused,
        kk: "Файлда бұл бағдарлама оқитын қолтаңба (CMS, CAdES, уақыт белгісі) жоқ. Қолтаңба файлын (.p7s, .cms, .sig) \
             көрсетіңіз; PDF пен XML ішіндегі қолтаңба оқылмайды.",
        ru: "В файле нет подписи, которую читает эта программа (CMS, CAdES, метка времени). Укажите файл подписи \
             (.p7s, .cms, .sig); подписи внутри PDF и XML не читаются.",
        en: "The file holds no signature that this program reads (CMS, CAdES, time-stamp). Name the file of the \
             signature (.p7s, .cms, .sig); signatures inside PDF and XML are not read.";

    /// A validation policy or a register of authority does not follow its schema.
    PolMalformed = "POL-001", Refused,
        kk: "Саясат, өкілеттіктер тізілімі немесе күнтізбе схемаға сай емес. Көрсетілген орынды түзетіп, «policy \
             check» арқылы тексеріңіз.",
        ru: "Политика, реестр полномочий или календарь не соответствует схеме. Исправьте указанное место и \
             проверьте через «policy check».",
        en: "The policy, register of authority or calendar does not follow its schema. Mend the place named and \
             try `policy check`.";
    /// The same version was adopted with other content.
    PolTaken = "POL-002", Conflict,
        kk: "Бұл нұсқа басқа мазмұнмен енгізілген. Жаңа нұсқа нөмірін беріңіз.",
        ru: "Эта версия уже введена с другим содержанием. Дайте новый номер версии.",
        en: "This version was adopted with other content. Give it a new version.";
    /// The signatures under a policy or a register do not confirm it.
    PolConfirm = "POL-003", Refused,
        kk: "Саясат пен тізілімді кемінде екі бекітуші растайды: расталған тізілімдегі, әкімші емес адамдар. Дәл осы \
             файлға қолданыстағы нұсқадан кейін қойылған екі жарамды қолтаңбаны беріңіз.",
        ru: "Политику и реестр подтверждают не менее двух утверждающих: лица из подтверждённого реестра, не \
             администраторы. Дайте две действительные подписи под этим самым файлом, поставленные позже действующей \
             версии.",
        en: "A policy or register is confirmed by at least two approvers of a confirmed register, none an \
             administrator. Give two valid signatures over exactly this file, made after the version in force.";

    /// The profile of an import does not follow its schema.
    ImpProfile = "IMP-001", Refused,
        kk: "Импорт бейіні схемаға сай емес. Көрсетілген орынды түзетіп, «import check» арқылы тексеріңіз.",
        ru: "Профиль импорта не соответствует схеме. Исправьте указанное место и проверьте через «import check».",
        en: "The profile of the import does not follow its schema. Mend the place named and try `import check`.";
    /// The version of a profile was adopted before: with other content, or another version replaced it.
    ImpTaken = "IMP-002", Conflict,
        kk: "Бейіннің бұл нұсқасы бұрын енгізілген. Жаңа нұсқа нөмірін беріп, қайта қол қойғызыңыз.",
        ru: "Эта версия профиля уже вводилась. Дайте новый номер версии и подпишите заново.",
        en: "This version of the profile was adopted before. Give it a new version and have it signed again.";
    /// The profile is not approved by two officers with authority.
    ImpApproval = "IMP-003", Refused,
        kk: "Бейінді органның өкілетті екі қызметкері бекітуі тиіс, оның бірі құжаттамалық қамтамасыз ету \
             бөлімшесінен. Дәл осы файлға қойылған екі жарамды қолтаңбаны беріңіз.",
        ru: "Профиль утверждают два уполномоченных сотрудника органа, один из них из службы документационного \
             обеспечения. Дайте две действительные подписи под этим самым файлом.",
        en: "A profile is approved by two authorised officers of the agency, one of them of the records office. Give \
             two valid signatures over exactly this file.";
    /// No profile of this id was adopted.
    ImpNoProfile = "IMP-004", NotFound,
        kk: "Мұндай импорт бейіні енгізілмеген. Тізімді «import list» көрсетеді.",
        ru: "Такой профиль импорта не введён. Список показывает «import list».",
        en: "No such import profile was adopted. `import list` shows those that were.";
    /// The profile may not be used today.
    ImpTerm = "IMP-005", Refused,
        kk: "Бейіннің мерзімі басталмаған немесе өтіп кеткен. Жаңа нұсқасын бекітіп, енгізіңіз.",
        ru: "Срок профиля не начался или истёк. Утвердите и введите новую версию.",
        en: "The term of the profile has not begun or is over. Have a new version approved and adopt it.";
    /// The table as a whole cannot be read by the profile.
    ImpTable = "IMP-006", Refused,
        kk: "Кесте бейінге сай оқылмайды, одан ештеңе алынбады. Кодтауы (UTF-8), бөлгіші мен бағандарын тексеріңіз.",
        ru: "Таблица не читается по профилю, из неё ничего не принято. Проверьте кодировку (UTF-8), разделитель и \
             столбцы.",
        en: "The table cannot be read by the profile, and nothing of it was taken in. Check encoding (UTF-8), \
             delimiter and columns.";
    /// A row has other cells than the header, or a value that the profile does not know.
    ImpRow = "IMP-007", Refused,
        kk: "Кесте жолының мәні бейінге сай емес. Көрсетілген ұяшықты түзетіп, импортты қайталаңыз.",
        ru: "Значение в строке таблицы не соответствует профилю. Исправьте указанную ячейку и повторите импорт.",
        en: "A value in a row of the table is not as the profile says. Correct the cell named and run the import \
             again.";
    /// The document is not of the period that the profile covers.
    ImpPeriod = "IMP-008", Refused,
        kk: "Құжаттың күні бейін қамтитын кезеңнен тыс. Күнін тексеріңіз; жаңа құжаттар «ingest» арқылы қабылданады.",
        ru: "Дата документа вне периода, который охватывает профиль. Проверьте дату; новые документы принимает \
             «ingest».",
        en: "The date of the document is outside the period of the profile. Check it; new documents come in by \
             `ingest`.";
    /// Two rows claim the same registration or the same file; neither is taken in.
    ImpRepeated = "IMP-009", Refused,
        kk: "Екі жол бір тіркеу нөмірін немесе бір файлды көрсетеді, екеуі де алынбады. Қайсысы дұрыс екенін шешіңіз.",
        ru: "Две строки называют одну регистрацию или один файл, ни одна не принята. Решите, которая верна.",
        en: "Two rows claim the same registration or file, and neither was taken in. Decide which one is right.";

    /// A nomenclature does not follow `schema/nomenclature/1`.
    FilNomenclature = "FIL-001", Refused,
        kk: "Істер номенклатурасы схемаға сай емес. Көрсетілген жерді түзетіңіз.",
        ru: "Номенклатура дел не соответствует схеме. Исправьте указанное место.",
        en: "The nomenclature does not follow the schema. Mend the place named.";
    /// There is no such file (іс).
    FilUnknown = "FIL-002", NotFound,
        kk: "Мұндай іс жоқ. Идентификаторын істер тізімінен табыңыз.",
        ru: "Такого дела нет. Найдите его идентификатор в списке дел.",
        en: "There is no such file. Find its id in the list of files.";
    /// The index is not in the nomenclature of the year, or there is none and no title was given.
    FilNotInNomenclature = "FIL-003", Refused,
        kk: "Бұл индекс сол жылдың номенклатурасында жоқ. Индексті тексеріңіз немесе номенклатураны енгізіңіз.",
        ru: "Этого индекса нет в номенклатуре того года. Проверьте индекс или введите номенклатуру.",
        en: "The index is not in the nomenclature of that year. Check it, or adopt the nomenclature.";
    /// The volume of a file was opened before.
    FilExists = "FIL-004", Conflict,
        kk: "Осы индекс, жыл және том бойынша іс бұрын ашылған. Соны пайдаланыңыз немесе келесі томды ашыңыз.",
        ru: "Дело с этим индексом, годом и томом уже открыто. Используйте его или откройте следующий том.",
        en: "A file of this index, year and volume was opened before. Use it, or open the next volume.";
    /// The file is closed.
    FilClosed = "FIL-005", Conflict,
        kk: "Іс жабылған. Алдымен оны себебін көрсетіп қайта ашыңыз.",
        ru: "Дело закрыто. Сначала откройте его снова с указанием причины.",
        en: "The file is closed. Open it again first, with a reason.";
    /// The file is open.
    FilOpen = "FIL-006", Conflict,
        kk: "Іс ашық. Бұл әрекет жабылған іске ғана арналған.",
        ru: "Дело открыто. Это действие только для закрытого дела.",
        en: "The file is open. This is for a closed file only.";
    /// The day of an act does not fit the file.
    FilDay = "FIL-007", Refused,
        kk: "Күні іске сай емес: ол әлі келмеген немесе істегі құжаттардан бұрын. Күнді тексеріңіз.",
        ru: "Дата не подходит делу: она ещё не наступила или раньше документов дела. Проверьте дату.",
        en: "The day does not fit the file: it is to come, or before the documents in it. Check the day.";
    /// A record does not belong in this file.
    FilForeign = "FIL-008", Refused,
        kk: "Жазба бұл іске жатпайды: агенттігі басқа. Сол мекеменің ісін таңдаңыз.",
        ru: "Запись не относится к этому делу: у неё другое агентство. Выберите дело её органа.",
        en: "The record does not belong in this file: its agency is another. Choose a file of its agency.";
    /// The record is in another file, and no reason for moving it was given.
    FilElsewhere = "FIL-009", Conflict,
        kk: "Жазба басқа істе тұр. Оны ауыстыру үшін себебін (reason) жазыңыз.",
        ru: "Запись находится в другом деле. Чтобы переместить её, укажите причину (reason).",
        en: "The record is in another file. To move it, say why (reason).";
    /// A text of an act is blank, too long or unprintable, or something that it needs is missing.
    FilText = "FIL-010", Refused,
        kk: "Мәтін бос, тым ұзын немесе басып шығаруға келмейді. Көрсетілген мәнді түзетіңіз.",
        ru: "Текст пуст, слишком длинный или непечатаемый. Исправьте указанное значение.",
        en: "A text is blank, too long or unprintable. Correct the value named.";
    /// Moving a record could bring the day nearer on which it is due.
    FilSooner = "FIL-011", Conflict,
        kk: "Құжатты бұл істен ауыстыру оның сақтау мерзімін қысқартуы мүмкін. Ауыстыру туралы актіні жасап, қол \
             қойғызыңыз.",
        ru: "Перемещение документа из этого дела может сократить срок его хранения. Нужно подписанное решение: \
             составьте акт о перемещении.",
        en: "Moving the record out of this file could shorten its term. That needs a signed decision: make the act of \
             moving.";
    /// There is no such fonds, inventory, or file in an inventory.
    FilNoInventory = "FIL-012", NotFound,
        kk: "Мұндай қор, тізімдеме немесе тізімдемедегі іс жоқ. «fonds list» және «inventory list» арқылы тексеріңіз.",
        ru: "Такого фонда, описи или дела в описи нет. Проверьте через «fonds list» и «inventory list».",
        en: "There is no such fonds, inventory, or file in an inventory. Look at `fonds list` and `inventory list`.";
    /// The number of a fonds or inventory is taken.
    FilNumberTaken = "FIL-013", Conflict,
        kk: "Бұл нөмір берілген. Басқа нөмір таңдаңыз: қор мен тізімдеменің нөмірі ешқашан қайталанбайды.",
        ru: "Этот номер занят. Выберите другой: номера фондов и описей никогда не повторяются.",
        en: "The number is taken. Choose another: numbers of fonds and inventories are never given twice.";
    /// The file stands in an inventory.
    FilListed = "FIL-014", Conflict,
        kk: "Іс тізімдемеге енгізілген: оны тағы енгізуге немесе қайта ашуға болмайды. Кеш келген құжатқа жаңа том \
             ашыңыз.",
        ru: "Дело внесено в опись: его нельзя внести ещё раз или открыть снова. Для опоздавшего документа откройте \
             новый том.",
        en: "The file stands in an inventory: it is not entered again, nor opened again. Open a new volume for a late \
             document.";
    /// The file does not belong into this inventory.
    FilNotOfInventory = "FIL-015", Refused,
        kk: "Іс бұл тізімдемеге жатпайды: сақтау мерзімі, мекемесі басқа немесе іс бос. Тізімдеменің түрін тексеріңіз.",
        ru: "Дело не относится к этой описи: другой срок хранения, другой орган, или дело пусто. Проверьте вид описи.",
        en: "The file does not belong into this inventory: its term or agency is another, or it is empty. Check the \
             kind of the inventory.";
    /// The inventory is approved for that year.
    FilApproved = "FIL-016", Conflict,
        kk: "Тізімдеме бұл жыл үшін бекітілген, оған сол жылдың ісі енді қосылмайды. Басқа тізімдеме ашыңыз.",
        ru: "Опись за этот год утверждена и больше не пополняется. Откройте другую опись.",
        en: "The inventory is approved for that year and takes no more files of it. Open another inventory.";
    /// A text is no citation.
    FilCitation = "FIL-017", Refused,
        kk: "Бұл сілтеме емес. Былай жазыңыз: «Қ.123 Т.4 І.56» немесе құжатпен бірге «Қ.123 Т.4 І.56 Құ.3».",
        ru: "Это не архивный шифр. Пишите так: «Ф.123 Оп.4 Д.56», с документом «Ф.123 Оп.4 Д.56 Док.3».",
        en: "This is no citation. Write `F.123 I.4 U.56`, with a document `F.123 I.4 U.56 D.3`.";
    /// An original on paper is noted already, or no more papers can be.
    FilPaperExists = "FIL-018", Conflict,
        kk: "Құжаттың қағаз түпнұсқасы тіркелген. Орны өзгерсе, «paper move» пайдаланыңыз.",
        ru: "Бумажный подлинник документа уже учтён. Если изменилось место, используйте «paper move».",
        en: "The paper original of the document is noted already. If its place changed, use `paper move`.";
    /// The record has no such paper.
    FilNoPaper = "FIL-019", NotFound,
        kk: "Жазбаның мұндай қағазы тіркелмеген. Алдымен «paper add» арқылы тіркеңіз.",
        ru: "Такой бумажный экземпляр записи не учтён. Сначала внесите его через «paper add».",
        en: "The record has no such paper. Note it with `paper add` first.";
    /// A decision to move records is malformed, or not about the files as they are.
    FilRefiling = "FIL-020", Refused,
        kk: "Ауыстыру туралы шешім қате немесе істер сол күйінде емес. Актісін қайта жасап, қол қойғызыңыз.",
        ru: "Решение о перемещении неверно, или дела уже не таковы. Составьте акт снова и дайте подписать.",
        en: "The decision to move records is malformed, or the files are not as it says. Make the act again and have \
             it signed.";

    /// There is no such hold.
    HldUnknown = "HLD-001", NotFound,
        kk: "Мұндай тыйым жоқ. Идентификаторын тыйымдар тізімінен табыңыз.",
        ru: "Такого запрета нет. Найдите его идентификатор в списке запретов.",
        en: "There is no such hold. Find its id in the list of holds.";
    /// The hold was lifted before.
    HldLifted = "HLD-002", Conflict,
        kk: "Тыйым бұрын алынып тасталған.",
        ru: "Запрет уже снят.",
        en: "The hold was lifted before.";
    /// A hold keeps nothing, or more than one hold can.
    HldTargets = "HLD-003", Refused,
        kk: "Тыйым кемінде бір жазбаны немесе істі, ең көбі 100 000 нысанды қамтуы тиіс.",
        ru: "Запрет должен охватывать хотя бы одну запись или дело и не более 100 000.",
        en: "A hold keeps at least one record or file, and at most 100,000.";
    /// A hold keeps what was to be removed.
    HldHeld = "HLD-004", Conflict,
        kk: "Жазбаны тыйым қорғайды. Алдымен тыйымды салған органның келісімімен оны алып тастаңыз.",
        ru: "Запись под запретом. Сначала снимите запрет с согласия того, кто его наложил.",
        en: "A hold keeps the record. First lift it, with the consent of whoever asked for it.";
    /// A hold is one of an inquiry.
    HldInquiry = "HLD-005", Conflict,
        kk: "Бұл тыйым сұрау салуға жатады: ол сұрау салу жабылғанда ғана алынады.",
        ru: "Это запрет по запросу органа: он снимается только с закрытием запроса.",
        en: "The hold is one of an inquiry. It is lifted when the inquiry is closed, and only then.";
    /// Holds may have been lost, and officers have not said which.
    HldUnconfirmed = "HLD-006", Conflict,
        kk: "Журналдың соңы жоғалған, онда тыйым болған болуы мүмкін: мекеменің екі адамы жоғалған тыйымдарды \
             растағанша ештеңе жойылмайды.",
        ru: "Конец журнала утрачен, в нём могли быть запреты: пока двое лиц органа не подтвердят, какие запреты \
             утрачены, ничего не уничтожается.",
        en: "The end of the journal was lost, and holds may have been in it: nothing is destroyed until two officers \
             of the agency confirm which.";
    /// A statement about lost holds is not usable.
    HldStatement = "HLD-007", Refused,
        kk: "Жоғалған тыйымдар туралы мәлімдеме жарамсыз: ол осы архивтің қазіргі күйі туралы емес немесе ондағы тыйым \
             қайта салынбаған. Оны «hold statement» арқылы қайта жасаңыз.",
        ru: "Заявление об утраченных запретах не годится: оно не о нынешнем состоянии этого архива, или названный в \
             нём запрет не наложен вновь. Составьте его через «hold statement».",
        en: "The statement about lost holds is not usable: it is not about this archive as it is now, or a hold that \
             it names was not placed again. Make it with `hold statement`.";
    /// A statement about lost holds is not signed as it must be.
    HldSigned = "HLD-008", Refused,
        kk: "Жоғалған тыйымдар туралы мәлімдемеге мекеменің екі адамы қол қоюы тиіс, бірі — құжаттамалық қамтамасыз \
             ету бөлімшесінен.",
        ru: "Заявление об утраченных запретах подписывают двое лиц органа, одно из них — из службы документационного \
             обеспечения.",
        en: "Two officers of the agency must sign the statement about lost holds, one of them of the records office.";
    /// There is no such plan.
    DspUnknown = "DSP-001", NotFound,
        kk: "Мұндай жоспар жоқ. Идентификаторын жоспарлар тізімінен табыңыз.",
        ru: "Такого плана нет. Найдите его идентификатор в списке планов.",
        en: "There is no such plan. Find its id in the list of plans.";
    /// Nothing that was asked for can be in a plan of destruction.
    DspNotDue = "DSP-002", Conflict,
        kk: "Іс жою жоспарына енгізілмейді. Себебін «why» арқылы қараңыз.",
        ru: "Дело не включается в план уничтожения. Причину покажет «why».",
        en: "The file cannot be in a plan of destruction. `why` says the reason.";
    /// A plan has more than one commit can hold.
    DspTooMany = "DSP-003", Refused,
        kk: "Жоспарда тым көп іс немесе жазба бар: істерді атап, бірнеше жоспарға бөліңіз.",
        ru: "В плане слишком много дел или записей: разделите его на несколько, называя дела.",
        en: "The plan has too many files or records: make several by naming the files.";
    /// A value that was given for a plan is not usable.
    DspArguments = "DSP-004", Refused,
        kk: "Жоспарға берілген мән жарамсыз. Көрсетілген мәнді түзетіңіз.",
        ru: "Заданное для плана значение не годится. Исправьте указанное значение.",
        en: "A value given for the plan is not usable. Correct the value named.";
    /// The minutes of the expert commission are missing or not usable.
    DspMinutes = "DSP-005", Refused,
        kk: "Сараптау комиссиясының хаттамасы берілмеген немесе жарамсыз: файлы, нөмірі және күні қажет.",
        ru: "Протокол экспертной комиссии не дан или не годится: нужны файл, номер и дата.",
        en: "The minutes of the expert commission are missing or not usable: their file, number and date are wanted.";
    /// A statement does not follow its schema.
    DspStatement = "DSP-006", Refused,
        kk: "Мәлімдеме схемаға сай емес. Мәлімдемені жоспардан қайта жасаңыз.",
        ru: "Заявление не соответствует схеме. Составьте заявление по плану заново.",
        en: "The statement does not follow its schema. Make the statement of the plan again.";
    /// A statement is about another plan, or not about all its files.
    DspOther = "DSP-007", Refused,
        kk: "Мәлімдеме басқа жоспар туралы немесе жоспардың барлық істерін қамтымайды.",
        ru: "Заявление о другом плане или не обо всех его делах.",
        en: "The statement is about another plan, or not about all of its files.";
    /// A statement is not signed by the person and in the office that it names.
    DspSigned = "DSP-008", Refused,
        kk: "Мәлімдемеге онда көрсетілген адам көрсетілген лауазымда қол қоймаған.",
        ru: "Заявление не подписано названным в нём лицом в названной должности.",
        en: "The statement is not signed by the person and in the office that it names.";
    /// A person takes part in a plan twice.
    DspPerson = "DSP-009", Denied,
        kk: "Бір адам жоспарда екі рет қатыса алмайды: ұсынған, қараған және бекіткен адамдар әртүрлі болуы тиіс.",
        ru: "Одно лицо не может участвовать в плане дважды: предлагают, рассматривают и утверждают разные люди.",
        en: "Nobody takes part in a plan twice: those who propose, review and approve are different persons.";
    /// The step does not fit how far the plan is.
    DspStage = "DSP-010", Conflict,
        kk: "Жоспардың қазіргі сатысында бұл қадам мүмкін емес. Сатысы жоспардың өзінде көрсетілген.",
        ru: "На этой стадии плана такой шаг невозможен. Стадия указана в самом плане.",
        en: "The plan is not at the stage for this step. The plan itself says how far it is.";
    /// The days between approval and destruction are not over.
    DspCooling = "DSP-011", Conflict,
        kk: "Бекіту мен жою арасындағы күту мерзімі өткен жоқ.",
        ru: "Срок ожидания между утверждением и уничтожением не истёк.",
        en: "The days between approval and destruction are not over.";
    /// Nothing of a plan can be destroyed any more.
    DspNothing = "DSP-012", Conflict,
        kk: "Жоспардағы ешбір істі жоюға болмайды. Себептері көрсетілген.",
        ru: "Ни одно дело плана уничтожить нельзя. Причины указаны.",
        en: "Nothing of the plan can be destroyed. The reasons are given.";
    /// The day is not confirmed, or the clock cannot be right.
    DspDate = "DSP-013", Conflict,
        kk: "Күн расталмаған немесе компьютер сағаты дұрыс емес. Сағатты тексеріп, екі қызметкердің бүгінгі \
             мәлімдемесін беріңіз.",
        ru: "День не подтверждён, или часы компьютера неверны. Проверьте часы и дайте сегодняшнее заявление двух \
             сотрудников.",
        en: "The day is not confirmed, or the computer's clock is wrong. Check it, and give a statement of today by \
             two officers.";
    /// Something of what was destroyed is still there.
    DspRemains = "DSP-014", Incomplete,
        kk: "Жойылғанның бір бөлігі әлі бар: не қалғаны көрсетілген.",
        ru: "Часть уничтоженного ещё есть: что именно, указано.",
        en: "Something of what was destroyed is still there: what, is named.";
    /// A decision to shorten is not usable.
    DspShortening = "DSP-015", Refused,
        kk: "Мерзімді қысқарту туралы шешім жарамсыз: ол істің қазіргі күйі туралы емес немесе ештеңені өзгертпейді. \
             Актісін қайта жасаңыз.",
        ru: "Решение о сокращении срока не годится: оно не о нынешнем состоянии дела или ничего не меняет. Составьте \
             акт заново.",
        en: "The decision to shorten is not usable: it is not about the file as it is now, or changes nothing. Make \
             the act again.";
    /// Inventories of the years of the plan are not approved, or files that belong into one stand in none.
    DspInventories = "DSP-016", Refused,
        kk: "Жоспардағы жылдардың тізімдемелері бекітілмеген. Істерді тізімдемеге енгізіп, оны бекіттіріңіз.",
        ru: "Описи за годы плана не утверждены. Внесите дела в опись и дайте её утвердить.",
        en: "The inventories of the plan's years are not approved. Enter the files in the inventory and have it \
             approved.";
    /// Something still stands in an archive that is to end.
    DcmStands = "DCM-001", Conflict,
        kk: "Архивте әлі аяқталмаған нәрсе бар: не екенін «decommission status» көрсетеді. Алдымен әр жазба заңды \
             жолмен жойылсын, тыйымдар алынсын, басталғанның бәрі аяқталсын.",
        ru: "В архиве ещё есть незавершённое: что именно, показывает «decommission status». Сначала каждая запись \
             должна быть законно уничтожена, запреты сняты, начатое закончено.",
        en: "Something still stands in the archive: `decommission status` says what. First every record must be \
             lawfully destroyed, every hold lifted, and everything ended that was begun.";
    /// A decision to end an archive is malformed, or not about it as it is.
    DcmDecision = "DCM-002", Refused,
        kk: "Архивті тарату туралы шешім жарамсыз: ол осы архивтің қазіргі күйі туралы емес. Оны «decommission \
             statement» арқылы қайта жасаңыз.",
        ru: "Решение о ликвидации архива не годится: оно не о нынешнем состоянии этого архива. Составьте его заново \
             через «decommission statement».",
        en: "The decision to end the archive is not usable: it is not about this archive as it is now. Make it again \
             with `decommission statement`.";
    /// A decision to end an archive is not signed as it must be.
    DcmSigned = "DCM-003", Refused,
        kk: "Шешімге екі адам қол қоюы тиіс: жоюды бекітуші және екінші бекітуші не сараптау комиссиясының мүшесі.",
        ru: "Решение подписывают двое: утверждающий уничтожение и ещё один утверждающий или член экспертной комиссии.",
        en: "Two persons must sign the decision: one who approves destruction, and another one or a member of the \
             expert commission.";
    /// Not every agency of the archive has decided that it ends.
    DcmUndecided = "DCM-004", Conflict,
        kk: "Архивтің қазіргі күйі туралы барлық мекеменің қол қойылған шешімі жоқ. «decommission status» кімдікі \
             жетпейтінін көрсетеді.",
        ru: "Нет подписанных решений всех органов о нынешнем состоянии архива. Чьего не хватает, показывает \
             «decommission status».",
        en: "Not every agency has signed a decision about the archive as it is now. `decommission status` says whose \
             is missing.";
    /// Something was committed between the survey and the end.
    DcmMoved = "DCM-005", Temporary,
        kk: "Тексеру кезінде архивте тағы бірдеңе жасалды. Қайталап көріңіз.",
        ru: "Во время проверки в архиве что-то сделали. Повторите.",
        en: "Something was done in the archive while it was looked at. Try again.";
    /// Something that went with the archive is still there.
    DcmRemains = "DCM-006", Incomplete,
        kk: "Архив таратылды, бірақ өшірілгеннің бір бөлігі қоймада әлі бар: не екені көрсетілген. Себебін жойып, \
             «decommission execute» қайталаңыз.",
        ru: "Архив ликвидирован, но часть стёртого ещё в хранилище: что именно, указано. Устраните причину и повторите \
             «decommission execute».",
        en: "The archive has ended, but something of what was erased is still in the store: what, is named. Mend the \
             cause and repeat `decommission execute`.";
    /// A form does not follow its schema.
    FrmMalformed = "FRM-001", Refused,
        kk: "Нысан схемаға сай емес. Көрсетілген жолды schema/form/1 бойынша түзетіңіз.",
        ru: "Форма не соответствует схеме. Исправьте указанную строку по schema/form/1.",
        en: "The form does not follow its schema. Correct the line named as schema/form/1 says.";
    /// An edition of the form was adopted with other content.
    FrmTaken = "FRM-002", Conflict,
        kk: "Нысанның бұл басылымы басқа мазмұнмен енгізілген. Жаңа басылымға жаңа атау беріңіз.",
        ru: "Эта редакция формы введена с другим содержанием. Дайте новой редакции новое имя.",
        en: "This edition of the form was adopted with other content. Give the new edition a name of its own.";
    /// A sample is to take the place of an official form.
    FrmOfficial = "FRM-003", Conflict,
        kk: "Ресми нысан енгізілген, үлгі оны ауыстырмайды.",
        ru: "Введена официальная форма, образец её не заменяет.",
        en: "An official form is adopted, and a sample does not replace it.";
    /// The act about a record that should never have come in is not usable.
    SplAct = "SPL-001", Refused,
        kk: "Акт схемаға сай емес немесе басқа жазба туралы. Оны «record spill-act» арқылы қайта жасаңыз.",
        ru: "Акт не соответствует схеме или о другой записи. Составьте его заново через «record spill-act».",
        en: "The act does not follow its schema, or is about another record. Make it again with `record spill-act`.";
    /// Such an act is not signed by two officers.
    SplApproval = "SPL-002", Refused,
        kk: "Актіге лауазымды адам мен құжаттамалық қамтамасыз ету қызметкері қол қоюы тиіс.",
        ru: "Акт должны подписать должностное лицо и сотрудник службы документационного обеспечения.",
        en: "The act must be signed by an official and by the records office.";
    /// A list of retention periods does not follow its schema, or one of its examples contradicts its rule.
    RetMalformed = "RET-001", Refused,
        kk: "Сақтау мерзімдерінің тізбесі схемаға сай емес немесе оның мысалы ережесіне қайшы. Көрсетілген жолды \
             түзетіп, тізбені қайта тексеріңіз.",
        ru: "Перечень сроков хранения не соответствует схеме, или его пример противоречит правилу. Исправьте указанную \
             строку и проверьте перечень снова.",
        en: "The list of retention periods does not follow its schema, or one of its examples contradicts its rule. \
             Mend the line named and check the list again.";
    /// The edition was adopted with other content, or another replaced it.
    RetTaken = "RET-002", Conflict,
        kk: "Тізбенің бұл басылымы басқа мазмұнмен енгізілген немесе басқасымен ауыстырылған. Жаңа басылым атауын \
             беріңіз.",
        ru: "Эта редакция перечня введена с другим содержанием или заменена другой. Дайте файлу новую редакцию.",
        en: "This edition of the list was adopted with other content, or another replaced it. Give the file a new \
             edition.";
    /// An official list is not adopted by an act of the agency.
    RetApproval = "RET-003", Refused,
        kk: "Ресми тізбе мекеменің екі қызметкер қол қойған актісімен енгізіледі: лауазымды адам және құжаттамалық \
             қамтамасыз ету бөлімшесі. Актіні тексеріп, қайта қол қойғызыңыз.",
        ru: "Официальный перечень вводится актом органа с двумя подписями: должностного лица и службы \
             документационного обеспечения. Проверьте акт и подпишите его заново.",
        en: "An official list is adopted by an act of the agency with two signatures: of an official and of the \
             records office. Check the act and have it signed again.";
    /// The list is not in force yet.
    RetNotYet = "RET-004", Refused,
        kk: "Тізбе әлі күшіне енген жоқ. Оны күшіне енген күні енгізіңіз.",
        ru: "Перечень ещё не вступил в силу. Введите его в день вступления в силу.",
        en: "The list is not in force yet. Adopt it on the day it comes into force.";

    /// The medium failed or refused a step.
    StoIo = "STO-001", Temporary,
        kk: "Диск операцияны орындамады. Дискіні және рұқсаттарды тексеріп, қайталап көріңіз.",
        ru: "Диск не выполнил операцию. Проверьте диск и права доступа и повторите.",
        en: "The disk did not carry out a step. Check the disk and its permissions and try again.";
    /// A stored file is missing or too short.
    StoMissing = "STO-002", Integrity,
        kk: "Сақталған файл жоқ немесе қысқарған. Ештеңені өзгертпей, «audit» іске қосыңыз және сақтық көшірмені \
             дайындаңыз.",
        ru: "Сохранённый файл отсутствует или укорочен. Ничего не меняйте, запустите «audit» и подготовьте резервную \
             копию.",
        en: "A stored file is missing or cut short. Change nothing, run `audit`, and have the backup ready.";
    /// Stored bytes are not those that were committed.
    StoChanged = "STO-003", Integrity,
        kk: "Сақталған байттар бастапқысына сай емес, сондықтан берілмейді. «audit» іске қосыңыз және сақтық көшірмені \
             дайындаңыз.",
        ru: "Сохранённые байты не совпадают с принятыми и потому не выдаются. Запустите «audit» и подготовьте \
             резервную копию.",
        en: "Stored bytes are not those that were committed, so they are not given out. Run `audit` and have the \
             backup ready.";
    /// The medium is full.
    StoFull = "STO-004", Temporary,
        kk: "Дискіде орын қалмады. Орын босатып, қайталап көріңіз; қабылданған құжаттар сақтаулы.",
        ru: "На диске нет места. Освободите место и повторите; принятые документы сохранены.",
        en: "The disk is full. Make room and try again; what was accepted is kept.";
    /// An earlier write failed; nothing is written until the archive is reopened.
    StoLatched = "STO-005", Temporary,
        kk: "Жазу қатесінен кейін архив тек оқуға ашық. Себебін жойып, бағдарламаны қайта іске қосыңыз.",
        ru: "После ошибки записи архив открыт только для чтения. Устраните причину и запустите программу снова.",
        en: "After a failed write the archive is read-only. Remove the cause and start the program again.";

    /// A file of the key vault is not the one that was committed.
    VltIntegrity = "VLT-001", Integrity,
        kk: "Кілттер қоймасының файлы өзгертілген. «audit» іске қосыңыз және қойманың көшірмесін дайындаңыз.",
        ru: "Файл хранилища ключей изменён. Запустите «audit» и подготовьте копию хранилища.",
        en: "A file of the key vault was changed. Run `audit` and have the copy of the vault ready.";
    /// The key folder or a key in it is missing or belongs to another archive.
    VltKeyMissing = "VLT-002", Configuration,
        kk: "Кілттер қалтасы немесе ондағы кілт жоқ, не басқа архивке тиесілі. Кілттер қалтасын орнына қойыңыз.",
        ru: "Папки ключей или ключа в ней нет, либо они от другого архива. Верните папку ключей на место.",
        en: "The key folder or a key in it is missing, or belongs to another archive. Put the key folder in its place.";
    /// The key was erased.
    VltErased = "VLT-003", NotFound,
        kk: "Бұл жазбаның кілті жойылған, мазмұнын енді ешкім аша алмайды.",
        ru: "Ключ этой записи уничтожен, её содержание больше никто не откроет.",
        en: "The key of this record was erased; nobody can open its content any more.";

    /// The journal is not what was committed.
    LogIntegrity = "LOG-001", Integrity,
        kk: "Журнал бекітілген күйіне сай емес. Ештеңені өзгертпей, «audit» іске қосыңыз.",
        ru: "Журнал не совпадает с зафиксированным. Ничего не меняйте, запустите «audit».",
        en: "The journal is not what was committed. Change nothing and run `audit`.";
    /// There is no such entry.
    LogNoEntry = "LOG-002", NotFound,
        kk: "Журналда мұндай жазба жоқ. Нөмірін тексеріңіз.",
        ru: "Такой записи в журнале нет. Проверьте номер.",
        en: "There is no such entry in the journal. Check the number.";
    /// The root hash computed in two ways differs.
    LogRoot = "LOG-003", Integrity,
        kk: "Журналдың түбір хэші екі есептеуде екі түрлі шықты: жады ақаулы болуы мүмкін. Ештеңеге қол қойылған жоқ.",
        ru: "Корневой хеш журнала, вычисленный двумя способами, различается: возможно, неисправна память. Ничего не \
             подписано.",
        en: "The journal's root hash came out different in two computations: memory may be faulty. Nothing was signed.";
    /// The archive's key signed a longer journal: it is an older copy of itself, or one that was used further.
    LogRolledBack = "LOG-004", Integrity,
        kk: "Бұл архивтің кілтімен бұдан ұзын журналға қол қойылған: не бұл — ескі көшірме, не ескі көшірме әрі қарай \
             пайдаланылып, екінші тарих шыққан. Ештеңе жазылмайды, оқуға болады. Екі бақылау нүктесін де сақтап, соңғы \
             көшірмені орнына қойыңыз: қайсысы екенін сонда екі нүктенің үйлесімділік дәлелі көрсетеді.",
        ru: "Ключом этого архива подписан более длинный журнал: либо это старая копия, либо старую копию продолжили и \
             появилась вторая история. Ничего не записывается, читать можно. Сохраните обе контрольные точки и верните \
             последнюю копию: что это было, там покажет доказательство согласованности обеих точек.",
        en: "The archive's key has signed a longer journal: either this is an older copy, or an older copy was used \
             further and there is a second history. Nothing is written; it can be read. Keep both checkpoints and put \
             the newest copy in its place: there the proof of consistency between both says which it was.";
    /// The archive's key signed two histories.
    LogForked = "LOG-005", Integrity,
        kk: "Архивтің кілтімен екі түрлі журналға қол қойылған: айғағы tlog/fork қалтасында. Ештеңе жазылмайды, оқуға \
             болады. Екі бақылау нүктесін де сақтап, жоғары тұрған органға хабарлаңыз.",
        ru: "Ключом архива подписаны две разные истории журнала: доказательство в папке tlog/fork. Ничего не \
             записывается, читать можно. Сохраните обе контрольные точки и сообщите вышестоящему органу.",
        en: "The archive's key has signed two histories of the journal: the proof is in tlog/fork. Nothing is written; \
             it can be read. Keep both checkpoints and tell the body above.";
    /// A witness names a longer journal than this one and shows no proof.
    LogNewerSaid = "LOG-006", Integrity,
        kk: "Куәгер бұдан ұзын журналды біледі деп айтады, бірақ дәлелін бермейді. Архив ескі көшірмеден қайтарылған \
             ба, анықтаңыз; оған дейін ештеңе қабылдамаңыз.",
        ru: "Свидетель называет журнал длиннее этого, но доказательства не даёт. Выясните, не возвращён ли архив из \
             старой копии; до этого ничего не принимайте.",
        en: "A witness names a longer journal than this one and shows no proof. Find out whether the archive was put \
             back from an older copy; take nothing in before that.";
    /// Nothing shows that entries of the log are missing.
    LogWhole = "LOG-007", Conflict,
        kk: "Журналдың ұзынырақ екенін көрсететін бақылау нүктесі жоқ: мирасқор журнал қажет емес. Соңғы көшірмеңіз \
             бар болса, соны орнына қойыңыз; болмаса, белгілі ең соңғы бақылау нүктесін --last арқылы беріңіз.",
        ru: "Нет контрольной точки, которая показала бы, что журнал был длиннее: журнал-преемник не нужен. Если есть \
             более новая копия, верните её; если нет, передайте последнюю известную контрольную точку через --last.",
        en: "No checkpoint shows that the journal was longer: it needs no successor. If there is a newer copy, put it \
             back; if there is none, give the newest checkpoint that anybody has with --last.";
    /// What was given as the last checkpoint is none by the archive's key.
    LogLast = "LOG-008", Refused,
        kk: "Бұл — осы архивтің кілтімен қол қойылған бақылау нүктесі емес.",
        ru: "Это не контрольная точка, подписанная ключом этого архива.",
        en: "This is no checkpoint that was signed by the key of this archive.";
    /// A newer checkpoint than the given one is known.
    LogNotNewest = "LOG-009", Refused,
        kk: "Бұдан жаңа бақылау нүктесі белгілі. Соны беріңіз («--last known»).",
        ru: "Известна более новая контрольная точка. Передайте её («--last known»).",
        en: "A newer checkpoint is known. Give that one (`--last known`).";
    /// A log cannot have this name, or had it before.
    LogName = "LOG-010", Refused,
        kk: "Журналдың жаңа атауы жарамсыз: онда бос орын мен «+» болмайды, әрі ол бұрын қолданылмаған болуы тиіс.",
        ru: "Новое имя журнала не годится: в нём нет пробелов и знака «+», и раньше оно не использовалось.",
        en: "The new name of the log is not usable: it has no spaces and no plus sign, and was not used before.";

    /// The search index failed.
    IdxFailed = "IDX-001", Temporary,
        kk: "Іздеу индексі істен шықты. «reindex» іске қосыңыз: құжаттар мен журнал бүтін.",
        ru: "Поисковый индекс отказал. Запустите «reindex»: документы и журнал целы.",
        en: "The search index failed. Run `reindex`: documents and journal are whole.";
    /// The query is not understood.
    IdxQuery = "IDX-002", Usage,
        kk: "Сұрау түсініксіз. Сөздерді немесе «өріс:мән» жұптарын жазыңыз.",
        ru: "Запрос непонятен. Пишите слова или пары «поле:значение».",
        en: "The query is not understood. Write words or pairs of field:value.";

    /// There is no archive in the folder.
    CfgNotAnArchive = "CFG-001", Configuration,
        kk: "Бұл қалтада архив жоқ. Жолын тексеріңіз немесе «init» арқылы жаңасын жасаңыз.",
        ru: "В этой папке нет архива. Проверьте путь или создайте новый командой «init».",
        en: "There is no archive in this folder. Check the path, or make a new one with `init`.";
    /// The configuration is not as it must be.
    CfgUnreadable = "CFG-002", Configuration,
        kk: "Баптау файлы оқылмайды немесе белгісіз кілт бар. Көрсетілген жерді түзетіңіз.",
        ru: "Файл настроек не читается или содержит неизвестный ключ. Исправьте указанное место.",
        en: "The configuration cannot be read or has an unknown key. Mend the place that is named.";
    /// The archive was written by a newer program.
    CfgNewer = "CFG-003", Configuration,
        kk: "Архив жаңарақ бағдарламамен жазылған. Бағдарламаны жаңартыңыз.",
        ru: "Архив записан более новой программой. Обновите программу.",
        en: "The archive was written by a newer program. Update the program.";
    /// The folder for a new archive is not empty.
    CfgExists = "CFG-004", Conflict,
        kk: "Қалта бос емес. Жаңа архив үшін бос немесе жаңа қалта көрсетіңіз.",
        ru: "Папка не пуста. Укажите для нового архива пустую или новую папку.",
        en: "The folder is not empty. Name an empty or new folder for a new archive.";

    /// Nothing may be fetched.
    NetOff = "NET-001", Configuration,
        kk: "Желіден жүктеу өшірулі. Қосу үшін muragat.toml файлындағы [material] кестесінде fetch кілтіне рұқсат \
             етілген мекенжайларды жазыңыз, мысалы: fetch = [\"http://crl.pki.gov.kz/\"].",
        ru: "Загрузка из сети выключена. Чтобы включить её, перечислите разрешённые адреса в ключе fetch таблицы \
             [material] файла muragat.toml, например: fetch = [\"http://crl.pki.gov.kz/\"].",
        en: "Fetching is switched off. To switch it on, list the allowed addresses under the key fetch of the table \
             [material] in muragat.toml, for example: fetch = [\"http://crl.pki.gov.kz/\"].";
    /// An address that the configuration does not allow.
    NetNotAllowed = "NET-002", Configuration,
        kk: "Бұл мекенжайға рұқсат жоқ. Оған сенсеңіз, muragat.toml файлында [material] fetch тізіміне қосыңыз.",
        ru: "Этот адрес не разрешён. Если вы ему доверяете, добавьте его в список [material] fetch файла muragat.toml.",
        en: "This address is not allowed. If it is to be, add it to the list [material] fetch in muragat.toml.";
    /// No answer from the network.
    NetNoAnswer = "NET-003", Temporary,
        kk: "Желіден жауап келмеді немесе сервер басқа жаққа жібереді. Мекенжайды және желіні тексеріп, кейін \
             қайталаңыз.",
        ru: "Из сети нет ответа, или сервер отсылает в другое место. Проверьте адрес и сеть и повторите позже.",
        en: "There is no answer from the network, or the server sends elsewhere. Check address and network, try later.";
    /// The answer is too long.
    NetTooLong = "NET-004", Refused,
        kk: "Сервердің жауабы шектен үлкен, сондықтан ол алынбады. Мекенжай дұрыс па, тексеріңіз.",
        ru: "Ответ сервера больше допустимого и не принят. Проверьте, верен ли адрес.",
        en: "The answer of the server is longer than admitted and was not taken. Check whether the address is right.";
    /// What came is of no use.
    NetUseless = "NET-005", Refused,
        kk: "Келген файл жарамсыз: ол CRL, сертификат немесе OCSP жауабы емес, немесе оған белгілі куәландырушы \
             орталықтың қолы қойылмаған. Мекенжайды және саясаттағы сенім нүктелерін тексеріңіз.",
        ru: "Полученный файл непригоден: это не CRL, не сертификат и не ответ OCSP, или он не подписан известным \
             удостоверяющим центром. Проверьте адрес и якоря доверия в политике.",
        en: "What came is of no use: it is no CRL, certificate or OCSP answer, or no known authority has signed it. \
             Check the address, and the anchors of the policy.";
    /// A text that is no address.
    NetAddress = "NET-006", Usage,
        kk: "Бұл жарамды http мекенжайы емес. Мекенжай http:// деп басталып, «..» және пайдаланушы аты болмауы тиіс.",
        ru: "Это не годный адрес http. Адрес начинается с http:// и не содержит «..» и имени пользователя.",
        en: "This is no http address. An address begins with http:// and has no \"..\" and no user name.";

    /// A trust policy has a fault.
    WitPolicy = "WIT-001", Refused,
        kk: "Куәгерлер саясаты қате: көрсетілген жолды түзетіңіз (C2SP tlog-policy).",
        ru: "В политике свидетелей ошибка: исправьте указанную строку (C2SP tlog-policy).",
        en: "The policy of witnesses has a fault: mend the line that is named (C2SP tlog-policy).";
    /// There is no such witness, or no policy was adopted.
    WitUnknown = "WIT-002", NotFound,
        kk: "Мұндай куәгер жоқ немесе куәгерлер саясаты енгізілмеген («log witness adopt»). Атауын «log witness show» \
             көрсетеді.",
        ru: "Такого свидетеля нет, или политика свидетелей не введена («log witness adopt»). Имена покажет «log \
             witness show».",
        en: "There is no such witness, or no policy of witnesses was adopted (`log witness adopt`). `log witness show` \
             lists them.";
    /// What came from a witness is no cosignature over what it was asked.
    WitAnswer = "WIT-003", Refused,
        kk: "Куәгердің жауабы оған жіберілген бақылау нүктесіне қойылған қолтаңба емес. Сұрауды қайта жасаңыз \
             («log witness request»).",
        ru: "Ответ свидетеля — не подпись над той контрольной точкой, которую ему посылали. Сделайте запрос снова \
             («log witness request»).",
        en: "The answer of the witness is no cosignature over the checkpoint that it was sent. Make the request again \
             (`log witness request`).";
    /// The witness knows the log at another size.
    WitSize = "WIT-004", Conflict,
        kk: "Куәгер журналды басқа өлшемде біледі. Сұрауды сол өлшемнен бастап қайта жасаңыз («log witness request \
             --old»).",
        ru: "Свидетель знает журнал другого размера. Сделайте запрос снова от этого размера («log witness request \
             --old»).",
        en: "The witness knows the log at another size. Make the request again from there (`log witness request \
             --old`).";
    /// A witness refuses a checkpoint that does not go on from what it knows.
    WitInconsistent = "WIT-005", Integrity,
        kk: "Бақылау нүктесі куәгер білетін журналдың жалғасы емес: қолтаңба берілмейді. Екі нүкте де куәгер \
             қалтасында сақталды.",
        ru: "Контрольная точка не продолжает журнал, известный свидетелю: подпись не даётся. Обе точки сохранены в \
             папке свидетеля.",
        en: "The checkpoint does not go on from the log that the witness knows: it is not cosigned. Both are kept in \
             the folder of the witness.";
    /// A witness refuses a checkpoint that no key of its log signed.
    WitNotSigned = "WIT-006", Denied,
        kk: "Бақылау нүктесіне журналдың белгілі кілтімен қол қойылмаған. Кілтті тексеріңіз («witness add-log»).",
        ru: "Контрольная точка не подписана известным ключом журнала. Проверьте ключ («witness add-log»).",
        en: "The checkpoint is not signed by a known key of its log. Check the key (`witness add-log`).";
    /// A witness does not know the log.
    WitNoLog = "WIT-007", NotFound,
        kk: "Куәгер мұндай журналды білмейді. Журналды «witness add-log» арқылы қосыңыз.",
        ru: "Свидетель не знает такого журнала. Добавьте его командой «witness add-log».",
        en: "The witness does not know this log. Add it with `witness add-log`.";
    /// What was sent to a witness is no request.
    WitRequest = "WIT-008", Refused,
        kk: "Бұл куәгерге арналған сұрау емес. Оны «log witness request» жасайды.",
        ru: "Это не запрос к свидетелю. Его делает «log witness request».",
        en: "This is no request to a witness. `log witness request` makes one.";
    /// The folder of a witness cannot be used.
    WitFolder = "WIT-009", Configuration,
        kk: "Бұл куәгер қалтасы емес, ол бүлінген немесе бос емес. Жаңасын «witness init» жасайды; барын көшірмеден \
             қайтармаңыз.",
        ru: "Это не папка свидетеля, либо она повреждена или не пуста. Новую делает «witness init»; существующую не \
             возвращайте из копии.",
        en: "This is no folder of a witness, or it is damaged or not empty. `witness init` makes a new one; never put \
             one back from a copy.";
    /// The address of a witness is not allowed.
    WitNotAllowed = "WIT-010", Configuration,
        kk: "Куәгердің мекенжайына рұқсат жоқ. Оны muragat.toml файлында [witness] allow тізіміне қосыңыз немесе \
             сұрауды курьермен жіберіңіз («log witness request»).",
        ru: "Адрес свидетеля не разрешён. Добавьте его в список [witness] allow файла muragat.toml или отправьте \
             запрос с курьером («log witness request»).",
        en: "The address of the witness is not allowed. Add it to the list [witness] allow in muragat.toml, or send \
             the request by courier (`log witness request`).";
    /// No signed checkpoint is kept that would do.
    WitNoCheckpoint = "WIT-011", NotFound,
        kk: "Мұндай бақылау нүктесі сақталмаған: куәгерлер жетпейді немесе бұл өлшемге қол қойылмаған. Куәгерлер қол \
             қойған соң қайталаңыз.",
        ru: "Такой контрольной точки не хранится: не хватает свидетелей или этого размера никто не подписывал. \
             Повторите, когда свидетели подпишут.",
        en: "No such checkpoint is kept: witnesses are missing, or nobody signed this size. Try again when the \
             witnesses have signed.";

    /// Another process holds the archive.
    ArcHeld = "ARC-001", Temporary,
        kk: "Архивті басқа бағдарлама ұстап тұр. Ол аяқталған соң қайталаңыз.",
        ru: "Архив занят другой программой. Повторите, когда она закончит.",
        en: "Another process holds the archive. Try again when it has ended.";
    /// There is no such record.
    ArcNoRecord = "ARC-002", NotFound,
        kk: "Мұндай жазба жоқ. Идентификаторын тексеріңіз немесе «search» арқылы табыңыз.",
        ru: "Такой записи нет. Проверьте идентификатор или найдите её командой «search».",
        en: "There is no such record. Check the id, or find it with `search`.";
    /// The range is outside the component.
    ArcRange = "ARC-003", Usage,
        kk: "Сұралған байттар файл шегінен тыс.",
        ru: "Запрошенные байты вне файла.",
        en: "The bytes asked for are outside the file.";
    /// The output exists already, or cannot be written.
    ArcOutput = "ARC-004", Conflict,
        kk: "Шығыс файлы бар немесе жазылмайды. Басқа файл не қалта көрсетіңіз.",
        ru: "Выходной файл уже есть или не записывается. Укажите другой файл или папку.",
        en: "The output exists already or cannot be written. Name another file or folder.";
    /// The record has no such component.
    ArcNoComponent = "ARC-005", NotFound,
        kk: "Жазбада мұндай файл жоқ. Тізімін «show» көрсетеді.",
        ru: "В записи нет такого файла. Список показывает «show».",
        en: "The record has no such component. `show` lists them.";
    /// The record or file was destroyed by an act.
    ArcDestroyed = "ARC-006", NotFound,
        kk: "Бұл жазба не іс акт бойынша жойылған. Актісі мен сертификатын «show» көрсетеді.",
        ru: "Эта запись или дело уничтожены по акту. Акт и сертификат покажет «show».",
        en: "This record or file was destroyed by an act. `show` gives the act and its certificate.";
    /// The archive has ended and takes nothing in.
    ArcEnded = "ARC-007", Conflict,
        kk: "Архив таратылған (decommission): ол ештеңе қабылдамайды. Оны оқуға, журналы мен актілерін тексеруге \
             болады.",
        ru: "Архив ликвидирован (decommission): он ничего не принимает. Его можно читать, журнал и акты проверяются.",
        en: "The archive was decommissioned: it takes nothing in. It can be read, and its journal and acts verify.";

    /// It was handed over to another archive, which keeps it.
    ArcHandedOver = "ARC-008", NotFound,
        kk: "Бұл құжат не іс басқа архивке тапсырылған. Қайда екенін «show» көрсетеді.",
        ru: "Этот документ или дело переданы в другой архив. В какой, покажет «show».",
        en: "This record or file was handed over to another archive. `show` says which one.";
    /// A source bundle is not the source of this program.
    MeaOtherSource = "MEA-001", Refused,
        kk: "Берілген бастапқы мәтін осы бағдарламаныкі емес. Бағдарлама жасалған нұсқадан tools/means/pack арқылы \
             қайта жасаңыз.",
        ru: "Это исходный текст другой сборки. Соберите его заново командой tools/means/pack из той версии, из \
             которой построена программа.",
        en: "The source given is not that of this program. Pack it again with tools/means/pack from the version that \
             the program was built from.";
    /// A source bundle that cannot be read or is not whole.
    MeaBundle = "MEA-002", Refused,
        kk: "Бастапқы мәтін файлы оқылмайды немесе толық емес: ол tools/means/pack жасаған .tar.zst болуы тиіс.",
        ru: "Файл исходного текста не читается или неполон: нужен .tar.zst, созданный tools/means/pack.",
        en: "The source bundle cannot be read or is not whole: it must be a .tar.zst made by tools/means/pack.";
    /// What a report was made by is not in the archive.
    MeaNotHeld = "MEA-003", NotFound,
        kk: "Есеп жасалған саясат, тізілім немесе материал архивте жоқ, сондықтан тексеруді қайталау мүмкін емес.",
        ru: "В архиве нет политики, реестра или материала, по которым сделан отчёт, поэтому проверку не повторить.",
        en: "The policy, register or material that the report was made by is not in the archive, so the validation \
             cannot be repeated.";

    /// The audit found something that is not as it must be.
    AudFinding = "AUD-001", Integrity,
        kk: "Тексеру сәйкессіздік тапты. Ештеңені өзгертпей, сақтық көшірмемен салыстырыңыз.",
        ru: "Проверка нашла расхождение. Ничего не меняйте, сравните с резервной копией.",
        en: "The audit found a difference. Change nothing and compare with the backup.";

    /// An object of a record is not in the store.
    PrsObjectMissing = "PRS-001", Integrity,
        kk: "Жазбаның бөлігі қоймада жоқ, жазба іздестіруде. Оны сақтық көшірмеден іздеңіз; архивте ештеңені \
             өзгертпеңіз.",
        ru: "Части записи нет в хранилище, запись в розыске. Ищите её в резервных копиях; в архиве ничего не меняйте.",
        en: "A part of the record is not in the store; the record is in search. Look for it in the backups, and change \
             nothing in the archive.";
    /// An object of a record is there and is not what was stored.
    PrsObjectDamaged = "PRS-002", Integrity,
        kk: "Жазбаның бөлігі бүлінген: байттары қабылданғандағыдай емес. Сақтық көшірмемен салыстырыңыз.",
        ru: "Часть записи повреждена: байты не те, что были приняты. Сравните с резервной копией.",
        en: "A part of the record is damaged: its bytes are not those that were accepted. Compare with the backup.";
    /// The key of a record is gone, and no act erased it.
    PrsKeyMissing = "PRS-003", Integrity,
        kk: "Жазбаның кілті жоқ, ал оны жойған акт журналда жоқ. Жазба оқылмайды және іздестіруде: кілттер қоймасының \
             көшірмесін іздеңіз.",
        ru: "Ключа записи нет, а акта о его уничтожении в журнале нет. Запись не читается и в розыске: ищите копию \
             хранилища ключей.",
        en: "The key of the record is gone, and no act in the journal erased it. It cannot be read and is in search: \
             look for a copy of the vault.";
    /// A signature or time-stamp of a record is not in the store.
    PrsSignatureMissing = "PRS-004", Integrity,
        kk: "Құжаттың қолтаңбасы немесе уақыт белгісі қоймада жоқ, жазба іздестіруде. Сақтық көшірмеден іздеңіз.",
        ru: "Подписи или метки времени документа нет в хранилище, запись в розыске. Ищите в резервных копиях.",
        en: "A signature or time-stamp of the document is not in the store; the record is in search. Look for it in \
             the backups.";
    /// A signature that was valid at receipt is not, by what was known then.
    PrsSignatureInvalid = "PRS-005", Integrity,
        kk: "Қабылдау кезінде жарамды болған қолтаңба сол деректермен қазір расталмайды. «validate --record» есепті \
             салыстырады.",
        ru: "Подпись, действительная при приёме, по тем же данным теперь не подтверждается. Отчёты сравнит \
             «validate --record».",
        en: "A signature that was valid at receipt is not confirmed now by the same material. `validate --record` \
             compares the reports.";
    /// A certificate or revocation data of a record is not in the store.
    PrsCertificateMissing = "PRS-006", Integrity,
        kk: "Жазбаның тіркеу куәлігі немесе қайтарып алу деректері қоймада жоқ, жазба іздестіруде.",
        ru: "Регистрационного свидетельства записи или данных об отзыве нет в хранилище, запись в розыске.",
        en: "A certificate or revocation data of the record is not in the store; the record is in search.";
    /// What the report of receipt names, and the archive keeps for all records, is not there.
    PrsMaterialMissing = "PRS-007", Integrity,
        kk: "Есеп сүйенген ортақ материал (куәландырушы орталықтың куәлігі, CRL, саясат не тізілім) жоқ немесе \
             оқылмайды. Файлды сақтық көшірмеден іздеңіз.",
        ru: "Общего материала, на который опирается отчёт (свидетельства УЦ, CRL, политики или реестра), нет, или он \
             не читается. Ищите файл в резервных копиях.",
        en: "Shared material that the report rests on (a CA's certificate, a CRL, a policy or register) is not there \
             or cannot be read. Look for the file in the backups.";
    /// There is no such check.
    PrsUnknown = "PRS-008", NotFound,
        kk: "Мұндай тексеру жоқ. Идентификаторын «presence status» көрсетеді.",
        ru: "Такой проверки нет. Идентификаторы показывает «presence status».",
        en: "There is no such check. `presence status` lists them.";
    /// The check has ended.
    PrsEnded = "PRS-009", Conflict,
        kk: "Бұл тексеру аяқталған. Жаңасын «presence begin» бастайды.",
        ru: "Эта проверка завершена. Новую начинает «presence begin».",
        en: "This check has ended. `presence begin` begins another.";
    /// A check is to be ended before every record was looked at.
    PrsNotDone = "PRS-010", Conflict,
        kk: "Барлық жазба әлі қаралған жоқ. Алдымен «presence run» аяқталсын.",
        ru: "Просмотрены ещё не все записи. Сначала завершите «presence run».",
        en: "Not every record was looked at yet. First let `presence run` come to its end.";
    /// The agency whose records are to be checked has none.
    PrsAgency = "PRS-011", NotFound,
        kk: "Архивте мұндай мемлекеттік орган жоқ. Кодын тексеріңіз.",
        ru: "Такого госоргана в архиве нет. Проверьте код.",
        en: "The archive knows no such agency. Check its code.";

    /// There is no such inquiry.
    InqUnknown = "INQ-001", NotFound,
        kk: "Мұндай сұрау салу жоқ. Идентификаторын сұрау салулар тізімінен табыңыз.",
        ru: "Такого запроса нет. Найдите его идентификатор в списке запросов.",
        en: "There is no such inquiry. Find its id in the list of inquiries.";
    /// The inquiry was closed.
    InqClosed = "INQ-002", Conflict,
        kk: "Сұрау салу жабылған. Қажет болса, жаңасын ашыңыз.",
        ru: "Запрос закрыт. Если нужно, откройте новый.",
        en: "The inquiry was closed. Open another one if it is needed.";
    /// The agency whose records office answers is not known.
    InqAgency = "INQ-003", Refused,
        kk: "Қай органның қызметі жауап беретіні белгісіз. Кодын (agency) көрсетіңіз.",
        ru: "Неизвестно, служба какого органа отвечает. Укажите его код (agency).",
        en: "It is not known which agency's records office answers. Give its code (agency).";
    /// A search under an inquiry finds too many records.
    InqTooMany = "INQ-004", Refused,
        kk: "Сұраным 10 000-нан көп жазба табады. Оны нақтылаңыз.",
        ru: "Запрос находит больше 10 000 записей. Уточните его.",
        en: "The query finds more than 10,000 records. Narrow it.";
    /// A record that is not under the inquiry is to be read.
    InqNotUnder = "INQ-005", Denied,
        kk: "Жазба бұл сұрау салуға қатысты емес. Алдымен оны осы сұрау салу бойынша іздеп табыңыз не атап алыңыз.",
        ru: "Запись не относится к этому запросу. Сначала найдите её поиском по этому запросу или назовите.",
        en: "The record is not under this inquiry. First find it by a search under the inquiry, or name it.";
    /// An inquiry has nothing that could be answered.
    InqNothing = "INQ-006", Conflict,
        kk: "Бұл сұрау салу бойынша ештеңе ізделмеген: жауап беретін ештеңе жоқ. Алдымен осы сұрау салу бойынша \
             іздеңіз.",
        ru: "По этому запросу ничего не искали: отвечать не о чем. Сначала выполните поиск по нему.",
        en: "Nothing was searched under this inquiry, so there is nothing to answer. Search under it first.";
    /// An inquiry is to be closed, and something of it was not answered.
    InqUnanswered = "INQ-007", Conflict,
        kk: "Соңғы іздеуден кейін қол қойылған жауап жоқ. Қол қойылған жауап беріңіз немесе жауапсыз жабу себебін \
             (without_answer) жазыңыз.",
        ru: "После последнего поиска нет подписанного ответа. Дайте подписанный ответ или назовите причину закрытия \
             без него (without_answer).",
        en: "No signed answer came after the last search. Give a signed answer, or the reason to close without one \
             (without_answer).";
    /// The answer to an inquiry is not signed as it must be.
    InqSigned = "INQ-008", Refused,
        kk: "Жауапқа құжаттамалық қамтамасыз ету бөлімшесінің қызметкері дәл осы байттар бойынша қол қоюы тиіс: жауап \
             файлын қайта алып, қол қойғызыңыз.",
        ru: "Ответ должен подписать сотрудник службы документационного обеспечения, именно эти байты: получите файл \
             ответа снова и дайте подписать.",
        en: "An officer of the records office must sign the answer, exactly these bytes. Get the file of the answer \
             again and have it signed.";
    /// No bundle of the inquiry was made before that size of the journal.
    InqNoBundle = "INQ-009", NotFound,
        kk: "Журналдың осы мөлшеріне дейін бұл сұрау салу бойынша жинақ жасалмаған. Өлшемін (at_size) және cosigned \
             көрсетпей, жинақты қайта жасаңыз.",
        ru: "До этого размера журнала пакета по этому запросу нет. Составьте пакет снова, не указывая размер (at_size) \
             и cosigned.",
        en: "No bundle of this inquiry was made before that size of the journal. Make the bundle again without naming \
             a size (at_size) or cosigned.";
    /// A bundle is larger than its format can be.
    InqLarge = "INQ-010", Refused,
        kk: "Жинақ тым үлкен (4 ГиБ, 1000 құжат). Құжаттарды атап, бірнеше жинаққа бөліңіз.",
        ru: "Пакет слишком велик (4 ГиБ, 1000 документов). Назовите документы и разделите на несколько пакетов.",
        en: "The bundle would be too large (4 GiB, 1,000 records). Name the records, and make several bundles.";
    /// A record changed while a bundle was made.
    InqChanged = "INQ-011", Temporary,
        kk: "Жинақ жасалып жатқанда құжат өзгерді. Команданы қайталаңыз.",
        ru: "Документ изменился, пока составлялся пакет. Повторите команду.",
        en: "A record changed while the bundle was made. Run the command again.";

    /// A paper copy is asked of a record with restricted access.
    CpyRestricted = "CPY-001", Denied,
        kk: "Қолжетімділігі шектелген құжаттың қағаздағы көшірмесі куәландырылмайды. Көшірмені басқа негізде сұраңыз \
             («inquiry»).",
        ru: "Копия на бумаге документа с ограниченным доступом не заверяется. Запросите его на другом основании \
             («inquiry»).",
        en: "No paper copy of a record with restricted access is certified. Ask for it on another ground (`inquiry`).";
    /// The main content has a format of which no complete rendering is made.
    CpyFormat = "CPY-002", Refused,
        kk: "Құжаттың негізгі мазмұнын толық басып шығару мүмкін емес: бұл пішімнің беттері жоқ немесе оны көрсететін \
             бағдарлама жоқ. Куәландырылмаған басып шығаруды ғана алуға болады.",
        ru: "Основное содержание нельзя напечатать полностью: у этого формата нет страниц или нет программы, которая \
             его передаёт. Возможна только незаверенная распечатка.",
        en: "The main content cannot be printed in full: its format has no pages, or no program renders it. Only a \
             print that is not certified is possible.";
    /// A program that renders is not installed.
    CpyNoRenderer = "CPY-003", Configuration,
        kk: "Құжатты басып шығаратын бағдарлама орнатылмаған. Көрсетілген пакетті орнатыңыз.",
        ru: "Программа, которая передаёт документ для печати, не установлена. Установите названный пакет.",
        en: "The program that renders the document is not installed. Install the package that is named.";
    /// A renderer could not render all of a document.
    CpyRenderer = "CPY-004", Refused,
        kk: "Құжат толық көрсетілмеді, сондықтан мөртаңба қойылмайды. Куәландырылмаған басып шығаруды ғана алуға \
             болады.",
        ru: "Документ передан не полностью, поэтому штамп не ставится. Возможна только незаверенная распечатка.",
        en: "The document was not rendered in full, so there is no stamp. Only a print that is not certified is \
             possible.";
    /// The check of the signatures, made again, is negative, and the profile has no stamp for that.
    CpyNegative = "CPY-005", Refused,
        kk: "ЭЦҚ қайта тексеру нәтижесі теріс: № 430 қаулы бойынша көшірме куәландырылмайды.",
        ru: "Повторная проверка ЭЦП дала отрицательный результат: по постановлению № 430 копия не заверяется.",
        en: "The check of the signatures, made again, is negative: under decree N 430 no copy is certified.";
    /// The check of the signatures came to no result.
    CpyUndecided = "CPY-006", Incomplete,
        kk: "ЭЦҚ қайта тексеру нәтиже бермеді: қолтаңба жоқ, қол қоюшының өкілеттігі көрсетілмеген немесе тексеру \
             материалы жетіспейді.",
        ru: "Повторная проверка ЭЦП не дала результата: подписи нет, полномочия подписавшего не показаны или не \
             хватает материала.",
        en: "The check of the signatures came to no result: there is none, the authority of a signer is not shown, or \
             material is missing.";
    /// The record is in search, or a part of it.
    CpyMissing = "CPY-007", Conflict,
        kk: "Жазба немесе оның бөлігі іздестіруде: одан көшірме жасалмайды.",
        ru: "Запись или её часть в розыске: копия с неё не делается.",
        en: "The record, or a part of it, is in search: no copy is made of it.";
    /// What is to be certified is no prepared copy of this record, or one that is too old.
    CpyPrepared = "CPY-008", Refused,
        kk: "Файл бұл жазбаның дайындалған көшірмесі емес немесе ескірген. Көшірмені қайта дайындаңыз.",
        ru: "Файл — не подготовленная копия этой записи, или он устарел. Подготовьте копию заново.",
        en: "The file is no prepared copy of this record, or is too old. Prepare the copy again.";
    /// The copy, made again, is another one than was signed.
    CpyChanged = "CPY-009", Conflict,
        kk: "Қайта жасалған көшірме қол қойылғаннан өзгеше: жазба, тексеру нәтижесі немесе көрсету өзгерген. \
             Көшірмені қайта дайындап, қол қойыңыз.",
        ru: "Копия, сделанная заново, отличается от подписанной: изменились запись, результат проверки или передача. \
             Подготовьте копию заново и подпишите.",
        en: "The copy, made again, differs from what was signed: the record, the result of the check or the rendering \
             has changed. Prepare the copy again and have it signed.";
    /// Nobody who may certify paper copies has signed as is asked for.
    CpySigned = "CPY-010", Refused,
        kk: "Көшірмеге қойылған қолтаңба жарамсыз. Оған құжаттамалық қамтамасыз ету қызметкері немесе пошта операторы \
             қол қоюы тиіс.",
        ru: "Подпись под копией не годится. Её подписывает сотрудник службы документационного обеспечения или \
             почтовый оператор.",
        en: "The signature under the copy does not hold. A records officer or a post operator signs it.";
    /// Another copy was certified since this one was prepared, and has its number.
    CpyNumber = "CPY-011", Conflict,
        kk: "Осы уақытта басқа көшірме куәландырылып, бұл нөмірді алды. Көшірмені қайта дайындаңыз.",
        ru: "Тем временем заверена другая копия, и номер занят. Подготовьте копию заново.",
        en: "Another copy was certified meanwhile and has this number. Prepare the copy again.";
    /// There is no such copy.
    CpyUnknown = "CPY-012", NotFound,
        kk: "Мұндай көшірме жоқ. Көшірмелер тізілімін қараңыз.",
        ru: "Такой копии нет. Посмотрите реестр копий.",
        en: "There is no such copy. Look at the register of copies.";
    /// There is no folder in memory where a rendering can lie.
    CpyScratch = "CPY-013", Configuration,
        kk: "Көрсетілімге арналған жадтағы қалта жоқ немесе толы. Жадтағы файл жүйесінде орын босатыңыз немесе ондағы \
             басқа қалтаны көрсетіңіз.",
        ru: "Нет папки в памяти, где лежит передаваемый документ, или она полна. Освободите место в файловой системе в \
             памяти или укажите другую папку в ней.",
        en: "There is no folder in memory for the rendering, or it is full. Free room on the file system in memory, or \
             name another folder there.";

    /// No map of heads has the record or other owner.
    EvdNoHeads = "EVD-001", NotFound,
        kk: "Журналда бұл жазбаның соңғы әрекеттерінің картасы әлі жоқ. Алдымен «evidence timestamp» орындаңыз.",
        ru: "В журнале ещё нет карты последних действий с этой записью. Сначала выполните «evidence timestamp».",
        en: "The journal has no map with the newest entries of this record yet. Run `evidence timestamp` first.";
    /// The archive names no time-stamping authority that may be asked.
    EvdNoAuthority = "EVD-002", Configuration,
        kk: "Уақыт белгілерін беретін орталық көрсетілмеген. Мекенжайын muragat.toml файлында [evidence] authorities \
             арқылы беріңіз немесе «evidence request» сұранысын файлмен жеткізіңіз.",
        ru: "Не назван центр меток времени. Укажите его адрес в muragat.toml, [evidence] authorities, или передайте \
             запрос «evidence request» файлом.",
        en: "No time-stamping authority is named. Give its address in muragat.toml, [evidence] authorities, or carry \
             the request of `evidence request` by file.";
    /// What came as a time-stamp is none, or refuses one.
    EvdUnreadable = "EVD-003", Refused,
        kk: "Келген файл уақыт белгісі емес, немесе орталық белгі бермеді. Жауабын тексеріп, қайта сұраңыз.",
        ru: "Пришедший файл не метка времени, или центр её не выдал. Проверьте его ответ и запросите снова.",
        en: "What came is no time-stamp, or the authority granted none. Look at its answer, and ask again.";
    /// A time-stamp over something else.
    EvdOther = "EVD-004", Conflict,
        kk: "Уақыт белгісі басқа нәрсеге қойылған: басқа сұраныстың жауабы, немесе содан бері жаңа белгі алынды. \
             Қайта сұраңыз.",
        ru: "Метка времени стоит на другом: это ответ на другой запрос, или с тех пор получена новая метка. \
             Запросите снова.",
        en: "The time-stamp is over something else: it answers another request, or a newer one came in meanwhile. Ask \
             again.";
    /// A time-stamp that does not verify by the policy in force.
    EvdUnproven = "EVD-005", Refused,
        kk: "Уақыт белгісі қолданыстағы саясат бойынша расталмайды: орталықтың сенім якорін, тіркеу куәліктерін және \
             қайтарып алу тізімін тексеріңіз.",
        ru: "Метка времени не подтверждается по действующей политике: проверьте якорь доверия центра, его \
             свидетельства и список отзыва.",
        en: "The time-stamp does not verify by the policy in force. Check the trust anchor of the authority, its \
             certificates and revocation list.";
    /// A checkpoint that no batch can end with.
    EvdCheckpoint = "EVD-006", Refused,
        kk: "Бақылау нүктесінің файлы бұл журналдікі емес немесе соңғы уақыт белгісінен ескі. «evidence request» \
             жазған файлды беріңіз.",
        ru: "Файл контрольной точки не этого журнала или старше последней метки времени. Дайте файл, который записал \
             «evidence request».",
        en: "The checkpoint is not of this journal, or is older than the newest time-stamp. Give the file that \
             `evidence request` wrote.";
    /// No time-stamp covers a record yet.
    EvdNotStamped = "EVD-007", NotFound,
        kk: "Бұл жазбаны әлі ешбір уақыт белгісі қамтымайды. Алдымен «evidence timestamp» орындаңыз.",
        ru: "Эту запись ещё не охватывает ни одна метка времени. Сначала выполните «evidence timestamp».",
        en: "No time-stamp covers this record yet. Run `evidence timestamp` first.";

    /// A name, a person or a certificate that has an account.
    AccTaken = "ACC-001", Conflict,
        kk: "Бұл атау, адам немесе куәлік тіркелгіге бұрын берілген. Атау екінші рет берілмейді: басқасын алыңыз.",
        ru: "Это имя, лицо или свидетельство уже связано с учётной записью. Имя второй раз не даётся: возьмите другое.",
        en: "The name, person or certificate has an account already. A name is given once: take another.";
    /// No such account, token or permit.
    AccUnknown = "ACC-002", NotFound,
        kk: "Мұндай тіркелгі, токен не рұқсат жоқ, немесе ол жабылған.",
        ru: "Такой учётной записи, токена или разрешения нет, либо оно закрыто.",
        en: "There is no such account, token or permit, or it has ended.";
    /// What is asked of an account cannot be.
    AccInvalid = "ACC-003", Usage,
        kk: "Тіркелгіге бұл сай келмейді: хабардағы талапты қараңыз.",
        ru: "Для учётной записи это не подходит: смотрите требование в сообщении.",
        en: "That does not fit an account: see what the message asks for.";
    /// A record about persons is read for a purpose, and none was given.
    AccPurpose = "ACC-004", Usage,
        kk: "Жазба адамдар туралы: оның не үшін оқылатынын (purpose) жазыңыз.",
        ru: "Запись о людях: укажите, для чего её читают (purpose).",
        en: "The record is about persons: say what it is read for (purpose).";
    /// The rights do not allow it.
    AccDenied = "ACC-005", Denied,
        kk: "Құқық жоқ: бұған рұқсат беретін ереже табылмады.",
        ru: "Нет права: ни одно правило этого не разрешает.",
        en: "Not allowed: no rule permits it.";
    /// What was shown does not carry it.
    AccMeans = "ACC-006", Denied,
        kk: "Көрсеткен белгіңізбен (токен, сертификат немесе құпиясөз) бұл істелмейді. Қолтаңбамен немесе OpenID \
             арқылы кіріңіз не осы әрекетке берілген токенді қолданыңыз: сонда лауазымыңыз шешеді.",
        ru: "Тем, что вы предъявили (токен, сертификат или пароль), это не делается. Войдите подписью или через OpenID \
             либо возьмите токен для этого действия: тогда решит ваша должность.",
        en: "What you showed (a token, a certificate or a password) does not carry this. Sign in by a signature or \
             OpenID, or take a token that is for it: then your office decides.";
    /// The service cannot listen.
    SrvListen = "SRV-001", Configuration,
        kk: "Қызмет бұл мекенжайды немесе сокетті тыңдай алмайды: басқа бағдарлама алып қойған немесе рұқсат жоқ.",
        ru: "Служба не может слушать этот адрес или сокет: его занимает другая программа или нет прав.",
        en: "The service cannot listen at this address or socket: another program has it, or permission is missing.";
    /// Another version of the program serves the archive.
    SrvVersion = "SRV-002", Configuration,
        kk: "Архивке бағдарламаның басқа нұсқасы қызмет көрсетіп тұр. Қызметті осы нұсқамен қайта іске қосыңыз немесе \
             сол нұсқаны қолданыңыз.",
        ru: "Архив обслуживает другая версия программы. Перезапустите службу этой версией или используйте ту версию.",
        en: "Another version of the program serves the archive. Restart the service with this one, or use that one.";
    /// The request does not say who asks.
    SrvSignIn = "SRV-003", Denied,
        kk: "Сұрауда кім екеніңіз көрсетілмеген немесе белгі жарамсыз. Жүйеге кіріңіз не жарамды токен беріңіз.",
        ru: "В запросе не указано, кто вы, или токен недействителен. Войдите в систему или дайте действующий токен.",
        en: "The request does not say who you are, or what it says is not valid. Sign in, or give a valid token.";
    /// A request is not as it must be.
    SrvRequest = "SRV-004", Usage,
        kk: "Сұрау қате құрылған: көрсетілген параметрді түзетіңіз.",
        ru: "Запрос составлен неверно: исправьте указанный параметр.",
        en: "The request is not as it must be: correct the parameter that is named.";
    /// A body is larger than this path takes.
    SrvTooLarge = "SRV-005", Refused,
        kk: "Жіберілген деректер рұқсат етілген көлемнен үлкен. Үлкенін /api/v1/uploads арқылы бөліктеп жіберіңіз.",
        ru: "Переданные данные больше, чем допускается. Большее отправляйте частями через /api/v1/uploads.",
        en: "The body is larger than this path takes. Send larger ones in parts through /api/v1/uploads.";
    /// An idempotency key was used for another request.
    SrvKeyReused = "SRV-006", Conflict,
        kk: "Бұл Idempotency-Key басқа сұрауға қолданылған. Жаңа кілт беріңіз.",
        ru: "Этот Idempotency-Key уже использован для другого запроса. Возьмите новый ключ.",
        en: "This Idempotency-Key was used for another request. Take a new one.";
    /// The first request with this idempotency key still runs.
    SrvKeyRunning = "SRV-007", Temporary,
        kk: "Осы Idempotency-Key берілген алғашқы сұрау әлі орындалып жатыр. Сәлден соң қайталаңыз.",
        ru: "Первый запрос с этим Idempotency-Key ещё выполняется. Повторите немного позже.",
        en: "The first request with this Idempotency-Key still runs. Repeat it a little later.";
    /// A condition of the request does not hold.
    SrvPrecondition = "SRV-008", Conflict,
        kk: "Сұраудың шарты орындалмады: объект сіз көрген күйде емес.",
        ru: "Условие запроса не выполнено: объект не в том состоянии, которое вы видели.",
        en: "A condition of the request does not hold: the object is not as you saw it.";
    /// There is no such range.
    SrvRange = "SRV-009", Refused,
        kk: "Файлда мұндай байт аралығы жоқ. Бір аралық қана сұралады.",
        ru: "В файле нет такого диапазона байтов. Запрашивается только один диапазон.",
        en: "The file has no such range of bytes. One range is asked for at a time.";
    /// Too much is asked at once.
    SrvBusy = "SRV-010", Temporary,
        kk: "Сұраулар тым жиі. Көрсетілген уақыттан кейін қайталаңыз.",
        ru: "Запросов слишком много. Повторите через указанное время.",
        en: "Too much is asked at once. Repeat it after the time that is named.";
    /// There is nothing at this path.
    SrvNoPath = "SRV-011", NotFound,
        kk: "Бұл мекенжайда ештеңе жоқ, не оны көруге құқығыңыз жоқ.",
        ru: "По этому адресу ничего нет, или у вас нет права это видеть.",
        en: "There is nothing at this address, or you have no right to see it.";
    /// The path has no such method.
    SrvMethod = "SRV-012", Usage,
        kk: "Бұл мекенжай мұндай әдісті қолдамайды.",
        ru: "Этот адрес не поддерживает такой метод.",
        en: "This path does not have such a method.";
    /// The body is of another type.
    SrvMediaType = "SRV-013", Usage,
        kk: "Дененің түрі (Content-Type) бұл мекенжайға сай емес.",
        ru: "Тип тела (Content-Type) не подходит для этого адреса.",
        en: "The type of the body (Content-Type) is not one that this path takes.";
    /// The body came too slowly.
    SrvTimeout = "SRV-014", Temporary,
        kk: "Деректер тым баяу келді. Қайталаңыз немесе бөліктеп жүктеңіз.",
        ru: "Данные поступали слишком медленно. Повторите или загружайте частями.",
        en: "The body came too slowly. Repeat it, or send it in parts.";
    /// The body is not the one that its digest names.
    SrvDigest = "SRV-015", Refused,
        kk: "Келген деректер көрсетілген дайджестке сәйкес емес: жолда бүлінген. Қайта жіберіңіз.",
        ru: "Полученные данные не соответствуют указанному дайджесту: повреждены в пути. Отправьте снова.",
        en: "The body does not have the digest that the request names: it was damaged on its way. Send it again.";
    /// There is no such job.
    SrvNoJob = "SRV-016", NotFound,
        kk: "Мұндай тапсырма жоқ: ол ескірген немесе қызмет қайта іске қосылған. Әрекеттің нәтижесі журналда.",
        ru: "Такого задания нет: оно устарело или служба была перезапущена. Результат действия — в журнале.",
        en: "There is no such job: it is old, or the service was restarted. What it did is in the journal.";
    /// There is no such upload.
    SrvNoUpload = "SRV-017", NotFound,
        kk: "Мұндай жүктеу жоқ: аяқталған, тоқтатылған немесе мерзімі өткен. Жаңасын бастаңыз.",
        ru: "Такой загрузки нет: она завершена, отменена или истекла. Начните новую.",
        en: "There is no such upload: it was finished, ended or has expired. Begin a new one.";
    /// An upload goes on at another place.
    SrvOffset = "SRV-018", Conflict,
        kk: "Жүктеу басқа орыннан жалғасады: HEAD арқылы ағымдағы орынды сұраңыз.",
        ru: "Загрузка продолжается с другого места: узнайте его запросом HEAD.",
        en: "The upload goes on at another place: ask for it with HEAD.";
    /// A question to the service ended in a fault of the program.
    SrvFailed = "SRV-019", Configuration,
        kk: "Қызметтің ішкі ақауы: сұрау орындалмады. Сұраудың нөмірін әкімшіге хабарлаңыз.",
        ru: "Внутренняя ошибка службы: запрос не выполнен. Сообщите администратору номер запроса.",
        en: "A fault inside the service: the request was not done. Tell the administrator its id.";
    /// A request that changes something did not come from a page of this service.
    SrvForeign = "SRV-020", Denied,
        kk: "Сұрау осы архивтің өз бетінен, қорғалған байланыспен (HTTPS) келген жоқ. Бетті өз мекенжайынан қайта \
             ашып, әрекетті қайталаңыз.",
        ru: "Запрос пришёл не со страницы этого архива или не по защищённой линии (HTTPS). Откройте страницу заново по \
             её адресу и повторите.",
        en: "The request did not come from a page of this archive over a protected line (HTTPS). Open the page again \
             at its own address, and repeat.";
    /// The certificate or key of the service cannot be used.
    SrvTls = "SRV-021", Configuration,
        kk: "Қызметтің TLS сертификаты немесе кілті жарамайды: файлдарды және олардың бір-біріне сәйкестігін \
             тексеріңіз.",
        ru: "Сертификат или ключ TLS службы не годится: проверьте файлы и то, что они подходят друг к другу.",
        en: "The TLS certificate or key of the service cannot be used: check the files, and that they belong together.";
    /// The key of the service is open to others of the machine.
    SrvTlsKey = "SRV-022", Configuration,
        kk: "TLS кілтінің файлын машинаның басқа пайдаланушылары оқи не өзгерте алады. Оны тек қызмет есептік \
             жазбасына қалдырыңыз (chmod 600).",
        ru: "Файл ключа TLS могут прочитать или изменить другие пользователи машины. Оставьте его только учётной \
             записи службы (chmod 600).",
        en: "Other users of the machine can read or change the file of the TLS key. Leave it to the account of the \
             service alone (chmod 600).";
    /// The drop folder cannot be used.
    SrvInbox = "SRV-023", Configuration,
        kk: "Құжат тапсыру қалтасы жоқ, ол қалта емес немесе оны оқып, оған жазуға рұқсат жоқ. Қалтаны жасап, қызмет \
             есептік жазбасына рұқсат беріңіз.",
        ru: "Папки для сдачи документов нет, это не папка, или её нельзя читать и писать в неё. Создайте папку и дайте \
             к ней доступ учётной записи службы.",
        en: "The drop folder is not there, is no folder, or cannot be read and written. Make it, and give the account \
             of the service access to it.";
    /// The configuration asks for OpenID Connect, and this program was built without it.
    OidBuild = "OID-001", Configuration,
        kk: "Конфигурацияда OpenID арқылы кіру ([oidc]) сұралған, бірақ бұл бағдарлама онсыз жиналған. «oidc» \
             мүмкіндігімен жиналған бағдарламаны қолданыңыз немесе [oidc] кестесін алып тастаңыз.",
        ru: "Конфигурация требует входа через OpenID ([oidc]), а эта программа собрана без него. Возьмите сборку с \
             возможностью «oidc» или удалите таблицу [oidc].",
        en: "The configuration asks for signing in by OpenID ([oidc]), and this program was built without it. Use \
             one that was built with the feature `oidc`, or remove the table [oidc].";
    /// What the configuration of OpenID Connect names cannot be used.
    OidSettings = "OID-002", Configuration,
        kk: "OpenID баптауларын ([oidc]) қолдану мүмкін емес: құпия немесе түбірлік сертификаттар файлын тексеріңіз.",
        ru: "Настройки OpenID ([oidc]) непригодны: проверьте файлы секрета и корневых сертификатов.",
        en: "The settings of OpenID ([oidc]) cannot be used: check the files of the secret and of the root \
             certificates.";
    /// The OpenID provider gave no usable answer.
    OidProvider = "OID-003", Temporary,
        kk: "Кіруді растайтын жүйе (OpenID) жарамды жауап бермеді. Кейін қайталаңыз немесе қолтаңбамен кіріңіз.",
        ru: "Система, подтверждающая вход (OpenID), не дала пригодного ответа. Повторите позже или войдите подписью.",
        en: "The system that confirms who signs in (OpenID) gave no usable answer. Try later, or sign in by a \
             signature.";
    /// The file about another archive is not right.
    TrfParty = "TRF-001", Refused,
        kk: "Басқа архив туралы файл қате. Көрсетілген өрісті schema/party/1 бойынша түзетіңіз.",
        ru: "Файл о другом архиве неверен. Исправьте названное поле по schema/party/1.",
        en: "The file about another archive is not right. Correct the field named as schema/party/1 says.";
    /// Officers have not signed who another archive is.
    TrfPartySigned = "TRF-002", Refused,
        kk: "Басқа архив туралы файлға екі қызметкер қол қоюы керек, біреуі — жоюды бекітуге құқылы.",
        ru: "Файл о другом архиве подписывают двое сотрудников, один из них — утверждающий уничтожение.",
        en: "Two officers sign the file about another archive; one of them may approve destruction.";
    /// No party of this name was adopted.
    TrfNoParty = "TRF-003", NotFound,
        kk: "Мұндай архив енгізілмеген. Атауын «party list» арқылы табыңыз.",
        ru: "Такой архив не введён. Найдите имя через «party list».",
        en: "No other archive of this name was adopted. Find the name with `party list`.";
    /// There is no such transfer.
    TrfUnknown = "TRF-004", NotFound,
        kk: "Мұндай тапсыру жоқ. Идентификаторын «transfer status» арқылы табыңыз.",
        ru: "Такой передачи нет. Найдите её идентификатор через «transfer status».",
        en: "There is no such transfer. Find its id with `transfer status`.";
    /// A file cannot be handed over so.
    TrfFile = "TRF-005", Refused,
        kk: "Бұл істі осылай тапсыруға болмайды. Себебі егжей-тегжейінде көрсетілген.",
        ru: "Это дело так передать нельзя. Почему — сказано в подробностях.",
        en: "This file cannot be handed over so. The detail says why.";
    /// A file is in another transfer.
    TrfTaken = "TRF-006", Conflict,
        kk: "Іс басқа тапсыруда тұр. Алдымен соны аяқтаңыз не тоқтатыңыз.",
        ru: "Дело стоит в другой передаче. Сначала завершите её или отмените.",
        en: "The file is in another transfer. End or cancel that one first.";
    /// A transfer is not at this step.
    TrfStage = "TRF-007", Conflict,
        kk: "Тапсыру бұл қадамда емес. Қай қадамда екенін «transfer status» көрсетеді.",
        ru: "Передача не на этом шаге. Где она, показывает «transfer status».",
        en: "The transfer is not at this step. `transfer status` says where it is.";
    /// The commission has not approved the list.
    TrfSigned = "TRF-008", Refused,
        kk: "Тізімдемеге сараптау комиссиясының мүшелері қол қоюы керек.",
        ru: "Опись подписывают члены экспертной комиссии.",
        en: "Members of the expert commission sign the list.";
    /// A transfer package cannot be written as its plan has it.
    TrfNotReady = "TRF-009", Conflict,
        kk: "Құжат тапсыруға дайын емес немесе тапсыру дайындалғаннан кейін өзгерді. Себебін жойып, жаңа пакет \
             дайындаңыз.",
        ru: "Документ не готов к передаче или изменился после её подготовки. Устраните причину и \
             подготовьте новый пакет.",
        en: "A record is not ready to be handed over, or changed since the transfer was prepared. Remove the cause, \
             and prepare a new package.";
    /// What was written, or lies there, is not the package that was sealed.
    TrfOther = "TRF-010", Conflict,
        kk: "Бұл дайындалған пакет емес: мазмұны басқа. Оған тиіспеңіз; бағдарлама нұсқасы өзгерген болса, тапсыруды \
             тоқтатып, жаңасын бастаңыз.",
        ru: "Это не тот пакет, который подготовлен: содержание другое. Не используйте его; если сменилась версия \
             программы, отмените передачу и начните новую.",
        en: "This is not the package that was sealed: its content is another. Do not use it; when the version of the \
             program changed, cancel the transfer and begin another one.";
    /// A reply contradicts what was sent.
    TrfReply = "TRF-011", Refused,
        kk: "Жауап жіберілген құжаттарға сай емес, сондықтан ол бойынша ештеңе шығарылмайды. Екінші архивпен \
             хабарласыңыз.",
        ru: "Ответ не сходится с тем, что отправлено, и по нему ничего не будет удалено. Свяжитесь с другим архивом.",
        en: "The reply does not fit what was sent, and nothing will be let go by it. Ask the other archive.";
    /// No officer who may has signed the act.
    TrfAct = "TRF-012", Refused,
        kk: "Қабылдау-тапсыру актісіне жоюды бекітуге құқылы қызметкер дәл сол файлға қол қоюы керек.",
        ru: "Акт приёма-передачи подписывает сотрудник, утверждающий уничтожение, — именно этот файл.",
        en: "An officer who may approve destruction signs the act of transfer: exactly that file.";
    /// Two officers have not signed the release.
    TrfRelease = "TRF-013", Refused,
        kk: "Құжаттарды шығаруға екі қызметкер қол қоюы керек, біреуі — жоюды бекітуге құқылы; қол қойылатын файлды \
             архив сол күні жасайды.",
        ru: "Выбытие подписывают двое сотрудников, один из них — утверждающий уничтожение; файл для подписи архив \
             составляет в тот же день.",
        en: "Two officers sign a release, one of whom may approve destruction; the archive draws up the file to be \
             signed on the same day.";
    /// The days between the act and the release are not over.
    TrfCooling = "TRF-014", Conflict,
        kk: "Акт пен шығару арасындағы күндер әлі өткен жоқ немесе сағат дұрыс емес.",
        ru: "Дни между актом и выбытием ещё не прошли, или часы неверны.",
        en: "The days between the act and the release are not over, or the clock is wrong.";
    /// Nothing can be let go.
    TrfNothing = "TRF-015", Conflict,
        kk: "Қазір шығаруға болатын құжат жоқ: тыйым салынған, өзгерген немесе енді жоқ.",
        ru: "Сейчас нет документов, которые можно удалить: на них запрет, они изменены или их уже нет.",
        en: "Nothing can be let go now: holds keep the records, they were changed, or they are there no more.";
    /// Neither a bag nor an E-ARK package.
    TrfNoPackage = "TRF-020", Refused,
        kk: "Бұл тапсыру топтамасы емес: оның басында bagit.txt те, METS.xml де жоқ. Топтаманың өз қалтасын немесе \
             .tar файлын көрсетіңіз.",
        ru: "Это не пакет передачи: в его начале нет ни bagit.txt, ни METS.xml. Укажите папку самого пакета или файл \
             .tar.",
        en: "This is no package of a transfer: it has neither bagit.txt nor METS.xml at its top. Name the folder of \
             the package itself, or its .tar file.";
    /// More files than a package may have.
    TrfTooMany = "TRF-021", Refused,
        kk: "Топтамада файл тым көп: шегі 1 000 000. Құжаттарды бірнеше топтамаға бөліңіз.",
        ru: "В пакете слишком много файлов: предел 1 000 000. Разделите документы на несколько пакетов.",
        en: "The package has too many files: the limit is 1,000,000. Divide the records among several packages.";
    /// No officer of the other archive signed it.
    TrfOfficer = "TRF-030", Refused,
        kk: "Бұған басқа архивтің қызметкері қол қоймаған. Себебі егжей-тегжейінде көрсетілген.",
        ru: "Это не подписал сотрудник другого архива. Почему — сказано в подробностях.",
        en: "No officer of the other archive signed this. The detail says why.";
    /// A package that came is not whole.
    TrfNotWhole = "TRF-031", Integrity,
        kk: "Топтама бүтін емес немесе өзгерген. Ештеңе қабылданған жоқ. Тапсырушыдан жаңа топтама сұраңыз.",
        ru: "Пакет не цел или изменён. Ничего не принято. Запросите у передающего новый пакет.",
        en: "The package is not whole, or was changed. Nothing was taken in. Ask the sender for another one.";
    /// A package that came cannot be judged whole.
    TrfNotJudged = "TRF-032", Incomplete,
        kk: "Топтаманың бүтіндігін толық тексеру мүмкін болмады. Ештеңе қабылданған жоқ.",
        ru: "Целость пакета не удалось проверить полностью. Ничего не принято.",
        en: "Whether the package is whole could not be judged entirely. Nothing was taken in.";
    /// A package is not of the archive that it is taken in from.
    TrfNotSender = "TRF-033", Refused,
        kk: "Топтама аталған архивтікі емес: оның кілті, нөмірі немесе журналы сәйкес келмейді. Ештеңе қабылданған \
             жоқ.",
        ru: "Пакет не от названного архива: не сходится ключ, номер или журнал. Ничего не принято.",
        en: "The package is not of the archive named: its key, id or journal is another. Nothing was taken in.";
    /// There is no such accession.
    TrfNoAccession = "TRF-034", NotFound,
        kk: "Мұндай қабылдау жоқ. Идентификаторын «accession list» арқылы табыңыз.",
        ru: "Такого приёма нет. Найдите его идентификатор через «accession list».",
        en: "There is no such accession. Find its id with `accession list`.";
    /// An accession is not at this step.
    TrfAccessionStage = "TRF-035", Conflict,
        kk: "Қабылдау бұл қадамда емес. Қай қадамда екенін «accession show» көрсетеді.",
        ru: "Приём не на этом шаге. Где он, показывает «accession show».",
        en: "The accession is not at this step. `accession show` says where it is.";
    /// Officers here have not signed the reply and the act.
    TrfReplySigned = "TRF-036", Refused,
        kk: "Жауап пен актіге қабылдауға құқылы қызметкер қол қоюы керек: reply.json мен act.json, әрқайсысына бөлек.",
        ru: "Ответ и акт подписывает сотрудник, который вправе принимать: reply.json и act.json, каждый отдельно.",
        en: "An officer who may take records in signs the reply and the act: reply.json and act.json, each for itself.";
    /// An answer is not of the other archive, or not about this package.
    TrfAnswer = "TRF-037", Refused,
        kk: "Бұл файл — аталған архивтің осы топтама туралы жауабы емес. Ештеңе өзгерген жоқ.",
        ru: "Этот файл — не ответ названного архива об этом пакете. Ничего не изменилось.",
        en: "This file is not the answer of that archive about this package. Nothing was changed.";
    /// A package cannot be taken in as it is.
    TrfNotTaken = "TRF-038", Refused,
        kk: "Топтаманы бұл күйінде қабылдау мүмкін емес. Себебі егжей-тегжейінде көрсетілген.",
        ru: "Пакет в таком виде принять нельзя. Почему — сказано в подробностях.",
        en: "The package cannot be taken in as it is. The detail says why.";
    /// The service of the other archive does not take what it was sent, or answers what nobody understands.
    TrfService = "TRF-039", Refused,
        kk: "Екінші архивтің қызметі бұдан бас тартты. Себебі егжей-тегжейінде көрсетілген.",
        ru: "Служба другого архива отказала. Почему — сказано в подробностях.",
        en: "The service of the other archive refused. The detail says why.";
    /// The process that reads documents for search cannot be started.
    ExtStart = "EXT-001", Temporary,
        kk: "Құжат мәтінін оқитын қосалқы процесті іске қосу мүмкін болмады. Жад пен процестер шегін тексеріп, қайта \
             көріңіз. Құжаттарға зиян келген жоқ.",
        ru: "Не удалось запустить вспомогательный процесс, читающий текст документов. Проверьте память и предел числа \
             процессов и повторите. Документы не пострадали.",
        en: "The process that reads the text of documents could not be started. Check memory and the limit of \
             processes, and try again. No document has come to harm.";


    /// The command line names no archive.
    CliArchive = "CLI-001", Usage,
        kk: "Архив қалтасы көрсетілмеген. Оны --archive немесе MURAGAT_ARCHIVE арқылы көрсетіңіз.",
        ru: "Папка архива не указана. Укажите её через --archive или MURAGAT_ARCHIVE.",
        en: "No archive is named. Name its folder with --archive or MURAGAT_ARCHIVE.";
    /// What cannot be undone was not confirmed.
    CliConfirm = "CLI-002", Usage,
        kk: "Қайтарылмайтын әрекет расталмады: идентификаторды --confirm арқылы қайталаңыз.",
        ru: "Необратимое действие не подтверждено: повторите идентификатор через --confirm.",
        en: "What cannot be undone was not confirmed: repeat the id with --confirm.";
    /// What is given as the key of an archive is none.
    CliKey = "CLI-003", Usage,
        kk: "Бұл архивтің ашық кілті емес. Кілттің 64 таңбасын немесе answer-key.pem файлын көрсетіңіз.",
        ru: "Это не открытый ключ архива. Укажите 64 знака ключа или файл answer-key.pem.",
        en: "This is no public key of an archive. Give the 64 digits of the key, or the file answer-key.pem.";
}
