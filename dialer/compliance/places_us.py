"""The states of the US: their names, their time zones, the first three digits of their ZIP codes.

A state that lies in two zones has both. From the tz database and the list of ZIP prefixes.
"""

from typing import Final

_EAST, _MIDDLE = "America/New_York", "America/Chicago"
_ROCKIES, _WEST = "America/Denver", "America/Los_Angeles"
_ALASKA: Final = (
    *("America/Anchorage", "America/Juneau", "America/Sitka", "America/Metlakatla"),
    *("America/Yakutat", "America/Nome", "America/Adak"),
)

STATES: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    # letters, name, zones, ZIP prefixes
    ("AL", "alabama", (_MIDDLE,), "350-369"),
    ("AK", "alaska", _ALASKA, "995-999"),
    ("AZ", "arizona", ("America/Phoenix", _ROCKIES), "850-865"),
    ("AR", "arkansas", (_MIDDLE,), "716-729"),
    ("CA", "california", (_WEST,), "900-961"),
    ("CO", "colorado", (_ROCKIES,), "800-816"),
    ("CT", "connecticut", (_EAST,), "060-069"),
    ("DE", "delaware", (_EAST,), "197-199"),
    ("DC", "district of columbia", (_EAST,), "200-205"),
    ("FL", "florida", (_EAST, _MIDDLE), "320-349"),
    ("GA", "georgia", (_EAST,), "300-319 398-399"),
    ("HI", "hawaii", ("Pacific/Honolulu",), "967-968"),
    ("ID", "idaho", ("America/Boise", _WEST), "832-838"),
    ("IL", "illinois", (_MIDDLE,), "600-629"),
    ("IN", "indiana", ("America/Indiana/Indianapolis", _MIDDLE), "460-479"),
    ("IA", "iowa", (_MIDDLE,), "500-528"),
    ("KS", "kansas", (_MIDDLE, _ROCKIES), "660-679"),
    ("KY", "kentucky", (_EAST, _MIDDLE), "400-427"),
    ("LA", "louisiana", (_MIDDLE,), "700-714"),
    ("ME", "maine", (_EAST,), "039-049"),
    ("MD", "maryland", (_EAST,), "206-219"),
    ("MA", "massachusetts", (_EAST,), "010-027 055-055"),
    ("MI", "michigan", ("America/Detroit", "America/Menominee"), "480-499"),
    ("MN", "minnesota", (_MIDDLE,), "550-567"),
    ("MS", "mississippi", (_MIDDLE,), "386-397"),
    ("MO", "missouri", (_MIDDLE,), "630-658"),
    ("MT", "montana", (_ROCKIES,), "590-599"),
    ("NE", "nebraska", (_MIDDLE, _ROCKIES), "680-693"),
    ("NV", "nevada", (_WEST, _ROCKIES), "889-898"),
    ("NH", "new hampshire", (_EAST,), "030-038"),
    ("NJ", "new jersey", (_EAST,), "070-089"),
    ("NM", "new mexico", (_ROCKIES,), "870-884"),
    ("NY", "new york", (_EAST,), "005-005 100-149"),
    ("NC", "north carolina", (_EAST,), "270-289"),
    ("ND", "north dakota", (_MIDDLE, _ROCKIES), "580-588"),
    ("OH", "ohio", (_EAST,), "430-459"),
    ("OK", "oklahoma", (_MIDDLE,), "730-749"),
    ("OR", "oregon", (_WEST, "America/Boise"), "970-979"),
    ("PA", "pennsylvania", (_EAST,), "150-196"),
    ("PR", "puerto rico", ("America/Puerto_Rico",), "006-009"),
    ("RI", "rhode island", (_EAST,), "028-029"),
    ("SC", "south carolina", (_EAST,), "290-299"),
    ("SD", "south dakota", (_MIDDLE, _ROCKIES), "570-577"),
    ("TN", "tennessee", (_EAST, _MIDDLE), "370-385"),
    ("TX", "texas", (_MIDDLE, _ROCKIES), "750-799 885-885"),
    ("UT", "utah", (_ROCKIES,), "840-847"),
    ("VT", "vermont", (_EAST,), "050-054 056-059"),
    ("VA", "virginia", (_EAST,), "201-201 220-246"),
    ("WA", "washington", (_WEST,), "980-994"),
    ("WV", "west virginia", (_EAST,), "247-268"),
    ("WI", "wisconsin", (_MIDDLE,), "530-549"),
    ("WY", "wyoming", (_ROCKIES,), "820-831"),
    ("GU", "guam", ("Pacific/Guam",), "969-969"),
)

CLOSER: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # Of states in two zones, the ZIP prefixes that lie wholly in one; the others have both.
    ("320-323 326-349", (_EAST,)),  # Florida but for the panhandle's west
    ("325-325", (_MIDDLE,)),
    ("400-400 402-418", (_EAST,)),  # Kentucky
    ("420-424", (_MIDDLE,)),
    ("370-372 380-384", (_MIDDLE,)),  # Tennessee
    ("374-374 376-376 379-379", (_EAST,)),
    ("464-464 477-477", (_MIDDLE,)),  # Gary and Evansville
    ("480-497", ("America/Detroit",)),  # Michigan but for the upper peninsula's west
    ("570-574", (_MIDDLE,)),  # South Dakota
    ("580-584", (_MIDDLE,)),  # North Dakota
    ("660-676", (_MIDDLE,)),  # Kansas
    ("680-689", (_MIDDLE,)),  # Nebraska
    ("750-797", (_MIDDLE,)),  # Texas
    ("799-799 885-885", (_ROCKIES,)),  # El Paso
    ("889-891 893-897", (_WEST,)),  # Nevada but for Elko
    ("970-978", (_WEST,)),  # Oregon but for Malheur
)
