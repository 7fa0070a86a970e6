"""A file of numbers, whatever somebody has made of it: read, or refused with a word."""

import gzip
import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_core.errors import Invalid
from dialer.do_not_call.reading import NumberFile, Piece
from telephony.number_lists import ListedNumbers
from telephony.numbers import normalise

IVAN, OLGA = 79161234567, 79031234567
CODES = {"RU": "7", "US": "1", "SK": "421", "DE": "49", "GB": "44", "KZ": "7"}


def read(whole: bytes, country: str = "RU", size: int = 10_000) -> list[Piece]:
    return list(NumberFile(io.BytesIO(whole), country).pieces(size=size))


def numbers(whole: bytes, country: str = "RU") -> set[int]:
    return {number for piece in read(whole, country) for number in piece.numbers}


def zipped(**texts: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as whole:
        for name, text in texts.items():
            whole.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        b"79161234567\n79031234567\n",
        b"+79161234567\r\n+79031234567",
        b"8 (916) 123-45-67\r8 903 123 45 67\r",
        b"9161234567\n9031234567\n\n\n",
        b"\xef\xbb\xbf89161234567\n89031234567",
        b"79161234567.0\n79031234567.0\n",
        "имя;телефон\nИван;79161234567\nОльга;8-903-123-45-67\n".encode(),
        "имя;телефон\nИван;79161234567\nОльга;8-903-123-45-67\n".encode("cp1251"),
        "имя\tтелефон\nИван\t79161234567\nОльга\t8-903-123-45-67\n".encode("utf-16"),
        b'id,name,phone\n1,"Petrov, Ivan","+7 916 123-45-67"\n2,"Belova, O",+79031234567\n',
        b"inn,phone\n7707083893,79161234567\n7728168971,79031234567\n",
        zipped(**{"a/list.csv": b"79161234567\n", "b/list.csv": b"79031234567\n"}),
        zipped(**{"__MACOSX/list.csv": b"\x00\x01", "list.csv": b"79161234567\n79031234567"}),
        gzip.compress(b"79161234567\n79031234567\n", mtime=0),
    ],
)
def test_the_numbers_are_found_wherever_they_stand(written: bytes) -> None:
    assert numbers(written) == {IVAN, OLGA}


def test_an_area_code_in_a_column_of_its_own_belongs_to_the_number() -> None:
    """As the American register is delivered."""
    assert numbers(b"201,5551234\n202,5551235\n", "US") == {12015551234, 12025551235}


def test_what_is_no_number_is_counted_and_the_first_lines_told_by_their_place() -> None:
    lines = ["phone", "79161234567", "nobody", "", "79031234567", *["x\x07y"] * 30, *["12"] * 30]
    found = read("\n".join([*lines, *["79161234567"] * 100]).encode())
    assert [piece.lines for piece in found] == [165]
    assert found[0].nonsense == 61
    assert found[0].samples[:2] == [(3, "nobody"), (6, "x y")]
    assert len(found[0].samples) == 20


def test_pieces_go_on_where_the_last_one_ended_also_after_a_stop() -> None:
    written = "\n".join(f"+7916{n:07}" for n in range(1_000)).encode()
    whole = read(written, size=300)
    assert [piece.lines for piece in whole] == [300, 600, 900, 1000]
    assert whole[-1].bytes_read == NumberFile(io.BytesIO(written), "RU").bytes_total
    rest = list(NumberFile(io.BytesIO(written), "RU").pieces(skip=600, size=300))
    assert [piece.numbers for piece in rest] == [piece.numbers for piece in whole[2:]]


def test_a_line_without_an_end_is_not_held_in_memory() -> None:
    written = b"79161234567\n" * 5 + b"1" * 3_000_000 + b"\n79031234567\n"
    (piece,) = read(written)
    assert (piece.numbers, piece.lines, piece.nonsense) == ({IVAN, OLGA}, 7, 1)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (b"", "file_empty"),
        (b"\r\n \n\t\n", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (zipped(), "file_empty"),
        (b"hello\nworld\n", "file_without_numbers"),
        (b"12\n34\n", "file_without_numbers"),
        (b"phone\n7.9161E+10\n7.9031E+10\n", "excel_damaged"),
        ("имя;телефон\nИван;7,91612E+10\nОльга;7,90312E+10\n".encode(), "excel_damaged"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "file_binary"),
        (zipped(list=b"\x00\x01\x02"), "file_binary"),
        (gzip.compress(b"\x00\x01\x02", mtime=0), "file_binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old excel", "file_is_workbook"),
        (zipped(**{"[Content_Types].xml": "<x/>", "xl/sheet.xml": "<x/>"}), "file_is_workbook"),
        (zipped(list=b"79161234567\n" * 99)[:-30], "file_broken"),
        (gzip.compress(b"79161234567\n" * 9_999, mtime=0)[:-30], "file_broken"),
        (b"PK\x03\x04 and so on", "file_broken"),
    ],
)
def test_what_is_no_list_is_refused_with_a_word(written: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(written)
    assert (refused.value.field, refused.value.code) == ("file", code)


def test_a_locked_archive_says_so() -> None:
    written = bytearray(zipped(list=b"79161234567\n"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        written[written.index(mark) + place] |= 1
    with pytest.raises(Invalid, match="file_locked"):
        read(bytes(written))


_SOME = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(st.sampled_from(["79161234567", "8 916 12", "имя;1", '"', "7,9E+10", "\x00", ",,"]))
    .map("\n".join).map(str.encode),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    inner=_SOME,
    wrap=st.sampled_from(["plain", "zip", "gzip", "utf-16", "excel"]),
    cut=st.integers(0, 60),
    noise=st.binary(max_size=3),
    country=st.sampled_from(["RU", "US", "SK", "DE", "", "xx"]),
)
@example(b'"', "plain", 0, b"", "RU")
@example(b"\xff\xfe\x31", "plain", 0, b"", "RU")
def test_no_file_is_so_strange_that_it_is_not_refused_in_words(
    inner: bytes, wrap: str, cut: int, noise: bytes, country: str
) -> None:
    written = {
        "plain": inner,
        "zip": zipped(list=inner),
        "gzip": gzip.compress(inner, mtime=0),
        "utf-16": b"\xff\xfe" + inner,
        "excel": b"\xd0\xcf\x11\xe0" + inner,
    }[wrap]
    middle = len(written) // 2
    written = written[:middle] + noise + written[middle : len(written) - cut]
    with suppress(Invalid):
        pieces = read(written, country, size=7)
        assert all(9 < number < 10**15 for piece in pieces for number in piece.numbers)
        ends = [piece.lines for piece in pieces]
        assert ends == sorted(set(ends))


@settings(max_examples=600, deadline=None)
@given(
    digits=st.from_regex(r"[0-9]{6,13}", fullmatch=True),
    before=st.sampled_from(["", "+", "8", "0", "1", "7", "+7", "+1", "+421", "+49", "49", "44"]),
    country=st.sampled_from(sorted(CODES)),
)
@example("9161234567", "8", "RU")
@example("8001234567", "", "RU")
@example("8123456789", "", "RU")
@example("030000", "+49", "DE")
def test_the_quick_reading_is_that_of_a_typed_number(
    digits: str, before: str, country: str
) -> None:
    """Where a typed number is a valid one of that country, a line of the list means the same."""
    written = before + digits
    typed, listed = normalise(written, country), ListedNumbers(country).read(written)
    if typed.e164 is not None and typed.digits.startswith(CODES[country]):
        assert listed == int(typed.digits)
