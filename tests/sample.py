"""A small establishment without any finding, and its edits: what is wrong, and exactly where.

    text, line, column = edited('siren: "999000011"', 'siren: §"999000012"')

The sign § says where the finding is expected; it is no part of the text.
"""

from datetime import date

TODAY = date(2026, 11, 25)
SAMPLE = """\
format: 1
entite_juridique:
  finess: "440099901"
  siren: "999000011"
  raison_sociale: Centre hospitalier des Saules
etablissement:
  finess: "440099919"
  siret: "99900001100018"
  nom: Hôpital des Saules
  categorie: "355"  # Centre hospitalier (CH)
  site_internet: https://www.ch-saules.example
  directeur: {nom: MARTIN, prenom: Claire}
  contacts:
    - nature: "06"  # Standard
      telephone: ["02 61 91 00 01", "02 61 91 00 02"]
      courriel: accueil@ch-saules.example
      mssante: accueil@ch-saules.mssante.example
    - fonction: "12"  # Référent ROR
      nom: DURAND
      telecoms:
        - {canal: "3", valeur: ror@ch-saules.example, confidentialite: "2"}
  unites:
    - type: pole
      nom: Pôle femme-mère-enfant
      mssante: pole@ch-saules.mssante.example
      contacts:
        - {nature: "07", telephone: "02 61 91 00 20", courriel: pole@ch-saules.example}
      unites:
        - type: uo
          id: 52/0000104
          nom: Gynécologie
          verifie_le: 2026-05-10
          type_offre: "157"  # Unité hospitalière de gynécologie
          champ_activite: "01"  # Médecine, Chirurgie, Obstétrique (MCO)
          mode_prise_en_charge: "28"  # Hospitalisation complète (HC)
          modalites_accueil: ["03"]
          patientele: {age_min: 15 ans, age_max: 120 ans}
          unite_sensible: false
          activites:
            - "022"  # Chirurgie gynécologique
            - "053"  # Gynécologie médicale
          mssante: [uo@ch-saules.mssante.example, bis@ch-saules.mssante.example]
          contacts:
            - {nature: "05", mobile: "06 39 98 00 23", courriel: uo@ch-saules.example}
          horaires:
            - {jours: [lundi, mardi], debut: "09:00", fin: "17:00"}
          praticiens:
            - rpps: "10099999996"
              civilite: MME
              nom: TARTAMPION
              profession: "10"  # Médecin
              type_savoir_faire: S  # Spécialité ordinale
              specialite: SM19  # Gynécologie médicale (SM)
              mode_exercice: L  # Libéral
              secteur: secteur_2
          lieux:
            - id: 52/0000105
              nom: Bâtiment B
              adresse: {voie: rue des Saules, code_postal: "44000", commune: Nantes}
              capacites:
                - {nature: lit, statut: installe, nombre: 24, comptee_le: 2026-05-10}
                - {nature: lit, statut: occupe, nombre: 20}
"""


def edited(old: str, new: str, text: str = SAMPLE) -> tuple[str, int, int]:
    """The text with `new` for the only `old`, and the line and column of § (0, 0 without one)."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
    before, found, after = text.replace(old, new).partition("§")
    place = (before.count("\n") + 1, len(before) - before.rfind("\n")) if found else (0, 0)
    return before + after, *place
