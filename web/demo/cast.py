"""Who works in the made-up office and who rings it. Data only."""

from dataclasses import dataclass

from crm_core.agents.roles import Role

DEMO_PASSWORD = "perezvon-demo"  # noqa: S105 - printed on the console, for this machine alone


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who logs in; a `colleague` works by himself, at the desk `extension`. `language`:
    the office's own, or "other" for the one it does not speak."""

    login: str
    name: str
    role: Role
    language: str = ""
    extension: str = ""
    colleague: bool = False


PEOPLE: tuple[Person, ...] = (
    Person("anna", "Анна Орлова", Role.OPERATOR),
    Person("boris", "Boris Klimov", Role.OPERATOR, language="other"),
    Person("vera", "Вера Соколова", Role.SUPERVISOR),
    Person("grigory", "Григорий Львов", Role.HEAD_OF_SALES),
    Person("dina", "Дина Белова", Role.ADMINISTRATOR),
    Person("elena", "Елена Мухина", Role.OPERATOR, extension="104", colleague=True),
    Person("pavel", "Павел Зимин", Role.OPERATOR, extension="105", colleague=True),
    Person("olga", "Ольга Ветрова", Role.OPERATOR, extension="106", colleague=True),
    Person("timur", "Тимур Садыков", Role.OPERATOR, extension="107", colleague=True),
    Person("kate", "Kate Morgan", Role.OPERATOR, language="en", extension="108", colleague=True),
)
VISITORS = tuple(person for person in PEOPLE if not person.colleague)
COLLEAGUES = tuple(person for person in PEOPLE if person.colleague)

HOT_DESKS = ("101", "102", "103")
EXTENSIONS = (*HOT_DESKS, *(person.extension for person in COLLEAGUES))

TEAMS: dict[str, tuple[str, ...]] = {
    "sales": ("anna", "boris", "elena", "pavel", "kate"),
    "support": ("anna", "boris", "olga", "timur", "kate"),
}
QUEUE_TITLES = {"sales": "Продажи", "support": "Поддержка"}

DISPOSITIONS: tuple[tuple[str, str, bool], ...] = (
    ("order", "Заказ", True),
    ("question", "Вопрос, ответили", False),
    ("thinking", "Думает, перезвонить", True),
    ("complaint", "Жалоба", True),
    ("refused", "Отказ", False),
    ("wrong_number", "Ошиблись номером", False),
)
PAUSE_REASONS: tuple[tuple[str, str], ...] = (
    ("lunch", "Обед"),
    ("break", "Перерыв"),
    ("meeting", "Планёрка"),
    ("training", "Обучение"),
)


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client; `numbers` as people write them, `contacts` as (name, position, numbers)."""

    name: str
    numbers: str = ""
    kind: str = "person"
    contacts: tuple[tuple[str, str, str], ...] = ()
    owner: str = ""
    note: str = ""


def _organisation(
    name: str, *contacts: tuple[str, str, str], numbers: str = "", owner: str = "", note: str = ""
) -> DemoClient:
    return DemoClient(name, numbers, "organisation", contacts, owner, note)


CLIENTS: tuple[DemoClient, ...] = (
    DemoClient("Иван Петров", "8 (916) 123-45-67", owner="anna", note="Звонить после 14:00."),
    DemoClient("Мария Кузнецова", "+7 903 111-22-33", owner="boris"),
    DemoClient("Сергей Смирнов", "8-926-555-01-02, 8-495-777-12-12 доб. 12", owner="anna"),
    DemoClient("Наталья Волкова", "7 965 200 30 40"),
    DemoClient("Алексей Фёдоров", "89104445566", owner="elena"),
    DemoClient("Ольга Новикова", "+7 (985) 333 44 55", owner="pavel"),
    DemoClient("Дмитрий Морозов", "8 905 700-80-90"),
    DemoClient("Екатерина Лебедева", "+79217654321", owner="kate"),
    DemoClient("Павел Козлов", "8 (812) 320-45-67"),
    DemoClient("Татьяна Соловьёва", "+7-911-222-33-44", owner="olga", note="Постоянная."),
    DemoClient("Андрей Васильев", "9161112299", owner="timur"),
    DemoClient("Юлия Зайцева", "8 977 101 20 30"),
    DemoClient("Константин Егоров", "+7 495 223 33 44"),
    DemoClient("Ирина Павлова", "8 (343) 350-11-22", owner="elena"),
    DemoClient("Роман Семёнов", "+7 999 800 70 60"),
    DemoClient("Людмила Голубева", "8 (916) 765-43-21", note="Общий домашний номер с мужем."),
    DemoClient("Виктор Голубев", "8 (916) 765-43-21"),
    DemoClient("Марина Крылова", "007 903 555 66 77", owner="anna"),
    DemoClient("Артём Белов", "8 963 412 34 56"),
    DemoClient("Светлана Титова", "+7 (960) 987-65-43", owner="boris"),
    DemoClient("Галина Комарова", "8 (383) 291-18-18"),
    DemoClient("Никита Орехов", "+7 915 404 50 60", owner="pavel"),
    DemoClient("John Carter", "+44 20 7946 0958", owner="kate", note="Speaks English only."),
    DemoClient("Emily Watson", "+44 7700 900123", owner="boris"),
    DemoClient("Michael O'Brien", "+1 (212) 555-0142"),
    DemoClient("Sophie Dubois", "+33 1 70 18 99 00"),
    DemoClient("Hans Müller", "+49 30 90182000", owner="kate"),
    DemoClient("Айгуль Нурланова", "+7 701 222 33 11"),
    _organisation(
        "ООО «Ромашка»",
        ("Ирина Белкина", "закупки", "+7 495 123-45-00"),
        ("Олег Дятлов", "директор", "8 916 300 40 50"),
        owner="anna",
        note="Отсрочка 14 дней. Счета на почту бухгалтерии.",
    ),
    _organisation(
        "АО «Северный ветер»",
        ("Пётр Лодочкин", "снабжение", "+7 812 449-00-11"),
        ("Зоя Маякова", "бухгалтер", "+7 812 449-00-12"),
        owner="boris",
    ),
    _organisation(
        "ИП Кравцов А. А.", ("Антон Кравцов", "владелец", "8 927 600-12-34"), owner="elena"
    ),
    _organisation(
        "Строймаркет «Кирпич»",
        ("Геннадий Глинкин", "склад", "8 (495) 640-77-88 доб. 105"),
        ("Вероника Песковa", "офис", "8 (495) 640-77-88"),
        owner="pavel",
    ),
    _organisation(
        "Клиника «Здоровье»",
        ("Регистратура", "", "+7 495 221-10-10"),
        ("Денис Пульсов", "администратор", "8 916 707 17 27"),
        owner="olga",
        note="Поставки только по будням до 12:00.",
    ),
    _organisation("Школа № 57", ("Нина Тетрадкина", "завхоз", "8 (499) 255-57-57")),
    _organisation(
        "Кафе «Три пирога»", ("Лейла Сдобнова", "управляющая", "+7 925 313 13 13"), owner="timur"
    ),
    _organisation(
        "Northwind Trading Ltd",
        ("Alice Brown", "purchasing", "+44 161 496 0345"),
        ("Tom Green", "accounts", "+44 161 496 0346"),
        owner="kate",
    ),
    _organisation("Contoso GmbH", ("Jürgen Weiß", "Einkauf", "+49 89 1234560"), owner="kate"),
    _organisation(
        "ТД «Полюс»",
        ("Маргарита Льдова", "менеджер", "8 (391) 274-00-10"),
        ("Фёдор Снегов", "логист", "8 (391) 274-00-11"),
        owner="elena",
    ),
    _organisation(
        "Автосервис «Гараж 24»", ("Руслан Гайкин", "мастер", "8 (843) 500-24-24"), owner="timur"
    ),
    _organisation("Типография «Оттиск»", ("Инна Литерова", "заказы", "+7 495 788-90-90")),
)

NOTES: dict[str, tuple[str, ...]] = {
    "order": (
        "Берёт новую партию, просит счёт на 40 штук.",
        "Заказал то же, что весной, реквизиты прежние.",
        "Оплатит до пятницы, ждёт счёт.",
    ),
    "question": (
        "Уточнял срок доставки, назвал вторник.",
        "Спрашивал про гарантию, ответили.",
        "Хочет изменить адрес доставки, поправили.",
    ),
    "thinking": (
        "Сравнивает с другим поставщиком, решит на неделе.",
        "Просил перезвонить после согласования с директором.",
    ),
    "complaint": (
        "Жаловался на задержку. Извинились, проверим склад.",
        "Пришли не те светильники, просит заменить.",
    ),
    "refused": ("Дорого, купили у других.", "Пока не нужно, просил не звонить."),
    "wrong_number": ("Искали другую фирму.", "Ошибся одной цифрой."),
}
"""By the code of the disposition they belong to."""
NEXT_STEPS: dict[str, tuple[str, ...]] = {
    "order": ("Выставить счёт", "Проверить оплату"),
    "thinking": ("Перезвонить: решил ли", "Отправить прайс и перезвонить"),
    "complaint": ("Узнать на складе и сообщить клиенту", "Согласовать замену"),
}
"""By the code of a disposition that needs one."""
