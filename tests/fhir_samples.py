"""A clinic as a server of the ROR holds it, resource by resource, in the shapes of IG 0.7.0.

Source of the shapes: `ans.fhir.fr.ror` 0.7.0 (build of 2026-07-23, FHIR 4.0.1), profiles and
examples of ror-organization, ror-healthcareservice, ror-location, ror-practitioner and
ror-practitionerrole. The data are fictitious. They are written out here by hand, with nothing of
the mapping, and hold what the mapping does not know: legal status, region, function of a lieu,
alias, position, type of hours, telecoms of a lieu.
"""

from typing import Any

ROR = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
NAMES = {
    "G07": "TypeIdentifiantStructure", "G15": "ProfessionSante", "R04": "TypeSavoirFaire",
    "R11": "CiviliteExercice", "R13": "CommuneOM", "R23": "ModeExercice", "R30": "RegionOM",
    "R38": "SpecialiteOrdinale", "R66": "CategorieEtablissement",
    "R69": "FinessAgregatStatutJuridiqueNiv2", "R72": "FinessStatutJuridique",
    "R200": "CanalCommunication", "R207": "TypeOrganisationInterne",
    "R211": "ActiviteOperationnelle", "R213": "ModePriseEnCharge", "R227": "ChampActivite",
    "R240": "TemporaliteAccueil", "R244": "CategorieOrganisation", "R247": "UcumUniteMesure",
    "R251": "FonctionContact", "R252": "TypeHoraire", "R253": "TypeMaternite",
    "R256": "TypeMessagerie", "R282": "CNAMAmeliSecteurConventionnement",
    "R283": "NiveauConfidentialite", "R286": "TypeFermeture", "R287": "NatureContact",
    "R329": "NatureCapacite", "R330": "TypeStatutCapacite", "R331": "TemporaliteCapacite",
    "R332": "GenreCapacite", "R335": "TypeSourceCapacite", "R337": "AffectationTemporaire",
    "R338": "ModaliteAccueil", "R343": "FonctionLieu", "R344": "NiveauExpertise",
    "R354": "TypeIdentifiantRessourceOperationnelle", "R355": "TypeIdentifiantOffre",
}  # fmt: skip
Json = dict[str, Any]


def system(number: str) -> str:
    name = NAMES[number]
    return f"https://mos.esante.gouv.fr/NOS/TRE_{number}-{name}/FHIR/TRE-{number}-{name}"


def cc(number: str, code: str, display: str = "") -> Json:
    return {"coding": [{"system": system(number), "code": code,
                        **({"display": display} if display else {})}]}  # fmt: skip


def ext(url: str, **value: Any) -> Json:
    return {"url": url if url.startswith("http") else ROR + url, **value}


def part(name: str, **value: Any) -> Json:
    """A piece of a complex extension, known by a bare name."""
    return {"url": name, **value}


def resource(kind: str, id: str, extension: list[Json], **elements: Any) -> Json:
    meta = {
        "versionId": "4",
        "lastUpdated": "2026-08-31T23:30:00Z",
        "profile": [f"{ROR}ror-{kind.lower()}"],
        "tag": [{"system": system("R30"), "code": "52", "display": "Pays de la Loire"}],
    }
    created = ext("ror-meta-creation-date", valueDateTime="2023-05-09T08:00:00+02:00")
    return {
        "resourceType": kind,
        "id": id,
        "meta": meta,
        "extension": [created, *extension],
        **elements,
    }


def number(kind: str, code: str, value: str, issuer: str = "") -> Json:
    about = {"type": {"coding": [{"system": system(kind), "code": code}]}}
    return {**about, **({"system": issuer} if issuer else {}), "value": value}


def structure(national: str, *others: Json) -> list[Json]:
    return [number("G07", "40", national, "urn:oid:1.2.250.1.71.4.2.2"), *others]


def marks(channel: Json, level: str) -> list[Json]:
    return [
        ext("ror-telecom-communication-channel", valueCodeableConcept=channel),
        ext("ror-telecom-confidentiality-level", valueCodeableConcept=cc("R283", level)),
    ]


def point(channel: Json, level: str, kind: str, value: str) -> Json:
    return {"extension": marks(channel, level), "system": kind, "value": value}


PHONE, MAIL, WEB = (cc("R200", code) for code in "234")
MSS = cc("R256", "MSSANTE")


def mailbox(name: str) -> Json:
    return point(MSS, "2", "email", f"{name}@tilleuls.mssante.example")


def internal(id: str, level: str, key: str, name: str, above: str) -> Json:
    kind = "https://mos.esante.gouv.fr/NOS/TRE_R345-TypeIdentifiantAutre/FHIR/TRE_R345-TypeIdentifiantAutre"
    return resource(
        "Organization", id, [ext(f"{HL7}organization-period", valuePeriod={"start": "2016-04-01"})],
        identifier=[{"type": {"coding": [{"system": kind, "code": "42"}]},
                     "system": "https://oi.esante.gouv.fr", "value": key}],
        type=[cc("R207", level)], name=name, telecom=[mailbox(id)],
        partOf={"reference": f"Organization/{above}"},
        contact=[{
            "extension": [ext("ror-contact-confidentiality-level", valueCodeableConcept=cc("R283", "1"))],
            "purpose": cc("R287", "07", "Secrétariat"),
            "telecom": [point(PHONE, "1", "phone", "02 61 91 40 20")],
        }],
    )  # fmt: skip


def offer(id: str, key: str, name: str, phone: str, **more: Any) -> Json:
    ages = {bound: {"value": value, "system": system("R247"), "code": "a"}
            for bound, value in (("low", 16), ("high", 120))}  # fmt: skip
    contact = ext("ror-healthcareservice-contact", extension=[
        part("purposeContact", valueCodeableConcept=cc("R287", "02")),
        ext("ror-confidentiality-level", valueCodeableConcept=cc("R283", "1")),
        ext("ror-healthcareservice-contact-telecom",
            extension=[*marks(PHONE, "1"), part("telecomAddress", valueString=phone)]),
    ])  # fmt: skip
    return resource(
        "HealthcareService", id,
        [ext("ror-healthcareservice-sensitive-unit", valueBoolean=False),
         ext("ror-healthcareservice-patient-type", extension=[part("ageRange", valueRange=ages)]),
         contact],
        identifier=[number("R355", "35", key)], providedBy={"reference": "Organization/uf"},
        type=[cc("R227", "01")], name=name, telecom=[mailbox(id)], **more,
    )  # fmt: skip


def measure(status: str, count: int, *more: Json) -> Json:
    codes = {"capacityType": ("R329", "01"), "capacityStatus": ("R330", status),
             "temporalityCapacity": ("R331", "01"), "capacitySourceType": ("R335", "01"),
             "temporaryAssignement": ("R337", "01")}  # fmt: skip
    told = [part(name, valueCodeableConcept=cc(*code)) for name, code in codes.items()]
    told.insert(3, part("nbCapacity", valueInteger=count))
    told.insert(5, part("capacityUpdateDate", valueDateTime="2026-09-02T07:30:00+02:00"))
    return ext("ror-location-supported-capacity", extension=[*told, *more])


def line(house: str, street: str) -> Json:
    parts = [ext(f"{HL7}iso21090-ADXP-houseNumber", valueString=house),
             ext(f"{HL7}iso21090-ADXP-streetNameBase", valueString=street)]  # fmt: skip
    return {"line": [f"{house} {street}"], "_line": [{"extension": parts}]}


RESOURCES: list[Json] = [
    resource(
        "Organization", "ej", [ext("ror-organization-creation-date", valueDate="1987-06-01")],
        identifier=structure("1440099901",
                             number("G07", "1", "440099901", "https://finess.esante.gouv.fr"),
                             number("G07", "2", "999000011", "https://sirene.fr")),
        type=[cc("R72", "72"), cc("R69", "2200")], name="SAS CLINIQUE DES TILLEULS",
        contact=[{
            "extension": [ext("ror-contact-confidentiality-level", valueCodeableConcept=cc("R283", "2"))],
            "purpose": cc("R287", "10"), "telecom": [point(PHONE, "2", "phone", "02 61 91 40 10")],
        }],
    ),
    resource(
        "Organization", "eg", [ext(f"{HL7}organization-period", valuePeriod={"start": "1987-06-01"})],
        identifier=structure("1440099919",
                             number("G07", "1", "440099919", "http://finess.esante.gouv.fr"),
                             number("G07", "3", "99900001100018", "https://sirene.fr")),
        type=[cc("R66", "365")], name="CLINIQUE DES TILLEULS", alias=["Les Tilleuls"],
        address=[{
            "extension": [ext("http://interopsante.org/fhir/StructureDefinition/FrAddressInseeCode",
                              valueCoding={"system": system("R13"), "code": "44109", "display": "Nantes"})],
            **line("8", "allée des Tilleuls"), "city": "NANTES", "postalCode": "44000",
        }],
        partOf={"reference": "https://ror.example/fhir/Organization/ej"},
        contact=[
            {"extension": [ext("ror-contact-confidentiality-level", valueCodeableConcept=cc("R283", "2")),
                           ext("ror-contact-function-contact", valueCodeableConcept=cc("R251", "01"))],
             "purpose": cc("R287", "10"), "name": {"family": "RIVOAL", "given": ["Maude", "Lise"]},
             "telecom": [point(MAIL, "2", "email", "direction@tilleuls.example"),
                         point(MSS, "2", "email", "direction@tilleuls.mssante.example")]},
            {"extension": [ext("ror-contact-confidentiality-level", valueCodeableConcept=cc("R283", "1"))],
             "purpose": cc("R287", "06", "Standard"),
             "telecom": [point(PHONE, "1", "phone", "02 61 91 40 00"),
                         point(WEB, "1", "url", "https://www.tilleuls.example")]},
        ],
    ),
    internal("pole", "1", "52/0000401", "Pôle Femme", "eg"),
    internal("uf", "3", "52/0000402", "UF Gynécologie", "pole"),
    offer("hc", "52/0000403", "Gynécologie, hospitalisation", "02 61 91 40 21",
          specialty=[cc("R211", "022")], characteristic=[cc("R213", "28")], category=[cc("R244", "157")],
          location=[{"reference": "Location/lieu"}]),
    offer("cs", "52/0000404", "Consultations de gynécologie", "02 61 91 40 22",
          specialty=[cc("R211", "053")], characteristic=[cc("R213", "32")],
          availableTime=[{
              "extension": [ext("ror-available-time-type-of-time", valueCodeableConcept=cc("R252", "01")),
                            ext("ror-available-time-number-days-of-week", valueInteger=2)],
              "availableStartTime": "08:30:00", "availableEndTime": "16:00:00",
          }]),
    resource(
        "Location", "lieu",
        [ext("ror-commune-cog", valueCodeableConcept=cc("R13", "44109", "Nantes")),
         measure("01", 18),
         measure("02", 4, part("genderCapacityAvailable", valueCodeableConcept=cc("R332", "04")))],
        identifier=[number("R354", "25", "52/0000405"), number("R354", "26", "GYN-1B")],
        name="Bâtiment B, 1er étage", alias=["Gynécologie 1B"], type=[cc("R343", "001")],
        telecom=[point(PHONE, "1", "phone", "02 61 91 40 23")],
        address={**line("8", "allée des Tilleuls"), "city": "NANTES", "postalCode": "44000"},
        position={"longitude": -1.56, "latitude": 47.21},
    ),
    resource("Practitioner", "personne", [],
             identifier=[{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810099999996"}],
             name=[{"prefix": ["MME"]}]),
    resource(
        "PractitionerRole", "situation",
        [ext("ror-practitionerrole-unit-exercise-mode", valueCodeableConcept=cc("R23", "L")),
         ext("ror-practitionerrole-name",
             extension=[part("exerciseTitle", valueCodeableConcept=cc("R11", "DR")),
                        part("exerciseLastName", valueString="TARTAMPION"),
                        part("exerciseFirstName", valueString="Anne-Sophie")]),
         ext("https://apifhir.annuaire.sante.fr/ws-sync/exposed/structuredefinition/practitionerRole-contracted",
             valueCodeableConcept=cc("R282", "c3", "Secteur 2"))],
        identifier=[{"value": "52/0000404/1"}], practitioner={"reference": "Practitioner/personne"},
        code=[cc("G15", "10")], specialty=[cc("R04", "S"), cc("R38", "SM19")],
        healthcareService=[{"reference": "HealthcareService/cs"}],
    ),
]  # fmt: skip

_SECRETARIAT = {
    "nature": "07", "confidentialite": "1",
    "telecoms": [{"canal": "2", "valeur": "02 61 91 40 20", "confidentialite": "1"}],
}  # fmt: skip
_ADDRESS = {"numero": "8", "voie": "allée des Tilleuls", "code_postal": "44000", "commune": "NANTES",
            "code_insee": "44109"}  # fmt: skip
_COMMON = {"date_ouverture": "2016-04-01", "contacts": [_SECRETARIAT]}
_OFFER = {"champ_activite": "01", "patientele": {"age_min": "16 ans", "age_max": "120 ans"},
          "unite_sensible": False}  # fmt: skip
_MEASURE = {"nature": "lit", "temporalite": "01", "affectation": "01", "source": "01",
            "comptee_le": "2026-09-02T07:30:00+02:00"}  # fmt: skip


def _appointments(phone: str) -> Json:
    telecom = {"canal": "2", "valeur": phone, "confidentialite": "1"}
    return {"nature": "02", "confidentialite": "1", "telecoms": [telecom]}


#: The same clinic as a file would say it.
DATA: Json = {
    "entite_juridique": {
        "finess": "440099901", "siren": "999000011", "raison_sociale": "SAS CLINIQUE DES TILLEULS",
        "contacts": [{"nature": "10", "confidentialite": "2",
                      "telecoms": [{"canal": "2", "valeur": "02 61 91 40 10", "confidentialite": "2"}]}],
    },
    "etablissement": {
        "finess": "440099919", "siret": "99900001100018", "nom": "CLINIQUE DES TILLEULS",
        "categorie": "365", "date_ouverture": "1987-06-01", "adresse": _ADDRESS,
        "directeur": {
            "nature": "10", "nom": "RIVOAL", "prenom": "Maude", "confidentialite": "2",
            "telecoms": [
                {"canal": "3", "valeur": "direction@tilleuls.example", "confidentialite": "2"},
                {"canal": "MSSANTE", "valeur": "direction@tilleuls.mssante.example", "confidentialite": "2"},
            ],
        },
        "contacts": [{"nature": "06", "confidentialite": "1", "telecoms": [
            {"canal": "2", "valeur": "02 61 91 40 00", "confidentialite": "1"},
            {"canal": "4", "valeur": "https://www.tilleuls.example", "confidentialite": "1"},
        ]}],
        "unites": [{
            "type": "pole", "id": "52/0000401", "nom": "Pôle Femme", **_COMMON,
            "mssante": ["pole@tilleuls.mssante.example"],
            "unites": [{
                "type": "uf", "id": "52/0000402", "nom": "UF Gynécologie", **_COMMON,
                "mssante": ["uf@tilleuls.mssante.example"],
                "unites": [
                    {"type": "uo", "id": "52/0000403", "nom": "Gynécologie, hospitalisation", **_OFFER,
                     "type_offre": "157", "mode_prise_en_charge": "28", "activites": ["022"],
                     "mssante": ["hc@tilleuls.mssante.example"],
                     "contacts": [_appointments("02 61 91 40 21")],
                     "lieux": [{"id": "52/0000405", "id_externe": "GYN-1B",
                                "nom": "Bâtiment B, 1er étage", "adresse": _ADDRESS,
                                "capacites": [{**_MEASURE, "statut": "installe", "nombre": 18},
                                              {**_MEASURE, "statut": "disponible", "nombre": 4, "genre": "04"}]}]},
                    {"type": "uo", "id": "52/0000404", "nom": "Consultations de gynécologie", **_OFFER,
                     "mode_prise_en_charge": "32", "activites": ["053"],
                     "mssante": ["cs@tilleuls.mssante.example"],
                     "contacts": [_appointments("02 61 91 40 22")],
                     "horaires": [{"jours": ["mardi"], "debut": "08:30", "fin": "16:00"}],
                     "praticiens": [{"rpps": "10099999996", "civilite": "MME", "titre": "DR",
                                     "nom": "TARTAMPION", "prenom": "Anne-Sophie", "profession": "10",
                                     "type_savoir_faire": "S", "specialite": "SM19",
                                     "mode_exercice": "L", "secteur": "secteur_2"}]},
                ],
            }],
        }],
    },
}  # fmt: skip
