"""Names that are one name sound the same however four languages spell them; others do not, where it matters."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.name_sound import MOST_SOUNDS, birth_day_of, country_of, sound_of, sounds

NAMES = st.text(alphabet=string.ascii_letters + "áéíóúñüç '-", max_size=40)

SAME = [
    # Spanish
    ("Hernández", "Ernandes"),
    ("Jiménez", "Giménez"),
    ("Jiménez", "Ximenez"),
    ("Peña", "Pena"),
    ("Ñandú", "Nandu"),
    ("Vásquez", "Bazquez"),
    ("González", "Gonsales"),
    ("Cecilia", "Sesilia"),
    ("Zacarías", "Sacarias"),
    ("Castillo", "Castiyo"),
    ("Yolanda", "Llolanda"),
    ("Quintero", "Kintero"),
    ("Sofía", "Sophia"),
    ("Helena", "Elena"),
    ("Alejandro", "Alexandro"),
    ("Vanessa", "Banesa"),
    ("Matthew", "Mateu"),
    # Somali
    ("Mohamed", "Muhammad"),
    ("Mohamed", "Maxamed"),
    ("Mohamed", "Mohammed"),
    ("Hassan", "Xasan"),
    ("Hussein", "Xuseen"),
    ("Farah", "Faarax"),
    ("Ali", "Cali"),
    ("Abdi", "Cabdi"),
    ("Abdullahi", "Cabdulaahi"),
    ("Omar", "Cumar"),
    ("Osman", "Cismaan"),
    ("Asha", "Caasha"),
    ("Khadija", "Khadiijo"),
    ("Yusuf", "Yuusuf"),
    # Hmong
    ("Vang", "Vaj"),
    ("Xiong", "Xyooj"),
    ("Yang", "Yaj"),
    ("Lee", "Lis"),
    ("Lee", "Ly"),
    ("Thao", "Thoj"),
    ("Moua", "Muas"),
    ("Her", "Hawj"),
]

DIFFERENT = [
    ("Miguel", "Manuel"),
    ("García", "Gómez"),
    ("López", "Pérez"),
    ("Carlos", "Arlo"),
    ("Martínez", "Ramírez"),
    ("Rodríguez", "Hernández"),
    ("María", "Marta"),
    ("Mohamed", "Ahmed"),
    ("Abdi", "Ali"),
    ("Hassan", "Osman"),
    ("Halima", "Amina"),
    ("Lee", "Lor"),
    ("Vang", "Yang"),
    ("Yang", "Xiong"),
    ("Thao", "Vue"),
    ("Ana", "Juan"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_name_has_one_sound(one: str, other: str) -> None:
    assert sounds(one) == sounds(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_names_have_two(one: str, other: str) -> None:
    assert not set(sounds(one)) & set(sounds(other))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("José Luis García Hernández", "garcia, jose luis", 3),
        ("María de la Cruz Peña", "Maria Cruz", 2),
        ("Maria Lopez-Perez", "LÓPEZ PÉREZ María", 3),
        ("Maxamed Cabdi Faarax", "Mohamed A. Farah", 2),
        ("Abdi Mohamed Ali", "Cali, Maxamed Cabdi", 3),
        ("Nhia Vang", "Nhia Vaj", 2),
        ("José García", "José Gómez", 1),
        ("Ana López", "Rosa Martínez", 0),
    ],
)
def test_names_share_as_many_parts_as_they_have_in_common(one: str, other: str, shared: int) -> None:
    assert len(set(sounds(one)) & set(sounds(other))) == shared


@given(NAMES, NAMES)
def test_sounding_alike_does_not_depend_on_who_was_first(one: str, other: str) -> None:
    assert set(sounds(one)) & set(sounds(other)) == set(sounds(other)) & set(sounds(one))
    parts = f"{one} {other}".split()
    if len(parts) <= MOST_SOUNDS:
        assert sorted(sounds(" ".join(parts))) == sorted(sounds(" ".join(reversed(parts))))


@given(st.text(max_size=60))
def test_whatever_is_typed_has_few_and_different_sounds(typed: str) -> None:
    heard = sounds(typed)

    assert len(heard) == len(set(heard)) <= MOST_SOUNDS
    assert all(heard)
    assert heard == sounds(typed.upper().lower()) or not typed.isascii()


@given(st.text(alphabet=string.ascii_lowercase, min_size=2, max_size=15))
def test_every_part_of_a_name_sounds_like_something(part: str) -> None:
    assert sound_of(part)


def test_other_names_count_after_the_names_and_nothing_twice() -> None:
    assert sounds("Testigo Ficticio", "Testigo Fictisio Tercero") == [*sounds("Testigo Ficticio"), *sounds("Tercero")]


def test_names_in_other_letters_have_no_sound() -> None:
    assert sounds("محمد علي", "Иван") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("México", "MEXICO"),
        ("Estados Unidos", "USA"),
        ("EE. UU.", "U.S.A."),
        ("Soomaaliya", "Somalia"),
        ("Itoobiya", "Etiopía"),
        ("Laos", "Nplog"),
        ("  El  Salvador ", "salvador"),
        ("Perú", "peru"),
    ],
)
def test_a_country_is_one_however_it_is_written(one: str, other: str) -> None:
    assert country_of(one) == country_of(other) != ""


def test_nothing_is_no_country_and_a_year_alone_no_birth_day() -> None:
    assert country_of(" ") == ""
    assert [birth_day_of(value) for value in (None, "", "1990", "May 1990")] == [""] * 4
    assert birth_day_of("1990-05-02") == "1990-05-02"
