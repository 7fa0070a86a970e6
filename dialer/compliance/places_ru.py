"""Russia's regions and larger towns with their time zones, in Russian and in English.

A word that ends in * stands for all that begin so: саратов* is Саратов and Саратовская область.
Moved clocks of 2016 and 2020 (Саратов, Волгоград …) are those of the tz database.
"""

from typing import Final

_YAKUTIA: Final = ("Asia/Yakutsk", "Asia/Khandyga", "Asia/Ust-Nera", "Asia/Srednekolymsk")

AREAS: Final[dict[str, tuple[str, ...]]] = {
    # Where the table that came with the numbers is wrong or too coarse.
    "+7401": ("Europe/Kaliningrad",),
    "+7411": _YAKUTIA,
    "+7845": ("Europe/Saratov",),
}

REGIONS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("Europe/Kaliningrad",), "калининград* kaliningrad* балтийск"),
    (
        ("Europe/Moscow",),
        "москва москве москвы московск* moscow moskva moskovsk* балаших* balashikha подольск* "
        "podolsk химки khimki мытищи mytishchi королев korolev люберцы lyubertsy "
        "санкт-петербург* петербург* спб saint-petersburg st-petersburg petersburg spb "
        "ленинградск* leningrad* адыге* adyge* майкоп* maykop архангельск* arkhangelsk* белгород* "
        "belgorod* брянск* bryansk* чечен* чечн* chechen* chechn* грозн* grozny чуваш* chuvash* "
        "чебоксар* cheboksary дагестан* dagestan* махачкал* makhachkala ингуш* ingush* иванов* "
        "ivanov* кабардин* kabardin* нальчик* nalchik калмык* kalmyk* элист* elista калуг* калуж* "
        "kaluga kaluzh* карачаев* karachay* черкесск* cherkessk карел* kareli* петрозаводск* "
        "petrozavodsk коми komi сыктывкар* syktyvkar костром* kostroma* краснодар* krasnodar* "
        "кубан* kuban сочи sochi новороссийск* novorossiysk курск* kursk* липецк* lipetsk* марий* "
        "mariy йошкар-ола yoshkar-ola мордов* mordovia саранск* saransk мурманск* murmansk* "
        "ненецк* nenets* нижегород* nizhny-novgorod новгород* novgorod* дзержинск* осети* osseti* "
        "ossetia владикавказ* vladikavkaz орел орловск* oryol orel пенз* penza* псков* pskov* "
        "ростов* rostov* таганрог* taganrog рязан* ryazan* смоленск* smolensk* ставропол* "
        "stavropol* тамбов* tambov* татарстан* tatarstan* казан* kazan* челны chelny нижнекамск* "
        "nizhnekamsk тула туле тулы тульск* tula* твер* tver* владимир* vladimir* вологд* вологод* "
        "крым* crimea симферопол* simferopol* севастопол* sevastopol* "
        "vologda* vologod* череповец* cherepovets воронеж* voronezh* ярослав* yaroslavl* рыбинск*",
    ),
    (("Europe/Kirov",), "киров кирове кировск* kirov kirovsk*"),
    (("Europe/Volgograd",), "волгоград* volgograd* волжский volzhsky"),
    (("Europe/Astrakhan",), "астрахан* astrakhan*"),
    (("Europe/Saratov",), "саратов* saratov* энгельс* engels балаково balakovo"),
    (("Europe/Ulyanovsk",), "ульяновск* ulyanovsk* димитровград* dimitrovgrad"),
    (
        ("Europe/Samara",),
        "самара самаре самары самарск* samara* тольятти togliatti tolyatti сызран* syzran удмурт* "
        "udmurt* ижевск* izhevsk*",
    ),
    (
        ("Asia/Yekaterinburg",),
        "башкор* башкир* bashkor* bashkir* уфа уфе уфы ufa стерлитамак* sterlitamak курган* "
        "kurgan* оренбург* orenburg* орск orsk перм* perm* свердловск* sverdlovsk* екатеринбург* "
        "yekaterinburg* ekaterinburg* тагил* tagil тюмен* tyumen* челябинск* chelyabinsk* "
        "магнитогорск* magnitogorsk ханты-мансийск* khanty-mansi* хмао югра югры ugra yugra "
        "сургут* surgut нижневартовск* nizhnevartovsk ямал* yamal* янао",
    ),
    (("Asia/Omsk",), "омск* omsk*"),
    (("Asia/Novosibirsk",), "новосибирск* novosibirsk* бердск*"),
    (("Asia/Barnaul",), "алтай* altai* altay* барнаул* barnaul бийск* biysk рубцовск*"),
    (("Asia/Tomsk",), "томск* tomsk* северск"),
    (
        ("Asia/Novokuznetsk",),
        "кемеров* kemerov* кузбасс* kuzbass новокузнецк* novokuznetsk прокопьевск*",
    ),
    (
        ("Asia/Krasnoyarsk",),
        "красноярск* krasnoyarsk* норильск* norilsk хакас* khakas* абакан* abakan тыва тува тывы "
        "тувы tyva tuva кызыл* kyzyl",
    ),
    (
        ("Asia/Irkutsk",),
        "иркутск* irkutsk* ангарск* angarsk братск* bratsk бурят* buryat* улан-удэ ulan-ude",
    ),
    (("Asia/Chita",), "забайкал* zabaykal* zabaikal* чита чите читы читинск* chita*"),
    (("Asia/Yakutsk",), "амурск* amur* благовещенск* blagoveshchensk якутск yakutsk"),
    (_YAKUTIA, "якутия якутии yakutia саха sakha"),
    (
        ("Asia/Vladivostok",),
        "хабаровск* khabarovsk* комсомольск* komsomolsk* приморск* приморье primorsk* primorye "
        "владивосток* vladivostok находк* nakhodka уссурийск* ussuriysk еврейск* биробиджан* "
        "birobidzhan",
    ),
    (("Asia/Magadan",), "магадан* magadan*"),
    (("Asia/Sakhalin",), "сахалин* sakhalin* южно-сахалинск* yuzhno-sakhalinsk"),
    (("Asia/Kamchatka",), "камчат* kamchat* петропавловск* petropavlovsk*"),
    (("Asia/Anadyr",), "чукот* chukot* анадыр* anadyr"),
)
