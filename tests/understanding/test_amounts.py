"""Every spelling of an amount that the market uses, and every one that must be asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.ledger.money import AMOUNT_MAX
from bukuhutang.understanding.amounts import AmountProblem, read_amount

UNCLEAR = AmountProblem.UNCLEAR
NOT_WHOLE = AmountProblem.NOT_WHOLE
NOT_POSITIVE = AmountProblem.NOT_POSITIVE
TOO_LARGE = AmountProblem.TOO_LARGE


def table(text: str) -> list[tuple[str, int]]:
    """`spelling | spelling = amount`, one amount a line."""
    rows = [line.partition("=") for line in text.strip().splitlines()]
    return [
        (one.strip(), int(amount.replace("_", "")))
        for spellings, _, amount in rows
        for one in spellings.split("|")
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    table("""
    1.250.000 | 1,250,000 | 1250000 | 1,25jt | 1.25 juta | 1jt250 | Rp1.250.000 = 1_250_000
    IDR 1.250.000 | 1.250.000 idr | 1.250rb | 1jt 250rb | 1 juta 250 ribu | 1jt250rb = 1_250_000
    2jt5 | 2,5jt | 2.5 juta | 2 juta setengah | 2 setengah juta | dua setengah juta = 2_500_000
    Rp 2.000.000,00 | 2.000.000,- | 2.000.000.- | 2,000,000.00 | 2000000,00 | Rp2jt = 2_000_000
    500k | 500 k | 500K | 500 rebu | 500ribu | Rp500rb | Rp. 500.000 | rp.500.000 = 500_000
    5 ratus ribu | lima ratus ribu | limaratusribu | setengah juta | 0,5jt | 0.5 jt = 500_000
    five hundred thousand | half million | 500 thousand | gopek ceng | 500 ribu perak = 500_000
    seratus lima puluh ribu | 150 rb | 150.000 | 150,000 | pego ribu = 150_000
    sejuta setengah | satu setengah juta | 1 setengah juta | 1,5jt | 1.5jt = 1_500_000
    sejuta dua ratus ribu | 1,2jt | 1jt200 = 1_200_000
    sejuta | satu juta | cetiao | 1 jt | 1000rb | 1000k = 1_000_000
    seceng | ceceng | seribu | 1rb | 1.000 | 1,000 | 1 ribu perak = 1_000
    noceng | dua ribu | 2k = 2_000
    goceng | 5rb = 5_000
    ceban | sepuluh ribu | 10 ceng = 10_000
    noban | dua puluh ribu | 20rebu = 20_000
    goban | lima puluh k | gocap rb | seket ewu = 50_000
    selawe ewu | jigo ceng | dua puluh lima ribu | 25ewu = 25_000
    cepek ceng | seratusribu | seratus rb = 100_000
    sebelas ribu lima ratus | 11.500 | 11,5rb = 11_500
    empat belas ribu | fourteen thousand = 14_000
    seribu lima ratus | 1,5rb | 1rb500 = 1_500
    1.250 | 1,250 | 1250 | Rp1250 = 1_250
    gotiao | lima juta = 5_000_000
    1jt050 = 1_050_000
    999999999 | 999.999.999 = 999_999_999
    dua juta lima ratus ribu = 2_500_000
    sembilan ratus sembilan puluh sembilan juta sembilan ratus ribu = 999_900_000
    1 | Rp 1 | satu rupiah = 1
    500 | Rp500 | Rp500,00 | 500 perak | lima ratus perak = 500
    ٥٠٠rb | ५००rb | ５００ｒｂ = 500_000
    """),
)
def test_amount_in_this_spelling_is_read(text: str, amount: int) -> None:
    assert read_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    "gocap|cepek|gopek|pego|jigo|seket|lima|seratus|lima ratus|2 ratus|setengah"  # no unit
    "|1M|1 M|setengah miliar|0,5 milyar|$20|20 usd|20usd|20 dolar|€20"  # which money
    "|1.5|1.25|0.500|500.00|500,00|12.34.56|1.250,000|1,250.000|1.2.3"  # which sign is which
    "|1.250jt|1,250jt|1,250rb|1.250k|50.000rb|2.000rb|500.000 ribu|50000rb"  # unit said twice?
    "|1jt25|10rb5|1jt 500|1 250 000|1jt2500|1jt 2jt|500rb 200rb"  # glued or separate
    "|sejuta dua ratus|sepuluh ribu lima|dua tiga ratus ribu|lima ratus ribu setengah"
    "|500an|500rban|500rb-an|~500rb|±500rb|500rb+|2-3jt|500rb/bulan|5x100rb|10%|2@50rb|1OOrb"
    "|0500|007|500²|²|½ juta|1½jt|①|rb|ribu|jt|Rp|Rp Budi|500 ribu jt|1,5,5jt|1,255jt".split("|"),
)
def test_amount_with_two_readings_is_asked(text: str) -> None:
    assert read_amount(text) is UNCLEAR


@pytest.mark.parametrize("text", "1,5|Rp 100,50|1.250,5|1,250.75|2000,01".split("|"))
def test_fraction_of_a_rupiah_is_refused(text: str) -> None:
    assert read_amount(text) is NOT_WHOLE


@pytest.mark.parametrize("text", "0|00|Rp0|0rb|0,0jt|-1|-500rb|Rp-500|-0".split("|"))
def test_nothing_and_less_are_no_amounts(text: str) -> None:
    assert read_amount(text) is NOT_POSITIVE


@pytest.mark.parametrize(
    "text", ["1000000000", "1.000.000.000", "1000jt", "1 miliar", "2 triliun", "9" * 4000]
)
def test_more_than_the_limit_is_too_large(text: str) -> None:
    assert read_amount(text) is TOO_LARGE


@pytest.mark.parametrize("text", "|Budi|Pak Haji|k|M|perak|rupiah|usd|rupawan|ratu|😀".split("|"))
def test_words_without_a_number_are_no_amount(text: str) -> None:
    assert read_amount(text) is None


@pytest.mark.parametrize("figures", ["9" * 1000, "1," * 2000, "1." * 2000 + "5", "0" * 4000 + "1"])
@pytest.mark.parametrize("unit", ["", "rb", "jt", " juta", ",00", "jt" + "5" * 1000])
def test_giant_figures_are_refused_and_never_converted(figures: str, unit: str) -> None:
    assert isinstance(read_amount(figures + unit), AmountProblem)


amounts = st.integers(1, AMOUNT_MAX)


def grouped(amount: int, sign: str) -> str:
    return f"{amount:,}".replace(",", sign)


@given(amount=amounts, prefix=st.sampled_from(["", "Rp", "Rp ", "rp. ", "IDR "]))
def test_plain_and_grouped_figures_read_back_equal(amount: int, prefix: str) -> None:
    for sign, cents in ((".", ",00"), (",", ".00")):
        assert read_amount(prefix + grouped(amount, sign)) == amount
        if amount >= 1_000:
            assert read_amount(prefix + grouped(amount, sign) + cents) == amount
            assert read_amount(prefix + grouped(amount, sign) + ",-") == amount
    assert read_amount(prefix + str(amount)) == amount
    assert read_amount(f"{prefix}{amount} rupiah") == amount


@given(
    hundredths=st.integers(1, 9_999),
    sign=st.sampled_from(".,"),
    unit=st.sampled_from(["jt", " jt", "juta", " juta", "JT"]),
)
def test_decimal_millions_read_back_equal(hundredths: int, sign: str, unit: str) -> None:
    whole, rest = divmod(hundredths, 100)
    amount = hundredths * 10_000
    assert read_amount(f"{whole}{sign}{rest:02}{unit}") == amount
    if rest % 10 == 0:
        assert read_amount(f"{whole}{sign}{rest // 10}{unit}") == amount
    if rest == 0:
        assert read_amount(f"{whole}{unit}") == amount


@given(
    thousands=st.integers(1, 9_999),
    unit=st.sampled_from(["rb", " rb", "ribu", " rebu", "k", " K", "ceng", " ewu"]),
)
def test_thousands_read_back_equal(thousands: int, unit: str) -> None:
    assert read_amount(f"{thousands}{unit}") == thousands * 1_000


@given(millions=st.integers(1, 999), thousands=st.integers(0, 999))
def test_millions_with_thousands_behind_them_read_back_equal(millions: int, thousands: int) -> None:
    amount = millions * 1_000_000 + thousands * 1_000
    assert read_amount(f"{millions}jt{thousands:03}") == amount
    if thousands:
        assert read_amount(f"{millions} juta {thousands} ribu") == amount
        assert read_amount(f"{millions}jt {thousands}rb") == amount


DIGITS = "satu dua tiga empat lima enam tujuh delapan sembilan".split()


def in_words(number: int) -> str:
    """Indonesian words for 1 to 999."""
    hundreds, tens = divmod(number, 100)
    words = []
    if hundreds:
        words.append("seratus" if hundreds == 1 else f"{DIGITS[hundreds - 1]} ratus")
    if tens == 10:
        words.append("sepuluh")
    elif tens == 11:
        words.append("sebelas")
    elif 11 < tens < 20:
        words.append(f"{DIGITS[tens - 11]} belas")
    else:
        if tens >= 20:
            words.append(f"{DIGITS[tens // 10 - 1]} puluh")
        if tens % 10:
            words.append(DIGITS[tens % 10 - 1])
    return " ".join(words)


@given(millions=st.integers(0, 999), thousands=st.integers(0, 999), joined=st.booleans())
def test_number_words_read_back_equal(millions: int, thousands: int, joined: bool) -> None:
    words = [f"{in_words(millions)} juta"] if millions else []
    if thousands:
        words.append("seribu" if thousands == 1 else f"{in_words(thousands)} ribu")
    text = " ".join(words)
    if not text:
        return
    if joined and len(words) == 1:
        text = text.replace(" ", "")
    assert read_amount(text) == millions * 1_000_000 + thousands * 1_000


pieces = st.sampled_from(
    "satu dua belas puluh ratus ribu juta jt rb k setengah 5 12 250 1.250 1,5 Rp perak usd M gocap"
    " ceban miliar 1jt250 2jt5 - , minggu hari".split()
)


@given(words=st.lists(pieces, max_size=8))
def test_any_mixture_of_number_words_is_whole_rupiah_in_range_or_a_reason(words: list[str]) -> None:
    amount = read_amount(" ".join(words))
    if isinstance(amount, int):
        assert 1 <= amount <= AMOUNT_MAX
    else:
        assert amount is None or isinstance(amount, AmountProblem)
