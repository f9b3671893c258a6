# Chaque lundi, vérifie les fiches du dossier « etablissements » et prépare deux fichiers :
# constats.txt (ce qui est faux) et a-completer.csv (ce qui est en retard ou manque, pour Excel).
# À placer à côté de ce dossier, puis à programmer une fois pour toutes, sans droit d'administrateur :
#   schtasks /Create /SC WEEKLY /D MON /ST 08:00 /TN "Fiches ROR" /TR "powershell -ExecutionPolicy Bypass -File CHEMIN\tache-windows.ps1"
Set-Location $PSScriptRoot
$env:Path = "$HOME\Documents\rorcli\.venv\Scripts;$env:Path"

rorcli validate --quiet --report text=constats.txt etablissements
$code = $LASTEXITCODE

# Par cmd : la redirection de PowerShell changerait l'encodage du tableau.
cmd /c "rorcli audit --quiet -o csv etablissements > a-completer.csv"

exit $code
