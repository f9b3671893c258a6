#!/bin/sh
# La mise à jour semestrielle d'un établissement, de bout en bout, sur l'annuaire embarqué.
#
# Tout se passe dans un dossier temporaire : ni vos fichiers ni votre annuaire ne sont touchés.
# Il ne faut que la commande « rorcli » ; les établissements d'exemple sont à côté de ce fichier.
#
#   sh examples/mise-a-jour-semestrielle.sh

set -eu

exemples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
travail=$(mktemp -d)
trap 'rm -rf "$travail"' EXIT
trap 'exit 130' INT TERM
cd "$travail"

# Cet annuaire-ci, et aucun réglage venu d'ailleurs.
RORCLI_STORE="sqlite:$travail/annuaire.sqlite"
export RORCLI_STORE

etape() { printf '\n== %s\n' "$1"; }

# Une commande dont le code de retour n'est pas celui que l'on attend arrête tout.
attendre() {
    attendu=$1
    shift
    code=0
    "$@" || code=$?
    if [ "$code" -ne "$attendu" ]; then
        printf 'La commande a fini avec le code %s au lieu de %s : %s\n' "$code" "$attendu" "$*" >&2
        exit 1
    fi
}

consultations='Consultations de gynécologie'
hospitalisation='Gynécologie, hospitalisation complète'
fichier=440099919.yaml

etape 'Charger les établissements dans l’annuaire'
mkdir charges
cp "$exemples"/*.yaml charges
rorcli load charges

etape 'Chercher : où, et quoi'
rorcli search --ou Nantes --quoi gynécologie

etape 'Prendre le fichier de l’établissement'
rorcli pull 440099919 -f "$fichier"
rorcli show "$fichier" --unit "$consultations"

etape 'Qui est à revoir ?'
attendre 1 rorcli audit "$fichier" --older-than 1d --check age -o csv > a-revoir.csv
head -n 3 a-revoir.csv

etape 'Mettre à jour les coordonnées'
rorcli edit "$fichier" telephone='02 61 91 00 41' directeur.nom=LEROUX directeur.prenom=Paule
rorcli edit "$fichier" --unit "$consultations" mssante=rdv-gyneco@ch-saules.mssante.example
rorcli edit "$fichier" --replace courriel cs-gynecologie@ch-saules.example \
    rdv-gyneco@ch-saules.example

etape 'Activités, praticiens, capacités'
rorcli codes activites chirurgie gynécologique
rorcli add-activity "$fichier" "$consultations" chirurgie gynécologique
rorcli remove-activity "$fichier" "$consultations" 053
rorcli add-practitioner "$fichier" "$consultations" --rpps 10999990004 --civilite M --titre DR \
    --nom PRUNIER --prenom Émile --profession Médecin --type-savoir-faire S \
    --specialite 'Gynécologie médicale (SM)' --mode-exercice S --secteur secteur_1
rorcli remove-practitioner "$fichier" "$consultations" 10099999996
rorcli set-capacity "$fichier" "$hospitalisation" 26

etape 'Noter que tout a été vérifié, puis contrôler'
rorcli confirm "$fichier"
rorcli validate "$fichier"

etape 'Montrer ce qui sera enregistré, puis l’enregistrer'
attendre 3 rorcli diff --exit-code "$fichier"
rorcli push --yes "$fichier"

etape 'Rien ne reste à faire'
rorcli diff --exit-code "$fichier"
rorcli audit "$fichier" --older-than 6mo
rorcli show 440099919 --unit "$consultations"

printf '\nMise à jour terminée.\n'
