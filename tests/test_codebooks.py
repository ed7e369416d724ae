"""Every shipped codebook is sound, and every mistake in a codebook is one sentence with file, line and remedy."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualkit.errors import CodebookError
from qualkit.model import Code, Codebook, Origin, Valence
from qualkit.readers.codebook import read_codebook, write_codebook

BOOKS = Path(__file__).parent.parent / "codebooks"
SHIPPED = sorted(BOOKS.glob("*.yaml"))
TRANSCRIPTS = BOOKS.parent / "transcripts"
ALL_VALENCES = (Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED)
MAT_KEYS = """
engagement-outreach post-overdose-follow-up referral-linkage education-awareness overdose-training
cross-sector-collaboration competing-priorities leadership-support stigma medication-access workforce-training
resistance-to-change psychosocial-integration flexible-setting peer-support trauma-informed-care person-centered-choice
harm-reduction-access underserved-groups family-support-services data-burden cost-coverage
""".split()  # noqa: SIM905

TOP = 'name: A book\nversion: "1"\ncodes:\n'
CODE_A = "  - key: a\n    name: A\n    definition: About a.\n"


def read_text(folder: Path, text: str) -> Codebook:
    path = folder / "book.yaml"
    path.write_text(text, encoding="utf-8")
    return read_codebook(path)


def sentence(folder: Path, text: str) -> str:
    with pytest.raises(CodebookError) as caught:
        read_text(folder, text)
    return str(caught.value)


# ---------------------------------------------------------------- the shipped books


def test_three_books_are_shipped():
    assert [path.name for path in SHIPPED] == ["cfir2.yaml", "heif.yaml", "mat_implementation.yaml"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_book_names_its_source_and_licence_and_gives_every_code_a_domain(path):
    book = read_codebook(path)
    assert book.licence == "MIT"
    assert book.source
    assert [code.key for code in book.codes if not book.domain_of(code.key)] == []
    assert [code.key for code in book.codes if not code.definition.endswith(".")] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_code_named_in_an_exclusion_exists(path):
    book = read_codebook(path)
    text = " ".join(line for code in book.codes for line in code.exclude)
    named = {key for inside in re.findall(r"\(([a-z0-9., -]+)\)", text) for key in inside.split(", ")}
    assert named - set(book.by_key) <= {"leave it uncoded"}
    assert len(named) >= 10


def test_the_mat_book_has_exactly_its_22_codes_each_open_to_every_valence():
    book = read_codebook(BOOKS / "mat_implementation.yaml")
    assert sorted(book.by_key) == sorted(MAT_KEYS)
    assert len(MAT_KEYS) == 22
    assert {code.valences for code in book.codes} == {ALL_VALENCES}
    assert {code.parent_key for code in book.codes} == {None}
    assert len({code.domain for code in book.codes}) == 5


@pytest.mark.parametrize("code", read_codebook(BOOKS / "mat_implementation.yaml").codes, ids=lambda code: code.key)
def test_a_mat_code_is_full_enough_to_code_with(code):
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", code.definition)) <= 3
    assert 2 <= len(code.include) <= 4
    assert 1 <= len(code.exclude) <= 3
    assert 2 <= len(code.examples) <= 3
    assert 6 <= len(code.cues) <= 15
    assert len(set(code.cues)) == len(code.cues)


def test_no_example_of_the_mat_book_is_taken_from_the_sample_transcripts():
    def fives(text: str) -> set[str]:
        words = re.findall(r"[a-z0-9']+", text.lower())
        return {" ".join(words[start : start + 5]) for start in range(len(words) - 4)}

    spoken = set().union(*(fives(path.read_text(encoding="utf-8")) for path in TRANSCRIPTS.glob("*.vtt")))
    examples = [example for code in read_codebook(BOOKS / "mat_implementation.yaml").codes for example in code.examples]
    assert spoken
    assert [example for example in examples if fives(example) & spoken] == []


def test_cfir_has_5_domains_48_constructs_and_19_subconstructs():
    book = read_codebook(BOOKS / "cfir2.yaml")
    domains = {code.key for code in book.codes if code.parent_key is None}
    constructs = [code for code in book.codes if code.parent_key in domains]
    below = [code for code in book.codes if code.parent_key in {construct.key for construct in constructs}]
    assert (len(domains), len(constructs), len(below)) == (5, 48, 19)
    assert len(book.codes) == 5 + 48 + 19

    def counts(codes):
        return [sum(code.key.startswith(domain + ".") for code in codes) for domain in CFIR_DOMAINS]

    assert counts(constructs) == [8, 7, 11, 13, 9]
    assert counts(below) == [0, 3, 10, 0, 6]


CFIR_DOMAINS = ("innovation", "outer-setting", "inner-setting", "individuals", "process")


def test_heif_has_the_seven_domains_of_the_framework():
    book = read_codebook(BOOKS / "heif.yaml")
    assert [code.key for code in book.codes if code.parent_key is None] == [
        "innovation",
        "recipients",
        "clinical-encounter",
        "inner-context",
        "outer-context",
        "societal-context",
        "facilitation",
    ]
    assert sum(code.parent_key == "innovation" for code in book.codes) == 8
    assert sum(code.parent_key == "societal-context" for code in book.codes) == 3


@pytest.mark.parametrize("name", ["cfir2.yaml", "heif.yaml"])
def test_in_a_framework_a_key_extends_its_parents_and_only_domains_take_no_valence(name):
    for code in read_codebook(BOOKS / name).codes:
        assert code.key.rpartition(".")[0] == (code.parent_key or "")
        assert code.valences == (ALL_VALENCES if code.parent_key else ())
        assert not code.parent_key or 3 <= len(code.cues) <= 8


def test_the_example_in_the_readme_is_a_valid_book(tmp_path):
    readme = (BOOKS / "README.md").read_text(encoding="utf-8")
    book = read_text(tmp_path, readme.split("```yaml\n")[1].split("```")[0])
    assert [code.key for code in book.codes] == ["access", "access.distance", "reliability"]
    assert book.domain_of("access.distance") == "Reaching the service"
    assert book.by_key["reliability"].origin is Origin.INDUCTIVE


# ---------------------------------------------------------------- what may stand in a book


def test_a_key_that_yaml_1_1_takes_for_no_stays_text(tmp_path):
    assert read_text(tmp_path, TOP + CODE_A.replace("key: a", "key: NO")).codes[0].key == "NO"


def test_a_single_valence_and_a_single_cue_need_no_list(tmp_path):
    code = read_text(tmp_path, TOP + CODE_A + "    valence: barrier\n    cues: wait\n").codes[0]
    assert code.valences == (Valence.BARRIER,)
    assert code.cues == ("wait",)


def test_optional_fields_may_be_left_empty(tmp_path):
    code = read_text(tmp_path, TOP + CODE_A + "    parent:\n    cues:\n    domain:\n").codes[0]
    assert (code.parent_key, code.cues, code.domain) == (None, (), None)


def test_a_definition_may_still_be_an_empty_text(tmp_path):
    assert read_text(tmp_path, TOP + CODE_A.replace("About a.", '""')).codes[0].definition == ""


def test_two_codes_may_share_a_name(tmp_path):
    assert len(read_text(tmp_path, TOP + CODE_A + CODE_A.replace("key: a", "key: b")).codes) == 2


def test_a_byte_order_mark_does_not_matter(tmp_path):
    assert read_text(tmp_path, "\ufeff" + TOP + CODE_A).name == "A book"


# ---------------------------------------------------------------- mistakes


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CodebookError, match=r"nowhere\.yaml: there is no such file; check"):
        read_codebook(tmp_path / "nowhere.yaml")


def test_a_folder_is_no_codebook(tmp_path):
    with pytest.raises(CodebookError, match="cannot be read"):
        read_codebook(tmp_path)


def test_a_file_in_another_encoding_says_so(tmp_path):
    path = tmp_path / "book.yaml"
    path.write_bytes(b"name: caf\xe9")
    with pytest.raises(CodebookError, match="UTF-8"):
        read_codebook(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "book.yaml: the file is empty; write at least name, version and codes."),
        ("# only a comment\n", "book.yaml: the file is empty; write at least name, version and codes."),
        ("- a\n", "book.yaml, line 1: a codebook starts with fields such as `name: ...`, not with a list or text."),
        ("name: A\nversion: [1\ncodes: 2\n", "book.yaml, line 3: this is not valid YAML (expected ',' or ']', but got ':');"),
        ("name: A\nname: B\n", "book.yaml, line 2: this field stands twice in one entry; keep one of them."),
        ("name: A\nversion: 2024-13-45\n", "book.yaml: this is not valid YAML"),
        (TOP + CODE_A + "    defintion: x\n", "book.yaml, line 7: there is no field 'defintion'; did you mean 'definition'?."),
        (TOP + CODE_A + "    colour: red\n", "line 7: there is no field 'colour'; remove it or put it into `note`."),
        ("license: MIT\n" + TOP + CODE_A, "line 1: there is no field 'license'; did you mean 'licence'?"),
        (TOP + "  - key: a\n    name: A\n", "line 4: code a has no 'definition'; add a line `definition: ...`."),
        (TOP + "  - name: A\n    definition: x\n", "line 4: code A has no 'key'; add a line `key: ...`."),
        (
            TOP + "  - definition: x\n    name:\n    key: k\n",
            "line 5: 'name' is empty; write something there or remove the line.",
        ),
        ('name: A\nversion: "1"\n', "line 1: the codebook has no 'codes'; add a line `codes: ...`."),
        ('name: A\nversion: "1"\ncodes: []\n', "line 3: 'codes' is empty; write something there or remove the line."),
        ('name: A\nversion: "1"\ncodes: stigma\n', "line 3: 'codes' is a list of codes; start each with `- key: ...`."),
        (TOP + "  - stigma\n", "line 4: 'codes' is a list of codes; start each with `- key: ...`."),
        (
            "name: A\nversion: 1.0\ncodes:\n" + CODE_A,
            "line 2: '1.0' in 'version' was read as a number, a date or a yes or no; put",
        ),
        (
            TOP + CODE_A + "    cues:\n      - go: there\n",
            "line 8: an entry of 'cues' was read as a field because of its colon; put",
        ),
        (TOP + CODE_A + "    cues: 7\n", "line 7: 'cues' must be a list; start each entry with `- `."),
        (TOP + CODE_A + "    domain: [x]\n", "line 7: 'domain' must be a text; write it behind the colon."),
        (TOP + CODE_A + "    cues: [x, '']\n", "line 7: 'cues' is empty; write something there or remove the line."),
        (
            TOP + CODE_A + "    valence: [barier]\n",
            "'barier' is no valence; write facilitator or barrier or mixed; did you mean 'barrier'?",
        ),
        (TOP + CODE_A + "    origin: induced\n", "'induced' is no origin; write deductive or inductive"),
        (TOP + CODE_A.replace("key: a", "key: a;b"), "line 4: 'a;b' cannot be a key; choose one without : ; , or line break"),
        (TOP + CODE_A.replace("key: a", "key: None"), "line 4: 'None' cannot be a key; choose one"),
        (TOP + CODE_A + CODE_A, "book.yaml, line 7: the key 'a' was used in line 4 already; change one of them."),
        (TOP + CODE_A + "    parent: aa\n", "book.yaml, line 7: no code has the key 'aa'; did you mean 'a'?"),
        (TOP + CODE_A + "    parent: zzz\n", "line 7: no code has the key 'zzz'; add that code or remove the line."),
        (TOP + CODE_A + "    parent: a\n", "line 7: these codes are each other's parents: a > a; remove one `parent`."),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line_and_a_remedy(tmp_path, text, expected):
    said = sentence(tmp_path, text)
    assert expected in said
    assert said.endswith(".")
    assert "\n" not in said


def test_a_circle_of_parents_is_told_once_with_all_its_codes(tmp_path):
    codes = "".join(
        f"  - key: {key}\n    name: n\n    definition: d\n    parent: {parent}\n"
        for key, parent in [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]
    )
    said = sentence(tmp_path, TOP + codes)
    assert said == "book.yaml, line 11: these codes are each other's parents: b > c > b; remove one `parent`."


def test_of_several_mistakes_the_first_is_told_and_the_others_are_counted(tmp_path):
    text = TOP + "  - key: a\n    nam: A\n    definition: x\n" + CODE_A + "    parnt: a\n"
    said = sentence(tmp_path, text)
    assert said == "book.yaml, line 4: code a has no 'name'; add a line `name: ...` (and 2 more mistakes)."


# ---------------------------------------------------------------- writing

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=60).map(str.strip).filter(bool)
lists = st.lists(texts, max_size=3).map(tuple)
keys = texts.filter(lambda text: text.lower() != "none" and not set(text) & set(":;,\n"))


@st.composite
def books(draw: st.DrawFn) -> Codebook:
    names = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    codes = [
        Code(
            key=key,
            name=draw(texts),
            definition=draw(texts | st.just("")),
            include=draw(lists),
            exclude=draw(lists),
            examples=draw(lists),
            cues=draw(lists),
            parent_key=draw(st.sampled_from([None, *names[:number]])),
            domain=draw(st.none() | texts),
            valences=tuple(draw(st.lists(st.sampled_from(Valence), unique=True))),
            source=draw(st.none() | texts),
            origin=draw(st.sampled_from(Origin)),
        )
        for number, key in enumerate(names)
    ]
    return Codebook(name=draw(texts), version=draw(texts), codes=tuple(codes), source=draw(st.none() | texts), licence="MIT")


@settings(deadline=None)
@given(book=books())
def test_a_written_book_reads_back_equal(book, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "book.yaml"
    write_codebook(book, path)
    assert read_codebook(path) == book
    assert read_codebook(path).sha256 == book.sha256


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_book_survives_writing_and_leaves_nothing_beside(path, tmp_path):
    book = read_codebook(path)
    write_codebook(book, tmp_path / "copy.yaml")
    write_codebook(book, tmp_path / "copy.yaml")
    assert read_codebook(tmp_path / "copy.yaml") == book
    assert [item.name for item in tmp_path.iterdir()] == ["copy.yaml"]


def test_a_book_that_cannot_be_written_leaves_the_old_one_whole(tmp_path, monkeypatch):
    book = Codebook(name="n", version="1", codes=(Code(key="a", name="A", definition="d"),))
    target = tmp_path / "book.yaml"
    write_codebook(book, target)
    before = target.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(CodebookError, match=r"book\.yaml: it cannot be written \(No space left on device\)"):
        write_codebook(Codebook(name="n", version="2", codes=book.codes), target)
    assert target.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["book.yaml"]
