"""The published schema follows the model; each of its keywords has a message; engines agree."""

import json
import re
import sys
from pathlib import Path

import pytest

from rorcli import codes
from rorcli.fields import Kind
from rorcli.model import Establishment, keys_of
from rorcli.text.document import read
from rorcli.validation import schema, validate
from rorcli.validation.schema import SCHEMA, python_engine, rust_engine
from rorcli.validation.wording import RANK
from tests.sample import SAMPLE, TODAY, edited
from tools.build_schema import ANNOTATIONS, PUBLISHED, build, strip, texts

FULL = json.loads(PUBLISHED.read_text("utf-8"))
EXAMPLES = Path(__file__).parents[3] / "examples"
EVERY_EXAMPLE = sorted(EXAMPLES.rglob("*.yaml"))
rust, python = (make(SCHEMA.read_text("utf-8")) for make in (rust_engine, python_engine))


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.name)
def test_the_schemas_are_those_of_the_model(path):
    assert path.read_bytes().decode() == texts()[path], "run python -m tools.build_schema"


def test_the_one_validate_compiles_is_the_other_without_annotations():
    compiled = SCHEMA.read_text("utf-8")
    assert json.loads(compiled) == strip(FULL) != FULL
    assert not re.search("|".join(f'"{word}":(?!{{)' for word in ANNOTATIONS), compiled)
    # A key of the file may bear the name of an annotation: it is no annotation there.
    assert "description" in json.loads(compiled)["$defs"]["contact"]["properties"]


def uses():
    """Each declared key that holds codes or words: the name of its noun, and what it declares."""
    found, waiting = [], [Establishment]
    for owner in waiting:
        for spec in keys_of(owner).values():
            if spec.table or spec.words:
                found.append((owner.__name__.lower(), spec))
            if spec.kind in {Kind.NOUN, Kind.NOUNS} and spec.noun() not in waiting:
                waiting.append(spec.noun())
    return found


def resolved(noun, key):
    fragment = FULL["$defs"][noun]["properties"][key]
    fragment = fragment.get("items", fragment)
    [reference] = fragment.get("allOf", [{"$ref": ""}])
    return {**FULL["$defs"].get(reference["$ref"].rpartition("/")[2], {}), **fragment}


@pytest.mark.parametrize(
    ("noun", "spec"), uses(), ids=[f"{noun}-{spec.key}" for noun, spec in uses()]
)
def test_an_enumeration_is_the_value_set_with_its_closed_codes(noun, spec):
    known = codes.table(spec.table).codes.values() if spec.table else ()
    usable = {code.code for code in known if code.in_value_set or code.ends_on}
    listed = resolved(noun, spec.key)
    assert set(listed["enum"]) - {None} == usable | set(spec.words)
    assert len(listed["enum"]) == len(set(listed["enum"])) == len(listed["enumDescriptions"])


def test_no_enumeration_lets_null_stand_where_a_value_is_mandatory():
    for noun, spec in uses():
        kinds = FULL["$defs"][noun]["properties"][spec.key]["type"]
        assert ("null" in kinds) is (spec.need != "mandatory")


def test_each_table_of_the_schema_is_used():
    used = {f"codes-{spec.table}" for _, spec in uses() if spec.table}
    assert {name for name in FULL["$defs"] if name.startswith("codes-")} == used


def test_every_key_has_a_title_and_an_explanation_for_editors():
    nouns = [FULL, *(each for each in FULL["$defs"].values() if "properties" in each)]
    for noun in nouns:
        assert noun.get("title") or "type" not in noun  # the title is then that of the key
        for key, each in noun["properties"].items():
            assert each["title"], key
            assert each["description"], key


def test_patterns_mean_the_same_in_every_dialect():
    text = json.dumps(FULL)
    assert "\\\\d" not in text
    assert "\\\\w" not in text
    assert "oneOf" not in text
    assert build() == FULL


LAST = "{nature: lit, statut: occupe, nombre: 20}"
# The keyword that is broken, the rule, the edit, what message and remedy say.
BREACHES = [
    ("additionalProperties", "ROR110", "  site_internet:", "  §vitesse:", ("« vitesse »", "clés admises ici : finess, siret, nom")),
    ("additionalProperties", "ROR110", "code_postal:", "§code_postale:", ("écrivez plutôt « code_postal »",)),
    ("additionalProperties", "ROR110", "  site_internet:", '  §telephone: "02 61 91 00 01"\n  site_internet:', ("déplacez « telephone »", "« contacts »")),
    ("additionalProperties", "ROR110", "format: 1", "§formats: 1", ("écrivez plutôt « format »",)),
    ("required", "ROR111", "format: 1\n", "§", ("« Format » manque", "format: 1")),
    ("type", "ROR111", "nom: Hôpital des Saules", "nom: §null", ("« Nom » manque", "renseignez « nom »")),
    ("type", "ROR111", "{jours: [lundi, mardi]", "{jours: [lundi, §null]", ("élément vide", "retirez-le")),
    ("minItems", "ROR111", '\n            - "022"  # Chirurgie gynécologique\n            - "053"  # Gynécologie médicale', " §[]", ("« Activités opérationnelles » manque",)),
    ("type", "ROR112", "unite_sensible: false", 'unite_sensible: §"non"', ("« Unité sensible »", "true ou false", "écrivez false")),
    ("type", "ROR112", "unite_sensible: false", "unite_sensible: §0", ("pas un nombre",)),
    ("type", "ROR112", "nombre: 20", 'nombre: §"020"', ("« Nombre »", "écrivez 20, sans guillemets")),
    ("type", "ROR112", "nombre: 20", "nombre: §douze", ("pas un texte", "un nombre entier")),
    ("type", "ROR112", '["03"]', '§"03"', ("« Modalités d'accueil »", "un élément par ligne")),
    ("type", "ROR112", "{nom: MARTIN, prenom: Claire}", "§MARTIN", ("« Directeur »", "un bloc de clés, pas un texte")),
    ("type", "ROR112", LAST, "§24 lits", ("« Capacités »", "un bloc de clés, pas un texte")),
    ("type", "ROR112", "nom: DURAND", "nom: §[DURAND]", ("il faut un texte, pas une liste",)),
    ("type", "ROR104", '"02 61 91 00 20"', "§3624", ("« Téléphone »", 'écrivez "3624"')),
    ("enum", "ROR114", "type_savoir_faire: S", "type_savoir_faire: §10", ("n'existe pas", "rorcli codes savoir-faire")),
    ("type", "ROR104", '"355"', "§355", ("« Catégorie »", 'écrivez "355"')),
    ("type", "ROR104", "nom: DURAND", "nom: §true", ("« Nom »", 'écrivez "true"')),
    ("type", "ROR113", '"44000"', "§4400", ("« Code postal »", "4400 (4 chiffres)", "Cinq chiffres", '"04400" si un zéro')),
    ("pattern", "ROR113", '"44000"', '§"4400"', ("(4 chiffres)", "Cinq chiffres")),
    ("pattern", "ROR113", '"10099999996"', '§"1 009 999 999"', ("« N° RPPS »", "Onze chiffres")),
    ("pattern", "ROR113", '"17:00"', '§"24h"', ("« Fin »", '"00:00"')),
    ("pattern", "ROR113", '"09:00"', '§"9h"', ("« Début »", '"09:00"')),
    ("pattern", "ROR113", "15 ans", "§quinze ans", ("« Âge minimal »", "15 ans, 6 mois")),
    ("pattern", "ROR113", "verifie_le: 2026-05-10", "verifie_le: §10/5/2026", ("« Vérifiée le »", "2026-05-10")),
    ("pattern", "ROR113", "comptee_le: 2026-05-10", "comptee_le: §le 10 mai", ("2026-05-10T08:30:00+02:00",)),
    ("pattern", "ROR113", "id: 52/0000105", "id: §52 0000105", ("retirez les espaces",)),
    ("pattern", "ROR113", "nom: Hôpital des Saules", 'nom: §" "', ("« Nom » est vide", "null")),
    ("pattern", "ROR113", "nom: DURAND", 'nom: §"\\uFEFF"', ("« Nom » est vide",)),
    ("minimum", "ROR113", "nombre: 20", "nombre: §-1", ("« Nombre »", "zéro ou plus")),
    ("enum", "ROR114", '"12"  # Référent ROR', '§"Référent ROR"', ("libellé", 'écrivez "12"  # Référent ROR')),
    ("enum", "ROR114", '- "053"  # Gynécologie', '- §"999"  # Gynécologie', ('peut-être "053"  # Gynécologie médicale', "rorcli codes activites")),
    ("enum", "ROR114", 'champ_activite: "01"', "champ_activite: §MCO", ('écrivez "01"  # Médecine, Chirurgie, Obstétrique (MCO)',)),
    ("enum", "ROR114", 'mode_prise_en_charge: "28"  # Hospitalisation complète (HC)', "mode_prise_en_charge: §hc", ('écrivez "28"',)),
    ("enum", "ROR114", "specialite: SM19", "specialite: §SM", ("n'existe pas",)),
    ("enum", "ROR114", '- "053"  # Gynécologie médicale', "- §gynecologie medicale", ('écrivez "053"',)),
    ("enum", "ROR114", '"12"  # Référent ROR', '§"1é"', ("n'existe pas", "rorcli codes fonctions-contact")),
    ("enum", "ROR114", '- "053"  # Gynécologie médicale', '- §"53"', ('"53"', 'écrivez "053"')),
    ("enum", "ROR114", "{nature: lit, statut: occupe", "{nature: §lits, statut: occupe", ("peut-être lit ; au choix",)),
    ("enum", "ROR114", "secteur: secteur_2", "secteur: §secteur2", ("peut-être secteur_2",)),
    ("pattern", "ROR113", "verifie_le: 2026-05-10", "verifie_le: §30/02/2026", ("année, mois, jour : 2026-05-10",)),
    ("enum", "ROR114", "type: pole", "type: §Pôle", ("« Niveau »", "écrivez pole")),
    ("enum", "ROR114", "secteur: secteur_2", "secteur: §2", ("« Secteur conventionnel »", "secteur_1", "non conventionné")),
    ("enum", "ROR114", "[lundi, mardi]", "[lundi, §Mardi]", ("« Jours »", "écrivez mardi")),
    ("enum", "ROR114", "{nom: MARTIN,", '{fonction: §"12", nom: MARTIN,', ('"01"', "retirez cette clé")),
    ("falseSchema", "ROR115", "      unites:\n", "      §horaires: null\n      unites:\n", ("« Horaires »", "uo")),
    ("falseSchema", "ROR115", "          horaires:\n", "          §unites: null\n          horaires:\n", ("une UO ne contient pas d'unités",)),
    ("const", "ROR116", "format: 1", "format: §2", ("format 2", "format: 1", "mettez rorcli à jour")),
    ("const", "ROR116", "format: 1", 'format: §"1"', ('format "1"',)),
    ("anyOf", "ROR111", "- id: 52/0000105\n              nom: Bâtiment B\n              adresse", "- §adresse", ("lieu sans « id » ni « nom »",)),
]  # fmt: skip
# What is left out, where that is told: at the mapping around it.
LEFT_OUT = [
    ("  raison_sociale: Centre hospitalier des Saules\n", 'finess: "440099901"', ("« Raison sociale » manque", "« raison_sociale »")),
    ("          unite_sensible: false\n", "type: uo", ("« Unité sensible »", "« unite_sensible »")),
    ('          type_offre: "157"  # Unité hospitalière de gynécologie\n', "type: uo", ("« Type d'offre »", "rorcli codes types-offre")),
    (", nombre: 20", "{nature: lit, statut: occupe", ("« Nombre » manque",)),
    ("statut: occupe, ", "{nature: lit, nombre", ("« Statut » manque", "installe (Installé)")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keyword", "rule", "old", "new", "facts"),
    BREACHES,
    ids=[f"{case[0]}-{number}" for number, case in enumerate(BREACHES)],
)
def test_each_keyword_is_told_in_words_at_its_place(keyword, rule, old, new, facts):
    text, *place = edited(old, new)
    document = read(text, "s.yaml")
    assert keyword in {breach.keyword for breach in rust(document.data)}
    [found] = validate(document, TODAY)
    assert (found.rule, found.severity, [found.line, found.column]) == (rule, "error", place)
    assert [fact for fact in facts if fact not in f"{found.message} {found.remedy}"] == []


@pytest.mark.parametrize(("left_out", "around", "facts"), LEFT_OUT)
def test_a_missing_key_is_told_at_what_should_hold_it(left_out, around, facts):
    text, *place = edited(around, f"§{around}", edited(left_out, "")[0])
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert (found.rule, [found.line, found.column]) == ("ROR111", place)
    assert [fact for fact in facts if fact not in f"{found.message} {found.remedy}"] == []


def test_each_keyword_of_the_schema_has_its_row():
    assert {case[0] for case in BREACHES} == set(RANK)


def test_a_key_is_not_said_to_be_another_that_is_there():
    text, *_ = edited('  siret: "99900001100018"', '  siret: "99900001100019"\n  sirets: "1"')
    found = validate(read(text, "s.yaml"), TODAY)
    assert [each.rule for each in found] == ["ROR203", "ROR110"]
    assert "siret," in found[1].remedy


@pytest.mark.parametrize("key", ["a/b", "nom/", "adresse/voie", "0", '""', "a~b"])
def test_a_key_that_would_upset_a_pointer_is_an_unknown_key(key):
    text, *place = edited("  site_internet:", f"  §{key}: 1\n  site_internet:")
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert (found.rule, [found.line, found.column]) == ("ROR110", place)


def test_several_breaches_at_one_place_are_one_finding():
    text, *place = edited('"022"  # Chirurgie gynécologique', "§22")
    document = read(text, "s.yaml")
    assert {breach.keyword for breach in rust(document.data)} == {"type", "enum"}
    [found] = validate(document, TODAY)
    assert [found.line, found.column] == place


def test_a_unit_with_keys_of_another_level_is_one_finding():
    text, *_ = edited("type: uo\n          id", "type: uf\n          id")
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert found.rule == "ROR115"
    assert "« Activités opérationnelles » et 9 autres" in found.message


# One mistake that breaks the schema in many places: the edit, the one rule, what it says.
ONE_MISTAKE = [
    ("    - type: pole\n", "    - type: uo\n", "§unites:\n        - type: uo", "ROR115", ("une UO ne contient pas d'unités", "changez son « type »")),
    ("type: uo\n", "type: service\n", "§activites:", "ROR115", ("« Activités opérationnelles » et", "changez le « type »")),
    ("  categorie:", '  type_offre: "157"\n  unite_sensible: false\n  categorie:', '§type_offre: "157"\n  unite', "ROR115", ("« Type d'offre » et 1 autre", "uo")),
    ("  directeur: {nom: MARTIN, prenom: Claire}", "  directeur:\n  prenom: Claire\n  fonction: '01'\n", "§fonction: '01'", "ROR110", ("« directeur » est vide au-dessus", "deux espaces")),
    (" {age_min: 15 ans, age_max: 120 ans}", "\n          age_min: 15 ans\n          age_max: 120 ans", "§\n          age_min", "ROR111", ("« Patientèle » est vide", "décalez")),
    ("{nom: MARTIN, prenom: Claire}", "[{nom: MARTIN}, {prenom: Claire}]", "§[{nom", "ROR112", ("retirez « - »",)),
    ('            - "022"  # Chirurgie gynécologique\n            - "053"  # Gynécologie médicale\n', '            "022": chirurgie\n            "053": médecine\n', '§"022": ch', "ROR112", ("une liste de codes", "un élément par ligne")),
    ("          horaires:\n            - {jours", "          horaires:\n            {jours", "§{jours: [lundi, mardi]", "ROR112", ("mettez « - » devant sa première clé",)),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "rule", "facts"), ONE_MISTAKE)
def test_one_mistake_is_one_finding_whatever_follows_from_it(old, new, place, rule, facts):
    text, *where = edited(place.replace("§", ""), place, edited(old, new)[0])
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert (found.rule, [found.line, found.column]) == (rule, where)
    assert [fact for fact in facts if fact not in f"{found.message} {found.remedy}"] == []


TEXTS = [SAMPLE, *(edited(case[2], case[3])[0] for case in BREACHES)]
TEXTS += [edited(left_out, "")[0] for left_out, *_ in LEFT_OUT]
TEXTS += [path.read_text("utf-8") for path in EVERY_EXAMPLE]


@pytest.fixture
def _fresh_engine():
    schema.engine.cache_clear()
    yield
    schema.engine.cache_clear()


@pytest.mark.usefixtures("_fresh_engine")
def test_a_desk_without_the_binary_wheel_is_told_exactly_the_same(monkeypatch):
    documents = [read(text, "s.yaml") for text in TEXTS]
    told = [validate(document, TODAY) for document in documents]
    assert schema.engine().__qualname__.startswith("rust_engine")
    schema.engine.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert [validate(document, TODAY) for document in documents] == told
    assert schema.engine().__qualname__.startswith("python_engine")


@pytest.mark.parametrize("value", [None, 3, "a", [], [1], {}, {"format": 1, "etablissement": []}])
def test_engines_see_the_same_breaches_in_what_is_no_establishment(value):
    assert set(rust(value)) == set(python(value))


# Where regular expressions of ECMA 262, Rust and Python part.
@pytest.mark.parametrize(
    "text", ["440099919\n", "44009991٩", "\u0085", "\u180e", "\ufeff", "\u00a0", "\u001c", ""]
)
def test_engines_read_patterns_alike(text):
    data = {"finess": text, "raison_sociale": text}
    seen = [find({"entite_juridique": data}) for find in (rust, python)]
    assert set(seen[0]) == set(seen[1])
    assert any(breach.pointer.endswith("/finess") for breach in seen[0])


@pytest.mark.parametrize(
    ("key", "above", "label"),
    [("lieux", "praticiens", "Lieux"), ("unites", "contacts", "Unités"),
     ("praticiens", "horaires", "Praticiens"), ("horaires", "contacts", "Horaires")],
)  # fmt: skip
def test_a_line_that_names_a_list_and_went_is_one_finding_at_what_lost_it(key, above, label):
    lines = (EXAMPLES / "ch-des-saules.yaml").read_text("utf-8").split("\n")
    gone = next(n for n, line in enumerate(lines) if n > 100 and line.strip() == f"{key}:")
    text = "\n".join([*lines[:gone], *lines[gone + 1 :]])
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert (found.rule, found.line) == ("ROR110", gone + 1)
    assert found.message == (
        f"« {label} » sous « {above.title()} » : la ligne « {key}: » manque au-dessus"
    )


def test_an_item_with_a_key_too_many_is_not_taken_for_another_list_s():
    text = SAMPLE.replace('- nature: "06"', '- id: "1"\n      nature: "06"')
    [found] = validate(read(text, "s.yaml"), TODAY)
    assert found.message == "clé inconnue « id »"
